/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Condition variable: a FIFO queue of goroutines. On goroutines' own stacks, in the owner's section.
 *
 * The queue, and queued_ (1 whenever it is not empty), change under q_.lock_ (rank waiters). A waiter's node is in its
 * frame; its index says whether the goroutine is parked or still on its way there, under q_.lock_.
 *
 *      wait                                              signal, broadcast
 *  c1  q_ locked: push, queued_ = 1     (release)    s1  queued_ = 0: nobody waits, done                     (acquire)
 *  c2  mutex free of waiters: unlock it by one       s2  q_ locked: take out the first, or all; queued_ = 0 if none is left
 *      exchange, park, q_ released by the switch     s3  PARKED ones, q_ unlocked, are made ready; the others see in
 *  c3  else: q_ unlocked, the mutex unlocked in          c4 that they are out
 *      full; q_ locked again
 *  c4  taken out meanwhile: go on; else PARKED, park
 *  c5  lock the mutex
 *
 * No signal is lost: c1 comes before the mutex's release, so who signals after having locked the mutex once, or otherwise
 * after this wait's release, sees queued_ = 1 and the node. None is taken twice, nor by a goroutine that came later: a node
 * is taken out once, in order, and there are no spurious wake-ups. A timer takes a node out under q_.lock_ too: a wait
 * that times out has taken no signal.
 *
 * Between c3 and c4 the goroutine runs with its node in the queue; making it ready then would run it twice: hence PARKED.
 *
 * Source: Go 1.22 sync/cond.go (copy check, FIFO), sema.go notifyList (tickets there, where here is the node's state).
 */
#include "sync/mutex.h"

#include <errno.h>

enum { ON_ITS_WAY, PARKED }; /* w_waiter.index */

static void check_copy(weft_cond *c)
{
    aptr *self = (aptr *)&c->self_;
    void *seen = aptr_load_rlx(self); /* relaxed: only its value matters */
    if (w_likely(seen == c))
        return;
    if (seen)
        weft_panic("sync.Cond is copied");
    aptr_store_rlx(self, c); /* whoever else is the first says the same */
}

static inline au32 *queued_of(weft_cond *c) { return (au32 *)&c->queued_; }

/* c1 to c4. 0, or -ETIMEDOUT; the mutex is unlocked. Woken by signal, broadcast or its timer. */
static int sleep_unlocked(weft_cond *c, weft_mutex *mu, int64_t deadline)
{
    struct w_waiter w = {0};
    struct w_m *m = w_enter();
    w_waitq_lock(&c->q_);
    w_waitq_push(&c->q_, &w);
    au32_store_rel(queued_of(c), 1); /* [cond] c1, pairs with s1 */
    if (!w_mutex_drop(mu)) {
        w.index = ON_ITS_WAY;
        w_waitq_unlock(&c->q_);
        w_leave(m);
        weft_mutex_unlock(mu);
        m = w_enter();
        w_waitq_lock(&c->q_);
        if (!w.obj) {
            w_waitq_unlock(&c->q_);
            w_leave(m);
            return 0;
        }
    }
    w.index = PARKED;
    return w_waitq_wait(m, &c->q_, &w, W_REASON_COND, deadline) == -ETIMEDOUT ? -ETIMEDOUT : 0;
}

void weft_cond_wait(weft_cond *c, weft_mutex *mu)
{
    check_copy(c);
    sleep_unlocked(c, mu, WEFT_NEVER);
    weft_mutex_lock(mu);
}

int weft_cond_wait_until(weft_cond *c, weft_mutex *mu, int64_t deadline)
{
    check_copy(c);
    int r = sleep_unlocked(c, mu, deadline);
    weft_mutex_lock(mu);
    return r;
}

/* s1 to s3, for up to max waiters. */
static void wake(weft_cond *c, size_t max)
{
    check_copy(c);
    if (au32_load_acq(queued_of(c)) == 0) /* [cond] s1, pairs with c1 */
        return;
    struct w_g *first = NULL, **tail = &first;
    struct w_waiter *w;
    struct w_m *m = w_enter();
    w_waitq_lock(&c->q_);
    for (; max > 0 && (w = w_waitq_pop(&c->q_)); max--) {
        if (w->index != PARKED)
            continue;
        struct w_g *g = w->g;
        g->ret = 0;
        g->next = NULL;
        *tail = g;
        tail = &g->next;
    }
    if (w_waitq_empty(&c->q_))
        au32_store_rlx(queued_of(c), 0); /* relaxed: 0 promises nothing, c1 sets it anew under q_ */
    w_waitq_unlock(&c->q_);
    if (first && !first->next)
        w_ready(m, first);
    else if (first)
        w_ready_batch(m, first);
    w_leave(m);
}

void weft_cond_signal(weft_cond *c) { wake(c, 1); }
void weft_cond_broadcast(weft_cond *c) { wake(c, SIZE_MAX); }
