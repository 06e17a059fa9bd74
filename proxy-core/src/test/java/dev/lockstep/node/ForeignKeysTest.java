package dev.lockstep.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.node.ForeignKeys.Key;
import dev.lockstep.node.ForeignKeys.Rule;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ForeignKeysTest {
  private static Key key(
      String child, String column, String parent, String of, Rule onDelete, Rule onUpdate) {
    return new Key(name(child), List.of(column), name(parent), List.of(of), onDelete, onUpdate);
  }

  private static TableName name(String table) {
    return new TableName("shop", table);
  }

  private static String effects(ForeignKeys keys, String table, List<String> columns) {
    return String.join(
        " ",
        keys.effects(name(table), columns).stream()
            .map(e -> e.key().child().name() + (e.deletes() ? "-" : "~"))
            .sorted()
            .toList());
  }

  @Test
  void followsChains() {
    ForeignKeys keys =
        new ForeignKeys(
            List.of(
                key("c", "p", "p", "ID", Rule.CASCADE, Rule.NOTHING),
                key("g", "c", "c", "id", Rule.SET_NULL, Rule.CASCADE),
                key("h", "p", "c", "p", Rule.NOTHING, Rule.CASCADE),
                key("u", "code", "p", "code", Rule.NOTHING, Rule.CASCADE),
                key("u2", "code", "u", "code", Rule.CASCADE, Rule.SET_NULL),
                key("strict", "p", "p", "id", Rule.NOTHING, Rule.NOTHING),
                key("self", "up", "self", "id", Rule.CASCADE, Rule.NOTHING)),
            false);
    assertThat(effects(keys, "p", null)).isEqualTo("c- g~");
    assertThat(effects(keys, "p", List.of("Code", "n"))).isEqualTo("u2~ u~");
    assertThat(effects(keys, "p", List.of("n"))).isEmpty();
    assertThat(effects(keys, "c", List.of("p"))).isEqualTo("h~");
    assertThat(effects(keys, "self", null)).isEqualTo("self-");
    assertThat(effects(keys, "strict", null)).isEmpty();
    assertThat(keys.effects(name("p"), List.of())).isEqualTo(Set.of());
    assertThat(keys.changing(name("strict"))).isEmpty();
    assertThat(keys.changing(name("u2"))).hasSize(1);
  }
}
