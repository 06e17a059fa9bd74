package dev.lockstep.harness.hunt;

import java.util.ArrayList;
import java.util.List;

/** A statement under construction, with literals or with parameters. For one thread. */
final class Sql {
  private final StringBuilder text = new StringBuilder();
  private final List<Object> parameters = new ArrayList<>();
  private final boolean prepared;

  Sql(boolean prepared) {
    this.prepared = prepared;
  }

  Sql add(String more) {
    text.append(more);
    return this;
  }

  Sql add(Value value) {
    if (prepared && value.bindable()) {
      text.append('?');
      parameters.add(value.parameter());
    } else {
      text.append(value.literal());
    }
    return this;
  }

  /** Values with commas between them, in parentheses. */
  Sql list(List<Value> values) {
    text.append('(');
    for (int i = 0; i < values.size(); i++) {
      add(i > 0 ? ", " : "").add(values.get(i));
    }
    text.append(')');
    return this;
  }

  String text() {
    return text.toString();
  }

  List<Object> parameters() {
    return parameters;
  }
}
