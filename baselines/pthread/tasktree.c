/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tasktree has no form with pthreads: nobody makes a thread for an addition. `skynet` has a tree of threads, and one on a pool.
 * bench/WORKLOADS.md#fib.
 */
#include "bench.h"

const struct bench_def bench_pthread_tasktree[] = {{NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL}};
