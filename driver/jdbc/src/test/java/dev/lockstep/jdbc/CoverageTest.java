package dev.lockstep.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import javax.sql.XADataSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method of every JDBC interface is written by hand in its wrapper, the default ones too. */
class CoverageTest {
  /** Newer than Java 17, with defaults that build on what is overridden. */
  private static final Set<String> NEWER = Set.of("getJDBCVersion", "enquoteNCharLiteral");

  static Stream<Arguments> wrappers() {
    return Stream.of(
        Arguments.of(Driver.class, LockstepDriver.class),
        Arguments.of(DataSource.class, LockstepDataSource.class),
        Arguments.of(XADataSource.class, LockstepXADataSource.class),
        Arguments.of(Connection.class, LockstepConnection.class),
        Arguments.of(Statement.class, LockstepStatement.class),
        Arguments.of(PreparedStatement.class, LockstepPreparedStatement.class),
        Arguments.of(CallableStatement.class, LockstepCallableStatement.class),
        Arguments.of(ResultSet.class, LockstepResultSet.class),
        Arguments.of(ResultSet.class, KeysResultSet.class),
        Arguments.of(ResultSetMetaData.class, KeysMetaData.class),
        Arguments.of(DatabaseMetaData.class, LockstepDatabaseMetaData.class),
        Arguments.of(Savepoint.class, LockstepSavepoint.class));
  }

  @ParameterizedTest
  @MethodSource("wrappers")
  void overridesEverything(Class<?> api, Class<?> wrapper) {
    List<String> missing = new ArrayList<>();
    for (Method m : api.getMethods()) {
      if (Modifier.isStatic(m.getModifiers()) || NEWER.contains(m.getName())) {
        continue;
      }
      if (!declares(wrapper, m)) {
        missing.add(m.toString());
      }
    }
    assertThat(missing).isEmpty();
  }

  private static boolean declares(Class<?> wrapper, Method m) {
    for (Class<?> c = wrapper; c != null && c != Object.class; c = c.getSuperclass()) {
      try {
        return !Modifier.isAbstract(
            c.getDeclaredMethod(m.getName(), m.getParameterTypes()).getModifiers());
      } catch (NoSuchMethodException e) {
        // Look further up.
      }
    }
    return false;
  }
}
