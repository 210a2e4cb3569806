// SPDX-License-Identifier: Apache-2.0
//
// mutex in Boost.Fiber. bench/WORKLOADS.md#mutex.

#include "fibers.h"

#include <vector>

namespace {

constexpr unsigned tasks = 8;

void locks(bench *b) {
    fibers::mutex lock;
    uint64_t number = 0;
    std::vector<fibers::fiber> all;
    bench_start(b);
    for (unsigned i = 0; i < tasks; i++)
        all.push_back(go([&, times = bench_share(b->n, tasks, i)] {
            for (uint64_t k = 0; k < times; k++) {
                lock.lock();
                number++;
                lock.unlock();
            }
        }));
    for (auto &f : all) f.join();
    bench_stop(b);
    bench_check(b, "the number", number, b->n);
}

} // namespace

extern const bench_def mutex_defs[];
const bench_def mutex_defs[] = {BOTH("mutex/boost_fiber", "", locks, 0), END};
