// SPDX-License-Identifier: Apache-2.0
//
// skynet in Boost.Fiber, the smaller tree. bench/WORKLOADS.md#skynet.

#include "fibers.h"

namespace {

constexpr uint64_t fan_out = 10;
using Sums = fibers::unbuffered_channel<uint64_t>;

void node(Sums &up, uint64_t first, uint64_t leaves) {
    if (leaves == 1) {
        up.push(first);
        return;
    }
    Sums below;
    fibers::fiber child[fan_out];
    uint64_t part = leaves / fan_out, sum = 0;
    for (uint64_t i = 0; i < fan_out; i++)
        child[i] = go([&below, from = first + i * part, part] { node(below, from, part); });
    for (uint64_t i = 0; i < fan_out; i++) sum += below.value_pop();
    for (auto &f : child) f.join(); // who still leaves its push uses the channel
    up.push(sum);
}

uint64_t tree(uint64_t leaves) {
    Sums top;
    auto root = go([&] { node(top, 0, leaves); });
    uint64_t sum = top.value_pop();
    root.join();
    return sum;
}

void trees(bench *b) {
    auto leaves = uint64_t(b->def->arg);
    uint64_t sum = 0;
    tree(leaves);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) sum += tree(leaves);
    bench_stop(b);
    bench_check(b, "the leaves' sum", sum, b->n * (leaves * (leaves - 1) / 2));
}

} // namespace

extern const bench_def skynet_defs[];
const bench_def skynet_defs[] = {BOTH("skynet/boost_fiber", "/leaves:10000", trees, 10000), END};
