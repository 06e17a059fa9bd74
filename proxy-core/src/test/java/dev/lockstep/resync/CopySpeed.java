package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.node.TableName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Times a full copy and a checksum. Run by hand: vendor, rows. */
final class CopySpeed {
  private CopySpeed() {}

  private static long[] cpu(Nodes n) throws IOException {
    return new long[] {cpu(n.pid(0)), cpu(n.pid(1)), cpu(ProcessHandle.current().pid())};
  }

  /** Processor time of a process in milliseconds, on Linux. */
  private static long cpu(long pid) throws IOException {
    String s = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
    String[] f = s.substring(s.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(f[11]) + Long.parseLong(f[12])) * 10;
  }

  public static void main(String[] args) throws Exception {
    Vendor vendor = Vendor.valueOf(args[0]);
    int rows = Integer.parseInt(args[1]);
    try (Nodes n = new Nodes(vendor)) {
      FullCopyTest.fill(n.source, vendor == Vendor.H2 ? "\"shop\".t" : "shop.t", rows);
      if (args.length > 2) {
        Nodes.run(n.source, "ALTER TABLE shop.t DROP INDEX k_shopt");
      }
      long[] cpu = cpu(n);
      for (int i = 0; i < 3; i++) {
        CopyResult r =
            FullCopy.of(vendor, n.source, n.target, "n1", () -> false, CopyProgress.NONE).run();
        System.out.println("copy " + i + ": " + r);
        long[] now = cpu(n);
        System.out.printf(
            "  CPU ms: source %d, target %d, here %d%n",
            now[0] - cpu[0], now[1] - cpu[1], now[2] - cpu[2]);
        cpu = now;
      }
      TableChecksums sums = new TableChecksums(vendor);
      UserCatalogue c = UserCatalogue.of(vendor);
      TableName t = new TableName("shop", vendor == Vendor.H2 ? "T" : "t");
      for (int i = 0; i < 2; i++) {
        long start = System.nanoTime();
        System.out.println(sums.table(n.source, c.table(n.source, t), KeyRange.ALL));
        System.out.println("checksum: " + (System.nanoTime() - start) / 1_000_000 + " ms");
      }
    }
    System.exit(0);
  }
}
