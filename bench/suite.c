/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every table of the suite: one per workload and runtime, in the order of WORKLOADS.md, with the fewest iterations of a
 * call: enough for some 50 us at the least, so that one late wake-up is not taken for an iteration's length.
 */
#include "bench.h"

/* One of the names is a keyword, which the formatter takes for the statement. */
/* clang-format off */
#define WORKLOADS(X)                                                                                                   \
    X(spawn, 1) X(startup, 20) X(switch, 500) X(yield, 200) X(pingpong, 50) X(ring, 2) X(buffered, 5000)               \
    X(alphabet, 1) X(hashes, 1) X(skynet, 1) X(select, 200) X(mutex, 10000) X(echo, 1) X(timers, 1) X(syscalls, 1)        \
    X(preempt, 1) X(wake, 1)                                                                                           \
    X(chameneos, 500) X(gochan, 1) X(gosched, 10) X(tokiobench, 1) X(tasktree, 1) X(sched_pipe, 20)
/* clang-format on */

#define DECLARE(w, least) extern const struct bench_def bench_weft_##w[], bench_pthread_##w[];
WORKLOADS(DECLARE)

#define LIST(w, least) {bench_weft_##w, least}, {bench_pthread_##w, least},
const struct bench_table bench_suite[] = {WORKLOADS(LIST){NULL, 0}};
