package dev.lockstep.engine;

import dev.lockstep.commit.DdlCoordinator;
import dev.lockstep.commit.DdlText;
import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.journal.Entry;
import dev.lockstep.journal.JournalRow;
import dev.lockstep.node.TableName;
import dev.lockstep.resync.DdlResolver;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Signatures of definitions (SHA-256 over the catalogue's text, shortened to 128 bits), and what
 * they say about DDL that was interrupted. The intent's journal row carries the signature from
 * before, the end's the one from after.
 */
final class Definitions implements DdlCoordinator.Signatures, DdlResolver {
  private final UserCatalogue catalogue;

  Definitions(Vendor vendor) {
    this.catalogue = UserCatalogue.of(vendor);
  }

  @Override
  public String of(Connection c, Set<TableName> tables, boolean all) throws SQLException {
    StringBuilder b = new StringBuilder();
    if (all || tables.isEmpty()) {
      b.append(catalogue.signature(c));
    } else {
      Set<TableName> sorted = new TreeSet<>(Comparator.comparing(TableName::toString));
      sorted.addAll(tables);
      for (TableName t : sorted) {
        b.append(t).append('=').append(catalogue.tableSignature(c, t)).append('\n');
      }
    }
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of()
          .formatHex(sha.digest(b.toString().getBytes(StandardCharsets.UTF_8)))
          .substring(0, 32);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The signature that a DDL row carries. */
  static String signature(JournalRow row) {
    String comment = row.entries().get(0).after();
    return comment.substring(3, comment.length() - 3);
  }

  /** The tables that a DDL row names; empty means everything. */
  static Set<TableName> tables(JournalRow row) {
    Set<TableName> tables = new TreeSet<>(Comparator.comparing(TableName::toString));
    if (!row.tables().isEmpty()) {
      for (String t : row.tables().split(",")) {
        int dot = t.indexOf('.');
        tables.add(new TableName(t.substring(0, dot), t.substring(dot + 1)));
      }
    }
    return tables;
  }

  String now(Connection c, JournalRow row) throws SQLException {
    Set<TableName> tables = tables(row);
    return of(c, tables, tables.isEmpty());
  }

  @Override
  public State state(Connection target, JournalRow intent, JournalRow done) throws SQLException {
    boolean tookEffect = done.entries().get(0).expectedRows() != 0;
    String now = now(target, intent);
    String old = signature(intent);
    if (!tookEffect) {
      // A failed TRUNCATE that only this node may have run leaves no trace in its definition.
      boolean traceless = DdlText.keepsDefinition(intent.entries().get(0).sql());
      return now.equals(old) && !traceless ? State.NEW : State.UNKNOWN;
    }
    // Where old and new look alike (TRUNCATE) it is run, perhaps once more: nothing later on these
    // tables is on the target yet.
    return now.equals(old) ? State.OLD : now.equals(signature(done)) ? State.NEW : State.UNKNOWN;
  }

  @Override
  public boolean accept(Connection target, JournalRow intent, JournalRow done, SQLException error)
      throws SQLException {
    return now(target, intent).equals(signature(done));
  }

  /** What a DDL intent runs: session statements first. */
  static List<String> statements(JournalRow intent) {
    Entry e = intent.entries().get(0);
    return e.context().isEmpty() ? List.of(e.sql()) : List.of(e.context(), e.sql());
  }
}
