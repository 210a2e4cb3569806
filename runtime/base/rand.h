/* SPDX-License-Identifier: Apache-2.0 */
/* A small generator for scheduling choices: xorshift64*, one word of state, owner's alone. Source: Vigna, 2016. */
#ifndef W_RAND_H
#define W_RAND_H

#include <stdint.h>

static inline uint64_t w_rand(uint64_t *s)
{
    uint64_t x = *s;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *s = x;
    return x * UINT64_C(2685821657736338717);
}

/* 0 to n-1, n > 0; the bias of the multiply is below n / 2^32. */
static inline uint32_t w_rand_below(uint64_t *s, uint32_t n) { return (uint32_t)(((w_rand(s) >> 32) * n) >> 32); }

#endif
