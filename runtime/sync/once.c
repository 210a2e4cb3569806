/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once: a flag and a mutex. On goroutines' own stacks.
 *
 *      the first                                         the others
 *  o1  lock m_; done_ = 0                            p1  done_ = 1: return                                   (acquire)
 *  o2  call fn                                       p2  lock m_: sleeps while the first is at o2
 *  o3  fn returned, panicked or called               p3  done_ = 1: unlock, return
 *      weft_goexit: done_ = 1           (release)
 *  o4  unlock m_
 *
 * Nobody returns before fn has ended: p1 acquires o3, p2 acquires o4. o3 and o4 are a deferred call of a scope of their own,
 * since a panic and weft_goexit leave fn without returning here. fn calling
 * weft_once_do on the same object sleeps at p2 for ever, as in Go.
 *
 * Other runs. If the run ended while fn was at work, the one who did it is dead: the first of the next run finds done_ = 0
 * with another run_, and under the lock of m_'s queue makes m_ a free mutex. fn is then called again.
 *
 * Source: Go 1.22 sync/once.go (defers, order of o3 and o4).
 */
#include "sync/mutex.h"

#include "sched/locks.h"

struct call {
    weft_once *o;
    weft_fn fn;
    void *arg;
};

static inline au32 *done_of(weft_once *o) { return (au32 *)&o->done_; }

/* Before m_ is touched. */
static void check_run(weft_once *o)
{
    if (w_likely(au32_load_acq((au32 *)&o->run_) == w_sched.run_id)) /* [once.run] m_ put right before run_ */
        return;
    struct w_m *m = w_enter();
    w_waitq_lock(&o->m_.q_);
    if (o->run_ != w_sched.run_id) {
        w_mutex_reset(&o->m_, w_locks_recorded() ? 0 : W_MUTEX_PLAIN);
        au32_store_rel((au32 *)&o->run_, w_sched.run_id); /* [once.run] pairs with the look above */
    }
    w_waitq_unlock(&o->m_.q_);
    w_leave(m);
}

/* o3 and o4. */
static void finish(void *p)
{
    weft_once *o = (weft_once *)p;
    au32_store_rel(done_of(o), 1); /* [once] o3, pairs with p1 */
    weft_mutex_unlock(&o->m_);
}

/* o2. */
static void run(void *p)
{
    struct call *c = (struct call *)p;
    weft_defer(finish, c->o);
    c->fn(c->arg);
}

static w_noinline void do_slow(weft_once *o, weft_fn fn, void *arg)
{
    check_run(o);
    weft_mutex_lock(&o->m_);
    if (au32_load_rlx(done_of(o)) != 0) { /* relaxed: m_ orders */
        weft_mutex_unlock(&o->m_);
        return;
    }
    struct call c = {o, fn, arg};
    w_call_scoped(run, &c);
}

void weft_once_do(weft_once *o, weft_fn fn, void *arg)
{
    if (w_likely(au32_load_acq(done_of(o)) != 0)) /* [once] p1, pairs with o3 */
        return;
    do_slow(o, fn, arg);
}
