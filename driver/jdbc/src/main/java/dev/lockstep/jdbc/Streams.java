package dev.lockstep.jdbc;

import dev.lockstep.config.Errors;
import dev.lockstep.config.LockstepProperty;
import dev.lockstep.config.SqlState;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.sql.Blob;
import java.sql.Clob;
import java.sql.SQLException;

/** Reads stream and LOB parameters into memory, of bounded size. */
final class Streams {
  private final long limit;

  Streams(long limit) {
    this.limit = Math.min(limit, Integer.MAX_VALUE - 16);
  }

  /** Exactly {@code length} bytes, or all of them where it is negative. */
  byte[] bytes(InputStream in, long length) throws SQLException {
    checkLength(length);
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream(length > 0 ? (int) length : 1024);
      byte[] buffer = new byte[8192];
      long rest = length < 0 ? Long.MAX_VALUE : length;
      while (rest > 0) {
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, rest));
        if (n < 0) {
          break;
        }
        out.write(buffer, 0, n);
        rest -= n;
        checkLength(out.size());
      }
      checkComplete(length, out.size());
      return out.toByteArray();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Exactly {@code length} characters, or all of them where it is negative. */
  String text(Reader in, long length) throws SQLException {
    checkLength(length);
    try {
      StringBuilder out = new StringBuilder();
      char[] buffer = new char[4096];
      long rest = length < 0 ? Long.MAX_VALUE : length;
      while (rest > 0) {
        int n = in.read(buffer, 0, (int) Math.min(buffer.length, rest));
        if (n < 0) {
          break;
        }
        out.append(buffer, 0, n);
        rest -= n;
        checkLength(out.length());
      }
      checkComplete(length, out.length());
      return out.toString();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  String ascii(InputStream in, long length) throws SQLException {
    return new String(bytes(in, length), StandardCharsets.US_ASCII);
  }

  byte[] bytes(Blob blob) throws SQLException {
    checkLength(blob.length());
    return blob.length() == 0 ? new byte[0] : blob.getBytes(1, (int) blob.length());
  }

  String text(Clob clob) throws SQLException {
    checkLength(clob.length());
    return clob.length() == 0 ? "" : clob.getSubString(1, (int) clob.length());
  }

  private void checkLength(long length) throws SQLException {
    if (length > limit) {
      throw Errors.of(
          SqlState.NOT_SUPPORTED,
          "a parameter is larger than "
              + limit
              + " bytes: one has to fit into memory and a packet (64 MiB, or "
              + LockstepProperty.MAX_WRITE_SET.key()
              + " where that is less); write it in pieces");
    }
  }

  private static void checkComplete(long wanted, long got) throws SQLException {
    if (wanted >= 0 && got < wanted) {
      throw Errors.of(
          SqlState.INVALID_ARGUMENT,
          "the stream ended after " + got + " of the " + wanted + " announced");
    }
  }

  private static SQLException failed(IOException e) {
    return Errors.of(SqlState.INVALID_ARGUMENT, "the stream of a parameter failed: " + e, e);
  }
}
