package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.harness.server.Engine;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The demonstration, short, as a test of the whole. */
@Tag("servers")
class DemoTest {

  @Test
  void onH2() throws Exception {
    StringWriter text = new StringWriter();
    boolean held = new Demo(Engine.H2, 3, 6, 4, 1, new Story(new PrintWriter(text, true))).run();
    assertThat(held).as(text.toString()).isTrue();
    assertThat(text.toString())
        .contains(
            "kill -9", "a replica", "the primary", "is back in the view after", "longest pause")
        .contains(
            "6 tables are equal on 3 nodes", "every acknowledged transaction is on every node")
        .doesNotContain("FAILED");
  }
}
