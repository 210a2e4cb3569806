/* SPDX-License-Identifier: Apache-2.0 */
/*
 * footprint.h — a runtime's half of the footprint program: make n tasks, let each use `depth` bytes of stack and park; say
 * when all are parked; wake them and give the sum of their numbers.
 */
#ifndef BENCH_FOOTPRINT_H
#define BENCH_FOOTPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "memory.h"

struct footprint {
    uint64_t n;   /* tasks asked for */
    size_t depth; /* bytes of stack that each has touched when it parks, beside its frames */
    size_t stack; /* bytes of stack to reserve; 0: the default */
    /* results */
    uint64_t created, limit; /* limit: what the system would allow, 0: none but memory */
    uint64_t sum;
    struct memory before, parked;
    int64_t create_ns, wake_ns;
};

/* 0, or a status for exit. */
int footprint_weft(struct footprint *f);
int footprint_pthread(struct footprint *f);

/* Touch `depth` bytes of the caller's stack, page by page, and call fn(arg) with them in use. */
static __attribute__((noinline, unused)) void footprint_deep(size_t depth, void (*fn)(void *), void *arg) {
    volatile char *room = depth ? __builtin_alloca(depth) : NULL;
    for (size_t i = 0; i < depth; i += 1024) room[i] = 1;
    if (depth) room[depth - 1] = 1;
    fn(arg);
    if (depth) room[0] = 2; /* in use until here */
}

#endif
