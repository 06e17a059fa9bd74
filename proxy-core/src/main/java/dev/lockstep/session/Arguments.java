package dev.lockstep.session;

import dev.lockstep.sql.Parameter;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/** The parameter values of one execution: for a write set, or for the vendor's statement. */
public interface Arguments {
  /** No parameters. */
  Arguments NONE =
      new Arguments() {
        @Override
        public List<Parameter> parameters() {
          return List.of();
        }

        @Override
        public void applyTo(PreparedStatement statement) {}
      };

  /**
   * The values for binding a write.
   *
   * @throws SQLException where one is missing or has no literal form
   */
  List<Parameter> parameters() throws SQLException;

  /** The text for the vendor's statement, where it is not the plan's. */
  default String text(String planned) throws SQLException {
    return planned;
  }

  /** Sets the values on the vendor's prepared statement. */
  void applyTo(PreparedStatement statement) throws SQLException;
}
