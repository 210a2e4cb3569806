// SPDX-License-Identifier: Apache-2.0
//
// pingpong in Boost.Fiber. bench/WORKLOADS.md#pingpong. A buffered_channel of size 2 has room for one.

#include "fibers.h"

namespace {

template <typename Channel> void round_trips(bench *b, Channel &ping, Channel &pong) {
    auto answering = go([&] {
        for (uint64_t v; ping.pop(v) == fibers::channel_op_status::success;) pong.push(v + 1);
    });
    uint64_t v = 0;
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) {
        ping.push(v);
        pong.pop(v);
    }
    bench_stop(b);
    ping.close();
    answering.join();
    bench_check(b, "answers", v, b->n);
}

void unbuffered(bench *b) {
    fibers::unbuffered_channel<uint64_t> ping, pong;
    round_trips(b, ping, pong);
}

void buffered(bench *b) {
    fibers::buffered_channel<uint64_t> ping(2), pong(2);
    round_trips(b, ping, pong);
}

} // namespace

extern const bench_def pingpong_defs[];
const bench_def pingpong_defs[] = {
    BOTH("pingpong/boost_fiber", "", unbuffered, 0),
    BOTH("pingpong/boost_fiber", "/mode:buffered", buffered, 0),
    END,
};
