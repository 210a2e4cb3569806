/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tokiobench has no form with pthreads: thousands of threads that live at once for a count each. `spawn`, `yield` and `pingpong` are
 * what threads are asked instead. bench/WORKLOADS.md#spawn_many.
 */
#include "bench.h"

const struct bench_def bench_pthread_tokiobench[] = {{NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL}};
