package dev.lockstep.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.LockstepProperty;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Properties;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class DriverTest {
  @Test
  void isFoundByServiceLoaderAndDriverManager() throws SQLException {
    assertThat(ServiceLoader.load(Driver.class))
        .anySatisfy(d -> assertThat(d).isInstanceOf(LockstepDriver.class));
    assertThat(DriverManager.getDriver("jdbc:lockstep:mysql://a/b"))
        .isInstanceOf(LockstepDriver.class);
  }

  @Test
  void leavesForeignUrlsAlone() throws SQLException {
    LockstepDriver d = new LockstepDriver();
    assertThat(d.connect("jdbc:h2:mem:x", null)).isNull();
    assertThat(d.connect("jdbc:h2:mem:x", new Properties())).isNull();
    assertThat(d.acceptsURL("jdbc:h2:mem:x")).isFalse();
    assertThatThrownBy(() -> d.connect("jdbc:lockstep:h2:", null))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("no database");
  }

  @Test
  void propertyInfoIsComplete() throws SQLException {
    Properties p = new Properties();
    p.setProperty("lockstep.maxGroup", "9");
    DriverPropertyInfo[] info =
        new LockstepDriver().getPropertyInfo("jdbc:lockstep:mysql://a,b/c", p);
    assertThat(info).hasSize(LockstepProperty.values().length + 2);
    DriverPropertyInfo group =
        Arrays.stream(info).filter(i -> i.name.equals("lockstep.maxGroup")).findFirst().get();
    assertThat(group.value).isEqualTo("9");
    assertThat(group.description).isNotBlank();
    DriverPropertyInfo tie =
        Arrays.stream(info).filter(i -> i.name.equals("lockstep.onTie")).findFirst().get();
    assertThat(tie.choices).containsExactly("evict-replica", "stop");
  }

  @Test
  void connects() throws SQLException {
    try (FakeCluster cluster = FakeCluster.h2()) {
      Properties p = new Properties();
      p.setProperty("user", "sa");
      try (Connection c =
              cluster.driver().connect("jdbc:lockstep:h2:mem:a;lockstep.maxGroup=3", p);
          Statement s = c.createStatement()) {
        assertThat(s.executeQuery("SELECT 1").next()).isTrue();
        assertThat(c.getMetaData().getURL()).isEqualTo("jdbc:lockstep:h2:mem:a");
        assertThat(c.getMetaData().getUserName()).isEqualTo("SA");
      }
      LockstepDataSource source = new LockstepDataSource(url -> cluster);
      assertThatThrownBy(source::getConnection).hasMessageContaining("setUrl");
      source.setUrl("jdbc:lockstep:h2:mem:a");
      source.setUser("sa");
      try (Connection c = source.getConnection()) {
        assertThat(c.isValid(1)).isTrue();
      }
      assertThat(source.unwrap(LockstepDataSource.class)).isSameAs(source);
      source.setProperty("lockstep.nonsense", "1");
      assertThatThrownBy(source::getConnection).hasMessageContaining("did you mean");
      source.close();
      assertThatThrownBy(source::getConnection).hasMessageContaining("closed");
    }
  }
}
