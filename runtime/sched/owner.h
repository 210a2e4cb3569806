/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owner's section. Everything a P owns is touched between w_enter and w_leave by the M that holds P, without a locked
 * instruction; another M visits (sched/visit.c). A switch carries the leave: it is the *target* that
 * stores busy = 0, so what the old G published (itself on a queue, say) is seen by others only once its stack is left.
 *
 *      Owner                                        Visitor (holds visit lock of P)
 *   o1 busy = 1          (relaxed)               v1 req |= VISIT      (acq_rel)
 *   o2 light barrier                             v2 heavy barrier     (membarrier: each thread has fenced)
 *   o3 if (req) back off: busy = 0, wait, retry  v3 wait until busy == 0 (acquire)
 *   o4 … the section …                           v4 … the section …
 *   o5 busy = 0          (release)               v5 req &= ~VISIT     (release)
 *
 *   Excluded: both in their section. Either o1 precedes the barrier's fence on the owner's core, then v3 sees busy = 1 and
 *   waits for o5; or o3 follows the fence and sees v1. v3 acquires o5, o3 acquires v5. [owner]
 *   TRACE in req, alone, only sends the owner by way of w_enter_slow, which returns at once: o1 to o3 are done (trace.h).
 *   Without a heavy barrier (TSan, qemu-user, old kernels) req always has FENCE set, so that every owner takes the slow
 *   path, which has a full fence for o2; the fast path stays as it is.
 *
 * Source: the asymmetric section is libfibre's and Linux's membarrier(2) pattern.
 */
#ifndef W_OWNER_H
#define W_OWNER_H

#include "sched/gmp.h"

/* ---- who am I ---- */

/* The run ends, or ended without this M. */
static inline bool w_stops(const struct w_m *m)
{
    return au32_load_acq(&m->abandoned) || au32_load_acq(&w_sched.stopping); /* [gone] [stop] */
}

/* No preemption of the calling thread in between: others wait for what it holds, outside of any section. They nest. */
static inline void w_preempt_off(void)
{
    struct w_m *m = w_arch_self();
    if (m)
        au32_store_rlx(&m->nopreempt, au32_load_rlx(&m->nopreempt) + 1); /* its own thread's and its handler's */
}
static inline void w_preempt_on(void)
{
    struct w_m *m = w_arch_self();
    if (m)
        au32_store_rlx(&m->nopreempt, au32_load_rlx(&m->nopreempt) - 1); /* its own thread's and its handler's */
}

/* The calling thread's M; NULL on a foreign thread. Read by volatile assembly: never cached across a switch. */
static inline struct w_m *w_self(void) { return w_arch_self(); }

/* ---- the owner's section ---- */

struct w_m *w_enter_slow(struct w_m *m);
_Noreturn void w_foreign(void);

/*
 * Between reading m->p and o1 a goroutine must not be preempted, and is not: that is the runtime's own text (sched/preempt.c). But TSan runs
 * handlers late, at any atomic operation, with the place where the signal struck: there this spot is marked.
 */
static inline void w_enter_begin(void)
{
#if W_TSAN
    w_preempt_off();
#endif
}
static inline void w_enter_end(void)
{
#if W_TSAN
    w_preempt_on();
#endif
}

/* Enter. Fatal on a foreign thread. May not return if the run is ending. */
static inline struct w_m *w_enter(void)
{
    struct w_m *m = w_self();
    if (w_unlikely(!m))
        w_foreign();
    w_enter_begin();
    struct w_p *p = m->p;
    au32_store_rlx(&p->busy, 1);
    w_enter_end();
    w_light_barrier();
    if (w_unlikely(au32_load_acq(&p->req) != 0)) /* [owner] o3 */
        m = w_enter_slow(m);
    return m;
}

/* The same where another function does all that is not usual: NULL, and it is to enter by w_enter. */
static inline struct w_m *w_enter_quick(void)
{
    struct w_m *m = w_self();
    if (w_unlikely(!m || W_TSAN))
        return NULL;
    struct w_p *p = m->p;
    au32_store_rlx(&p->busy, 1);
    w_light_barrier();
    return w_likely(au32_load_acq(&p->req) == 0) ? m : NULL; /* [owner] o3 */
}

/* Entered: is what happens here to be recorded? req's line is at hand. */
static inline bool w_traced(const struct w_m *m) { return w_unlikely(au32_load_rlx(&m->p->req) & W_REQ_TRACE); /* in the section */ }

static inline void w_leave(struct w_m *m) { au32_store_rel(&m->p->busy, 0); /* [owner] o5 */ }

#endif
