package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {

  @Test
  void theCommittedPageIsTheCatalogues() throws IOException {
    Path page = Path.of("../../docs/configuration.md");
    assertThat(Files.readString(page))
        .as("docs/configuration.md is out of date: run driver/cli/lockstep config-docs")
        .isEqualTo(ConfigurationPage.render());
  }
}
