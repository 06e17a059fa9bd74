package dev.lockstep.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What H2 says when a session is ended under a statement, as the hunter and the fault runs saw it.
 */
class H2DialectTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "50000 | General error: \"Transaction 1 has status CLOSED, not OPEN [2.5.252/103]\" | true",
        "50000 | General error: \"org.h2.mvstore.MVStoreException: Transaction 3 is closed [2.5]\" | true",
        "90067 | Connection is broken: \"session closed\" | true",
        "50000 | General error: \"java.lang.NullPointerException\" | false",
        "90110 | Values of types BOOLEAN and INTEGER are not comparable | false",
        "23505 | Unique index or primary key violation | false"
      })
  void tellsALostSessionFromAnError(int code, String message, boolean lost) {
    SQLException e = new SQLException(message, code == 50000 ? "HY000" : "" + code, code);
    assertThat(new H2Dialect().connectionError(e)).isEqualTo(lost);
  }
}
