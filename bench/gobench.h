/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gobench.h — what Go's own benchmarks of its runtime do between two operations, for every runtime in C.
 */
#ifndef BENCH_GOBENCH_H
#define BENCH_GOBENCH_H

#include <stdint.h>

#define GOBENCH_BLOCK      1000  /* operations that a task takes on at a time */
#define GOBENCH_STEPS      100   /* SelectProdCons's local work */
#define GOBENCH_LINKS      100   /* goroutines of an iteration of CreateGoroutines */
#define GOBENCH_TRIPS      10000 /* round trips of one of PingPongHog */
#define GOBENCH_WAKE_NS    5000  /* by which WakeupParallelSpinning's sender is later than its receiver */
#define GOBENCH_MATRIX     128   /* Matmult: so many rows */
#define GOBENCH_MATRIX_SUM UINT64_C(141086790516736) /* of all elements of the product */

/* Each step doubles and halves a number, which Go's compiler does as it stands, and no other may drop. */
static inline void gobench_work(void) {
    int64_t x = 0;
    for (int i = 0; i < GOBENCH_STEPS; i++) {
        x *= 2;
        __asm__ volatile("" : "+r"(x));
        x /= 2;
        __asm__ volatile("" : "+r"(x));
    }
}

/* Blocks that are still to be taken on; the number of the next one, or negative. */
static inline int64_t gobench_take(int64_t *left) { return __atomic_sub_fetch(left, 1, __ATOMIC_RELAXED); }

#endif
