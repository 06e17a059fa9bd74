package dev.lockstep.journal;

import dev.lockstep.config.Vendor;
import dev.lockstep.node.OpenMark;
import dev.lockstep.node.TableName;
import java.util.List;
import java.util.Set;

/**
 * The cluster's own tables on every node: database {@code lockstep} on MySQL and MariaDB, schema
 * {@code LOCKSTEP} on H2. They are written by the owner only; reading them needs no ownership.
 */
public final class SystemTables {
  /** Version of the tables' layout, stored in {@code node_info.format}. */
  public static final int FORMAT = 2;

  private SystemTables() {}

  /** The table of places up to which sequences are reserved. */
  public static TableName sequenceReserve(Vendor vendor) {
    return vendor.mysqlFamily()
        ? new TableName("lockstep", "sequence_reserve")
        : new TableName("LOCKSTEP", "SEQUENCE_RESERVE");
  }

  /** The table of values of numbered columns that may have been given. */
  public static TableName keyReserve(Vendor vendor) {
    return vendor.mysqlFamily()
        ? new TableName("lockstep", "key_reserve")
        : new TableName("LOCKSTEP", "KEY_RESERVE");
  }

  /** Tables of which a node that is made equal gets a copy. */
  public static Set<TableName> reserves(Vendor vendor) {
    return Set.of(sequenceReserve(vendor), keyReserve(vendor));
  }

  /** Statements that create what is missing; each may be run again. */
  public static List<String> ddl(Vendor vendor) {
    boolean my = vendor.mysqlFamily();
    String text = my ? "LONGTEXT" : "CLOB";
    String end = my ? " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin" : "";
    return List.of(
        my ? "CREATE DATABASE IF NOT EXISTS lockstep" : "CREATE SCHEMA IF NOT EXISTS LOCKSTEP",
        // One row, id 1. incomplete: why the node's data must not be used, or NULL.
        "CREATE TABLE IF NOT EXISTS lockstep.node_info (id INT PRIMARY KEY, cluster_id VARCHAR(36) NOT NULL, node_id"
            + " VARCHAR(36) NOT NULL, node_name VARCHAR(255) NOT NULL, incomplete VARCHAR(500), format INT NOT NULL)"
            + end,
        // One row, id 1. token: the owner whose transactions may commit. number: the same as a
        // number,
        // see JournalSql.keyed.
        "CREATE TABLE IF NOT EXISTS lockstep.fence (id INT PRIMARY KEY, token VARCHAR(36) NOT NULL, owner VARCHAR(255)"
            + " NOT NULL, beat BIGINT NOT NULL"
            + (my ? ", number BIGINT UNIQUE)" : ")")
            + end,
        // members, lagging, known: node ids separated by commas. primary_node: a node id.
        "CREATE TABLE IF NOT EXISTS lockstep.view_log (epoch BIGINT PRIMARY KEY, id VARCHAR(36) NOT NULL, parent"
            + " VARCHAR(36), members VARCHAR(2000) NOT NULL, lagging VARCHAR(2000) NOT NULL, primary_node VARCHAR(36)"
            + " NOT NULL, known VARCHAR(2000) NOT NULL, reason VARCHAR(500) NOT NULL, recorded_at BIGINT NOT NULL)"
            + end,
        // names of the nodes by id, as the owner last knew them: id, host:port
        "CREATE TABLE IF NOT EXISTS lockstep.node_list (node_id VARCHAR(36) PRIMARY KEY, node_name VARCHAR(255) NOT"
            + " NULL)"
            + end,
        // kind: 0 transaction, 1 DDL intent, 2 DDL done. format: see WriteSetCodec. at:
        // milliseconds since 1970.
        "CREATE TABLE IF NOT EXISTS lockstep.journal (grp BIGINT NOT NULL, idx INT NOT NULL, epoch BIGINT NOT NULL, tx"
            + " VARCHAR(40) NOT NULL, kind INT NOT NULL, at BIGINT NOT NULL, tables "
            + (my ? "TEXT" : "VARCHAR(100000)")
            + " NOT NULL, format INT NOT NULL, payload "
            + (my ? "LONGBLOB" : "BLOB")
            + " NOT NULL, PRIMARY KEY (grp, idx)"
            // DDL is found without reading the whole journal.
            + (my
                ? ", fence BIGINT, KEY journal_kind (kind), KEY journal_fence (fence),"
                    + " FOREIGN KEY (fence) REFERENCES lockstep.fence (number))"
                : ")")
            + end,
        // The write sets of journal rows of format 3, see JournalParts.
        "CREATE TABLE IF NOT EXISTS lockstep.journal_part (tx VARCHAR(40) NOT NULL, part INT NOT NULL, format INT NOT"
            + " NULL, payload "
            + (my ? "LONGBLOB" : "BLOB")
            + " NOT NULL, PRIMARY KEY (tx, part))"
            + end,
        // For each sequence a place before which all values are that were ever given. tenure: the
        // primary, in one process, that reserved them. used_up: there is no value behind it.
        "CREATE TABLE IF NOT EXISTS lockstep.sequence_reserve (schema_name VARCHAR("
            + (my ? "64" : "256")
            + ") NOT NULL, sequence_name VARCHAR("
            + (my ? "64" : "256")
            + ") NOT NULL, tenure VARCHAR(36) NOT NULL, place DECIMAL(30) NOT NULL, round"
            + " DECIMAL(30) NOT NULL, used_up INT NOT NULL, PRIMARY KEY (schema_name,"
            + " sequence_name))"
            + end,
        // For each numbered column a value that is not below any that was ever given. node_id: the
        // primary that gave them, in the view of that epoch.
        "CREATE TABLE IF NOT EXISTS lockstep.key_reserve (schema_name VARCHAR("
            + (my ? "64" : "256")
            + ") NOT NULL, table_name VARCHAR("
            + (my ? "64" : "256")
            + ") NOT NULL, node_id VARCHAR(36) NOT NULL, epoch BIGINT NOT NULL, place BIGINT NOT"
            + " NULL, PRIMARY KEY (schema_name, table_name))"
            + end,
        my ? "DO 0" : "CREATE INDEX IF NOT EXISTS journal_kind ON lockstep.journal (kind)",
        // One row, id 1: groups up to and including grp have been trimmed from this node's journal.
        "CREATE TABLE IF NOT EXISTS lockstep.journal_floor (id INT PRIMARY KEY, grp BIGINT NOT NULL)"
            + end,
        // Operator commands for the owner. state: NEW, RUNNING, DONE, FAILED.
        "CREATE TABLE IF NOT EXISTS lockstep.command (id VARCHAR(36) PRIMARY KEY, name VARCHAR(32) NOT NULL, args"
            + " VARCHAR(2000) NOT NULL, state VARCHAR(16) NOT NULL, result "
            + text
            + ", created BIGINT NOT NULL, finished BIGINT)"
            + end,
        // Transactions that only one node had, saved by repair before their rows were overwritten.
        "CREATE TABLE IF NOT EXISTS lockstep.lost_transaction (node_id VARCHAR(36) NOT NULL, grp BIGINT NOT NULL, idx"
            + " INT NOT NULL, tx VARCHAR(40) NOT NULL, saved_at BIGINT NOT NULL, write_set "
            + text
            + " NOT NULL, PRIMARY KEY (node_id, grp, idx, tx))"
            + end,
        my ? "DO 0" : OpenMark.DDL);
  }
}
