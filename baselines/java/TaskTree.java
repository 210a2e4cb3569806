// SPDX-License-Identifier: Apache-2.0

import java.util.List;

/** fib, nqueens: threads that join threads. bench/WORKLOADS.md#fib. */
final class TaskTree {
    private static final int FIB_N = 25, QUEENS_N = 10;
    private static final long FIB_VALUE = 75_025, FIB_TASKS = 121_392, QUEENS_VALUE = 724, QUEENS_TASKS = 35_538;

    private interface Tree {
        long run() throws InterruptedException;
    }

    private static long fib(int n) throws InterruptedException {
        if (n < 2) return n;
        long[] first = {0};
        Thread t = Bench.go(() -> first[0] = fib(n - 1));
        long second = fib(n - 2);
        t.join();
        return first[0] + second;
    }

    private static boolean safe(byte[] columns, int rows, int column) {
        for (int i = 0; i < rows; i++) if (columns[i] == column || Math.abs(columns[i] - column) == rows - i) return false;
        return true;
    }

    private static long queens(byte[] columns, int rows) throws InterruptedException {
        if (rows == QUEENS_N) return 1;
        Thread[] below = new Thread[QUEENS_N];
        long[] ways = new long[QUEENS_N];
        for (byte column = 0; column < QUEENS_N; column++) {
            if (!safe(columns, rows, column)) continue;
            byte[] next = columns.clone();
            next[rows] = column;
            int at = column;
            below[column] = Bench.go(() -> ways[at] = queens(next, rows + 1));
        }
        long sum = 0;
        for (int i = 0; i < QUEENS_N; i++) {
            if (below[i] == null) continue;
            below[i].join();
            sum += ways[i];
        }
        return sum;
    }

    private static Bench.Body trees(Tree tree, long value, long tasks) {
        return b -> {
            tree.run();
            long sum = 0;
            b.start();
            for (long i = 0; i < b.n; i++) sum += tree.run();
            b.stop();
            b.items = (double) b.n * tasks;
            b.check("the sum", sum, b.n * value);
        };
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "fib", "", 0, 1, trees(() -> fib(FIB_N), FIB_VALUE, FIB_TASKS));
        Main.both(all, "nqueens", "", 0, 1, trees(() -> queens(new byte[QUEENS_N], 0), QUEENS_VALUE, QUEENS_TASKS));
    }
}
