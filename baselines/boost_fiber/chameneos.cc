// SPDX-License-Identifier: Apache-2.0
//
// chameneos in Boost.Fiber: a condition variable for each creature, as with threads. bench/WORKLOADS.md#chameneos-redux.

#include "fibers.h"

#include <vector>

#include "chameneos.h"

namespace {

struct Creature {
    unsigned id = 0, other = 0;
    colour own = BLUE, of_other = BLUE;
    bool met = false; // under the place's lock, as the two of the other
    uint64_t meetings = 0, with_itself = 0;
    fibers::condition_variable told;

    void meets(const Creature &c) {
        other = c.id;
        of_other = c.own;
        met = true;
    }
};

struct Place {
    fibers::mutex lock;
    Creature *waiting = nullptr;
    uint64_t left = 0;

    bool meet(Creature &c) {
        std::unique_lock<fibers::mutex> hold(lock);
        if (left == 0) return false;
        c.met = false;
        Creature *first = waiting;
        if (!first) {
            waiting = &c;
            c.told.wait(hold, [&] { return c.met; });
            return true;
        }
        waiting = nullptr;
        left--;
        c.meets(*first);
        first->meets(c);
        hold.unlock();
        first->told.notify_one();
        return true;
    }
};

void creatures(bench *b) {
    Place place;
    std::vector<Creature> creature(std::size_t(b->def->arg));
    std::vector<fibers::fiber> all;
    uint64_t meetings = 0, with_itself = 0;
    place.left = b->n;
    unsigned id = 0;
    for (Creature &c : creature) {
        c.own = chameneos_first[id];
        c.id = id++;
    }
    bench_start(b);
    for (Creature &c : creature)
        all.push_back(go([&] {
            while (place.meet(c)) {
                c.meetings++;
                c.with_itself += c.other == c.id;
                c.own = complement(c.own, c.of_other);
            }
        }));
    for (auto &f : all) f.join();
    bench_stop(b);
    for (const Creature &c : creature) {
        meetings += c.meetings;
        with_itself += c.with_itself;
    }
    bench_check(b, "visits", meetings, 2 * b->n);
    bench_check(b, "who met itself", with_itself, 0);
}

} // namespace

extern const bench_def chameneos_defs[];
const bench_def chameneos_defs[] = {
    BOTH("chameneos-redux/boost_fiber", "/creatures:3", creatures, 3),
    BOTH("chameneos-redux/boost_fiber", "/creatures:10", creatures, 10),
    END,
};
