/* SPDX-License-Identifier: Apache-2.0 */
/* What rwmutex, cond and once need to know of the mutex: its word and the two fast paths. The protocol is in mutex.c. */
#ifndef W_MUTEX_H
#define W_MUTEX_H

#include "sched/sched.h"

enum w_mutex_bits {
    W_MUTEX_LOCKED = 1,   /* someone owns it */
    W_MUTEX_QUEUED = 2,   /* set if the queue is not empty; may lag behind a waiter that timed out */
    W_MUTEX_WOKEN = 4,    /* a goroutine is awake and will compete: unlock need not wake another */
    W_MUTEX_STARVING = 8, /* unlock hands the ownership to the first waiter; implies LOCKED */
    W_MUTEX_PLAIN = 16,   /* nobody records who owns it: the fast paths may act. Set by the first lock, unless WEFT_DEBUG=deadlock */
    W_MUTEX_SHARED = 32,  /* another goroutine unlocked it than had locked it: its owner says nothing about who will unlock it */
    W_MUTEX_OF_RW = 64,   /* a weft_rwmutex's writers_ */
};

static inline au32 *w_mutex_word(weft_mutex *mu) { return (au32 *)&mu->state_; }

/* Free and nobody about: one compare-and-swap each. Any other state: false. */
static inline bool w_mutex_take(weft_mutex *mu)
{
    uint32_t idle = W_MUTEX_PLAIN;
    return au32_cas_acq(w_mutex_word(mu), &idle, W_MUTEX_PLAIN | W_MUTEX_LOCKED); /* [mutex] m1, pairs with m5 to m7 */
}
static inline bool w_mutex_drop(weft_mutex *mu)
{
    uint32_t held = W_MUTEX_PLAIN | W_MUTEX_LOCKED;
    return au32_cas_acqrel(w_mutex_word(mu), &held, W_MUTEX_PLAIN); /* [mutex] m5, pairs with m1 and m2 */
}

/* w_mutex_take failed: as weft_mutex_lock_until, weft_mutex_try_lock. site: where in the program that was called. */
int w_mutex_lock_slow(weft_mutex *mu, int64_t deadline, const void *site);
int w_mutex_try_slow(weft_mutex *mu, const void *site);

/*
 * Give a mutex that a former run left behind a known state: LOCKED or 0, and what it is. Its holder and its waiters are dead. For
 * owners of a mutex that nobody has touched yet in this run.
 */
static inline void w_mutex_reset(weft_mutex *mu, uint32_t state)
{
    au32_store_rlx(w_mutex_word(mu), state); /* relaxed: the owner publishes it by its own release */
    mu->run_ = w_sched.run_id;
}

#endif
