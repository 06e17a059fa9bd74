package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.node.ServerVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VersionCommentsTest {
  private static final ServerVersion MYSQL = ServerVersion.of("8.0.15");
  private static final ServerVersion MARIADB = ServerVersion.of("11.4.5-MariaDB-log");

  @Test
  void versions() {
    assertThat(MYSQL).isEqualTo(new ServerVersion(false, 80015));
    assertThat(MARIADB).isEqualTo(new ServerVersion(true, 110405));
    assertThat(ServerVersion.of("5.5.5-10.6.12-MariaDB"))
        .isEqualTo(new ServerVersion(true, 100612));
    assertThat(ServerVersion.of("unknown")).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '|',
      value = {
        "a /*!80015 b*/ c ~ a  b  c ~ a   c",
        "a /*!80016 b*/ c ~ a   c ~ a   c",
        "a /*!50701 b*/ c ~ a  b  c ~ a   c",
        "a /*!100000 b*/ c ~ a /*!100000 b*/ c ~ a  b  c",
        "a /*!110500 b*/ c ~ a /*!110500 b*/ c ~ a   c",
        "a /*M!100100 b*/ c ~ a c ~ a  b  c",
        "a /*M! b*/ c ~ a   c ~ a  b  c",
        "a /*!40101 b*/ c ~ a /*!40101 b*/ c ~ a /*!40101 b*/ c",
        "'/*!80015 b*/' /*!80016 x*/ ~ '/*!80015 b*/' ~ '/*!80015 b*/'",
        "\"/*!80015 b*/\" -- /*!80015 b*/ ~ \"/*!80015 b*/\" -- /*!80015 b*/ ~ \"/*!80015 b*/\" -- /*!80015 b*/",
        "/*!80000 a '*/' b*/ ~ a '*/' b ~ /*!80000 a '*/' b*/",
        "/*!80000 a /* b */ c */ ~ /*!80000 a /* b */ c */ ~ /*!80000 a /* b */ c */",
        "/*+ hint */ /* x */ /*!80001 b*/ ~ /*+ hint */ /* x */  b ~ /*+ hint */ /* x */",
        "/*!80000 a ~ /*!80000 a ~ /*!80000 a",
      })
  void asTheServerReads(String sql, String mysql, String mariadb) {
    assertThat(VersionComments.plain(sql, MYSQL)).isEqualToNormalizingWhitespace(mysql);
    if (!sql.startsWith("/*!80000 a '")) { // where the comment ends is another place there
      assertThat(VersionComments.plain(sql, MARIADB)).isEqualToNormalizingWhitespace(mariadb);
    }
  }
}
