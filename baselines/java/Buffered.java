// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;

/** buffered. bench/WORKLOADS.md#buffered. A queue has no end: each consumer gets a 0. */
final class Buffered {
    private static final int CAPACITY = 128;

    private static void through(Bench b) throws InterruptedException {
        int sides = b.def.arg();
        ArrayBlockingQueue<Long> items = new ArrayBlockingQueue<>(CAPACITY);
        Thread[] producers = new Thread[sides], consumers = new Thread[sides];
        long[] sums = new long[sides];
        long first = 1;
        b.start();
        for (int i = 0; i < sides; i++) {
            int side = i;
            long from = first, count = Bench.share(b.n, sides, i);
            first += count;
            consumers[i] = Bench.go(() -> {
                long sum = 0;
                for (long v; (v = items.take()) > 0;) sum += v;
                sums[side] = sum;
            });
            producers[i] = Bench.go(() -> {
                for (long v = from; v < from + count; v++) items.put(v);
            });
        }
        for (Thread t : producers) t.join();
        for (int i = 0; i < sides; i++) items.put(0L);
        for (Thread t : consumers) t.join();
        b.stop();
        long total = 0;
        for (long s : sums) total += s;
        b.check("the sum of the items", total, b.n * (b.n + 1) / 2);
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "buffered", "/shape:1to1", 1, 5000, Buffered::through);
        Main.both(all, "buffered", "/shape:4x4", 4, 5000, Buffered::through);
    }
}
