package dev.lockstep.node;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A dead H2 node is found out before H2's driver begins to try again and again. */
class H2SocketTest {
  private static void probe(String url, int port) throws SQLException {
    H2Socket.probe(url.replace("PORT", Integer.toString(port)), 2_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:h2:tcp://127.0.0.1:PORT/./shop",
        "jdbc:h2:ssl://127.0.0.1:PORT/~/shop;LOCK_TIMEOUT=1",
        "jdbc:h2:tcp://localhost:PORT/mem:shop"
      })
  void onlyWhereSomebodyListens(String url) throws Exception {
    int port;
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
      port = server.getLocalPort();
      probe(url, port);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    assertThatThrownBy(() -> probe(url, port))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining(Integer.toString(port))
        .satisfies(
            e ->
                org.assertj.core.api.Assertions.assertThat(((SQLException) e).getSQLState())
                    .isEqualTo("08001"));
  }

  @Test
  void addressesOfOtherForms() {
    for (String url :
        new String[] {"jdbc:h2:mem:shop", "jdbc:h2:./data/shop", "jdbc:h2:file:/data/tcp://x:1/"}) {
      assertThatCode(() -> probe(url, 1)).doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> probe("jdbc:h2:tcp://[::1]:PORT/./shop", 1))
        .hasMessageContaining("[::1]:1");
  }
}
