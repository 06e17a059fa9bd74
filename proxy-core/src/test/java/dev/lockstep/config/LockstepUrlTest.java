package dev.lockstep.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LockstepUrlTest {
  private static LockstepUrl parse(String url) throws SQLException {
    return LockstepUrl.parse(url, null);
  }

  private static List<String> labels(LockstepUrl url) {
    return url.nodes().stream().map(NodeAddress::label).toList();
  }

  @Test
  void hostsPortsAndProperties() throws SQLException {
    LockstepUrl url =
        parse(
            "jdbc:lockstep:mysql://db1,db2:3307,[2001:db8::1]:3308/shop"
                + "?user=app&password=p%26w+1&lockstep.nodeTimeout=750&useSSL=false");
    assertThat(url.vendor()).isEqualTo(Vendor.MYSQL);
    assertThat(labels(url)).containsExactly("db1:3306", "db2:3307", "[2001:db8::1]:3308");
    assertThat(url.nodes().get(1).databaseUrl()).isEqualTo("jdbc:mysql://db2:3307/shop");
    assertThat(url.nodes().get(2).serverUrl()).isEqualTo("jdbc:mysql://[2001:db8::1]:3308/");
    assertThat(url.database()).isEqualTo("shop");
    assertThat(url.user()).isEqualTo("app");
    assertThat(url.password()).isEqualTo("p&w+1");
    assertThat(url.vendorProperties()).containsEntry("useSSL", "false").hasSize(3);
    assertThat(url.settings().nodeTimeout()).isEqualTo(Duration.ofMillis(750));
    assertThat(url.toString())
        .isEqualTo("jdbc:lockstep:mysql://db1,db2:3307,[2001:db8::1]:3308/shop")
        .doesNotContain("p&w");
  }

  @Test
  void bareUrls() throws SQLException {
    assertThat(parse("jdbc:lockstep:mariadb://h").database()).isNull();
    assertThat(parse("jdbc:lockstep:mariadb://h/").database()).isNull();
    assertThat(parse("JDBC:LOCKSTEP:MariaDB://h:1/d").nodes().get(0).databaseUrl())
        .isEqualTo("jdbc:mariadb://h:1/d");
  }

  @Test
  void h2() throws SQLException {
    LockstepUrl url =
        parse(
            "jdbc:lockstep:h2:tcp://{127.0.0.1:9101,127.0.0.1:9102}/./db;MODE=MySQL;USER=sa;SCHEMA=S;"
                + "lockstep.minNodes=1");
    assertThat(labels(url)).containsExactly("127.0.0.1:9101", "127.0.0.1:9102");
    assertThat(url.nodes().get(1).databaseUrl()).isEqualTo("jdbc:h2:tcp://127.0.0.1:9102/./db");
    assertThat(url.vendorProperties()).containsEntry("MODE", "MySQL").containsEntry("user", "sa");
    assertThat(url.database()).isEqualTo("S");
    assertThat(url.settings().minNodes()).hasValue(1);
    LockstepUrl files = parse("jdbc:lockstep:h2:file:./data/{n1,n2,n3}/shop");
    assertThat(labels(files)).containsExactly("n1", "n2", "n3");
    assertThat(files.nodes().get(2).serverUrl()).isEqualTo("jdbc:h2:file:./data/n3/shop");
    assertThat(labels(parse("jdbc:lockstep:h2:mem:one"))).containsExactly("mem:one");
    assertThat(parse("jdbc:lockstep:h2:mem:one;A=x\\;y").vendorProperties())
        .containsEntry("A", "x;y");
  }

  @Test
  void nodeProperties() throws SQLException {
    LockstepUrl url =
        parse(
            "jdbc:lockstep:mysql://a.example.com,b.example.com/d?user=u"
                + "&lockstep.node.2.user=u2&lockstep.node.a.example.com:3306.sslMode=REQUIRED");
    assertThat(url.nodes().get(0).user()).isEqualTo("u");
    assertThat(url.nodes().get(0).properties()).containsEntry("sslMode", "REQUIRED");
    assertThat(url.nodes().get(1).user()).isEqualTo("u2");
    assertThat(url.nodes().get(1).properties()).doesNotContainKey("sslMode");
    assertThat(url.vendorProperties()).containsOnlyKeys("user");
  }

  @Test
  void propertiesWinOverTheUrl() throws SQLException {
    Properties info = new Properties();
    info.setProperty("user", "other");
    info.setProperty("lockstep.maxGroup", "7");
    LockstepUrl url = LockstepUrl.parse("jdbc:lockstep:mysql://a/d?user=u", info);
    assertThat(url.user()).isEqualTo("other");
    assertThat(url.settings().maxGroup()).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "jdbc:lockstep:oracle://a/d | no known vendor",
        "jdbc:lockstep: | no known vendor",
        "jdbc:lockstep:postgresql://a/d | not supported yet",
        "jdbc:lockstep:mysql:a/d | lacks //",
        "jdbc:lockstep:mysql:loadbalance://a,b/d | loadbalance",
        "jdbc:lockstep:mysql:///d | no nodes",
        "jdbc:lockstep:mysql://a,,b/d | empty host",
        "jdbc:lockstep:mysql://a,b,/d | empty host",
        "jdbc:lockstep:mysql://:3306/d | lacks its host",
        "jdbc:lockstep:mysql://a:0/d | not a port",
        "jdbc:lockstep:mysql://a:65536/d | not a port",
        "jdbc:lockstep:mysql://a:x/d | not a port",
        "jdbc:lockstep:mysql://a:/d | not a port",
        "jdbc:lockstep:mysql://a,A:3306/d | twice",
        "jdbc:lockstep:mysql://::1/d | brackets",
        "jdbc:lockstep:mysql://[::1/d | lacks its end",
        "jdbc:lockstep:mysql://[::1]x/d | [address]:port",
        "jdbc:lockstep:mysql://u:p@a/d | only host:port",
        "jdbc:lockstep:mysql://address=(host=a)/d | only host:port",
        "jdbc:lockstep:mysql://a b/d | not a host name",
        "jdbc:lockstep:mysql://a/d/e | slash",
        "jdbc:lockstep:mysql://a/d?x | not name=value",
        "jdbc:lockstep:mysql://a/d?x=1&x=2 | twice",
        "jdbc:lockstep:mysql://a/d?x=%zz | percent-encoded",
        "jdbc:lockstep:mysql://a/d?lockstep.nodeTimeot=1 | did you mean lockstep.nodeTimeout?",
        "jdbc:lockstep:mysql://a/d?Lockstep.minNodes=1 | did you mean lockstep.minNodes?",
        "jdbc:lockstep:mysql://a/d?lockstep.nodeTimeout=soon | not a whole number",
        "jdbc:lockstep:mysql://a/d?lockstep.nodeTimeout=1 | out of range",
        "jdbc:lockstep:mysql://a/d?lockstep.ownership=share | fail, wait",
        "jdbc:lockstep:mysql://a/d?lockstep.clusterName= | is empty",
        "jdbc:lockstep:mysql://a,b/d?lockstep.minNodes=3 | more than the URL's 2 nodes",
        "jdbc:lockstep:mysql://a,b/d?lockstep.node.3.user=x | names no node",
        "jdbc:lockstep:mysql://a,b/d?lockstep.node.c:3306.user=x | names no node",
        "jdbc:lockstep:mysql://a,b/d?lockstep.node.1=x | names no node",
        "jdbc:lockstep:h2: | no database",
        "jdbc:lockstep:h2:file:{a,b | one pair of braces",
        "jdbc:lockstep:h2:file:{a,b}/{c,d} | one pair of braces",
        "jdbc:lockstep:h2:file:{a,,b} | empty alternative",
        "jdbc:lockstep:h2:file:{a,a} | twice",
        "jdbc:lockstep:h2:mem:a;MODE | not NAME=value",
      })
  void badUrls(String url, String message) {
    assertThatThrownBy(() -> parse(url))
        .isInstanceOf(SQLException.class)
        .hasMessageStartingWith("Lockstep: ")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isEqualTo("08004"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "autoReconnect=true",
        "useAffectedRows=true",
        "useCompression=true",
        "characterEncoding=latin1",
        "connectionCollation=latin1_bin",
        "loadBalanceStrategy=random",
        "failOverReadOnly=true",
        "sessionVariables=sql_mode=ANSI",
        "createDatabaseIfNotExist=true",
        "lockstep.node.1.useAffectedRows=true",
      })
  void refusedOptions(String option) {
    assertThatThrownBy(() -> parse("jdbc:lockstep:mysql://a/d?" + option))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining(option.replace("lockstep.node.1.", "").split("=")[0]);
  }

  @Test
  void harmlessOptionsPassOrAreDropped() throws SQLException {
    assertThat(
            parse(
                    "jdbc:lockstep:mysql://a/d?useAffectedRows=false&rewriteBatchedStatements=true"
                        + "&allowMultiQueries=true&characterEncoding=UTF-8&autoReconnect=false")
                .vendorProperties())
        .containsOnlyKeys("characterEncoding", "autoReconnect");
    assertThatThrownBy(() -> parse("jdbc:lockstep:h2:mem:a;INIT=CREATE TABLE X"))
        .hasMessageContaining("INIT");
  }

  @Test
  void foreignUrls() {
    assertThat(LockstepUrl.accepts("jdbc:mysql://a/d")).isFalse();
    assertThat(LockstepUrl.accepts(null)).isFalse();
    assertThat(LockstepUrl.accepts("jdbc:lockstep:nonsense")).isTrue();
  }

  @Test
  void settingsHideThePassword() throws SQLException {
    Settings s =
        parse("jdbc:lockstep:mysql://a/d?lockstep.adminUser=root&lockstep.adminPassword=secret")
            .settings();
    assertThat(s.adminPassword()).isEqualTo("secret");
    assertThat(s.toString()).contains("lockstep.adminUser=root").doesNotContain("secret");
    assertThat(s.maxWriteSet()).isEqualTo(16L << 30);
    assertThat(Settings.defaults().minNodes()).isEmpty();
  }

  @Test
  void editDistance() {
    assertThat(LockstepUrl.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(LockstepUrl.distance("", "abc")).isEqualTo(3);
  }
}
