package dev.lockstep.engine;

import dev.lockstep.commit.DdlCoordinator;
import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.node.TableName;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;

/** Signatures of definitions: SHA-256 over the catalogue's text. */
final class Definitions implements DdlCoordinator.Signatures, dev.lockstep.resync.DdlResolver {
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
      Set<TableName> sorted = new TreeSet<>((x, y) -> x.toString().compareTo(y.toString()));
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
}
