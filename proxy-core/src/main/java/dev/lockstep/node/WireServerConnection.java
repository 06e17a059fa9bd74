package dev.lockstep.node;

import dev.lockstep.config.Errors;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * A connection to MySQL or MariaDB whose packets go straight over the driver's socket, without a
 * second thread.
 */
final class WireServerConnection extends BasicServerConnection {
  private IOException sendError;

  /** What is not answered yet, in order. */
  private final Queue<Packet> sent = new ArrayDeque<>(2);

  WireServerConnection(DatabaseNode node, DatabaseNode.Physical physical, Home home) {
    super(node, physical, home);
  }

  @Override
  public Outcome run(Packet packet, long timeoutMillis) {
    send(packet);
    return await(timeoutMillis);
  }

  @Override
  public void send(Packet packet) {
    sent.add(packet);
    sendError = null;
    if (broken()) {
      sendError = new IOException("connection was cut");
      return;
    }
    try {
      wire().send(packet);
    } catch (IOException e) {
      sendError = e;
    }
  }

  @Override
  public boolean takesBehind(Packet packet) {
    return sendError == null && !broken() && wire().takesBehind(packet);
  }

  @Override
  public Outcome await(long timeoutMillis) {
    return await(timeoutMillis, 0, null);
  }

  @Override
  public boolean answered() {
    return sendError != null || wire().answered(sent.element());
  }

  @Override
  public Outcome await(long timeoutMillis, long patienceMillis, Runnable stalled) {
    Packet packet = sent.remove();
    if (sendError != null) {
      return seen(
          new Outcome(
              new long[0],
              new long[0],
              null,
              0,
              Errors.connectionFailure("connection to " + node().name() + " lost", sendError),
              true));
    }
    return seen(wire().await(packet, sent.isEmpty(), timeoutMillis, patienceMillis, stalled));
  }
}
