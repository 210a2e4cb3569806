/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WaitGroup: a counter, and goroutines that wait for it to be 0. On goroutines' own stacks; the slow paths in the owner's
 * section.
 *
 * state_ is counter << 32 (signed) | QUEUED. It changes by read-modify-write only. The queue, and QUEUED, change under
 * q_.lock_ (rank waiters); QUEUED is set whenever the queue is not empty, may lag behind waiters that timed out or died with
 * a former run, and then costs the last add one look.
 *
 *      add(delta)                                        wait
 *  d1  result > 0, or nobody QUEUED: one exchange,   w1  counter 0 and q_ not locked: done                  (acquire)
 *      done; nothing touches wg after it  (release)  w2  q_ locked; counter 0: unlock, done
 *  d2  result 0 and QUEUED: q_ locked, counter to 0  w3  counter > 0: set QUEUED in the same operation, push, park
 *      with QUEUED still set              (release)  w4  woken: counter 0, or panic: someone added too early
 *  d3  all waiters taken out, QUEUED cleared
 *  d4  unlock; the waiters ready as one batch
 *
 * Nobody waits at 0: w3 and the exchange of d1 and d2 are operations on one word. w3 first: the add sees QUEUED and takes
 * q_.lock_, which the switch releases once the waiter is parked; the add first: w3 sees 0.
 *
 * Freeing. Who returns from wait may free wg though the last add is still running: after d1 it touches wg no more. After d2
 * it does, and a wait that comes then sees 0: it acquires d2's exchange, so it sees the lock taken before that as taken, or
 * as released since, and waits for d4 in w2.
 *
 * Misuse, as Go: a counter that leaves 0 between d2 and d3 is "Add called concurrently with Wait", and one that has left it
 * before w4 is "reused before previous Wait has returned". Both are found by chance, there as here.
 *
 * Source: Go 1.22 sync/waitgroup.go (texts, w4). Different: a bit instead of a number of waiters, which would need repair
 * after a run; d2 to d4 under the queue's lock, for objects on stacks.
 */
#include "sched/sched.h"

#include <errno.h>

#define QUEUED UINT64_C(1)

static inline au64 *word_of(weft_waitgroup *wg) { return (au64 *)&wg->state_; }
static inline int32_t counter_of(uint64_t s) { return (int32_t)(uint32_t)(s >> 32); }

/* w1. */
static bool at_zero(weft_waitgroup *wg)
{
    return counter_of(au64_load_acq(word_of(wg))) == 0 &&   /* [waitgroup] w1, pairs with d1 and d2 */
           au32_load_acq((au32 *)&wg->q_.lock_) == 0;       /* [spin] pairs with d4's unlock */
}

/* d2 to d4. False: the state was no longer `s` when the queue was locked. */
static w_noinline bool release_waiters(weft_waitgroup *wg, uint64_t s)
{
    au64 *word = word_of(wg);
    struct w_g *first = NULL, **tail = &first;
    struct w_m *m = w_enter();
    w_waitq_lock(&wg->q_);
    bool last = au64_cas_acqrel(word, &s, QUEUED); /* [waitgroup] d2, pairs with w1 */
    bool misuse = false;
    if (last) {
        struct w_waiter *w;
        while ((w = w_waitq_pop(&wg->q_))) {
            struct w_g *g = w->g;
            g->ret = 0;
            g->next = NULL;
            *tail = g;
            tail = &g->next;
        }
        uint64_t zero = QUEUED;
        misuse = !au64_cas_acqrel(word, &zero, 0); /* [waitgroup] d3, pairs with w4 */
    }
    w_waitq_unlock(&wg->q_);
    if (first && !first->next)
        w_ready(m, first);
    else if (first)
        w_ready_batch(m, first);
    w_leave(m);
    if (w_unlikely(misuse))
        weft_panic("sync: WaitGroup misuse: Add called concurrently with Wait");
    return last;
}

void weft_waitgroup_add(weft_waitgroup *wg, int delta)
{
    uint64_t s = au64_load_rlx(word_of(wg)); /* relaxed: the exchange checks it */
    for (;;) {
        uint64_t sum = s + ((uint64_t)(uint32_t)delta << 32);
        if (counter_of(sum) == 0 && counter_of(s) != 0 && (s & QUEUED)) {
            if (release_waiters(wg, s))
                return;
            s = au64_load_rlx(word_of(wg)); /* relaxed: as above */
            continue;
        }
        if (!au64_cas_acqrel(word_of(wg), &s, sum)) /* [waitgroup] d1, pairs with w1 */
            continue;
        if (w_unlikely(counter_of(sum) < 0))
            weft_panic("sync: negative WaitGroup counter");
        if (w_unlikely((s & QUEUED) && counter_of(s) == 0 && delta > 0))
            weft_panic("sync: WaitGroup misuse: Add called concurrently with Wait");
        return;
    }
}

void weft_waitgroup_done(weft_waitgroup *wg) { weft_waitgroup_add(wg, -1); }

/* After its timer: ready wins. By w1 alone it might take another's lock of the queue for d2 to d4. */
static bool at_zero_locked(weft_waitgroup *wg)
{
    struct w_m *m = w_enter();
    w_waitq_lock(&wg->q_);
    bool zero = counter_of(au64_load_acq(word_of(wg))) == 0; /* [waitgroup] as w2 */
    w_waitq_unlock(&wg->q_);
    w_leave(m);
    return zero;
}

/* May switch. Woken by the add that reaches 0, or by its timer. */
static int wait(weft_waitgroup *wg, int64_t deadline)
{
    if (at_zero(wg))
        return 0;
    struct w_waiter w = {0};
    struct w_m *m = w_enter();
    w_waitq_lock(&wg->q_);
    uint64_t s = au64_load_acq(word_of(wg)); /* [waitgroup] w2, pairs with d1 */
    do {
        if (counter_of(s) == 0) {
            w_waitq_unlock(&wg->q_);
            w_leave(m);
            return 0;
        }
    } while (!au64_cas_acqrel(word_of(wg), &s, s | QUEUED)); /* [waitgroup] w3, pairs with d1's look */
    w_waitq_push(&wg->q_, &w);
    if (w_waitq_wait(m, &wg->q_, &w, W_REASON_WAITGROUP, deadline) == -ETIMEDOUT)
        return at_zero_locked(wg) ? 0 : -ETIMEDOUT;
    if (w_unlikely(au64_load_acq(word_of(wg)) != 0)) /* [waitgroup] w4, pairs with d3 */
        weft_panic("sync: WaitGroup is reused before previous Wait has returned");
    return 0;
}

void weft_waitgroup_wait(weft_waitgroup *wg) { wait(wg, WEFT_NEVER); }
int weft_waitgroup_wait_until(weft_waitgroup *wg, int64_t deadline) { return wait(wg, deadline); }

struct call {
    weft_waitgroup *wg;
    weft_fn fn;
    void *arg;
};

static void count_down(void *wg) { weft_waitgroup_add((weft_waitgroup *)wg, -1); }

static void run(void *p)
{
    struct call *c = (struct call *)p;
    weft_defer(count_down, c->wg); /* weft_goexit and panics come by here too */
    c->fn(c->arg);
}

void weft_waitgroup_go(weft_waitgroup *wg, weft_fn fn, void *arg)
{
    if (!fn)
        weft_fatal("go of nil func value");
    weft_waitgroup_add(wg, 1);
    struct call c = {wg, fn, arg};
    w_go_copy(run, &c, sizeof c, __builtin_return_address(0));
}
