// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.CountDownLatch;

/** yield. bench/WORKLOADS.md#yield. At two processors calls count, as for Go. */
final class Yield {
    private static int last; // who came back from a yield last; with one processor only

    private static long watching(int id, long rounds) {
        long switches = 0;
        for (long i = 0; i < rounds; i++) {
            last = id;
            Thread.yield();
            if (last != id) switches++;
        }
        return switches;
    }

    private static long plain(long rounds) {
        for (long i = 0; i < rounds; i++) Thread.yield();
        return rounds;
    }

    private static void allYield(Bench b) throws InterruptedException {
        int tasks = b.def.arg();
        long[] switches = new long[tasks];
        CountDownLatch done = new CountDownLatch(tasks);
        b.start();
        for (int i = 0; i < tasks; i++) {
            int id = i;
            Bench.go(() -> {
                switches[id] = b.def.procs() == 1 ? watching(id, b.n) : plain(b.n);
                done.countDown();
            });
        }
        done.await();
        b.stop();
        long sum = 0;
        for (long s : switches) sum += s;
        b.check("tasks that ended", tasks - done.getCount(), tasks);
        b.items = Math.max(sum, 1);
    }

    static void add(List<Bench.Def> all) {
        all.add(new Bench.Def("yield/java/procs:1/tasks:2", 1, 2, 200, Yield::allYield));
        Main.both(all, "yield", "/tasks:8", 8, 200, Yield::allYield);
    }
}
