package dev.lockstep.cli;

import dev.lockstep.config.LockstepProperty;

/** The text of {@code docs/configuration.md}, made from the property catalogue. */
final class ConfigurationPage {
  private ConfigurationPage() {}

  static String render() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Configuration

        <!-- Written by `lockstep config-docs` from LockstepProperty. Do not edit: a test compares. -->

        All settings begin with `lockstep.` and go into the URL (`…/shop?lockstep.nodeTimeout=2000`, on H2 \
        `…/shop;lockstep.nodeTimeout=2000`) or into the `Properties` of `DriverManager.getConnection`. An unknown \
        `lockstep.…` name is an error that suggests the nearest. Everything else goes to the vendor's driver unchanged.

        | setting | default | meaning |
        | --- | --- | --- |
        """);
    for (LockstepProperty property : LockstepProperty.values()) {
      page.append("| `")
          .append(property.key())
          .append("` | ")
          .append(property.defaultValue() == null ? "" : "`" + property.defaultValue() + "`")
          .append(" | ")
          .append(cell(property.description()));
      if (!property.choices().isEmpty()) {
        page.append(" One of: `").append(String.join("`, `", property.choices())).append("`.");
      }
      page.append(" |\n");
    }
    page.append(
        """

        ## System properties

        These hold for the whole process and are given to Java (`java -D…`), not in the URL.

        | system property | default | meaning |
        | --- | --- | --- |
        | `lockstep.lostTransactionDirectory` | `~/.lockstep/lost-transactions` | Directory for the files of transactions \
        that only a rejoining node had; they are also in the table `lockstep.lost_transaction` of that node and of a \
        member. |
        """);
    return page.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("\n", " ");
  }
}
