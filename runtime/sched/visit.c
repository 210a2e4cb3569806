/* SPDX-License-Identifier: Apache-2.0 */
/* The slow half of the owner's section: backing off from a visitor, and visiting, one or all. owner.h's head has the protocol. [owner] */
#include "sched/fast.h"

enum { VISIT_PATIENCE = 600 }; /* back-off steps before a visitor gives up on an owner who is off its core */
enum { ALL_PATIENCE = 250 };   /* the same for all: every owner who wants to enter waits meanwhile */

/* The run ends: the running goroutine is in no queue and is never run again. */
_Noreturn static void leave_for_good(struct w_m *m)
{
    w_to_g0(m);
    w_check_failed(__FILE__, __LINE__, "a goroutine ran after its run had stopped");
}

/* In user code that has left its P. */
_Noreturn static void no_p(struct w_m *m)
{
    if (w_stops(m))
        leave_for_good(m);
    w_throw("weft: a call to Weft within weft_blocking, or between weft_syscall_enter and weft_syscall_exit");
}

struct w_m *w_enter_slow(struct w_m *m)
{
    uint32_t n = 0;
    if (au32_load_acq(&m->p->req) == W_REQ_TRACE) /* [owner] o3 once more, behind the same o1 */
        return m;
    for (;; m = w_self()) {
        w_enter_begin();
        struct w_p *p = m->p;
        if (p == &w_no_p)
            no_p(m);
        au32_store_rel(&p->busy, 0); /* [owner] o3: back off */
        uint32_t req = au32_load_acq(&p->req);
        if (req & W_REQ_FORKED)
            w_foreign();
        if (((req & W_REQ_STOP) || au32_load_rlx(&m->abandoned)) && m->g != &m->g0)
            leave_for_good(m);
        if (req & W_REQ_VISIT) {
            w_enter_end();
            w_backoff(&n);
            continue;
        }
        au32_store_sc(&p->busy, 1); /* [owner] o1 with its own fence: store-load against v1 */
        w_full_fence();
        w_enter_end();
        if (au32_load_sc(&p->req) & W_REQ_VISIT)
            continue;
        if (!(req & W_REQ_RETIRE) || m->g == &m->g0)
            return m;
        w_g_set(m->g, W_G_RUNNABLE, W_REASON_NONE); /* weft_procs took this P: g0 moves its queue, this goroutine with it */
        w_check_leaving(m, m->g, NULL);             /* a locked one is bound from here on, and g0 settles it first */
        w_runq_put(m, m->g);
        w_to_g0(m);
    }
}

bool w_visit(struct w_p *p)
{
    w_preempt_off(); /* its owner waits for us */
    if (!w_spin_try(&p->visit_lock)) {
        w_preempt_on();
        return false; /* another thief is there */
    }
    au32_or_acqrel(&p->req, W_REQ_VISIT); /* [owner] v1 */
    if (w_sched.fence_mode)
        w_full_fence();
    else
        w_os_heavy_barrier(); /* [owner] v2 */
    uint32_t n = 0;
    while (au32_load_sc(&p->busy) != 0) { /* [owner] v3 */
        if (n == VISIT_PATIENCE) {
            w_visit_end(p);
            return false;
        }
        w_backoff(&n);
    }
    return true;
}

void w_visit_end(struct w_p *p)
{
    au32_and_acqrel(&p->req, ~(uint32_t)W_REQ_VISIT); /* [owner] v5 */
    w_spin_unlock(&p->visit_lock);
    w_preempt_on();
}

static void end_all(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        w_visit_end(w_sched.allp[i]);
}

/* v1 for each, one v2 for all, v3 for each. A P that is added meanwhile (from a section, so from one that had not ended) is seen. */
bool w_visit_all(void)
{
    uint32_t n = au32_load_acq(&w_sched.nallp), i, tries = 0; /* [allp] */
    for (i = 0; i < n && w_spin_try(&w_sched.allp[i]->visit_lock); i++)
        au32_or_acqrel(&w_sched.allp[i]->req, W_REQ_VISIT); /* [owner] v1 */
    if (i < n) { /* a thief is there: it may be waiting for one of ours, never for us */
        end_all(i);
        return false;
    }
    if (w_sched.fence_mode)
        w_full_fence();
    else
        w_os_heavy_barrier(); /* [owner] v2 */
    for (i = 0; i < n && tries < ALL_PATIENCE;)
        if (au32_load_sc(&w_sched.allp[i]->busy) == 0) /* [owner] v3 */
            i++;
        else
            w_backoff(&tries);
    if (i == n && au32_load_acq(&w_sched.nallp) == n) /* [allp] */
        return true;
    end_all(n);
    return false;
}

void w_visit_all_end(void) { end_all(au32_load_acq(&w_sched.nallp)); /* [allp] as it was: none can be added meanwhile */ }
