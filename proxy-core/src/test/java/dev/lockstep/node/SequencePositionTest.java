package dev.lockstep.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.SequencePosition.Place;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SequencePositionTest {
  private static final Dialect H2 = Dialect.of(Vendor.H2);

  private static String draw(Connection c, String sequence) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery("VALUES NEXT VALUE FOR " + sequence)) {
      r.next();
      return r.getString(1);
    } catch (SQLException e) {
      return "over";
    }
  }

  /** What is told of the place behind some values is where the server then stands. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "START WITH 7 INCREMENT BY 50",
        "INCREMENT BY -3 MINVALUE -20 MAXVALUE -1",
        "MAXVALUE 20",
        "MAXVALUE 7 CYCLE",
        "START WITH 3 INCREMENT BY 4 MINVALUE 2 MAXVALUE 13 CYCLE",
        "START WITH 5 INCREMENT BY -2 MINVALUE 1 MAXVALUE 10 CYCLE",
      })
  void aheadIsWhereTheServerStands(String options) throws SQLException {
    try (Connection c = DriverManager.getConnection("jdbc:h2:mem:");
        Statement s = c.createStatement()) {
      for (int values = 0; values < 40; values++) {
        s.execute("CREATE SEQUENCE drawn " + options);
        s.execute("CREATE SEQUENCE moved " + options);
        Place to = SequencePosition.read(c, H2, new TableName("PUBLIC", "DRAWN")).ahead(values);
        for (int i = 0; i < values; i++) {
          draw(c, "drawn");
        }
        SequencePosition.read(c, H2, new TableName("PUBLIC", "MOVED")).advance(c, to);
        for (int i = 0; i < 15; i++) {
          assertThat(draw(c, "moved")).as("%d, %d", values, i).isEqualTo(draw(c, "drawn"));
        }
        s.execute("DROP SEQUENCE drawn");
        s.execute("DROP SEQUENCE moved");
      }
    }
  }

  @Test
  void neverGoesBack() throws SQLException {
    Random random = new Random(7);
    try (Connection c = DriverManager.getConnection("jdbc:h2:mem:");
        Statement s = c.createStatement()) {
      s.execute("CREATE SEQUENCE a");
      s.execute("CREATE SEQUENCE b");
      TableName a = new TableName("PUBLIC", "A");
      TableName b = new TableName("PUBLIC", "B");
      long last = 0;
      for (int i = 0; i < 100; i++) {
        SequencePosition.read(c, H2, a)
            .advance(c, SequencePosition.read(c, H2, b).ahead(random.nextInt(100)));
        draw(c, "b");
        long next = Long.parseLong(draw(c, "a"));
        assertThat(next).isGreaterThan(last);
        last = next;
      }
      assertThat(SequencePosition.read(c, H2, new TableName("PUBLIC", "NONE"))).isNull();
    }
  }
}
