// SPDX-License-Identifier: Apache-2.0
//
// spawn_many, yield_many, chained_spawn in Boost.Fiber. bench/WORKLOADS.md#spawn_many.

#include "fibers.h"

#include <atomic>

namespace {

constexpr uint64_t spawns = 10000, tasks = 200, yields = 1000, links = 1000;

struct Round {
    fibers::buffered_channel<uint64_t> end{2}; // the last one says how many there were
    std::atomic<uint64_t> left{0};
    uint64_t made = 0; // by one after the other

    bool last() { return left.fetch_sub(1, std::memory_order_acq_rel) == 1; }
};

void spawn_all(Round &r) {
    r.left = spawns;
    for (uint64_t i = 0; i < spawns; i++)
        go([&r] {
            if (r.last()) r.end.push(spawns);
        }).detach();
}

void yield_all(Round &r) {
    r.left = tasks;
    for (uint64_t i = 0; i < tasks; i++)
        go([&r] {
            for (uint64_t k = 0; k < yields; k++) boost::this_fiber::yield();
            if (r.last()) r.end.push(tasks * yields);
        }).detach();
}

void link(Round &r, uint64_t left) {
    go([&r, left] {
        r.made++;
        if (left)
            link(r, left - 1);
        else
            r.end.push(r.made);
    }).detach();
}

void spawn_chain(Round &r) {
    r.made = 0;
    link(r, links - 1);
}

template <void (*once)(Round &), uint64_t worth> void rounds(bench *b) {
    Round r;
    uint64_t sum = 0;
    once(r);
    r.end.value_pop();
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        once(r);
        sum += r.end.value_pop();
    }
    bench_stop(b);
    b->items = b->n * worth;
    bench_check(b, "what was done", sum, b->items);
}

} // namespace

extern const bench_def tokiobench_defs[];
const bench_def tokiobench_defs[] = {
    BOTH("spawn_many/boost_fiber", "", (rounds<spawn_all, spawns>), 0),
    BOTH("yield_many/boost_fiber", "", (rounds<yield_all, tasks * yields>), 0),
    BOTH("chained_spawn/boost_fiber", "", (rounds<spawn_chain, links>), 0),
    END,
};
