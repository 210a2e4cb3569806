/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks of the runtime itself.
 *
 * w_spin: a word; 0 free, 1 held. Held for tens of instructions, so waiters spin, then give their time slice to the
 * holder, who may have been taken off its core. Released by a plain store, which is what lets a switch carry the release.
 *
 * w_lock: a futex mutex (0 free, 1 held, 2 held with sleepers) for the scheduler's slow paths. Source of the three-state
 * word: Drepper, "Futexes are tricky".
 *
 * Ranks, taken in this order only: contexts' trees < waiters' locks (channels in address order, timers, sync objects, then the gate of
 * a select or a sleep) < deadlines < sched.lock < visit; the stacks' pool and the small objects are leaves. HACKING.md says who may hold what.
 */
#ifndef W_LOCK_H
#define W_LOCK_H

#include "base/atom.h"
#include "base/check.h"

void w_spin_lock_slow(au32 *l);
static inline void w_spin_lock(au32 *l)
{
    if (w_unlikely(au32_xchg_acq(l, 1) != 0)) /* [spin] pairs with w_spin_unlock */
        w_spin_lock_slow(l);
}
static inline bool w_spin_try(au32 *l) { return au32_xchg_acq(l, 1) == 0; }
static inline void w_spin_unlock(au32 *l) { au32_store_rel(l, 0); /* [spin] */ }

/* One step of a bounded wait: pause, then yield the core, then nap. *n counts the steps. */
void w_backoff(uint32_t *n);

struct w_lock { au32 word; };
void w_lock(struct w_lock *l);
void w_unlock(struct w_lock *l);

/* In debug builds and under simulation: somebody holds the lock whose word this is. */
#if defined(W_SIM) || !defined(NDEBUG)
#define W_HELD(word) W_CHECK((word)->v != 0) /* the holder's own look; as a check it is no point at which the simulation goes elsewhere */
#else
#define W_HELD(word) ((void)sizeof(word))
#endif

#endif
