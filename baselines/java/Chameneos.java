// SPDX-License-Identifier: Apache-2.0

import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;

/** chameneos. bench/WORKLOADS.md#chameneos-redux. */
final class Chameneos {
    private static final int BLUE = 0, RED = 1, YELLOW = 2;
    private static final int[] FIRST = {BLUE, RED, YELLOW, RED, YELLOW, BLUE, RED, YELLOW, RED, BLUE};

    private record Visitor(int id, int colour) {}

    private static final class Creature {
        int id, colour;
        long meetings, withItself;
        final ArrayBlockingQueue<Visitor> met = new ArrayBlockingQueue<>(1); // who came second says whom the first has met
    }

    private static final class Place {
        final ReentrantLock lock = new ReentrantLock();
        Creature waiting; // under lock, as left
        long left;

        /** Whom c met; null: there are no more meetings. */
        Visitor meet(Creature c) throws InterruptedException {
            Creature first;
            Visitor other = null;
            lock.lock();
            try {
                if (left == 0) return null;
                first = waiting;
                if (first == null) {
                    waiting = c;
                } else {
                    waiting = null;
                    left--;
                    other = new Visitor(first.id, first.colour);
                }
            } finally {
                lock.unlock();
            }
            if (first == null) return c.met.take();
            first.met.put(new Visitor(c.id, c.colour));
            return other;
        }
    }

    private static void creatures(Bench b) throws InterruptedException {
        Place place = new Place();
        place.left = b.n;
        Creature[] all = new Creature[b.def.arg()];
        Thread[] threads = new Thread[all.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = new Creature();
            all[i].id = i;
            all[i].colour = FIRST[i];
        }
        b.start();
        for (int i = 0; i < all.length; i++) {
            Creature c = all[i];
            threads[i] = Bench.go(() -> {
                for (Visitor v; (v = place.meet(c)) != null;) {
                    c.meetings++;
                    if (v.id == c.id) c.withItself++;
                    c.colour = v.colour == c.colour ? c.colour : 3 - c.colour - v.colour;
                }
            });
        }
        for (Thread t : threads) t.join();
        b.stop();
        long meetings = 0, withItself = 0;
        for (Creature c : all) {
            meetings += c.meetings;
            withItself += c.withItself;
        }
        b.check("visits", meetings, 2 * b.n);
        b.check("who met itself", withItself, 0);
    }

    static void add(List<Bench.Def> all) {
        Main.both(all, "chameneos-redux", "/creatures:3", 3, 500, Chameneos::creatures);
        Main.both(all, "chameneos-redux", "/creatures:10", 10, 500, Chameneos::creatures);
    }
}
