package dev.lockstep.engine;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.Catalogue;
import dev.lockstep.node.ForeignKeys;
import dev.lockstep.node.JdbcCatalogue;
import dev.lockstep.node.ProcedureText;
import dev.lockstep.node.RoutineInfo;
import dev.lockstep.node.ServerVersion;
import dev.lockstep.node.TableInfo;
import dev.lockstep.node.TableName;
import java.sql.SQLException;

/**
 * The catalogue of the primary. A statement is analysed before its session has a connection; where
 * the primary is lost meanwhile the new one is asked, so that the application does not notice.
 */
final class PrimaryCatalogue implements Catalogue {
  private final Cluster cluster;
  private final JdbcCatalogue tables;

  PrimaryCatalogue(Cluster cluster, Vendor vendor) {
    this.cluster = cluster;
    this.tables = new JdbcCatalogue(vendor, () -> cluster.primary().openAdmin());
  }

  @Override
  public TableInfo table(String schema, String name) throws SQLException {
    return cluster.askPrimary(primary -> tables.table(schema, name));
  }

  @Override
  public RoutineInfo function(String schema, String name) throws SQLException {
    return cluster.askPrimary(primary -> tables.function(schema, name));
  }

  @Override
  public ProcedureText procedure(TableName name) throws SQLException {
    return cluster.askPrimary(primary -> tables.procedure(name));
  }

  @Override
  public String viewText(TableName view) throws SQLException {
    return cluster.askPrimary(primary -> tables.viewText(view));
  }

  @Override
  public ForeignKeys foreignKeys() throws SQLException {
    return cluster.askPrimary(primary -> tables.foreignKeys());
  }

  @Override
  public ServerVersion version() throws SQLException {
    return cluster.askPrimary(primary -> tables.version());
  }

  @Override
  public void invalidate() {
    tables.invalidate();
  }
}
