package dev.lockstep.journal;

import dev.lockstep.node.TableName;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Write sets as text, and back. Each entry is one header line of numbers (expected rows, then the
 * lengths in characters of schema, table, context, before, SQL and after; -1 for null), followed by
 * those texts and a line feed. Format 1 is that text in UTF-8; format 2 the same deflated (zlib).
 */
public final class WriteSetCodec {
  /** Plain UTF-8. */
  public static final int PLAIN = 1;

  /** Deflated. */
  public static final int DEFLATED = 2;

  /** The payload is the number of {@link JournalParts}, which hold the entries. */
  public static final int PARTS = 3;

  private WriteSetCodec() {}

  /** Appends one entry to a write set's text. */
  public static void append(StringBuilder out, Entry e) {
    out.append(e.expectedRows()).append(' ');
    length(out, e.table().schema()).append(' ');
    length(out, e.table().name()).append(' ');
    length(out, e.context()).append(' ');
    length(out, e.before()).append(' ');
    length(out, e.sql()).append(' ');
    length(out, e.after()).append('\n');
    text(out, e.table().schema());
    text(out, e.table().name());
    text(out, e.context());
    text(out, e.before());
    text(out, e.sql());
    text(out, e.after());
    out.append('\n');
  }

  private static StringBuilder length(StringBuilder out, String s) {
    return out.append(s == null ? -1 : s.length());
  }

  private static void text(StringBuilder out, String s) {
    if (s != null) {
      out.append(s);
    }
  }

  /** The bytes of a journal row's payload in {@link #DEFLATED} format. */
  public static byte[] deflate(String text) {
    Deflater d = new Deflater(Deflater.BEST_SPEED);
    try {
      d.setInput(text.getBytes(StandardCharsets.UTF_8));
      d.finish();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] buffer = new byte[8192];
      while (!d.finished()) {
        out.write(buffer, 0, d.deflate(buffer));
      }
      return out.toByteArray();
    } finally {
      d.end();
    }
  }

  /**
   * Reads a payload.
   *
   * @throws IllegalArgumentException where it is not a write set of a known format
   */
  public static List<Entry> decode(int format, byte[] payload) {
    return switch (format) {
      case PLAIN -> parse(new String(payload, StandardCharsets.UTF_8));
      case DEFLATED -> parse(new String(inflate(payload), StandardCharsets.UTF_8));
      case PARTS -> throw new IllegalArgumentException("the write set is in several parts");
      default ->
          throw new IllegalArgumentException(
              "journal format " + format + " is not known to this version of Lockstep");
    };
  }

  private static byte[] inflate(byte[] payload) {
    Inflater i = new Inflater();
    try {
      i.setInput(payload);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] buffer = new byte[8192];
      while (!i.finished()) {
        int n = i.inflate(buffer);
        if (n == 0 && (i.needsInput() || i.needsDictionary())) {
          throw new IllegalArgumentException("journal payload is cut short");
        }
        out.write(buffer, 0, n);
      }
      return out.toByteArray();
    } catch (DataFormatException e) {
      throw new IllegalArgumentException("journal payload is damaged", e);
    } finally {
      i.end();
    }
  }

  private static List<Entry> parse(String s) {
    List<Entry> entries = new ArrayList<>();
    int at = 0;
    while (at < s.length()) {
      int eol = s.indexOf('\n', at);
      String[] h = eol < 0 ? new String[0] : s.substring(at, eol).split(" ");
      if (h.length != 7) {
        throw new IllegalArgumentException("journal payload is damaged at character " + at);
      }
      String[] t = new String[6];
      at = eol + 1;
      for (int i = 0; i < 6; i++) {
        int n = Integer.parseInt(h[i + 1]);
        if (n >= 0) {
          t[i] = s.substring(at, at + n);
          at += n;
        }
      }
      at++;
      entries.add(
          new Entry(t[2], t[3], t[4], t[5], Long.parseLong(h[0]), new TableName(t[0], t[1])));
    }
    return entries;
  }
}
