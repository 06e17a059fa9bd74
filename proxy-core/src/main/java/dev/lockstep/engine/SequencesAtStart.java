package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.commit.PrimaryLostException;
import dev.lockstep.commit.SequenceReserves;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.DatabaseNode;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reserves places of sequences that were drawn from before Lockstep was there: the nodes need not
 * agree on where these stand, and another primary must know it from this one. Stateless.
 */
final class SequencesAtStart {
  private static final Logger LOG = LoggerFactory.getLogger(SequencesAtStart.class);

  private SequencesAtStart() {}

  static void reserve(Cluster cluster, Vendor vendor, SequenceReserves sequences) {
    DatabaseNode primary = cluster.primary();
    try {
      for (TableName name : unknown(primary, vendor)) {
        sequences.reserve(primary, name, 0).close();
      }
    } catch (SQLException | PrimaryLostException e) {
      LOG.warn(
          "cannot reserve values of sequences now; after a loss of {}, values that it gave before"
              + " this start may be given again: {}",
          primary.name(),
          e.toString());
    }
  }

  private static List<TableName> unknown(DatabaseNode primary, Vendor vendor) throws SQLException {
    String sequences =
        vendor == Vendor.H2
            ? "SELECT SEQUENCE_SCHEMA, SEQUENCE_NAME FROM INFORMATION_SCHEMA.SEQUENCES s WHERE"
                + " SEQUENCE_SCHEMA NOT IN ('INFORMATION_SCHEMA', 'LOCKSTEP') AND NOT EXISTS"
                + " (SELECT 1 FROM LOCKSTEP.SEQUENCE_RESERVE r WHERE r.SCHEMA_NAME ="
                + " s.SEQUENCE_SCHEMA AND r.SEQUENCE_NAME = s.SEQUENCE_NAME)"
            : "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES t WHERE TABLE_TYPE ="
                + " 'SEQUENCE' AND NOT EXISTS (SELECT 1 FROM lockstep.sequence_reserve r WHERE"
                + " r.schema_name = t.TABLE_SCHEMA AND r.sequence_name = t.TABLE_NAME)";
    List<TableName> names = new ArrayList<>();
    try (Connection c = primary.openAdmin();
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sequences)) {
      while (r.next()) {
        names.add(new TableName(r.getString(1), r.getString(2)));
      }
    }
    return names;
  }
}
