/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timers.h — how long each sleeper of `timers` sleeps: 0 to 10 ms, spread evenly over its number. WORKLOADS.md#timers.
 */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include <stdint.h>

static inline int64_t timers_ns(uint64_t number) { return (int64_t)((uint64_t)(uint32_t)(number * 2654435761u) * 10000000 >> 32); }

#endif
