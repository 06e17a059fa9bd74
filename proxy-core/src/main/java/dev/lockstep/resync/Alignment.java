package dev.lockstep.resync;

import dev.lockstep.config.Errors;
import dev.lockstep.config.Vendor;
import dev.lockstep.node.DatabaseNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a member equal to another one, data and journal, while nothing is served: where a cluster
 * starts and the member's journal does not tell what it holds (see {@link
 * dev.lockstep.node.OpenMark}). It stays a member: what it knows of views is not touched. Stateless
 * but for the vendor.
 */
public final class Alignment {
  /** How the incomplete mark begins meanwhile. */
  private static final String MARK = Differential.MARK + " at the start";

  private static final Logger LOG = LoggerFactory.getLogger(Alignment.class);

  private final Vendor vendor;

  /** For nodes of this vendor. */
  public Alignment(Vendor vendor) {
    this.vendor = vendor;
  }

  /**
   * Whether this incomplete mark was left by an alignment that did not end: such a member may be
   * counted on, but must be aligned again.
   */
  public static boolean interrupted(String incomplete) {
    return incomplete != null && incomplete.startsWith(MARK);
  }

  /**
   * Does it; the incomplete mark is set meanwhile. Transactions that only the member has are saved
   * first.
   *
   * @param target an administrator's connection to the member, in no transaction
   * @param from the same to the one that is right, whose last group is finished
   */
  public void align(DatabaseNode node, Connection target, DatabaseNode source, Connection from)
      throws SQLException {
    SnapshotPosition position;
    try {
      position = compared(node, target, source, from);
    } catch (SQLException e) {
      if (!(e instanceof CopyNeededException) && !H2Leftovers.met(e)) {
        throw e;
      }
      LOG.info("full copy of {} from {}: {}", node.name(), source.name(), e.getMessage());
      IncompleteMark.set(target, e.getMessage());
      H2Leftovers.emptyJournal(target);
      position =
          FullCopy.of(
                  vendor, from, target, source.name(), () -> false, (table, rows, all, bytes) -> {})
              .run()
              .position();
    }
    JournalTables.reset(target, position);
    IncompleteMark.clear(target);
  }

  private SnapshotPosition compared(
      DatabaseNode node, Connection target, DatabaseNode source, Connection from)
      throws SQLException {
    JournalRelation relation = JournalCompare.compare(target, from, Long.MAX_VALUE);
    if (relation instanceof JournalRelation.Foreign f) {
      throw Errors.configuration(node.name() + " is no member: " + f.reason());
    }
    if (relation instanceof JournalRelation.Extra e) {
      Repair.save(from, target, node.id(), Rejoin.lostTransactionDirectory(), e.rows());
      LOG.warn(
          "{} has {} transactions that {} does not have: they are saved to"
              + " lockstep.lost_transaction and to a file",
          node.name(),
          e.rows().size(),
          source.name());
    }
    IncompleteMark.set(target, MARK);
    H2Leftovers.emptyJournal(target);
    H2Leftovers.requireNone(target);
    Differential.Result r =
        new Differential(vendor, from, target, source.name(), () -> false, (phase, rows) -> {})
            .run(MARK);
    LOG.info(
        "{} was compared with {}: {} rows changed in {}",
        node.name(),
        source.name(),
        r.changed(),
        r.tables());
    return r.position();
  }

  /**
   * Removes what the comparison of users' tables does not tell: parts of write sets whose
   * transaction was not committed.
   */
  public static void removeOrphans(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      int n =
          s.executeUpdate(
              "DELETE FROM lockstep.journal_part WHERE tx NOT IN (SELECT tx FROM"
                  + " lockstep.journal)");
      if (n > 0) {
        LOG.info("{} parts of write sets without a transaction were removed", n);
      }
    }
  }

  /** Makes the reserved places of sequences those of another member with equal data. */
  public static void alignSequences(Connection target, Connection from) throws SQLException {
    target.setAutoCommit(false);
    try {
      SequencePlaces.copy(from, target);
      target.commit();
    } catch (SQLException e) {
      target.rollback();
      throw e;
    } finally {
      target.setAutoCommit(true);
    }
  }
}
