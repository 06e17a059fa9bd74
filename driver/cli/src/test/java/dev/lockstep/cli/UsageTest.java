package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class UsageTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine commandLine =
        Lockstep.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "bench",
        "hunt",
        "status",
        "sql",
        "init",
        "evict",
        "rejoin",
        "switchover",
        "recover",
        "config-docs"
      })
  void everyCommandHasHelpWithExamplesAndExitCodes(String command) {
    assertThat(run(command, "--help")).isZero();
    assertThat(out.toString())
        .contains("Usage: lockstep " + command)
        .contains("Example")
        .contains("Exit codes:")
        .containsPattern("3 +no running process owns the cluster");
  }

  @Test
  void helpListsTheCommands() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("demo", "status", "sql", "switchover", "recover");
    assertThat(out.toString()).doesNotContain("config-docs");
    assertThat(run("--version")).isZero();
  }

  @Test
  void wrongUsageIsTwo() {
    String url = "jdbc:lockstep:mysql://127.0.0.1:1/";
    for (List<String> wrong :
        List.of(
            List.<String>of(),
            List.of("frobnicate"),
            List.of("status", "jdbc:mysql://h/"),
            List.of("status", url, "more"),
            List.of("sql", url),
            List.of("sql", url, "SELECT 1", "SELECT 2"),
            List.of("sql", url, "SELECT 1", "-f", "x.sql"),
            List.of("sql", url, "-f", "/no/such/file.sql"),
            List.of("evict", url),
            List.of("evict", url, "n7"),
            List.of("evict", url, "n1", "n2"),
            List.of("init", url),
            List.of("init", url, "--source", "n2"),
            List.of("recover", url),
            List.of("demo", "--engine", "oracle"),
            List.of("demo", "--nodes", "1"),
            List.of("hunt", "--nodes", "1"),
            List.of("hunt", "--minutes", "0"),
            List.of("hunt", "--without", "bugs"),
            List.of("status", url, "--password-env", "LOCKSTEP_TEST_NO_SUCH_VARIABLE"))) {
      assertThat(run(wrong.toArray(new String[0]))).as("%s: %s", wrong, err).isEqualTo(2);
    }
  }

  @Test
  void passwordsStayOffTheCommandLine() {
    int code = run("status", "jdbc:lockstep:mysql://127.0.0.1:1/?user=a&password=hunter2");
    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("LOCKSTEP_PASSWORD").doesNotContain("hunter2");
  }

  @Test
  void noNodeIsFive() {
    String url = "jdbc:lockstep:mysql://127.0.0.1:1,127.0.0.1:2/";
    assertThat(run("status", url)).isEqualTo(5);
    assertThat(out.toString()).contains("No node can be reached", "127.0.0.1:2");
    assertThat(run("evict", url, "n1")).isEqualTo(5);
    assertThat(run("recover", url, "--force", "n1")).isEqualTo(5);
  }
}
