package dev.lockstep.session;

import dev.lockstep.commit.Transaction;
import dev.lockstep.journal.Entry;
import dev.lockstep.node.ServerConnection;
import java.util.ArrayList;
import java.util.List;

/**
 * The session's transaction, from its first statement to its end, with its savepoints. Used under
 * the session's lock.
 */
final class OpenTransaction {
  private record Mark(String name, Transaction.Mark place) {}

  private final List<Mark> savepoints = new ArrayList<>(2);
  private boolean explicit;
  private boolean touched;
  private boolean locking;
  private boolean guarded;
  private boolean guardWanted;
  private boolean readOnly;
  private boolean repeatable;
  private Transaction writes;

  /** Opened by BEGIN in the SQL text, though the session is in autocommit. */
  boolean explicit() {
    return explicit;
  }

  void beginExplicit(boolean readOnlyTransaction) {
    explicit = true;
    readOnly = readOnlyTransaction;
  }

  /** The session itself repeats it where the primary is lost before it commits. */
  void repeatable() {
    repeatable = true;
  }

  /** Whether it has executed anything that a new connection could not know. */
  boolean touched() {
    return touched;
  }

  void touch() {
    touched = true;
  }

  /** Whether it holds locks by a locking read. */
  boolean locking() {
    return locking;
  }

  void lockingRead() {
    locking = true;
  }

  boolean readOnly() {
    return readOnly;
  }

  void readOnly(boolean value) {
    readOnly = value;
  }

  /** Whether the guard savepoint is set. */
  boolean guarded() {
    return guarded;
  }

  void guardSet() {
    guarded = true;
  }

  /**
   * Something may run in it that could end it behind our back: the guard must stand before the
   * first write, or at once where there are writes already.
   */
  void wantGuard() {
    guardWanted = true;
  }

  boolean guardWanted() {
    return guardWanted;
  }

  boolean hasWrites() {
    return writes != null && !writes.empty();
  }

  /** The writes for the committer. */
  Transaction writes() {
    return writes;
  }

  void add(ServerConnection connection, Entry entry) {
    if (writes == null) {
      writes = new Transaction(connection, repeatable);
    }
    writes.add(entry);
  }

  /** Tables that triggers have written, after at least one {@link #add}. */
  void alsoWrites(java.util.Set<dev.lockstep.node.TableName> tables) {
    writes.alsoWrites(tables);
  }

  /** The entries of the write set that are in memory. */
  List<Entry> entries() {
    return writes == null ? List.of() : writes.entries();
  }

  /** How many parts of the write set are on the primary. */
  int parts() {
    return writes == null ? 0 : writes.parts();
  }

  long bytes() {
    return writes == null ? 0 : writes.bytes();
  }

  /** How many bytes of the write set are in memory. */
  long inMemory() {
    return writes == null ? 0 : writes.inMemory();
  }

  /** Whether some of the write set is in parts on the primary. */
  boolean large() {
    return writes != null && writes.parts() > 0;
  }

  void savepoint(String name) {
    int i = find(name);
    if (i >= 0) {
      savepoints.remove(i);
    }
    savepoints.add(new Mark(name, writes == null ? Transaction.Mark.START : writes.mark()));
  }

  /** The name as the savepoint was set with, whatever its case is now; null for an unknown one. */
  String savepointNamed(String name) {
    int i = find(name);
    return i < 0 ? null : savepoints.get(i).name();
  }

  private int find(String name) {
    for (int i = savepoints.size() - 1; i >= 0; i--) {
      if (savepoints.get(i).name().equalsIgnoreCase(name)) {
        return i;
      }
    }
    return -1;
  }

  void rolledBackTo(String name) {
    int i = find(name);
    if (writes != null) {
      writes.backTo(savepoints.get(i).place());
    }
    savepoints.subList(i + 1, savepoints.size()).clear();
  }

  void released(String name) {
    int i = find(name);
    savepoints.subList(i, savepoints.size()).clear();
  }

  /** Back to nothing, after commit or rollback. */
  void end() {
    explicit = false;
    touched = false;
    locking = false;
    guarded = false;
    guardWanted = false;
    readOnly = false;
    repeatable = false;
    writes = null;
    savepoints.clear();
  }
}
