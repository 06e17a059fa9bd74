package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script where it does not get as far as building or Java. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
  private static final Path SCRIPT = Path.of("lockstep").toAbsolutePath();

  @TempDir private Path folder;

  private String run(int expected, String javaHome, Path script) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(List.of(script.toString(), "--help"));
    builder.directory(folder.toFile()).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", javaHome);
    builder.environment().put("LOCKSTEP_NO_BUILD", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(output).isEqualTo(expected);
    return output;
  }

  @Test
  void saysWhatIsWrongWithJava() throws Exception {
    assertThat(run(70, "/no/such/jdk", SCRIPT)).contains("JAVA_HOME is /no/such/jdk");
  }

  @Test
  void startsFromAnywhereThroughLinks() throws Exception {
    // A copy in a folder of the same shape, with nothing built in it.
    Path cli = Files.createDirectories(folder.resolve("a b/driver/cli"));
    Path copy = Files.copy(SCRIPT, cli.resolve("lockstep"));
    assertThat(copy.toFile().setExecutable(true)).isTrue();
    Path first =
        Files.createSymbolicLink(folder.resolve("first"), Path.of("a b/driver/cli/lockstep"));
    Path second = Files.createSymbolicLink(folder.resolve("second"), first);
    fakeJava();
    assertThat(run(70, folder.resolve("jdk").toString(), second)).contains("nothing is built");
    Files.createDirectories(cli.resolve("target/lib"));
    assertThat(run(42, folder.resolve("jdk").toString(), second))
        .contains("-cp " + cli.toRealPath() + "/target/lib/* dev.lockstep.cli.Lockstep --help");
  }

  private void fakeJava() throws IOException {
    Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho \"$@\"\nexit 42\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
  }
}
