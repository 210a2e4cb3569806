// SPDX-License-Identifier: Apache-2.0
//
// yield in Boost.Fiber. At two processors calls count, as for Go: it has no count of its own. bench/WORKLOADS.md#yield.

#include "fibers.h"

#include <vector>

namespace {

long last; // who came back from a yield last; with one thread only

struct Yielder {
    long id;
    uint64_t calls, switches;
    char pad[40];
};

void watching(Yielder &t, uint64_t rounds) {
    for (; t.calls < rounds; t.calls++) {
        last = t.id;
        boost::this_fiber::yield();
        t.switches += last != t.id;
    }
}

void plain(Yielder &t, uint64_t rounds) {
    for (; t.calls < rounds; t.calls++) boost::this_fiber::yield();
    t.switches = t.calls;
}

void all_yield(bench *b) {
    std::vector<Yielder> tasks(std::size_t(b->def->arg));
    std::vector<fibers::fiber> all;
    uint64_t calls = 0, switches = 0;
    long id = 0;
    bench_start(b);
    for (Yielder &t : tasks) {
        t.id = ++id;
        all.push_back(go([&t, b] { one_thread ? watching(t, b->n) : plain(t, b->n); }));
    }
    for (auto &f : all) f.join();
    bench_stop(b);
    for (const Yielder &t : tasks) {
        calls += t.calls;
        switches += t.switches;
    }
    bench_check(b, "yields", calls, b->n * tasks.size());
    b->items = switches ? switches : 1;
}

} // namespace

extern const bench_def yield_defs[];
const bench_def yield_defs[] = {
    {"yield/boost_fiber/procs:1/tasks:2", all_yield, 1, BENCH_ANYWHERE, 2, nullptr},
    BOTH("yield/boost_fiber", "/tasks:8", all_yield, 8),
    END,
};
