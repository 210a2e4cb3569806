// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;

/** skynet. bench/WORKLOADS.md#skynet. */
final class Skynet {
    private static final int FAN_OUT = 10;

    private static void node(BlockingQueue<Long> up, long first, long leaves) throws InterruptedException {
        if (leaves == 1) {
            up.put(first);
            return;
        }
        BlockingQueue<Long> below = new SynchronousQueue<>();
        long part = leaves / FAN_OUT, sum = 0;
        for (int i = 0; i < FAN_OUT; i++) {
            long from = first + i * part;
            Bench.go(() -> node(below, from, part));
        }
        for (int i = 0; i < FAN_OUT; i++) sum += below.take();
        up.put(sum);
    }

    private static long tree(long leaves) throws InterruptedException {
        BlockingQueue<Long> top = new SynchronousQueue<>();
        Bench.go(() -> node(top, 0, leaves));
        return top.take();
    }

    private static void trees(Bench b) throws InterruptedException {
        long leaves = b.def.arg(), sum = 0;
        tree(leaves);
        b.start();
        for (long i = 0; i < b.n; i++) sum += tree(leaves);
        b.stop();
        b.check("the leaves' sum", sum, b.n * (leaves * (leaves - 1) / 2));
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "skynet", "", 1_000_000, 1, Skynet::trees);
        Main.both(all, "skynet", "/leaves:10000", 10_000, 1, Skynet::trees);
    }
}
