package dev.lockstep.resync;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.h2.engine.SessionLocal;
import org.h2.index.Index;
import org.h2.jdbc.JdbcConnection;
import org.h2.result.Row;
import org.h2.table.Table;
import org.h2.value.ValueVarchar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class H2LeftoversTest {
  private Connection c;
  private SessionLocal session;
  private Table t;

  @BeforeEach
  void tables() throws SQLException {
    c = DriverManager.getConnection("jdbc:h2:mem:");
    session = (SessionLocal) c.unwrap(JdbcConnection.class).getSession();
    try (Statement s = c.createStatement()) {
      s.execute("CREATE TABLE p (id INT PRIMARY KEY)");
      s.execute(
          "CREATE TABLE t (k VARCHAR(20), n INT, v VARCHAR(9), \"a\"\"b\" BOOLEAN, d DOUBLE"
              + " PRECISION, p INT REFERENCES p (id), PRIMARY KEY (k, n))");
      s.execute("CREATE UNIQUE INDEX tn ON t (n DESC NULLS LAST, v)");
      s.execute("CREATE INDEX tv ON t (v)");
      s.execute("CREATE INDEX tb ON t (\"a\"\"b\", d)");
      s.execute("CREATE TABLE empty (id INT, UNIQUE (id))");
      s.execute("INSERT INTO p VALUES (1)");
      s.execute("INSERT INTO t VALUES ('x', 1, 'one', TRUE, 1e300, 1)");
      s.execute("INSERT INTO t VALUES ('x', 2, NULL, NULL, NULL, NULL)");
      s.execute("INSERT INTO t VALUES ('', 3, '', FALSE, -0.0, 1)");
    }
    t = session.getDatabase().getSchema("PUBLIC").getTableOrView(session, "T");
  }

  @AfterEach
  void close() throws SQLException {
    c.close();
  }

  private Index index(String name) {
    return t.getIndexes().stream().filter(i -> i.getName().equals(name)).findAny().orElseThrow();
  }

  @Test
  void nothing() throws SQLException {
    assertThat(H2Leftovers.damage(c)).isNull();
  }

  @Test
  void aRowWithoutAnEntry() throws SQLException {
    index("TV").remove(session, t.getRow(session, 2)); // a NULL
    session.commit(true);
    assertThat(H2Leftovers.damage(c)).contains("\"TV\"").contains("\"T\"");
  }

  @Test
  void anEntryWithoutARow() throws SQLException {
    Row gone = t.getRow(session, 3);
    t.removeRow(session, gone);
    session.commit(true);
    index("TB").add(session, gone);
    session.commit(true);
    assertThat(H2Leftovers.damage(c)).contains("\"TB\"");
  }

  /** As many entries as rows. */
  @Test
  void anEntryWithAnotherValue() throws SQLException {
    Row row = t.getRow(session, 1);
    index("TN").remove(session, row);
    Row other = Row.get(row.getValueList().clone(), row.getMemory());
    other.setKey(row.getKey());
    other.setValue(2, ValueVarchar.get("two"));
    index("TN").add(session, other);
    session.commit(true);
    assertThat(H2Leftovers.damage(c)).contains("\"TN\"");
  }
}
