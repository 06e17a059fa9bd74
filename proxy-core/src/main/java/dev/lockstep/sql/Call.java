package dev.lockstep.sql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A CALL, or a function called by {@code {? = call …}}: which placeholders take values and which
 * give some. Immutable.
 */
public final class Call {
  /** The user variables that take what the placeholders of output parameters give. */
  private static final String OUT = "@lockstep_out_";

  /**
   * A placeholder.
   *
   * @param at where it stands in the text
   * @param name of the parameter that it alone stands for, or null
   * @param in whether its value is sent
   * @param out whether it gives a value
   */
  record Place(int at, String name, boolean in, boolean out) {}

  /**
   * What goes to the server for one execution.
   *
   * @param before sets the variables of parameters that are both; null without any
   * @param text the call
   * @param outs the query that gives the output parameters, in order; null without any
   */
  public record Bound(String before, String text, String outs) {}

  private final String text;
  private final boolean function;
  private final List<Place> places;
  private final List<Integer> outs = new ArrayList<>();
  private final List<String> names = new ArrayList<>();

  /**
   * @param text what is sent to the server but for the places
   * @param function whether the text is a query that gives the first output parameter, which is no
   *     place
   */
  Call(String text, boolean function, List<Place> places) {
    this.text = text;
    this.function = function;
    this.places = List.copyOf(places);
    if (function) {
      outs.add(1);
      names.add(null);
    }
    for (Place p : places) {
      names.add(p.name());
      if (p.out()) {
        outs.add(names.size());
      }
    }
  }

  /** The numbers, from 1 on, of the placeholders that give values. */
  public List<Integer> outs() {
    return outs;
  }

  /** For each placeholder the name of the parameter that it stands for, or null. */
  public List<String> names() {
    return names;
  }

  /** Whether it is a function, whose one row has the first output parameter. */
  public boolean function() {
    return function;
  }

  Bound bind(Binding binding) throws SQLException {
    StringBuilder call = new StringBuilder();
    List<String> before = new ArrayList<>();
    List<String> after = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < places.size(); i++) {
      Place p = places.get(i);
      int number = function ? i + 1 : i;
      call.append(text, from, p.at());
      from = p.at() + 1;
      String value = p.in() ? binding.render(new Slot.Placeholder(number)) : "NULL";
      if (p.out()) {
        String variable = OUT + number;
        before.add(variable + "=" + value);
        after.add(variable);
        call.append(variable);
      } else {
        call.append(value);
      }
    }
    call.append(text, from, text.length());
    return new Bound(
        before.isEmpty() ? null : "SET " + String.join(",", before),
        call.toString(),
        after.isEmpty() ? null : "SELECT " + String.join(",", after));
  }
}
