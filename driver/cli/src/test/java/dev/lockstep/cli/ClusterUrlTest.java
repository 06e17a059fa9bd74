package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class ClusterUrlTest {

  @Test
  void hostsOfServers() {
    ClusterUrl url =
        ClusterUrl.parse(
            "jdbc:lockstep:mysql://db1,db2:3307,[::1],[::1]:3308/shop?user=a&sslMode=DISABLED&lockstep.minNodes=2");
    assertThat(url.nodes())
        .containsExactly(
            new ClusterUrl.NodeAddress("db1:3306", "jdbc:mysql://db1:3306/"),
            new ClusterUrl.NodeAddress("db2:3307", "jdbc:mysql://db2:3307/"),
            new ClusterUrl.NodeAddress("[::1]:3306", "jdbc:mysql://[::1]:3306/"),
            new ClusterUrl.NodeAddress("[::1]:3308", "jdbc:mysql://[::1]:3308/"));
    Properties given = new Properties();
    given.setProperty("password", "secret");
    assertThat(url.nodeProperties(given, 1000))
        .containsEntry("user", "a")
        .containsEntry("password", "secret")
        .containsEntry("sslMode", "DISABLED")
        .containsEntry("socketTimeout", "1000")
        .doesNotContainKey("lockstep.minNodes");
  }

  @Test
  void bracesOfH2() {
    assertThat(
            ClusterUrl.parse("jdbc:lockstep:h2:file:./data/{n1,n2}/shop;USER=a;LOCK_TIMEOUT=1")
                .nodes())
        .containsExactly(
            new ClusterUrl.NodeAddress("n1", "jdbc:h2:file:./data/n1/shop;IFEXISTS=TRUE"),
            new ClusterUrl.NodeAddress("n2", "jdbc:h2:file:./data/n2/shop;IFEXISTS=TRUE"));
    assertThat(ClusterUrl.parse("jdbc:lockstep:h2:tcp://{h:1,h:2}/./shop").nodes())
        .extracting(ClusterUrl.NodeAddress::name)
        .isEqualTo(List.of("h:1", "h:2"));
  }

  @Test
  void theOperatorsAccountReadsTheNodes() {
    ClusterUrl url =
        ClusterUrl.parse(
            "jdbc:lockstep:mysql://h/?user=app&password=p&lockstep.adminUser=adm&lockstep.adminPassword=q");
    assertThat(url.password()).isEqualTo("p");
    assertThat(url.nodeProperties(new Properties(), 1))
        .containsEntry("user", "adm")
        .containsEntry("password", "q");
  }

  @Test
  void nodesByNameHostOrNumber() {
    ClusterUrl url = ClusterUrl.parse("jdbc:lockstep:mysql://db1,db2,db2:3307/");
    assertThat(url.node("db1:3306").name()).isEqualTo("db1:3306");
    assertThat(url.node("db1").name()).isEqualTo("db1:3306");
    assertThat(url.node("n3").name()).isEqualTo("db2:3307");
    assertThatThrownBy(() -> url.node("db2")).hasMessageContaining("more than one");
    assertThatThrownBy(() -> url.node("n4")).hasMessageContaining("db1:3306, db2:3306, db2:3307");
    assertThatThrownBy(() -> url.node("db9")).hasMessageContaining("no node db9");
  }

  @Test
  void badUrls() {
    for (String bad :
        List.of(
            "jdbc:mysql://h/",
            "jdbc:lockstep:oracle://h/",
            "jdbc:lockstep:mysql:h/",
            "jdbc:lockstep:mysql://h1,,h2/",
            "jdbc:lockstep:h2:file:{a,b",
            "jdbc:lockstep:h2:file:{a,}/x")) {
      assertThatThrownBy(() -> ClusterUrl.parse(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
