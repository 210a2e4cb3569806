// SPDX-License-Identifier: Apache-2.0

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;

/** timers. bench/WORKLOADS.md#timers. */
final class Timers {
    /** As bench/timers.h. */
    private static long sleepNs(long number) {
        return (number * 2654435761L & 0xffffffffL) * 10_000_000 >>> 32;
    }

    private static long batch(int count) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(count);
        LongAdder slept = new LongAdder();
        for (int i = 0; i < count; i++) {
            long ns = sleepNs(i);
            Bench.go(() -> {
                long start = System.nanoTime();
                Thread.sleep(Duration.ofNanos(ns));
                if (System.nanoTime() - start >= ns) slept.increment();
                done.countDown();
            });
        }
        done.await();
        return slept.sum();
    }

    private static void sleepers(Bench b) throws InterruptedException {
        int count = b.def.arg();
        long sum = batch(count);
        b.start();
        for (long i = 0; i < b.n; i++) sum += batch(count);
        b.stop();
        b.items = (double) b.n * count;
        b.counted = b.cpu;
        if (b.cpu <= 0) b.error = "no processor time to be had from the system";
        b.extra.put("batch_wall_ns", (double) b.wall / b.n);
        b.check("sleeps of full length", sum, (b.n + 1) * count);
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "timers", "", 100_000, 1, Timers::sleepers);
        Main.both(all, "timers", "/sleepers:1000", 1000, 1, Timers::sleepers);
    }
}
