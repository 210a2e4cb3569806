/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The global run queue: first in, first out, in segments of pointers. Everything is under sched.lock; size is also read without
 * it, as a hint.
 *
 * Segments and not links through the goroutines: taking half a ring from a chain touches 128 cold lines one after the other,
 * with the lock held. Measured here: skynet of a million leaves spent 26 % of its time there.
 * Nothing here knows what a goroutine is. Segments come from the run's memory and are kept for the next use.
 */
#ifndef W_GLOBQ_H
#define W_GLOBQ_H

#include <stdint.h>

#include "base/atom.h"

enum { W_SEG_SLOTS = 125 };
struct w_seg {
    struct w_seg *next;
    uint32_t head, tail;          /* slots taken, slots filled */
    void *slot[W_SEG_SLOTS + 1];  /* 1024 bytes in all */
};

struct w_globq {
    struct w_seg *head, *tail, *spare;
    au32 size;
};

/* Append n items. `more` gives memory for a segment, or does not return. */
void w_globq_put(struct w_globq *q, void *const *item, uint32_t n, void *(*more)(void));
/* Take up to n into item; returns how many. */
uint32_t w_globq_get(struct w_globq *q, void **item, uint32_t n);

#endif
