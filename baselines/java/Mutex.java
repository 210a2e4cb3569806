// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;

/** mutex. bench/WORKLOADS.md#mutex. A ReentrantLock, as JDK 21 advises for virtual threads: they park, where synchronized holds the carrier. */
final class Mutex {
    private static final int TASKS = 8;

    private static void locks(Bench b) throws InterruptedException {
        ReentrantLock lock = new ReentrantLock();
        CountDownLatch done = new CountDownLatch(TASKS);
        long[] number = {0};
        b.start();
        for (int i = 0; i < TASKS; i++) {
            long times = Bench.share(b.n, TASKS, i);
            Bench.go(() -> {
                for (long k = 0; k < times; k++) {
                    lock.lock();
                    try {
                        number[0]++;
                    } finally {
                        lock.unlock();
                    }
                }
                done.countDown();
            });
        }
        done.await();
        b.stop();
        b.check("the number", number[0], b.n);
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "mutex", "", 0, 10_000, Mutex::locks);
    }
}
