package dev.lockstep.harness.hunt;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A statement or a batch, as it will be executed. Immutable.
 *
 * @param texts one statement, or a batch of plain ones
 * @param parameters empty: not prepared; several: a prepared batch
 * @param keys whether generated keys are asked for
 */
record Call(List<String> texts, List<List<Object>> parameters, boolean keys) {
  private static final int TIMEOUT_SECONDS = 60;

  static Call plain(String sql) {
    return new Call(List.of(sql), List.of(), false);
  }

  static Call of(Sql sql, boolean prepared, boolean keys) {
    return new Call(
        List.of(sql.text()), prepared ? List.of(List.copyOf(sql.parameters())) : List.of(), keys);
  }

  /** Executes it and tells the counts. */
  String execute(Connection c) throws SQLException {
    if (parameters.isEmpty()) {
      try (Statement s = c.createStatement()) {
        s.setQueryTimeout(TIMEOUT_SECONDS);
        if (texts.size() > 1) {
          for (String text : texts) {
            s.addBatch(text);
          }
          return Arrays.toString(s.executeBatch());
        }
        boolean rows =
            s.execute(
                texts.get(0), keys ? Statement.RETURN_GENERATED_KEYS : Statement.NO_GENERATED_KEYS);
        return result(s, rows);
      }
    }
    try (PreparedStatement p =
        keys
            ? c.prepareStatement(texts.get(0), Statement.RETURN_GENERATED_KEYS)
            : c.prepareStatement(texts.get(0))) {
      p.setQueryTimeout(TIMEOUT_SECONDS);
      for (List<Object> row : parameters) {
        for (int i = 0; i < row.size(); i++) {
          Value.bind(p, i + 1, row.get(i));
        }
        if (parameters.size() > 1) {
          p.addBatch();
        }
      }
      return parameters.size() > 1 ? Arrays.toString(p.executeBatch()) : result(p, p.execute());
    }
  }

  private String result(Statement s, boolean rows) throws SQLException {
    if (rows) {
      return count(s.getResultSet()) + " rows";
    }
    String count = Integer.toString(s.getUpdateCount());
    if (!keys) {
      return count;
    }
    try (ResultSet r = s.getGeneratedKeys()) {
      List<String> all = new ArrayList<>();
      while (r.next()) {
        all.add(r.getString(1));
      }
      return count + ", keys " + all;
    }
  }

  private static int count(ResultSet r) throws SQLException {
    int rows = 0;
    while (r.next()) {
      rows++;
    }
    return rows;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(String.join(" ;batch; ", texts));
    for (List<Object> row : parameters) {
      text.append(" [").append(String.join(", ", row.stream().map(Value::show).toList()));
      text.append(']');
    }
    return text.append(keys ? " (with keys)" : "").toString();
  }
}
