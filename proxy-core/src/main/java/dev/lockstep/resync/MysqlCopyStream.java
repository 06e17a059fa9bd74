package dev.lockstep.resync;

import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.consistency.UserTable;
import dev.lockstep.node.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/**
 * One of the streams of a copy between MySQL or MariaDB servers: a connection that reads the
 * snapshot, and one with the settings of {@link TargetSession}. For one thread.
 */
final class MysqlCopyStream {
  private static final long COMMIT_BYTES = 4L << 20;

  private final UserCatalogue catalogue;
  private final Connection source;
  private final Connection target;
  private final long maxPacket;
  private final CopyTotals totals;

  MysqlCopyStream(
      UserCatalogue catalogue,
      Connection source,
      Connection target,
      long maxPacket,
      CopyTotals totals) {
    this.catalogue = catalogue;
    this.source = source;
    this.target = target;
    this.maxPacket = maxPacket;
    this.totals = totals;
  }

  /**
   * Copies until nothing is left.
   *
   * @param signatures the definitions that the tables must have
   */
  void run(CopyPieces pieces, Map<TableName, String> signatures) throws SQLException {
    execute("SAVEPOINT lockstep_copy");
    for (CopyPieces.Piece p = pieces.next(source); p != null; p = pieces.next(source)) {
      TableName name = p.table().name();
      copy(p.table(), p.range());
      if (!signatures.get(name).equals(catalogue.tableSignature(source, name))) {
        throw new DefinitionChangedException("table " + name + " changed", null);
      }
      // Lets go of the lock on the table's definition, or DDL would wait for the whole copy.
      execute("ROLLBACK TO SAVEPOINT lockstep_copy");
    }
  }

  private void copy(UserTable t, KeyRange range) throws SQLException {
    try (MysqlRowWriter writer = new MysqlRowWriter(target, t, maxPacket);
        Statement s =
            source.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY)) {
      s.setEscapeProcessing(false);
      s.setFetchSize(Integer.MIN_VALUE); // Connector/J: row by row from the socket
      int n = t.writable().size();
      byte[][] values = new byte[n][];
      long rows = 0;
      long bytes = 0;
      try (ResultSet rs =
          s.executeQuery(
              "SELECT "
                  + MysqlRowWriter.selectList(catalogue, t)
                  + " FROM "
                  + catalogue.quote(t.name())
                  + " WHERE "
                  + range.condition(t.primaryKey().stream().map(catalogue::quote).toList()))) {
        try {
          while (rs.next()) {
            for (int i = 0; i < n; i++) {
              values[i] = rs.getBytes(i + 1);
            }
            writer.add(values);
            if (writer.bytes() != bytes) {
              writer.commitIfLarge(COMMIT_BYTES);
              totals.sent(t.name(), writer.rows() - rows, writer.bytes() - bytes);
              rows = writer.rows();
              bytes = writer.bytes();
            }
          }
        } catch (SQLException | RuntimeException e) {
          s.cancel(); // or closing the result would read all of the table first
          throw e;
        }
      } catch (SQLException e) {
        throw MysqlFullCopy.changed(t.name().toString(), e);
      }
      writer.flush();
      target.commit();
      totals.sent(t.name(), writer.rows() - rows, writer.bytes() - bytes);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement s = source.createStatement()) {
      s.execute(sql);
    }
  }
}
