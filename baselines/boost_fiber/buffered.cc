// SPDX-License-Identifier: Apache-2.0
//
// buffered in Boost.Fiber, whose channel of 128 has room for 127; a size has to be a power of two. bench/WORKLOADS.md#buffered.

#include "fibers.h"

#include <vector>

namespace {

constexpr std::size_t size = 128;

void through(bench *b) {
    fibers::buffered_channel<uint64_t> items(size);
    auto sides = unsigned(b->def->arg);
    std::vector<uint64_t> sums(sides);
    std::vector<fibers::fiber> producers, consumers;
    uint64_t first = 1, total = 0;
    bench_start(b);
    for (unsigned i = 0; i < sides; i++) {
        uint64_t count = bench_share(b->n, sides, i);
        consumers.push_back(go([&items, &sum = sums[i]] {
            uint64_t mine = 0;
            for (uint64_t v; items.pop(v) == fibers::channel_op_status::success;) mine += v;
            sum = mine;
        }));
        producers.push_back(go([&items, first, count] {
            for (uint64_t k = 0; k < count; k++) items.push(first + k);
        }));
        first += count;
    }
    for (auto &f : producers) f.join();
    items.close();
    for (auto &f : consumers) f.join();
    bench_stop(b);
    for (uint64_t s : sums) total += s;
    bench_check(b, "the sum of the items", total, b->n * (b->n + 1) / 2);
}

} // namespace

extern const bench_def buffered_defs[];
const bench_def buffered_defs[] = {
    BOTH("buffered/boost_fiber/capacity_127", "/shape:1to1", through, 1),
    BOTH("buffered/boost_fiber/capacity_127", "/shape:4x4", through, 4),
    END,
};
