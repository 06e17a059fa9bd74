package dev.lockstep.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/**
 * How a command is told which cluster is meant and who asks. Used by one command only.
 *
 * <p>The URL is the argument that begins with {@code jdbc:}, or the environment's {@code
 * LOCKSTEP_URL}. A password never stands on the command line, where every user of the machine could
 * read it.
 */
final class ClusterOptions {
  static final String URL_VARIABLE = "LOCKSTEP_URL";
  static final String PASSWORD_VARIABLE = "LOCKSTEP_PASSWORD";

  @Spec(Target.MIXEE)
  private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "URL",
      description = {
        "The cluster, such as jdbc:lockstep:mysql://db1,db2,db3/shop; default: the environment's"
            + " LOCKSTEP_URL. What follows it is the command's own."
      })
  private List<String> words = new ArrayList<>();

  @Option(names = "--user", paramLabel = "NAME", description = "User; default: the URL's.")
  private String user;

  @Option(
      names = "--password-env",
      paramLabel = "VARIABLE",
      description = "Environment variable that holds the password; default: LOCKSTEP_PASSWORD.")
  private String passwordVariable;

  private final Map<String, String> environment;

  ClusterOptions() {
    this(System.getenv());
  }

  ClusterOptions(Map<String, String> environment) {
    this.environment = environment;
  }

  /** The URL as given. */
  String url() {
    if (!words.isEmpty() && isUrl(words.get(0))) {
      String url = words.get(0);
      if (parse(url, new Properties()).hasPassword()) {
        throw usage(
            "a password on the command line can be read by every user of this machine; put it in"
                + " the environment variable "
                + PASSWORD_VARIABLE
                + " (or another one with --password-env), or the whole URL in "
                + URL_VARIABLE);
      }
      return url;
    }
    String url = environment.get(URL_VARIABLE);
    if (url == null || url.isBlank()) {
      throw usage(
          "no URL: give one such as jdbc:lockstep:mysql://db1,db2,db3/shop, or set "
              + URL_VARIABLE);
    }
    return url;
  }

  /** The URL, taken apart. */
  ClusterUrl cluster() {
    return parse(url(), properties());
  }

  private ClusterUrl parse(String url, Properties account) {
    try {
      return ClusterUrl.parse(url, account);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  /** What the command was given besides the URL, at most {@code most} words. */
  List<String> rest(int most) {
    List<String> rest =
        !words.isEmpty() && isUrl(words.get(0)) ? words.subList(1, words.size()) : words;
    if (rest.size() > most) {
      throw usage("unexpected argument: " + rest.get(most));
    }
    return rest;
  }

  /** The one word that the command needs besides the URL. */
  String only(String label) {
    List<String> rest = rest(1);
    if (rest.isEmpty()) {
      throw usage("missing " + label);
    }
    return rest.get(0);
  }

  /** User and password for {@code DriverManager}, where they are not in the URL. */
  Properties properties() {
    Properties properties = new Properties();
    if (user != null) {
      properties.setProperty("user", user);
    }
    String variable = passwordVariable == null ? PASSWORD_VARIABLE : passwordVariable;
    String password = environment.get(variable);
    if (password != null) {
      properties.setProperty("password", password);
    } else if (passwordVariable != null) {
      throw usage("the environment has no variable " + passwordVariable);
    }
    return properties;
  }

  ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private static boolean isUrl(String word) {
    return word.toLowerCase(Locale.ROOT).startsWith("jdbc:");
  }
}
