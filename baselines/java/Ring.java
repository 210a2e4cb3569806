// SPDX-License-Identifier: Apache-2.0

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;

/** ring. bench/WORKLOADS.md#ring. */
final class Ring {
    private static final int TASKS = 503;

    private static void laps(Bench b) throws InterruptedException {
        List<BlockingQueue<Long>> links = new ArrayList<>(); // task i takes from links[i]
        for (int i = 0; i < TASKS; i++) links.add(new SynchronousQueue<>());
        for (int i = 1; i < TASKS; i++) {
            BlockingQueue<Long> in = links.get(i), out = links.get((i + 1) % TASKS);
            Bench.go(() -> {
                for (long token; (token = in.take()) >= 0;) out.put(token + 1);
                out.put(-1L);
            });
        }
        BlockingQueue<Long> first = links.get(1), mine = links.get(0);
        first.put(0L); // a first lap, untimed
        long token = mine.take();
        b.start();
        for (long i = 0; i < b.n; i++) {
            first.put(token + 1);
            token = mine.take();
        }
        b.stop();
        first.put(-1L);
        b.check("the end", mine.take(), -1);
        b.items = (double) b.n * TASKS;
        b.check("the token", token + 1, (b.n + 1) * TASKS);
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "ring", "", 0, 2, Ring::laps);
    }
}
