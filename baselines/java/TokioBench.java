// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** spawn_many, yield_many, ping_pong, chained_spawn. bench/WORKLOADS.md#spawn_many. */
final class TokioBench {
    private static final int SPAWNS = 10_000, TASKS = 200, YIELDS = 1000, PAIRS = 1000, LINKS = 1000;

    /** The last one says how many there were. */
    private interface Once {
        void run(ArrayBlockingQueue<Long> end);
    }

    private static void spawnAll(ArrayBlockingQueue<Long> end) {
        AtomicLong left = new AtomicLong(SPAWNS);
        for (int i = 0; i < SPAWNS; i++)
            Bench.go(() -> {
                if (left.decrementAndGet() == 0) end.put((long) SPAWNS);
            });
    }

    private static void yieldAll(ArrayBlockingQueue<Long> end) {
        AtomicLong left = new AtomicLong(TASKS);
        for (int i = 0; i < TASKS; i++)
            Bench.go(() -> {
                for (int k = 0; k < YIELDS; k++) Thread.yield();
                if (left.decrementAndGet() == 0) end.put((long) TASKS * YIELDS);
            });
    }

    private static void pingAll(ArrayBlockingQueue<Long> end) {
        AtomicLong left = new AtomicLong(PAIRS), answers = new AtomicLong();
        for (int i = 0; i < PAIRS; i++)
            Bench.go(() -> {
                CompletableFuture<Long> there = new CompletableFuture<>(), back = new CompletableFuture<>();
                Bench.go(() -> back.complete(there.join() + 1));
                there.complete(0L);
                answers.addAndGet(back.join());
                if (left.decrementAndGet() == 0) end.put(answers.get());
            });
    }

    private static void link(ArrayBlockingQueue<Long> end, int left, long made) {
        Bench.go(() -> {
            if (left == 0) end.put(made);
            else link(end, left - 1, made + 1);
        });
    }

    private static Bench.Body rounds(Once once, long worth) {
        return b -> {
            ArrayBlockingQueue<Long> end = new ArrayBlockingQueue<>(1);
            once.run(end);
            end.take();
            long sum = 0;
            b.start();
            for (long i = 0; i < b.n; i++) {
                once.run(end);
                sum += end.take();
            }
            b.stop();
            b.items = (double) b.n * worth;
            b.check("what was done", sum, b.n * worth);
        };
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "spawn_many", "", 0, 1, rounds(TokioBench::spawnAll, SPAWNS));
        Main.both(all, "yield_many", "", 0, 1, rounds(TokioBench::yieldAll, (long) TASKS * YIELDS));
        Main.both(all, "ping_pong", "", 0, 1, rounds(TokioBench::pingAll, PAIRS));
        Main.both(all, "chained_spawn", "", 0, 1, rounds(end -> link(end, LINKS - 1, 1), LINKS));
    }
}
