package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.SqlState;
import dev.lockstep.session.Arguments;
import dev.lockstep.sql.Parameter;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The values of one execution of a prepared statement. Not thread-safe. */
final class Values implements Arguments {
  private Value[] values;

  Values(int count) {
    values = new Value[count];
  }

  void set(int index, Value value) throws SQLException {
    if (index < 1 || index > values.length) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT,
          "there is no parameter " + index + "; the statement has " + values.length);
    }
    values[index - 1] = value;
  }

  /** NULL where nothing was set. */
  void setDefault(int index) {
    if (values[index - 1] == null) {
      values[index - 1] = Value.ofNull(java.sql.Types.NULL);
    }
  }

  void clear() {
    Arrays.fill(values, null);
  }

  /** A copy for a batch. */
  Values copy() throws SQLException {
    checkComplete();
    Values copy = new Values(0);
    copy.values = values.clone();
    return copy;
  }

  private void checkComplete() throws SQLException {
    for (int i = 0; i < values.length; i++) {
      if (values[i] == null) {
        throw Errors.of(SqlState.INVALID_ARGUMENT, "parameter " + (i + 1) + " is not set");
      }
    }
  }

  @Override
  public List<Parameter> parameters() throws SQLException {
    checkComplete();
    List<Parameter> parameters = new ArrayList<>(values.length);
    for (Value v : values) {
      parameters.add(v.parameter());
    }
    return parameters;
  }

  @Override
  public void applyTo(PreparedStatement statement) throws SQLException {
    checkComplete();
    for (int i = 0; i < values.length; i++) {
      values[i].applyTo(statement, i + 1);
    }
  }
}
