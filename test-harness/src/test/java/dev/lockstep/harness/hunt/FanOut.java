package dev.lockstep.harness.hunt;

import dev.lockstep.harness.server.DatabaseNode;
import dev.lockstep.harness.server.Engine;
import dev.lockstep.harness.server.TestCluster;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Replication as nobody should do it: every call of JDBC goes to all nodes as it is, one after the
 * other, and the first node's answer counts. What Lockstep rewrites differs here. Thread-safe as
 * its connections are.
 */
final class FanOut implements HuntTarget {
  private final TestCluster cluster;

  FanOut(TestCluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public Engine engine() {
    return cluster.engine();
  }

  @Override
  public List<DatabaseNode> nodes() {
    return cluster.nodes();
  }

  @Override
  public Connection connect() throws SQLException {
    List<Object> all = new ArrayList<>();
    for (DatabaseNode node : cluster.nodes()) {
      all.add(node.connect(DATABASE));
    }
    return (Connection) new Fan().of(Connection.class, all);
  }

  @Override
  public List<Integer> members() {
    return IntStream.range(0, cluster.nodes().size()).boxed().toList();
  }

  @Override
  public int primary() {
    return 0;
  }

  @Override
  public List<String> history() {
    return List.of();
  }

  /** One connection and all that comes from it. For one thread. */
  private static final class Fan {
    private final Map<Object, List<Object>> parts = new IdentityHashMap<>();

    Object of(Class<?> type, List<Object> all) {
      Object proxy =
          Proxy.newProxyInstance(
              FanOut.class.getClassLoader(),
              new Class<?>[] {type},
              (self, method, arguments) -> call(all, method, arguments));
      parts.put(proxy, all);
      return proxy;
    }

    private Object call(List<Object> all, Method method, Object[] arguments) throws Throwable {
      List<Object> results = new ArrayList<>();
      Throwable failure = null;
      for (int i = 0; i < all.size(); i++) {
        try {
          results.add(method.invoke(all.get(i), part(arguments, i)));
        } catch (InvocationTargetException e) {
          failure = i == 0 ? e.getCause() : failure;
          results.add(null);
        }
      }
      if (failure != null) {
        throw failure;
      }
      Class<?> type = method.getReturnType();
      return type == Statement.class || type == PreparedStatement.class || type == Savepoint.class
          ? of(type, results)
          : results.get(0);
    }

    private Object[] part(Object[] arguments, int i) {
      if (arguments == null) {
        return null;
      }
      Object[] own = arguments.clone();
      for (int a = 0; a < own.length; a++) {
        if (own[a] instanceof Savepoint && parts.containsKey(own[a])) {
          own[a] = parts.get(own[a]).get(i);
        }
      }
      return own;
    }
  }
}
