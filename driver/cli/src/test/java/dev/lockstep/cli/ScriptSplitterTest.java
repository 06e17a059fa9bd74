package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.Vendor;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ScriptSplitterTest {

  private static List<ScriptSplitter.Statement> split(Vendor vendor, Reader script)
      throws IOException {
    ScriptSplitter splitter = new ScriptSplitter(script, vendor);
    List<ScriptSplitter.Statement> all = new ArrayList<>();
    for (ScriptSplitter.Statement s = splitter.next(); s != null; s = splitter.next()) {
      all.add(s);
    }
    return all;
  }

  private static List<String> split(Vendor vendor, String script) throws IOException {
    return split(vendor, new StringReader(script)).stream()
        .map(s -> s.line() + " " + s.sql())
        .toList();
  }

  static Stream<Arguments> scripts() {
    return Stream.of(
        // plain
        script(Vendor.MYSQL, ""),
        script(Vendor.MYSQL, " \n\t\n"),
        script(Vendor.MYSQL, ";;; ;\n;"),
        script(Vendor.MYSQL, "SELECT 1", "1 SELECT 1"),
        script(
            Vendor.MYSQL,
            "SELECT 1;SELECT 2 ;\n\n SELECT 3\n;",
            "1 SELECT 1",
            "1 SELECT 2",
            "3 SELECT 3"),
        script(Vendor.MYSQL, "\uFEFFSELECT 1;", "1 SELECT 1"),
        script(Vendor.MYSQL, "SELECT 1;\r\nSELECT\r\n2;\r\n", "1 SELECT 1", "2 SELECT\r\n2"),
        // quotes
        script(
            Vendor.MYSQL,
            "SELECT ';';SELECT \";\";SELECT `;`",
            "1 SELECT ';'",
            "1 SELECT \";\"",
            "1 SELECT `;`"),
        script(
            Vendor.MYSQL,
            "SELECT 'it''s;';SELECT 'a\\';b';",
            "1 SELECT 'it''s;'",
            "1 SELECT 'a\\';b'"),
        script(Vendor.MYSQL, "SELECT 'a\\\\';SELECT 2", "1 SELECT 'a\\\\'", "1 SELECT 2"),
        script(Vendor.MYSQL, "SELECT `a\\`;SELECT 2", "1 SELECT `a\\`", "1 SELECT 2"),
        script(
            Vendor.MYSQL,
            "INSERT INTO t VALUES (1, N'Rock;\nRoll');\nx",
            "1 INSERT INTO t VALUES (1, N'Rock;\nRoll')",
            "3 x"),
        script(Vendor.H2, "SELECT 'a\\';SELECT 2;", "1 SELECT 'a\\'", "1 SELECT 2"),
        script(
            Vendor.POSTGRESQL,
            "SELECT 'a\\';SELECT E'a\\';b';",
            "1 SELECT 'a\\'",
            "1 SELECT E'a\\';b'"),
        script(Vendor.POSTGRESQL, "SELECT name'a\\';SELECT 2", "1 SELECT name'a\\'", "1 SELECT 2"),
        // comments
        script(Vendor.MYSQL, "-- one; two\n# three;\n/* four; */ SELECT 1;", "3 SELECT 1"),
        script(
            Vendor.MYSQL,
            "SELECT 1 -- a; 'b\n+ 1; SELECT 2 # c;\n;",
            "1 SELECT 1 -- a; 'b\n+ 1",
            "2 SELECT 2 # c;"),
        script(Vendor.MYSQL, "SELECT 5--1;SELECT 2", "1 SELECT 5--1", "1 SELECT 2"),
        script(Vendor.MYSQL, "SELECT 1--", "1 SELECT 1--"),
        script(
            Vendor.MYSQL,
            "SELECT '-- x', '/* ';SELECT '*/'",
            "1 SELECT '-- x', '/* '",
            "1 SELECT '*/'"),
        script(Vendor.MYSQL, "SELECT /* ' ; */ 1; SELECT 2", "1 SELECT /* ' ; */ 1", "1 SELECT 2"),
        script(
            Vendor.MYSQL,
            "/*!40101 SET NAMES utf8 */;\n/*!50003 SET @a=';*/'*/;",
            "1 /*!40101 SET NAMES utf8 */",
            "2 /*!50003 SET @a=';*/'*/"),
        script(Vendor.MYSQL, "/*M!100100 SET x=1 */;", "1 /*M!100100 SET x=1 */"),
        script(
            Vendor.MYSQL,
            "/*M!999999\\- enable the sandbox mode */ \n-- dump\nSELECT 1;",
            "3 SELECT 1"),
        script(Vendor.MYSQL, "/**/SELECT 1;/***/SELECT 2", "1 SELECT 1", "1 SELECT 2"),
        script(Vendor.MYSQL, "/*/ SELECT 0; */SELECT 1", "1 SELECT 1"),
        script(Vendor.MYSQL, "SELECT 1; -- end", "1 SELECT 1"),
        script(Vendor.H2, "/* a /* b; */ c; */ SELECT 1;", "1 SELECT 1"),
        script(Vendor.MYSQL, "/* a /* b; */ SELECT 1;", "1 SELECT 1"),
        script(Vendor.H2, "SELECT 5--1;\n;SELECT 2 // 3;\n;", "1 SELECT 5--1;", "2 SELECT 2 // 3;"),
        script(Vendor.H2, "SELECT 1 # 2;", "1 SELECT 1 # 2"),
        // dollar quotes
        script(
            Vendor.H2,
            "CREATE ALIAS f AS $$ int f() { return 1; } $$; SELECT 1",
            "1 CREATE ALIAS f AS $$ int f() { return 1; } $$",
            "1 SELECT 1"),
        script(Vendor.H2, "SELECT a$$ FROM b$$;SELECT 2", "1 SELECT a$$ FROM b$$", "1 SELECT 2"),
        script(
            Vendor.POSTGRESQL,
            "DO $x$ BEGIN; $y$; END $x$;SELECT $1;",
            "1 DO $x$ BEGIN; $y$; END $x$",
            "1 SELECT $1"),
        script(Vendor.MYSQL, "SELECT $$;SELECT 2", "1 SELECT $$", "1 SELECT 2"),
        // DELIMITER
        script(
            Vendor.MARIADB,
            "DELIMITER //\nCREATE TRIGGER t BEGIN a; b; END//\ndelimiter ;\nSELECT 1;",
            "2 CREATE TRIGGER t BEGIN a; b; END",
            "4 SELECT 1"),
        script(
            Vendor.MYSQL,
            "DELIMITER $$ -- why\nSELECT 1$$ SELECT 2; $$",
            "2 SELECT 1",
            "2 SELECT 2;"),
        script(Vendor.MYSQL, "SELECT 1\nDELIMITER x;", "1 SELECT 1\nDELIMITER x"),
        script(Vendor.MYSQL, "DELIMITERX;SELECT 1", "1 DELIMITERX", "1 SELECT 1"),
        script(
            Vendor.MYSQL,
            "DELIMITER ;;\r\nSELECT 1;\r\n;;\r\nDELIMITER ;\r\nSELECT 2;",
            "2 SELECT 1;",
            "5 SELECT 2"),
        script(Vendor.H2, "DELIMITER //\n;", "1 DELIMITER //"));
  }

  private static Arguments script(Vendor vendor, String script, String... statements) {
    return Arguments.of(vendor, script, List.of(statements));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("scripts")
  void splits(Vendor vendor, String script, List<String> statements) throws IOException {
    assertThat(split(vendor, script)).isEqualTo(statements);
  }

  @ParameterizedTest(name = "{0}: {1}, one character at a time")
  @MethodSource("scripts")
  void splitsHoweverTheReaderDelivers(Vendor vendor, String script, List<String> statements)
      throws IOException {
    Reader slow =
        new StringReader(script) {
          @Override
          public int read(char[] buffer, int offset, int length) throws IOException {
            return super.read(buffer, offset, Math.min(1, length));
          }
        };
    assertThat(split(vendor, slow).stream().map(s -> s.line() + " " + s.sql()).toList())
        .isEqualTo(statements);
  }

  @Test
  void longStatementsAndPlacesBeyondOneBuffer() throws IOException {
    String row = "(1, 'some text; with a semicolon'),\n";
    String insert = "INSERT INTO t VALUES\n" + row.repeat(100_000) + "(2, 'x')";
    List<ScriptSplitter.Statement> all =
        split(Vendor.MYSQL, new StringReader("-- head\n" + insert + ";\nSELECT 1;"));
    assertThat(all).hasSize(2);
    assertThat(all.get(0).sql()).isEqualTo(insert);
    assertThat(all.get(0).line()).isEqualTo(2);
    assertThat(all.get(1)).isEqualTo(new ScriptSplitter.Statement("SELECT 1", 100_004));
  }

  @Test
  void saysWhereThatBeginsWhichHasNoEnd() {
    assertThatThrownBy(() -> split(Vendor.MYSQL, "SELECT 1;\nSELECT 'a\n\nb"))
        .isInstanceOfSatisfying(
            ScriptSplitter.UnfinishedException.class, e -> assertThat(e.line()).isEqualTo(2))
        .hasMessageContaining("no end");
    assertThatThrownBy(() -> split(Vendor.H2, "\n\n/* a /* b */ "))
        .isInstanceOfSatisfying(
            ScriptSplitter.UnfinishedException.class, e -> assertThat(e.line()).isEqualTo(3));
    assertThatThrownBy(() -> split(Vendor.H2, "SELECT $$ a"))
        .isInstanceOf(ScriptSplitter.UnfinishedException.class);
    assertThatThrownBy(() -> split(Vendor.MYSQL, "DELIMITER \nSELECT 1"))
        .isInstanceOf(ScriptSplitter.UnfinishedException.class);
  }
}
