// SPDX-License-Identifier: Apache-2.0
//
// The workloads in Boost.Fiber. Not here: select, which it has not; skynet's million, whose stacks would take some 9 GiB; and what
// waits for a descriptor.

#include <boost/version.hpp>

#include "bench.h"
#include "line.h"

const struct line_about line_about = {
    "Boost.Fiber " BOOST_LIB_VERSION,
    "procs:1 round_robin on one thread; procs:2 work_stealing on two, which do not sleep when idle (its default)",
    "64 KiB; procs:1 pooled_fixedsize_stack, procs:2 fixedsize_stack",
    "the C library's malloc",
};

extern const bench_def spawn_defs[], yield_defs[], pingpong_defs[], ring_defs[], buffered_defs[], mutex_defs[],
    skynet_defs[], chameneos_defs[], tasktree_defs[], tokiobench_defs[];

const bench_table bench_suite[] = {
    {spawn_defs, 1},       {yield_defs, 200},   {pingpong_defs, 50}, {ring_defs, 2},
    {buffered_defs, 5000}, {mutex_defs, 10000}, {skynet_defs, 1},    {chameneos_defs, 500},
    {tokiobench_defs, 1},  {tasktree_defs, 1},  {nullptr, 0},
};
