package dev.lockstep.resync;

import dev.lockstep.config.Vendor;
import dev.lockstep.consistency.KeyRange;
import dev.lockstep.consistency.TableChecksums;
import dev.lockstep.consistency.UserCatalogue;
import dev.lockstep.node.TableName;

/** Times a full copy and a checksum. Run by hand: vendor, rows. */
final class CopySpeed {
  private CopySpeed() {}

  public static void main(String[] args) throws Exception {
    Vendor vendor = Vendor.valueOf(args[0]);
    int rows = Integer.parseInt(args[1]);
    try (Nodes n = new Nodes(vendor)) {
      FullCopyTest.fill(n.source, vendor == Vendor.H2 ? "\"shop\".t" : "shop.t", rows);
      for (int i = 0; i < 3; i++) {
        CopyResult r =
            FullCopy.of(vendor, n.source, n.target, "n1", () -> false, CopyProgress.NONE).run();
        System.out.println("copy " + i + ": " + r);
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
