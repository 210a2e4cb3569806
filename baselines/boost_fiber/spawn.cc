// SPDX-License-Identifier: Apache-2.0
//
// spawn in Boost.Fiber; a fiber's end is awaited by join. bench/WORKLOADS.md#spawn.

#include "fibers.h"

#include <vector>

namespace {

constexpr int batch_size = 1000, touched = 2048;
using Slots = std::vector<uint64_t>;

void batch(Slots &slots) {
    std::vector<fibers::fiber> all;
    all.reserve(slots.size());
    for (uint64_t &slot : slots) all.push_back(go([&slot] { slot++; }));
    for (auto &f : all) f.join();
}

void one_by_one(Slots &slots) {
    for (uint64_t &slot : slots) go([&slot] { slot++; }).join();
}

void parking(Slots &slots) {
    fibers::mutex lock;
    fibers::condition_variable arrived, opened;
    int inside = 0;
    bool open = false;
    std::vector<fibers::fiber> all;
    all.reserve(slots.size());
    for (uint64_t &slot : slots)
        all.push_back(go([&] {
            volatile char room[touched];
            for (int i = 0; i < touched; i += 64) room[i] = 1;
            std::unique_lock<fibers::mutex> hold(lock);
            if (++inside == batch_size) arrived.notify_one();
            opened.wait(hold, [&] { return open; });
            hold.unlock();
            slot += uint64_t(room[touched - 64]);
        }));
    std::unique_lock<fibers::mutex> hold(lock);
    arrived.wait(hold, [&] { return inside == batch_size; });
    open = true;
    hold.unlock();
    opened.notify_all();
    for (auto &f : all) f.join();
}

template <void (*way)(Slots &)> void repeat(bench *b) {
    Slots slots(batch_size);
    uint64_t sum = 0;
    way(slots);
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) way(slots);
    bench_stop(b);
    for (uint64_t v : slots) sum += v;
    b->items = b->n * batch_size;
    bench_check(b, "children that ran", sum, b->items + batch_size);
}

} // namespace

extern const bench_def spawn_defs[];
const bench_def spawn_defs[] = {
    BOTH("spawn/boost_fiber", "", repeat<batch>, 0),
    BOTH("spawn/boost_fiber", "/mode:one", repeat<one_by_one>, 0),
    BOTH("spawn/boost_fiber", "/mode:park", repeat<parking>, 0),
    END,
};
