/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines: a heap of nodes that live in their users' frames or objects, one heap per P under its own spin lock (rank timers).
 *
 * A node's states: IDLE → PENDING (add) → IDLE (remove), or PENDING → FIRING (taken by w_timers_take) → IDLE (w_timer_done).
 *   Owner of the frame                         Who fires
 *   d1 lock the heap                           f1 lock, take out, state = FIRING, unlock
 *   d2 PENDING: out, state = IDLE, return      f2 the callback decides what it wakes
 *   d3 FIRING: unlock, wait until IDLE (acq)   f3 w_timer_done: state = IDLE (release); the node is not touched again
 *                                              f4 make the goroutine runnable
 *   Excluded: a frame that is gone while its node is still in use, since f3 is the last touch and d3 waits for it. [timer]
 *   A user with a lock of its own, which its callback takes before f3, must not wait in d3 with that held: w_timers_remove says
 *   FIRING and leaves the rest to the callback (time/timer.c, time/context.c).
 * Nothing here knows what a goroutine is.
 *
 * The heap is an array of {deadline, slot}, four children a parent and those in one cache line; a slot says which node it is
 * and where its entry stands. So neither adding nor taking looks at other nodes, which lie in cold stacks: measured here (see
 * HACKING.md) against the pairing heap that was here before. The arrays grow by doubling, mapped anew under the lock, and live
 * as long as the heap. Source: Williams 1964; Go 1.22 time.go (four children, the deadline beside the pointer).
 */
#ifndef W_TIMERS_H
#define W_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atom.h"

enum { W_TIMER_IDLE, W_TIMER_PENDING, W_TIMER_FIRING };

struct w_timers;
struct w_timer {
    int64_t when;                  /* ns on the monotonic clock; const while PENDING */
    void (*fire)(struct w_timer *t, void *m);
    struct w_timers *in;           /* const while PENDING */
    uint32_t slot;                 /* under the heap's lock */
    au32 state;
};

struct w_due {
    int64_t when;
    uint32_t slot;
};

struct w_timers {
    au32 lock;
    uint32_t n, cap;               /* under lock, all from here on */
    uint32_t used;                 /* slots that were ever taken */
    uint32_t free;                 /* first free slot, linked by at[]; UINT32_MAX: none */
    struct w_due *heap;            /* n of cap */
    struct w_timer **node;         /* by slot */
    uint32_t *at;                  /* by slot: the entry's place in the heap */
    void *map;
    size_t bytes;
    au64 next_when;                /* the earliest time, INT64_MAX for none: read without the lock as a hint */
};

void w_timers_init(struct w_timers *h);
void w_timers_free(struct w_timers *h); /* nobody uses it any more, whatever is still in it */
/* Add an IDLE node; true if it is now the earliest. */
bool w_timers_add(struct w_timers *h, struct w_timer *t);
/* Take the node out unless it is firing; the state it was found in. */
uint32_t w_timers_remove(struct w_timer *t);
/* Take the node out, or wait until it has fired. true: it was pending and will not fire. */
bool w_timers_del(struct w_timer *t);
/* Up to max due nodes, earliest first, now FIRING: how many. Without wait none where another is at the heap. */
uint32_t w_timers_take(struct w_timers *h, int64_t now, struct w_timer **due, uint32_t max, bool wait);
static inline void w_timer_done(struct w_timer *t) { au32_store_rel(&t->state, W_TIMER_IDLE); /* [timer] f3 */ }
static inline int64_t w_timers_next(const struct w_timers *h) { return (int64_t)au64_load_rlx(&h->next_when); /* a hint */ }

#endif
