package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;

class ClusterUrlTest {

  private static ClusterUrl parse(String url) {
    return ClusterUrl.parse(url, new Properties());
  }

  @Test
  void plainConnectionsToServers() {
    Properties account = new Properties();
    account.setProperty("password", "secret");
    ClusterUrl url =
        ClusterUrl.parse(
            "jdbc:lockstep:mysql://db1,[::1]:3308/shop?user=a&sslMode=DISABLED&lockstep.minNodes=2",
            account);
    assertThat(url.nodes()).containsExactly("db1:3306", "[::1]:3308");
    assertThat(url.plainUrl("db1:3306")).isEqualTo("jdbc:mysql://db1:3306/");
    assertThat(url.plainProperties("db1:3306", 1000))
        .containsEntry("user", "a")
        .containsEntry("password", "secret")
        .containsEntry("sslMode", "DISABLED")
        .containsEntry("socketTimeout", "1000")
        .doesNotContainKey("lockstep.minNodes");
    assertThat(parse("jdbc:lockstep:mariadb://db1/").plainUrl("db1:3306"))
        .isEqualTo("jdbc:mysql://db1:3306/");
  }

  @Test
  void plainConnectionsToH2MakeNoDatabase() {
    ClusterUrl url = parse("jdbc:lockstep:h2:file:./data/{n1,n2}/shop;USER=a;LOCK_TIMEOUT=1");
    assertThat(url.plainUrl("n2")).isEqualTo("jdbc:h2:file:./data/n2/shop;IFEXISTS=TRUE");
    assertThat(url.plainProperties("n2", 1)).containsOnly(java.util.Map.entry("user", "a"));
  }

  @Test
  void theOperatorsAccountReadsTheNodes() {
    ClusterUrl url =
        parse("jdbc:lockstep:mysql://h/?user=app&lockstep.adminUser=adm&lockstep.adminPassword=q");
    assertThat(url.hasPassword()).isTrue();
    assertThat(url.plainProperties("h:3306", 1))
        .containsEntry("user", "adm")
        .containsEntry("password", "q");
    assertThat(parse("jdbc:lockstep:mysql://h/?user=app").hasPassword()).isFalse();
    assertThat(parse("jdbc:lockstep:mysql://h/?lockstep.node.1.password=x").hasPassword()).isTrue();
  }

  @Test
  void nodesByNameHostOrNumber() {
    ClusterUrl url = parse("jdbc:lockstep:mysql://db1,db2,db2:3307/");
    assertThat(url.node("db1:3306")).isEqualTo("db1:3306");
    assertThat(url.node("db1")).isEqualTo("db1:3306");
    assertThat(url.node("n3")).isEqualTo("db2:3307");
    assertThatThrownBy(() -> url.node("db2")).hasMessageContaining("more than one");
    assertThatThrownBy(() -> url.node("n4")).hasMessageContaining("db1:3306, db2:3306, db2:3307");
    assertThatThrownBy(() -> url.node("db9")).hasMessageContaining("no node db9");
  }

  @Test
  void badUrls() {
    for (String bad : List.of("jdbc:mysql://h/", "jdbc:lockstep:oracle://h/")) {
      assertThatThrownBy(() -> parse(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
