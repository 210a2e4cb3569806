// SPDX-License-Identifier: Apache-2.0
//
// ring in Boost.Fiber. bench/WORKLOADS.md#ring.

#include "fibers.h"

#include <vector>

namespace {

constexpr std::size_t tasks = 503;

void laps(bench *b) {
    std::vector<fibers::unbuffered_channel<uint64_t>> links(tasks); // task i receives from links[i]
    std::vector<fibers::fiber> all;
    for (std::size_t i = 1; i < tasks; i++)
        all.push_back(go([&in = links[i], &out = links[(i + 1) % tasks]] {
            for (uint64_t token; in.pop(token) == fibers::channel_op_status::success;) out.push(token + 1);
            out.close();
        }));
    uint64_t token = 0;
    links[1].push(token); // a first lap, untimed
    links[0].pop(token);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        links[1].push(token + 1);
        links[0].pop(token);
    }
    bench_stop(b);
    links[1].close();
    for (auto &f : all) f.join();
    b->items = b->n * tasks;
    bench_check(b, "the token", token + 1, (b->n + 1) * tasks);
}

} // namespace

extern const bench_def ring_defs[];
const bench_def ring_defs[] = {BOTH("ring/boost_fiber", "", laps, 0), END};
