package dev.lockstep.it;

import dev.lockstep.cluster.Cluster;
import dev.lockstep.config.LockstepUrl;
import dev.lockstep.engine.Engine;
import dev.lockstep.harness.workload.OrderWorkload;
import dev.lockstep.harness.workload.TransactionLog;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/**
 * The application as a process of its own: connects, says SERVING and, when all nodes are in the
 * view, COMPLETE; runs the workload after GO and ends after STOP or with its standard input. Says
 * REFUSED with SQLState and message when it cannot connect.
 */
final class Application {
  private Application() {}

  /** Arguments: URL, user, password, file of the transaction log, run id, seed, nodes. */
  public static void main(String[] a) throws Exception {
    Properties account = new Properties();
    account.setProperty("user", a[1]);
    account.setProperty("password", a[2]);
    boolean h2 = a[0].contains(":h2:");
    Connection first;
    try {
      first = DriverManager.getConnection(a[0], account);
    } catch (SQLException e) {
      say("REFUSED " + e.getSQLState() + " " + e.getMessage().replace('\n', ' '));
      System.exit(2);
      return;
    }
    say("SERVING");
    Cluster cluster = Engine.of(LockstepUrl.parse(a[0], account)).cluster();
    Thread watcher = new Thread(() -> awaitComplete(cluster, Integer.parseInt(a[6])));
    watcher.setDaemon(true);
    watcher.start();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (TransactionLog log = new TransactionLog(Path.of(a[3]))) {
      OrderWorkload load =
          OrderWorkload.on(a[0], a[1], a[2])
              .clients(8)
              .seed(Long.parseLong(a[5]))
              .runId(a[4])
              .deadlocks(!h2)
              .log(log)
              .build();
      String line;
      while ((line = in.readLine()) != null && !line.equals("STOP")) {
        if (line.equals("GO")) {
          load.start();
          say("RUNNING");
        }
      }
      if (line == null) {
        Runtime.getRuntime().halt(3); // the test has ended
      }
      load.stop();
      say("STATE " + cluster.state());
      say(
          "ENDED "
              + load.progress().commits()
              + " "
              + load.progress().errorCount()
              + " "
              + load.progress().errorSummary().toString().replace('\n', ' '));
      first.close();
      Engine.closeAll();
      say("CLOSED");
    }
    System.exit(0);
  }

  private static void awaitComplete(Cluster cluster, int nodes) {
    try {
      while (cluster.state() != Cluster.State.SERVING || cluster.members().size() != nodes) {
        Thread.sleep(10);
      }
      say("COMPLETE");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
