package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class ResultPrinterTest {
  private static final String ROWS =
      "SELECT 1 AS id, 'a' || CHAR(10) || CHAR(27) || '[31m' AS text, CAST(NULL AS INT) AS nothing,"
          + " 12345678901234567890.10 AS exact, TRUE AS yes, X'00ff' AS bytes, DATE '2024-02-29' AS d,"
          + " CAST('NaN' AS DOUBLE) AS nan";

  private static String print(String sql, boolean json) throws Exception {
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    try (Connection c = DriverManager.getConnection("jdbc:h2:mem:");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      new ResultPrinter(out, json, true).result(7, r);
    }
    out.flush();
    return text.toString();
  }

  @Test
  void tables() throws Exception {
    assertThat(print(ROWS, false).lines().toList())
        .containsExactly(
            "ID  TEXT         NOTHING                    EXACT   YES  BYTES   D           NAN",
            "--  -----------  -------  -----------------------  ----  ------  ----------  ---",
            " 1  a\\n\\x1b[31m     NULL  12345678901234567890.10  TRUE  0x00ff  2024-02-29  NaN",
            "(1 row)");
    assertThat(print("SELECT x FROM SYSTEM_RANGE(1, 1500)", false))
        .contains("1500")
        .endsWith("(1500 rows)" + System.lineSeparator());
  }

  @Test
  void json() throws Exception {
    String line = print(ROWS, true);
    assertThat(line.strip().lines()).hasSize(1);
    JsonNode json = new ObjectMapper().readTree(line);
    assertThat(json.get("line").asInt()).isEqualTo(7);
    assertThat(json.get("columns").toString())
        .isEqualTo("[\"ID\",\"TEXT\",\"NOTHING\",\"EXACT\",\"YES\",\"BYTES\",\"D\",\"NAN\"]");
    assertThat(line)
        .contains(
            "[1,\"a\\n\\u001B[31m\",null,12345678901234567890.10,true,\"0x00ff\",\"2024-02-29\",\"NaN\"]");
  }

  @Test
  void headsOfStatements() {
    assertThat(ScriptRunner.head("SELECT\n\t 1", 20)).isEqualTo("SELECT 1");
    assertThat(ScriptRunner.head("INSERT INTO t VALUES " + "(1),".repeat(1000), 20))
        .isEqualTo("INSERT INTO t VALUES …");
  }
}
