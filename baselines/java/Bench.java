// SPDX-License-Identifier: Apache-2.0

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;

/** One call of a body, as in bench/bench.h: the body does n iterations between start and stop, in a virtual thread. */
final class Bench {
    /** What can throw InterruptedException, which nobody here sends. */
    interface Task {
        void run() throws Exception;
    }

    interface Body {
        void run(Bench b) throws Exception;
    }

    /** least: iterations of a call, as in bench/suite.c. */
    record Def(String name, int procs, int arg, long least, Body body) {}

    final Def def;
    final long n;
    double items;
    long wall, cpu;
    long counted; // ns: what the figure is of, if not of wall
    String error;
    final Map<String, Double> extra = new LinkedHashMap<>();

    private Bench(Def def, long n) {
        this.def = def;
        this.n = n;
        this.items = n;
    }

    /** Of all threads, the collector's and the compilers' too; what Java offers itself goes in steps of 10 ms. */
    private static long cpuTime() {
        long sum = 0;
        String[] threads = new File("/proc/self/task").list();
        for (String thread : threads == null ? new String[0] : threads) {
            try {
                sum += Long.parseLong(Files.readString(new File("/proc/self/task/" + thread + "/schedstat").toPath()).split(" ")[0]);
            } catch (IOException e) {
                continue; // it has ended
            }
        }
        return sum;
    }

    void start() {
        cpu = -cpuTime();
        wall = -System.nanoTime();
    }

    void stop() {
        wall += System.nanoTime();
        cpu += cpuTime();
    }

    void check(String what, long got, long want) {
        if (got != want && error == null) error = "wrong checksum: " + what + " is " + got + ", not " + want;
    }

    /** What part i of parts does of total. */
    static long share(long total, int parts, int i) {
        return total / parts + (i < total % parts ? 1 : 0);
    }

    static Thread go(Task task) {
        return Thread.startVirtualThread(() -> {
            try {
                task.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static Bench call(Def def, long n) throws InterruptedException {
        Bench b = new Bench(def, n);
        Throwable[] thrown = {null};
        Thread main = Thread.ofVirtual().unstarted(() -> {
            try {
                def.body.run(b);
            } catch (Throwable t) {
                thrown[0] = t;
            }
        });
        main.start();
        main.join();
        if (thrown[0] != null) b.error = thrown[0].toString();
        return b;
    }

    /** Calls for so long before the first one counts: the compilers are done with it then. Each is as long as one that counts. */
    static void warmUp(Def def, double seconds, double minTime) throws InterruptedException {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (System.nanoTime() < end && measure(def, Math.min(minTime, seconds)).error == null) continue;
    }

    /** n grows until a call takes minTime: by what the last one foretells, and at most tenfold. */
    static Bench measure(Def def, double minTime) throws InterruptedException {
        for (long n = def.least;;) {
            Bench b = call(def, n);
            double seconds = b.wall * 1e-9;
            if (b.error != null || seconds >= minTime || n >= 1_000_000_000L) return b;
            n = Math.max(n + 1, (long) (n * Math.min(10, minTime * 1.4 / Math.max(seconds, 1e-9))));
        }
    }
}
