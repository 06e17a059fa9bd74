package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.Vendor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class LexerTest {
  /** A token and the noise behind it. */
  record Piece(String token, String noise) {}

  private static List<String> tokens(String sql, Vendor vendor) throws SQLException {
    Tokens t = Lexer.tokenize(sql, vendor);
    List<String> out = new ArrayList<>();
    for (int i = 0; i < t.count(); i++) {
      out.add(t.text(i));
    }
    return out;
  }

  private static Arbitrary<Piece> piece(boolean mysql) {
    Arbitrary<String> chars =
        Arbitraries.strings().withChars("ab;?'\"`-#/*\\ \n@:$()é😀".toCharArray()).ofMaxLength(8);
    Arbitrary<String> string =
        chars.map(s -> "'" + (mysql ? s.replace("\\", "\\\\") : s).replace("'", "''") + "'");
    Arbitrary<String> quoted =
        chars.map(
            s -> mysql ? "`" + s.replace("`", "``") + "`" : "\"" + s.replace("\"", "\"\"") + "\"");
    Arbitrary<String> word =
        Arbitraries.of("SELECT", "now", "FROM", "t1", "_a", "a$b", "größe", "NOW");
    Arbitrary<String> number = Arbitraries.of("0", "12", "1.5", "0x1F", "1e10", "2.5E-3", "0.7");
    Arbitrary<String> op =
        Arbitraries.of("(", ")", ",", ";", "=", "<>", "<=", "+", "*", "||", "?", "-");
    Arbitrary<String> prefixed =
        chars.map(s -> "N'" + (mysql ? s.replace("\\", "\\\\") : s).replace("'", "''") + "'");
    Arbitrary<String> token = Arbitraries.oneOf(string, quoted, word, number, op, prefixed);
    Arbitrary<String> noise =
        Arbitraries.of(
            " ",
            "\n",
            "\t ",
            " /* it's \" ` ? ; NOW() -- */ ",
            " -- it's ? ;\n",
            " /**/ ",
            mysql ? " # '\n" : " // '\n");
    return Combinators.combine(token, noise).as(Piece::new);
  }

  @Provide
  Arbitrary<List<Piece>> mysqlPieces() {
    return piece(true).list().ofMaxSize(30);
  }

  @Provide
  Arbitrary<List<Piece>> h2Pieces() {
    return piece(false).list().ofMaxSize(30);
  }

  private static void finds(List<Piece> pieces, Vendor vendor) throws SQLException {
    StringBuilder sql = new StringBuilder(" ");
    List<String> expected = new ArrayList<>();
    for (Piece p : pieces) {
      sql.append(p.token).append(p.noise);
      expected.add(p.token);
    }
    List<String> found = tokens(sql.toString(), vendor);
    assertThat(found).isEqualTo(expected);
    assertThat(tokens(String.join(" ", found), vendor)).isEqualTo(expected);
  }

  @Property
  void findsExactlyTheTokensOfMySql(@ForAll("mysqlPieces") List<Piece> pieces) throws SQLException {
    finds(pieces, Vendor.MYSQL);
  }

  @Property
  void findsExactlyTheTokensOfH2(@ForAll("h2Pieces") List<Piece> pieces) throws SQLException {
    finds(pieces, Vendor.H2);
  }

  @Property
  void neverFailsOtherThanWithAnSqlException(@ForAll String text) {
    for (Vendor v : new Vendor[] {Vendor.MARIADB, Vendor.H2}) {
      try {
        Lexer.tokenize(text, v);
      } catch (SQLException e) {
        assertThat(e.getMessage()).startsWith("Lockstep");
      }
    }
  }

  @Property(tries = 300)
  void analysisNeverFailsOtherThanWithAnSqlException(@ForAll("mysqlPieces") List<Piece> pieces) {
    StringBuilder sql = new StringBuilder();
    pieces.forEach(p -> sql.append(p.token).append(p.noise));
    Fixture f = Fixture.mysql();
    for (String start :
        List.of(
            "",
            "SELECT ",
            "INSERT INTO plain VALUES (",
            "UPDATE plain SET v = ",
            "DELETE FROM plain WHERE id = ",
            "SET ",
            "ALTER TABLE t ")) {
      try {
        f.plan(start + sql);
      } catch (SQLException e) {
        assertThat(e.getMessage()).startsWith("Lockstep");
      }
    }
  }

  @Test
  void knowsEachVendorsRules() throws SQLException {
    assertThat(tokens("'a\\'b' 'c'", Vendor.MYSQL)).containsExactly("'a\\'b'", "'c'");
    assertThat(tokens("'a\\' 'b'", Vendor.H2)).containsExactly("'a\\'", "'b'");
    assertThat(tokens("\"a\"\"b\" 'x''y'", Vendor.MYSQL)).containsExactly("\"a\"\"b\"", "'x''y'");
    assertThat(tokens("a--1\nb -- c\nd", Vendor.MYSQL))
        .containsExactly("a", "-", "-", "1", "b", "d");
    assertThat(tokens("a--1\nb", Vendor.H2)).containsExactly("a", "b");
    assertThat(tokens("a /* x /* y */ b", Vendor.MYSQL)).containsExactly("a", "b");
    assertThat(tokens("a /* x /* y */ */ b", Vendor.H2)).containsExactly("a", "b");
    assertThat(tokens("a /*!40001 b 'c*/' */ d", Vendor.MYSQL))
        .containsExactly("a", "b", "'c*/'", "d");
    assertThat(tokens("a /*! b */ d", Vendor.H2)).containsExactly("a", "d");
    assertThat(tokens("$$ ' $$ 'x'", Vendor.H2)).containsExactly("$$ ' $$", "'x'");
    assertThat(tokens("t.1a 1a 1.5 .5 t.5", Vendor.MYSQL))
        .containsExactly("t", ".", "1a", "1a", "1.5", ".5", "t", ".", "5");
    assertThat(tokens("@a:=@@session.x @`b c` _utf8'x' b'01' X'ff'", Vendor.MYSQL))
        .containsExactly("@a", ":=", "@@session.x", "@`b c`", "_utf8", "'x'", "b'01'", "X'ff'");
    assertThat(tokens("a->>'$.b' <=> c", Vendor.MYSQL))
        .containsExactly("a", "->>", "'$.b'", "<=>", "c");
  }

  @Test
  void refusesWhatIsNotClosed() {
    for (String sql : List.of("'a", "'a\\'", "`a", "/* a", "/*! a", "\"a", "x'ff")) {
      assertThatThrownBy(() -> Lexer.tokenize(sql, Vendor.MYSQL))
          .as(sql)
          .isInstanceOf(SQLException.class);
    }
  }
}
