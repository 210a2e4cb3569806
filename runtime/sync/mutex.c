/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutex: one word of state, a FIFO queue of waiters. On goroutines' own stacks; the slow paths in the owner's section.
 *
 * Owns what. LOCKED belongs to whoever set it, or was handed it. The queue, and setting or clearing QUEUED and STARVING
 * there, is under q_.lock_ (rank waiters); the one exception is a handed owner, who may clear STARVING. The word changes by
 * read-modify-write only, so releases form one chain and no bit is lost.
 *
 *      lock                                                unlock
 *  m1  PLAIN: LOCKED too, done        (acquire)       m5  PLAIN, LOCKED: PLAIN, done: nothing touches mu after it (release)
 *  m2  free, other bits: set LOCKED, and clear        m6  nobody waits, or WOKEN: clear LOCKED, done as m5   (release)
 *      WOKEN if it is mine            (acquire)       m7  q_ locked, first waiter taken out:
 *  m3  q_ locked: while LOCKED, set QUEUED, clear          normal:   clear LOCKED, set WOKEN; it will compete (release)
 *      WOKEN if it is mine, push; park. Free: m2           starving: LOCKED stays, it owns mu                 (release)
 *  m4  woken: handed, done; else WOKEN is mine, m2    m8  q_ unlocked, then the waiter made ready: nothing touches mu
 *                                                         in between
 *
 * Nobody sleeps beside a free mutex. m3 reads LOCKED and sets QUEUED in one operation: before an unlock's operation, then
 * that sees QUEUED and, the queue's lock being held until the waiter is off its stack, finds it there; or after it,
 * then m3 sees the mutex free. Where m6 leaves waiters because of WOKEN, the goroutine that WOKEN stands for is awake and
 * gives the bit up in two ways only: with LOCKED set by itself (m2), or with LOCKED set by another (m3), whose unlock comes
 * after. A second owner of WOKEN can appear (a spinner of a new run, a repair): it only wakes one more.
 *
 * Modes, as Go's. Normal: a woken waiter competes with newcomers, who are on a processor and mostly win; it then queues at
 * the front. Starving, once a waiter failed that had waited over 1 ms: ownership goes from hand to hand in FIFO order, until
 * a waiter gets it that had waited less, or the last one.
 *
 * Freeing. The last to unlock may free the mutex: m5 and m6 are the last touch; in m7 the waiter is not ready before m8, and
 * an empty queue (all timed out) only clears QUEUED there and leaves the release to m5.
 *
 * Other runs. Waiters and owners of WOKEN of a former run are dead: the first in this run who locks q_ clears QUEUED, WOKEN
 * and STARVING (run_). Until then nobody of this run waits, so a stale WOKEN in m6 does no harm. LOCKED stays.
 *
 * Owners, for WEFT_DEBUG=deadlock (sched/locks.h). A zeroed mutex is not PLAIN, so its first lock is m2, which decides: PLAIN, and m1
 * and m5 serve from then on; or not, then m1 and m5 always fail and every lock and unlock comes by here and is recorded: after m2 or
 * the hand-over, before m5 to m7. That costs the first lock of a mutex one failed exchange, the others nothing. A mutex that is PLAIN
 * from a run without the knob is recorded once it was contended.
 *
 * Measured here (Zen 4, gcc 12): lock and unlock, free: 4.8 ns; 8 goroutines on it: 4.8 ns an operation on one processor,
 * 11.4 on two.
 *
 * Sources: Go 1.22 sync/mutex.go (modes, spinning, 1 ms). Different: waiters are a bit, not a number, because a number
 * would need repair; hand-off keeps LOCKED set; the slow unlock releases inside q_.
 */
#include "sync/mutex.h"

#include <errno.h>

#include "sched/locks.h"

enum {
    HANDED = 1,   /* g->ret: the mutex is yours; 0: compete */
    SPINS = 4,    /* Go's active_spin */
    RELAX = 30,   /* Go's active_spin_cnt */
};
#define STARVE_NS INT64_C(1000000) /* Go's starvationThresholdNs */

/* q_ locked: forget what goroutines of a former run left in the word. */
static void repair_locked(weft_mutex *mu)
{
    if (w_likely(mu->run_ == w_sched.run_id))
        return;
    mu->run_ = w_sched.run_id;
    au32_and_acqrel(w_mutex_word(mu), ~(uint32_t)(W_MUTEX_QUEUED | W_MUTEX_WOKEN | W_MUTEX_STARVING)); /* [mutex] only keeps the chain of releases unbroken */
}

/* The word of one that is locked now. */
static inline uint32_t locked(uint32_t s)
{
    return W_MUTEX_LOCKED | (w_locks_recorded() ? s & ~(uint32_t)W_MUTEX_PLAIN : s | W_MUTEX_PLAIN);
}

/* m2. */
static bool take(au32 *word, bool woken)
{
    uint32_t mine = woken ? W_MUTEX_WOKEN : 0;
    uint32_t s = au32_load_rlx(word); /* relaxed: the exchange checks it */
    while (!(s & W_MUTEX_LOCKED))
        if (au32_cas_acq(word, &s, locked(s) & ~mine)) /* [mutex] m2, pairs with m5 to m7 */
            return true;
    return false;
}

/* m3, q_ locked: false if the mutex is free. */
static bool announce_locked(au32 *word, uint32_t bits, bool woken)
{
    uint32_t mine = woken ? W_MUTEX_WOKEN : 0;
    uint32_t s = au32_load_rlx(word); /* relaxed: the exchange checks it */
    do {
        if (!(s & W_MUTEX_LOCKED))
            return false;
    } while (!au32_cas_acqrel(word, &s, (s | bits) & ~mine)); /* [mutex] m3 */
    return true;
}

/* Would the owner have to be on another processor, and is there nothing better to do here? */
static bool may_spin(void)
{
    struct w_m *m = w_enter();
    struct w_p *p = m->p;
    uint32_t procs = au32_load_rlx(&w_sched.nprocs); /* relaxed, all of these: hints */
    bool ok = procs > 1 && au32_load_rlx(&w_sched.nidle_p) + 1 < procs && !aptr_load_rlx(&p->runnext) &&
              au32_load_rlx(&p->q.head) == au32_load_rlx(&p->q.tail);
    w_leave(m);
    return ok;
}

/* Wait a little for the owner. True: WOKEN is mine, so that unlock wakes nobody meanwhile. */
static bool spin(au32 *word)
{
    bool woken = false;
    for (int i = 0; i < SPINS && may_spin(); i++) {
        uint32_t s = au32_load_rlx(word); /* relaxed: a hint */
        if ((s & (W_MUTEX_LOCKED | W_MUTEX_STARVING)) != W_MUTEX_LOCKED)
            break;
        if (!woken && (s & (W_MUTEX_QUEUED | W_MUTEX_WOKEN)) == W_MUTEX_QUEUED)
            woken = au32_cas_acqrel(word, &s, s | W_MUTEX_WOKEN); /* [mutex] no order needed but the chain's */
        for (int k = 0; k < RELAX; k++)
            w_cpu_relax();
    }
    return woken;
}

/* May switch. Woken by unlock_slow or, with a deadline, by its timer. */
static w_noinline int lock_wait(weft_mutex *mu, int64_t deadline)
{
    au32 *word = w_mutex_word(mu);
    bool woken = spin(word);
    uint32_t bits = W_MUTEX_QUEUED;
    int64_t since = 0;
    struct w_waiter w = {0};
    while (!take(word, woken)) {
        int64_t now = since ? 0 : weft_now();
        struct w_m *m = w_enter();
        w_waitq_lock(&mu->q_);
        repair_locked(mu);
        if (!announce_locked(word, bits, woken)) {
            w_waitq_unlock(&mu->q_);
            w_leave(m);
            continue;
        }
        woken = false;
        if (since) {
            w_waitq_push_front(&mu->q_, &w);
        } else {
            since = now;
            w_waitq_push(&mu->q_, &w);
        }
        intptr_t how = w_waitq_wait(m, &mu->q_, &w, W_REASON_MUTEX, deadline);
        if (how == -ETIMEDOUT) /* taken out: whatever wakes next wakes another. Free at last counts as ready */
            return take(word, false) ? 0 : -ETIMEDOUT;
        bool starved = weft_now() - since > STARVE_NS;
        if (how == HANDED) {
            if (!starved)
                au32_and_acqrel(word, ~(uint32_t)W_MUTEX_STARVING); /* [mutex] LOCKED is mine: S implies L holds */
            return 0;
        }
        woken = true;
        if (starved)
            bits |= W_MUTEX_STARVING;
    }
    return 0;
}

static void record(weft_mutex *mu, const void *site)
{
    if (!(au32_load_rlx(w_mutex_word(mu)) & W_MUTEX_SHARED)) /* it is ours */
        w_lock_taken(mu, site, false);
}

/* A wait with a deadline ends by itself: it is in no deadlock. */
static w_noinline int lock_recorded(weft_mutex *mu, int64_t deadline, const void *site)
{
    struct w_lock_wait w;
    bool rw = au32_load_rlx(w_mutex_word(mu)) & W_MUTEX_OF_RW; /* const */
    int e = 0;
    if (!take(w_mutex_word(mu), false)) {
        if (deadline == WEFT_NEVER)
            w_lock_wait_begin(&w, rw ? W_LOCK_WRITE : W_LOCK_MUTEX, mu, rw ? w_container_of(mu, weft_rwmutex, writers_) : (void *)mu);
        e = lock_wait(mu, deadline);
        if (deadline == WEFT_NEVER)
            w_lock_wait_end(&w);
    }
    if (e == 0)
        record(mu, site);
    return e;
}

w_noinline int w_mutex_lock_slow(weft_mutex *mu, int64_t deadline, const void *site)
{
    if (w_locks_recorded())
        return lock_recorded(mu, deadline, site);
    return take(w_mutex_word(mu), false) ? 0 : lock_wait(mu, deadline);
}

void weft_mutex_lock(weft_mutex *mu)
{
    if (w_unlikely(!w_mutex_take(mu)))
        w_mutex_lock_slow(mu, WEFT_NEVER, __builtin_return_address(0));
}

int weft_mutex_lock_until(weft_mutex *mu, int64_t deadline)
{
    if (w_likely(w_mutex_take(mu)))
        return 0;
    return w_mutex_lock_slow(mu, deadline, __builtin_return_address(0));
}

w_noinline int w_mutex_try_slow(weft_mutex *mu, const void *site)
{
    if (!take(w_mutex_word(mu), false))
        return 0;
    if (w_locks_recorded())
        record(mu, site);
    return 1;
}

int weft_mutex_try_lock(weft_mutex *mu) { return w_likely(w_mutex_take(mu)) || w_mutex_try_slow(mu, __builtin_return_address(0)); }

/* m7 and m8. False: nobody was there to be woken, and mu is still locked. */
static bool unlock_to_waiter(weft_mutex *mu)
{
    au32 *word = w_mutex_word(mu);
    struct w_m *m = w_enter();
    w_waitq_lock(&mu->q_);
    repair_locked(mu);
    struct w_waiter *w = w_waitq_pop(&mu->q_);
    uint32_t gone = w_waitq_empty(&mu->q_) ? W_MUTEX_QUEUED | W_MUTEX_STARVING : 0;
    struct w_g *g = w ? w->g : NULL;
    uint32_t s = au32_load_rlx(word); /* relaxed: STARVING changes to set under q_ only; the exchange checks the rest */
    if (g && !(s & W_MUTEX_STARVING)) {
        while ((s & W_MUTEX_LOCKED) &&
               !au32_cas_acqrel(word, &s, (s & ~(W_MUTEX_LOCKED | gone)) | W_MUTEX_WOKEN)) /* [mutex] m7, pairs with m2 */
            continue;
        g->ret = 0;
    } else {
        if (gone)
            au32_and_acqrel(word, ~gone); /* [mutex] m7; the hand-over itself is ordered by w_ready */
        if (g)
            g->ret = HANDED;
    }
    w_waitq_unlock(&mu->q_);
    bool locked = s & W_MUTEX_LOCKED;
    if (g && locked)
        w_ready(m, g);
    w_leave(m);
    if (w_unlikely(!locked))
        weft_fatal("sync: unlock of unlocked mutex");
    return g != NULL;
}

static w_noinline void unlock_slow(weft_mutex *mu)
{
    au32 *word = w_mutex_word(mu);
    if (w_locks_recorded() && !w_lock_dropped(mu) && (au32_load_rlx(word) & W_MUTEX_LOCKED)) /* ours, or misuse */
        au32_or_acqrel(word, W_MUTEX_SHARED); /* [mutex] only keeps the chain of releases unbroken */
    do {
        uint32_t s = au32_load_rlx(word); /* relaxed: the exchange checks it */
        for (;;) {
            if (!(s & W_MUTEX_LOCKED))
                weft_fatal("sync: unlock of unlocked mutex");
            if ((s & W_MUTEX_QUEUED) && (s & (W_MUTEX_WOKEN | W_MUTEX_STARVING)) != W_MUTEX_WOKEN)
                break;
            if (au32_cas_acqrel(word, &s, s & ~(uint32_t)W_MUTEX_LOCKED)) /* [mutex] m6, pairs with m1 and m2 */
                return;
        }
    } while (!unlock_to_waiter(mu));
}

void weft_mutex_unlock(weft_mutex *mu)
{
    if (w_unlikely(!w_mutex_drop(mu)))
        unlock_slow(mu);
}
