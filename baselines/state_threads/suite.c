/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workloads in State Threads. Not here: two processors, of which it uses one; skynet's million, for each stack is a mapping
 * and the system allows some 65,000 of those.
 */
#include "bench.h"
#include "line.h"

const struct line_about line_about = {
    .version = "State Threads " ST_VERSION " (Debian)",
    .workers = "one thread",
    .stack = "64 KiB, mapped, used again",
    .allocator = "the C library's malloc",
};

extern const struct bench_def spawn_defs[], yield_defs[], pingpong_defs[], ring_defs[], buffered_defs[], mutex_defs[],
    skynet_defs[], select_defs[], echo_defs[], chameneos_defs[], sched_pipe_defs[];

const struct bench_table bench_suite[] = {
    {spawn_defs, 1},       {yield_defs, 200},     {pingpong_defs, 50},   {ring_defs, 2},
    {buffered_defs, 5000}, {mutex_defs, 10000},   {skynet_defs, 1},      {select_defs, 200},
    {echo_defs, 1},        {chameneos_defs, 500}, {sched_pipe_defs, 20}, {NULL, 0},
};
