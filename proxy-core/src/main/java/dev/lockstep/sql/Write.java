package dev.lockstep.sql;

import dev.lockstep.node.TableInfo;
import java.sql.SQLException;

/** A write of one text: a shape shared with other texts plus this text's own values. Immutable. */
interface Write {
  TableInfo table();

  /** Whether the database will, or may, choose key values. */
  boolean autoIncrement();

  BoundWrite bind(Binding binding) throws SQLException;
}
