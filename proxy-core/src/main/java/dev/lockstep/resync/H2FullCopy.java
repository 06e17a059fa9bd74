package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.H2Definitions;
import dev.lockstep.consistency.UserTable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/** {@link FullCopy} between H2 databases. */
@SuppressWarnings("try") // the session is closed, not read
final class H2FullCopy extends FullCopy {
  private static final long COMMIT_ROWS = 20_000;
  private static final String NAME = "\"(?:[^\"]|\"\")*\"";
  private static final String FULL_NAME = NAME + "\\." + NAME;

  /** What must wait until the data is there. */
  private static final Pattern AFTER_DATA =
      Pattern.compile(
          "CREATE (?:OR REPLACE )?(?:FORCE )?VIEW.*|ALTER TABLE "
              + FULL_NAME
              + " ADD CONSTRAINT "
              + FULL_NAME
              + "(?: COMMENT '(?:[^']|'')*')? (?:FOREIGN KEY|CHECK)\\b.*",
          Pattern.DOTALL);

  H2FullCopy(
      Connection source,
      Connection target,
      String sourceName,
      BooleanSupplier cancelled,
      CopyProgress progress,
      CopyOptions options) {
    super(Vendor.H2, source, target, sourceName, cancelled, progress, options);
  }

  @Override
  CopyResult copy(boolean interrupted) throws SQLException {
    try (TargetSession session = new TargetSession(vendor, target)) {
      return inSession();
    }
  }

  private CopyResult inSession() throws SQLException {
    catalogue.dropAll(target);
    List<String> definitions = H2Definitions.of(source);
    String before = catalogue.signature(source);
    List<UserTable> tables = catalogue.tables(source);
    List<String> later = new ArrayList<>();
    for (String d : definitions) {
      totals.check();
      if (AFTER_DATA.matcher(d).matches()) {
        later.add(d);
      } else {
        execute(target, d);
      }
    }
    try (ConsistentSnapshot snapshot = new ConsistentSnapshot(vendor, source)) {
      SequencePlaces.copy(source, target);
      target.commit();
      for (UserTable t : tables) {
        copyRows(t);
      }
      snapshot.end();
      // Readers do not hold DDL up here, and definitions are not part of a snapshot.
      if (!catalogue.signature(source).equals(before)) {
        throw new DefinitionChangedException("the definitions on " + sourceName + " changed", null);
      }
      for (String d : later) {
        execute(target, d);
      }
      requireEqualCatalogues(before);
      return new CopyResult(snapshot.position(), tables.size(), totals.rows(), totals.bytes(), 0);
    }
  }

  private void copyRows(UserTable t) throws SQLException {
    try (H2RowWriter writer = new H2RowWriter(target, catalogue, t);
        Statement s = source.createStatement()) {
      s.setFetchSize(1000);
      long committed = 0;
      long rows = 0;
      long bytes = 0;
      try (ResultSet rs =
          s.executeQuery(
              "SELECT "
                  + H2RowWriter.selectList(catalogue, t)
                  + " FROM "
                  + catalogue.quote(t.name()))) {
        while (rs.next()) {
          writer.add(rs);
          if (writer.rows() != rows) {
            totals.sent(t.name(), writer.rows() - rows, writer.bytes() - bytes);
            rows = writer.rows();
            bytes = writer.bytes();
            if (rows - committed >= COMMIT_ROWS) {
              target.commit();
              committed = rows;
            }
          }
        }
      } catch (SQLException e) {
        // 42102, 42122: table or column not found
        throw e.getErrorCode() == 42102 || e.getErrorCode() == 42122
            ? new DefinitionChangedException(t.name() + " changed during the copy", e)
            : e;
      }
      writer.flush();
      target.commit();
      totals.sent(t.name(), writer.rows() - rows, writer.bytes() - bytes);
    }
  }

  private static void execute(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      s.execute(sql);
    }
  }
}
