package dev.lockstep.sql;

import dev.lockstep.config.Errors;
import dev.lockstep.sql.StatementPlan.Builder;
import dev.lockstep.sql.StatementPlan.Kind;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Takes SET statements apart. What a setting means is decided by the session. Thread-safe. */
final class SetAnalysis {
  private final boolean mysql;
  private final Names names;
  private final ReadAnalysis reads;

  SetAnalysis(boolean mysql, Names names, Functions functions) {
    this.mysql = mysql;
    this.names = names;
    this.reads = new ReadAnalysis(mysql, names, functions);
  }

  Builder set(Tokens t, String schema) throws SQLException {
    if (t.isAny(1, "PASSWORD", "ROLE", "STATEMENT", "RESOURCE")
        || t.sequence(1, "DEFAULT", "ROLE")) {
      throw Errors.unsupported(
          "SET " + t.upper(1) + " is not supported; accounts and roles are set on each node");
    }
    ReadAnalysis.Effects effects = reads.effects(t, 1, null);
    for (int i = 1; i < t.count(); i++) {
      if (t.is(i, "SELECT")) {
        throw Errors.unsupported(
            "SET with a sub-query is not supported; use SELECT … INTO @variable, or read the value first");
      }
    }
    if (!mysql && t.is(1, "SCHEMA") && t.identifier(2) && t.count() == 3) {
      Builder b = new Builder(Kind.USE, t, schema);
      b.name = names.fold(Names.unquote(t.text(2)), t.type(2) == Tokens.QUOTED);
      return b;
    }
    List<Assignment> list = new ArrayList<>();
    Builder b = new Builder(Kind.SET, t, schema);
    if (!transaction(t, list)) {
      if (mysql) {
        assignments(t, list);
      } else {
        h2(t, list);
      }
    }
    b.assignments = list;
    b.pinsSession = effects.pins();
    return b;
  }

  /** SET [SESSION|GLOBAL] TRANSACTION …, SET SESSION CHARACTERISTICS AS TRANSACTION …. */
  private static boolean transaction(Tokens t, List<Assignment> list) throws SQLException {
    int i = 1;
    Assignment.Scope scope = Assignment.Scope.TRANSACTION;
    if (t.isAny(i, "SESSION", "LOCAL", "GLOBAL")) {
      scope = t.is(i, "GLOBAL") ? Assignment.Scope.GLOBAL : Assignment.Scope.SESSION;
      i++;
      if (t.sequence(i, "CHARACTERISTICS", "AS")) {
        i += 2;
      }
    }
    if (!t.is(i, "TRANSACTION")) {
      return false;
    }
    i++;
    while (i < t.count()) {
      if (t.sequence(i, "ISOLATION", "LEVEL")) {
        i += 2;
        StringBuilder level = new StringBuilder();
        while (t.isAny(
            i, "READ", "UNCOMMITTED", "COMMITTED", "REPEATABLE", "SERIALIZABLE", "SNAPSHOT")) {
          level.append(level.length() == 0 ? "" : " ").append(t.upper(i++));
        }
        list.add(new Assignment("transaction isolation level", level.toString(), scope));
      } else if (t.sequence(i, "READ", "ONLY") || t.sequence(i, "READ", "WRITE")) {
        list.add(new Assignment("transaction read only", t.is(i + 1, "ONLY") ? "1" : "0", scope));
        i += 2;
      } else {
        throw Classifier.notRead(t, i);
      }
      if (t.op(i, ',')) {
        i++;
      }
    }
    return true;
  }

  private static void assignments(Tokens t, List<Assignment> list) throws SQLException {
    int i = 1;
    Assignment.Scope scope = Assignment.Scope.SESSION;
    while (i < t.count()) {
      if (t.isAny(i, "SESSION", "LOCAL", "GLOBAL", "PERSIST", "PERSIST_ONLY")
          && t.type(i + 1) == Tokens.WORD) {
        scope = t.isAny(i, "SESSION", "LOCAL") ? Assignment.Scope.SESSION : Assignment.Scope.GLOBAL;
        i++;
      }
      int end = endOfValue(t, i);
      if (t.is(i, "NAMES") || t.is(i, "CHARSET") || t.sequence(i, "CHARACTER", "SET")) {
        int value = i + (t.is(i, "CHARACTER") ? 2 : 1);
        String name = t.is(i, "NAMES") ? "names" : "character set";
        list.add(new Assignment(name, text(t, value, end), Assignment.Scope.SESSION));
      } else {
        if (!t.op(i + 1, '=') && !t.op(i + 1, ":=") && !t.op(i + 1, '.')) {
          throw Classifier.notRead(t, i);
        }
        String name = t.text(i).toLowerCase(Locale.ROOT);
        Assignment.Scope its = scope;
        int value = i + 2;
        if (t.op(i + 1, '.')) {
          throw Errors.unsupported(
              "SET of the variable " + t.text(i) + "." + t.text(i + 2) + " is not supported");
        }
        if (t.type(i) == Tokens.USER_VARIABLE) {
          its = Assignment.Scope.USER_VARIABLE;
        } else if (t.type(i) == Tokens.SYSTEM_VARIABLE) {
          name = name.substring(2).replace("`", "");
          its = Assignment.Scope.TRANSACTION;
          int dot = name.indexOf('.');
          if (dot > 0) {
            String prefix = name.substring(0, dot);
            name = name.substring(dot + 1);
            its =
                prefix.equals("session") || prefix.equals("local")
                    ? Assignment.Scope.SESSION
                    : Assignment.Scope.GLOBAL;
          } else if (!name.startsWith("transaction_") && !name.startsWith("tx_")) {
            its = Assignment.Scope.SESSION;
          }
        } else if (t.type(i) == Tokens.QUOTED) {
          name = Names.unquote(name);
        }
        if (value >= end) {
          throw Classifier.notRead(t, i);
        }
        list.add(new Assignment(name, text(t, value, end), its));
      }
      i = end + 1;
      if (end < t.count() && i >= t.count()) {
        throw Classifier.notRead(t, end);
      }
    }
    if (list.isEmpty()) {
      throw Classifier.notRead(t, 1);
    }
  }

  /** H2: SET NAME [=] value. */
  private static void h2(Tokens t, List<Assignment> list) throws SQLException {
    int value = t.op(2, '=') ? 3 : 2;
    boolean timeZone = t.sequence(1, "TIME", "ZONE");
    if (timeZone) {
      value = 3;
    } else if (t.isAny(1, "SESSION") && t.type(2) == Tokens.WORD) {
      throw Classifier.notRead(t, 2);
    }
    if (value >= t.count()) {
      throw Classifier.notRead(t, 1);
    }
    boolean user = t.type(1) == Tokens.USER_VARIABLE;
    String name = timeZone ? "time_zone" : t.text(1).toLowerCase(Locale.ROOT);
    list.add(
        new Assignment(
            name,
            text(t, value, t.count()),
            user ? Assignment.Scope.USER_VARIABLE : Assignment.Scope.SESSION));
  }

  private static int endOfValue(Tokens t, int i) {
    int depth = 0;
    while (i < t.count() && !(depth == 0 && t.op(i, ','))) {
      depth += t.op(i, '(') ? 1 : t.op(i, ')') ? -1 : 0;
      i++;
    }
    return i;
  }

  private static String text(Tokens t, int from, int to) {
    return from >= to ? "" : t.sql.substring(t.start(from), t.end(to - 1));
  }
}
