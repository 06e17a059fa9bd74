package dev.lockstep.cluster;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Reads and writes view rows on one node. Stateless. */
public final class ViewStore {
  private ViewStore() {}

  /** All views that the node has recorded, oldest first. */
  public static List<View> read(Connection c) throws SQLException {
    List<View> views = new ArrayList<>();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT epoch, id, parent, members, lagging, primary_node, known, reason FROM lockstep.view_log ORDER"
                    + " BY epoch")) {
      while (r.next()) {
        views.add(
            new View(
                r.getLong(1),
                r.getString(2),
                r.getString(3),
                split(r.getString(4)),
                split(r.getString(5)),
                r.getString(6),
                split(r.getString(7)),
                r.getString(8)));
      }
    }
    return views;
  }

  /**
   * Records a view durably, in one transaction. The connection has autocommit on before and after.
   *
   * @param fence a query that gives a row as long as this process owns the node, and keeps the
   *     fence from being raised until the transaction ends
   * @throws FencedException when another process owns the node now
   */
  static void write(Connection c, View v, String fence) throws SQLException {
    c.setAutoCommit(false);
    try {
      check(c, fence);
      insert(c, v);
      c.commit();
    } catch (SQLException e) {
      try {
        c.rollback();
      } catch (SQLException x) {
        e.addSuppressed(x);
      }
      throw e;
    } finally {
      c.setAutoCommit(true);
    }
  }

  private static void check(Connection c, String fence) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(fence)) {
      if (!r.next()) {
        throw new FencedException();
      }
    }
  }

  private static void insert(Connection c, View v) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.executeUpdate("DELETE FROM lockstep.view_log WHERE epoch = " + v.epoch());
    }
    try (PreparedStatement p =
        c.prepareStatement(
            "INSERT INTO lockstep.view_log (epoch, id, parent, members, lagging, primary_node, known, reason,"
                + " recorded_at) VALUES (?,?,?,?,?,?,?,?,?)")) {
      p.setLong(1, v.epoch());
      p.setString(2, v.id());
      p.setString(3, v.parent());
      p.setString(4, String.join(",", v.members()));
      p.setString(5, String.join(",", v.lagging()));
      p.setString(6, v.primary());
      p.setString(7, String.join(",", v.known()));
      p.setString(8, v.reason());
      p.setLong(9, System.currentTimeMillis());
      p.executeUpdate();
    }
  }

  /**
   * Makes a node's history of views exactly this one, in one transaction, for a node that is not in
   * the view.
   */
  public static void replace(Connection target, List<View> views) throws SQLException {
    replace(target, views, null);
  }

  static void replace(Connection target, List<View> views, String fence) throws SQLException {
    target.setAutoCommit(false);
    try {
      if (fence != null) {
        check(target, fence);
      }
      try (Statement s = target.createStatement()) {
        s.executeUpdate("DELETE FROM lockstep.view_log");
      }
      for (View v : views) {
        insert(target, v);
      }
      target.commit();
    } catch (SQLException e) {
      try {
        target.rollback();
      } catch (SQLException x) {
        e.addSuppressed(x);
      }
      throw e;
    } finally {
      target.setAutoCommit(true);
    }
  }

  private static List<String> split(String s) {
    return s == null || s.isEmpty() ? List.of() : List.of(s.split(","));
  }
}
