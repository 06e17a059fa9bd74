package dev.lockstep.commit;

import dev.lockstep.journal.Entry;
import dev.lockstep.node.ServerConnection;
import dev.lockstep.node.TableName;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A read-write transaction and its write set under construction. Used by its session, then by its
 * group's leader.
 */
public final class Transaction {
  private final ServerConnection connection;
  private final boolean repeatable;
  private final List<Entry> entries = new ArrayList<>(4);
  private final Set<TableName> tables = new LinkedHashSet<>(4);
  private long bytes;
  private boolean foreignKeyChecks;
  private boolean guarded;

  /**
   * @param connection the primary's connection that holds the transaction
   * @param repeatable whether the session can repeat it by itself: one statement in autocommit
   */
  public Transaction(ServerConnection connection, boolean repeatable) {
    this.connection = connection;
    this.repeatable = repeatable;
  }

  /** Adds a write that matched rows. */
  public void add(Entry entry) {
    entries.add(entry);
    tables.add(entry.table());
    bytes += entry.sql().length() + 64L;
  }

  /** Names further tables that its entries write: by triggers. */
  public void alsoWrites(Set<TableName> more) {
    tables.addAll(more);
  }

  /** How many entries there are: a position for {@link #truncate}. */
  public int size() {
    return entries.size();
  }

  /** Drops the entries from {@code size} on: ROLLBACK TO SAVEPOINT. */
  public void truncate(int size) {
    while (entries.size() > size) {
      bytes -= entries.remove(entries.size() - 1).sql().length() + 64L;
    }
  }

  /** Characters of the write set so far, roughly bytes. */
  public long bytes() {
    return bytes;
  }

  /** The primary's connection. */
  public ServerConnection connection() {
    return connection;
  }

  /** Whether it may be repeated after a failover without asking the application. */
  public boolean repeatable() {
    return repeatable;
  }

  /** Tells whether the guard savepoint is set, whose release is to be a part of prepare. */
  public void guarded(boolean yes) {
    guarded = yes;
  }

  boolean guarded() {
    return guarded;
  }

  /** Tells whether its session checks foreign keys now. */
  public void foreignKeyChecks(boolean on) {
    foreignKeyChecks = on;
  }

  boolean foreignKeyChecks() {
    return foreignKeyChecks;
  }

  List<Entry> entries() {
    return entries;
  }

  Set<TableName> tables() {
    return tables;
  }
}
