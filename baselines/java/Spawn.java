// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.CountDownLatch;

/** spawn. bench/WORKLOADS.md#spawn. Not mode:park, for which a thread's stack would need a buffer on it. */
final class Spawn {
    private static final int BATCH = 1000;

    private interface Way {
        void run(long[] slots) throws InterruptedException;
    }

    private static void batch(long[] slots) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(BATCH);
        for (int i = 0; i < BATCH; i++) {
            int slot = i;
            Thread.startVirtualThread(() -> {
                slots[slot]++;
                done.countDown();
            });
        }
        done.await();
    }

    private static void oneByOne(long[] slots) throws InterruptedException {
        for (int i = 0; i < BATCH; i++) {
            int slot = i;
            Thread.startVirtualThread(() -> slots[slot]++).join();
        }
    }

    private static Bench.Body repeat(Way way) {
        return b -> {
            long[] slots = new long[BATCH];
            way.run(slots);
            b.start();
            for (long i = 0; i < b.n; i++) way.run(slots);
            b.stop();
            long sum = 0;
            for (long v : slots) sum += v;
            b.items = b.n * (double) BATCH;
            b.check("children that ran", sum, (b.n + 1) * BATCH);
        };
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "spawn", "", 0, 1, repeat(Spawn::batch));
        Main.both(all, "spawn", "/mode:one", 0, 1, repeat(Spawn::oneByOne));
    }
}
