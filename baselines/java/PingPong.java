// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.function.Supplier;

/** pingpong. bench/WORKLOADS.md#pingpong. A queue has no end: -1 is it. */
final class PingPong {
    private static Bench.Body over(Supplier<BlockingQueue<Long>> make) {
        return b -> {
            BlockingQueue<Long> ping = make.get(), pong = make.get();
            Thread answering = Bench.go(() -> {
                for (long v; (v = ping.take()) >= 0;) pong.put(v + 1);
            });
            long v = 0;
            b.start();
            for (long i = 0; i < b.n; i++) {
                ping.put(v);
                v = pong.take();
            }
            b.stop();
            ping.put(-1L);
            answering.join();
            b.check("answers", v, b.n);
        };
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "pingpong", "", 0, 50, over(SynchronousQueue::new));
        Main.both(all, "pingpong", "/mode:buffered", 0, 50, over(() -> new ArrayBlockingQueue<>(1)));
    }
}
