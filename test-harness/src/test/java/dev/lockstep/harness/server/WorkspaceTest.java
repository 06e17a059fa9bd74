package dev.lockstep.harness.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WorkspaceTest {
  private static final String DEAD_OWNER = "4000000-1";

  @TempDir private Path nodes;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(Process::destroyForcibly);
  }

  /** A process with the given text in its command line. */
  private Process process(String text) throws IOException {
    Process process = new ProcessBuilder("sh", "-c", "read x # " + text).start();
    started.add(process);
    return process;
  }

  private Path node(String owner, String serverIdentity) throws IOException {
    Path node = Files.createDirectories(nodes.resolve(owner).resolve("n1-1"));
    Files.writeString(node.resolve("server"), serverIdentity);
    return node;
  }

  private static String identity(Process process) {
    return ProcessIdentity.of(process.pid()).orElseThrow().toString();
  }

  @Test
  void endsTheServersOfDeadOwnersAndRemovesTheirFiles() throws Exception {
    Path node = nodes.resolve(DEAD_OWNER).resolve("n1-1");
    Process server = process(node.toString());
    node(DEAD_OWNER, identity(server));
    Workspace.reap(nodes, nodes.resolve("own"));
    assertThat(server.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(nodes.resolve(DEAD_OWNER)).doesNotExist();
  }

  @Test
  void leavesStrangersAlone() throws Exception {
    Process otherCommand = process("something else");
    node(DEAD_OWNER, identity(otherCommand));
    Path second = nodes.resolve("4000001-1").resolve("n1-1");
    Process otherStart = process(second.toString());
    node("4000001-1", otherStart.pid() + "-1");
    Workspace.reap(nodes, nodes.resolve("own"));
    assertThat(otherCommand.waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(otherStart.isAlive()).isTrue();
    assertThat(nodes.resolve(DEAD_OWNER)).doesNotExist();
  }

  @Test
  void leavesTheServersOfLivingOwnersAlone() throws Exception {
    String self = ProcessIdentity.current().toString();
    Path node = nodes.resolve(self).resolve("n1-1");
    Process server = process(node.toString());
    node(self, identity(server));
    Workspace.reap(nodes, nodes.resolve("own"));
    assertThat(server.waitFor(200, TimeUnit.MILLISECONDS)).isFalse();
    assertThat(node).exists();
  }

  @Test
  void portsAreDifferent() {
    List<LoopbackPort> ports = new ArrayList<>();
    Set<Integer> numbers = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      LoopbackPort port = LoopbackPort.reserve();
      ports.add(port);
      numbers.add(port.number());
    }
    ports.forEach(LoopbackPort::close);
    assertThat(numbers).hasSize(50);
  }
}
