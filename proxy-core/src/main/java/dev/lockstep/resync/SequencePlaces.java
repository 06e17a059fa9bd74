package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserObject;
import dev.lockstep.node.Dialect;
import dev.lockstep.node.SequencePosition;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What a node that is made equal has to know of sequences and numbered columns: the places up to
 * which they are reserved, and what numbered columns have given, which are no user's tables, and on
 * MariaDB the sequences themselves. Stateless.
 */
final class SequencePlaces {
  private static final String SEQUENCES =
      "schema_name, sequence_name, tenure, place, round, used_up";
  private static final String KEYS = "schema_name, table_name, node_id, epoch, place";

  private SequencePlaces() {}

  /** Makes the reserved places on the target those of the source. Does not commit. */
  static void copy(Connection source, Connection target) throws SQLException {
    copy(source, target, "sequence_reserve", SEQUENCES);
    copy(source, target, "key_reserve", KEYS);
  }

  private static void copy(Connection source, Connection target, String table, String columns)
      throws SQLException {
    try (Statement read = source.createStatement();
        Statement delete = target.createStatement();
        ResultSet r = read.executeQuery("SELECT " + columns + " FROM lockstep." + table)) {
      int count = r.getMetaData().getColumnCount();
      delete.execute("DELETE FROM lockstep." + table);
      try (PreparedStatement insert =
          target.prepareStatement(
              "INSERT INTO lockstep."
                  + table
                  + " ("
                  + columns
                  + ") VALUES (?"
                  + ", ?".repeat(count - 1)
                  + ")")) {
        while (r.next()) {
          for (int i = 1; i <= count; i++) {
            insert.setObject(i, r.getObject(i));
          }
          insert.executeUpdate();
        }
      }
    }
  }

  /** Makes the sequences of MariaDB, which stand on the target where they do on the source. */
  static void create(UserCatalogue catalogue, Vendor vendor, Connection source, Connection target)
      throws SQLException {
    Dialect dialect = Dialect.of(vendor);
    for (UserObject o : catalogue.objects(source)) {
      if (!o.kind().equals("sequence")) {
        continue;
      }
      TableName name = new TableName(o.schema(), o.name());
      String create = catalogue.tableSignature(source, name);
      SequencePosition position = SequencePosition.read(source, dialect, name);
      if (create == null || position == null) {
        throw new DefinitionChangedException("sequence " + name + " is gone", null);
      }
      target.setCatalog(name.schema());
      try (Statement s = target.createStatement()) {
        s.setEscapeProcessing(false);
        s.execute(create);
      }
      SequencePosition made = SequencePosition.read(target, dialect, name);
      made.advance(target, position.ahead(0));
      target.commit();
    }
  }
}
