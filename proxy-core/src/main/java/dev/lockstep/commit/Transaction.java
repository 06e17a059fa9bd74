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
  private List<Entry> entries = new ArrayList<>(4);
  private final Set<TableName> tables = new LinkedHashSet<>(4);
  private long bytes;
  private long inMemory;
  private String id;
  private int parts;
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

  /** A place in the write set, to go back to: ROLLBACK TO SAVEPOINT. */
  public static final class Mark {
    /** The beginning of a write set. */
    public static final Mark START = new Mark(List.of(), 0, 0, 0, 0);

    private final List<Entry> entries;
    private final int size;
    private final int parts;
    private final long bytes;
    private final long inMemory;

    private Mark(List<Entry> entries, int size, int parts, long bytes, long inMemory) {
      this.entries = entries;
      this.size = size;
      this.parts = parts;
      this.bytes = bytes;
      this.inMemory = inMemory;
    }
  }

  /** Adds a write that matched rows. */
  public void add(Entry entry) {
    entries.add(entry);
    tables.add(entry.table());
    long size = entry.sql().length() + 64L;
    bytes += size;
    inMemory += size;
  }

  /** Names further tables that its entries write: by triggers. */
  public void alsoWrites(Set<TableName> more) {
    tables.addAll(more);
  }

  /** Whether there is nothing in it. */
  public boolean empty() {
    return entries.isEmpty() && parts == 0;
  }

  /** Where it ends now. */
  public Mark mark() {
    // A list that it needs nothing of would be kept for nothing.
    List<Entry> before = entries.isEmpty() ? List.of() : entries;
    return new Mark(before, before.size(), parts, bytes, inMemory);
  }

  /**
   * Drops what came after the mark. Parts that were written since are gone from the primary by its
   * own ROLLBACK TO SAVEPOINT; what they held from before the mark is the mark's own.
   */
  public void backTo(Mark mark) {
    if (entries == mark.entries) {
      entries.subList(mark.size, entries.size()).clear();
    } else {
      entries = new ArrayList<>(mark.entries.subList(0, mark.size));
    }
    parts = mark.parts;
    bytes = mark.bytes;
    inMemory = mark.inMemory;
  }

  /** Characters of the write set so far, roughly bytes. */
  public long bytes() {
    return bytes;
  }

  /** How many of them are not in {@link #parts} yet. */
  public long inMemory() {
    return inMemory;
  }

  /** How many {@link dev.lockstep.journal.JournalParts} of it are on the primary. */
  public int parts() {
    return parts;
  }

  /** The name of its parts, which is its id in the journal; null where there are none. */
  String id() {
    return id;
  }

  /** What was in memory is in so many more parts now. Marks keep the list that they know. */
  void spilled(String name, int more) {
    id = name;
    parts += more;
    entries = new ArrayList<>(4);
    inMemory = 0;
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

  public List<Entry> entries() {
    return entries;
  }

  Set<TableName> tables() {
    return tables;
  }
}
