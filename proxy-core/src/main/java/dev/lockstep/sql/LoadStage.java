package dev.lockstep.sql;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.ColumnInfo;
import dev.lockstep.node.TableInfo;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The temporary table for LOAD DATA: its columns are those of the target with all that LOAD DATA
 * looks at (NOT NULL, defaults, character set), so that fields are converted, left out and warned
 * about as the server would for the target. It has none of the target's keys: what rows do to each
 * other, the inserts find out. Stateless.
 */
final class LoadStage {
  private static final Pattern CHARSET =
      Pattern.compile("\\) .*?(DEFAULT CHARSET=\\w+(?: COLLATE=\\w+)?).*", Pattern.DOTALL);

  private LoadStage() {}

  /** The temporary table would draw as well, and nobody has reserved that. */
  static void refuseDraws(TableInfo table) throws SQLException {
    for (ColumnInfo c : table.columns()) {
      if (SequenceCall.inDefault(c, Vendor.MARIADB)) {
        throw WriteAnalysis.refused(
            "LOAD DATA or a query as a value for a table with a default from a sequence ("
                + c.name()
                + ")",
            "load into another table, then use INSERT … SELECT");
      }
    }
  }

  static String name(TableInfo table, Literals literals) {
    return literals.name(table.name().schema()) + "." + literals.name("lockstep_copy");
  }

  /** What tells the definition of the target: the second column of one row. */
  static String definition(TableInfo table, Literals literals) {
    return "SHOW CREATE TABLE "
        + literals.name(table.name().schema())
        + "."
        + literals.name(table.name().name());
  }

  /**
   * Makes the temporary table.
   *
   * @param row name and definition of a column that numbers the rows
   * @param shown what {@link #definition} gave
   */
  static String create(TableInfo table, String row, ResultSet shown, Literals literals)
      throws SQLException {
    shown.next();
    String text = shown.getString(2);
    List<String> columns = new ArrayList<>();
    for (ColumnInfo c : table.columns()) {
      if (!c.generated()) {
        columns.add(column(table, c, text, literals));
      }
    }
    String options = "";
    Matcher m = CHARSET.matcher(text.substring(text.lastIndexOf("\n)") + 1));
    if (m.matches()) {
      options = " " + m.group(1);
    }
    return "CREATE TEMPORARY TABLE "
        + name(table, literals)
        + " ("
        + row
        + ", "
        + String.join(", ", columns)
        + ") ENGINE=InnoDB"
        + options;
  }

  private static String column(TableInfo table, ColumnInfo c, String text, Literals literals)
      throws SQLException {
    String name = literals.name(c.name());
    if (c.autoIncrement()) {
      return name + " " + c.typeName() + " NULL"; // NULL, and only that, makes a number of its own
    }
    String start = "\n  " + name + " ";
    int from = text.indexOf(start);
    int to = from < 0 ? -1 : text.indexOf('\n', from + 1);
    if (to < 0) {
      throw LoadAnalysis.unreadable(table);
    }
    String line = text.substring(from + 3, to);
    if (line.contains(" INVISIBLE")) {
      throw LoadAnalysis.unreadable(table);
    }
    return line.endsWith(",") ? line.substring(0, line.length() - 1) : line;
  }
}
