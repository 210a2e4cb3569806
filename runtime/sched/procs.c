/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ps: making them, the idle list, and weft_procs. allp only grows within a run, so that thieves and dumps read it without a
 * lock: an entry is written before nallp (release). [allp]
 *
 * weft_procs(fewer) does not stop the world: a P above the count gets W_REQ_RETIRE, and its owner, at its next entry, lets g0
 * move the queue to the global one and gives the P up. A retired P keeps its timers; others run them.
 */
#include "sched/switch.h"

struct w_p *w_p_new(int id)
{
    struct w_p *p = w_os_map(sizeof *p);
    if (!p)
        return NULL;
    p->id = id;
    au32_store_rlx(&p->pace, UINT32_MAX); /* before anyone can see it */
    p->token = w_sched.shared + (uint32_t)id + 1;
    au32_store_rlx(&p->until_global, W_GLOBAL_EVERY); /* before anyone can see it */
    p->rand = ((uint64_t)id + 1) * UINT64_C(0xd1342543de82ef95);
    p->now = w_os_now();
    w_timers_init(&p->timers);
    static struct w_g nobody; /* so that a prefetch may look at any slot */
    for (int i = 0; i < W_RUNQ_CAP; i++)
        p->q.slot[i] = &nobody;
    uint32_t req = (w_sched.fence_mode ? W_REQ_FENCE : 0) | (w_tracing() ? W_REQ_TRACE : 0); /* sched.lock is held, as by who changes it */
    au32_store_rlx(&p->req, req); /* before anyone can see it */
    return p;
}

void w_p_free(struct w_p *p)
{
    w_timers_free(&p->timers);
    w_os_unmap(p, sizeof *p);
}

struct w_p *w_idle_p_get(void)
{
    W_HELD(&w_sched.lock.word);
    struct w_p *p = w_sched.idle_p;
    if (p) {
        w_sched.idle_p = p->idle_next;
        p->status = W_P_RUNNING;
        au32_sub_sc(&w_sched.nidle_p, 1); /* [idle] */
        w_sysmon_kick_if(W_SYSMON_ASLEEP);
    }
    return p;
}

void w_idle_p_put(struct w_p *p)
{
    W_HELD(&w_sched.lock.word);
    p->m = NULL;
    p->status = W_P_IDLE;
    p->idle_next = w_sched.idle_p;
    w_sched.idle_p = p;
    au32_add_sc(&w_sched.nidle_p, 1); /* [idle] i1 */
}

/* sched.lock held. */
static void unlist(struct w_p *p)
{
    W_HELD(&w_sched.lock.word);
    struct w_p **at = &w_sched.idle_p;
    while (*at != p)
        at = &(*at)->idle_next;
    *at = p->idle_next;
    au32_sub_sc(&w_sched.nidle_p, 1); /* [idle] */
}

void w_retire_p(struct w_m *m)
{
    struct w_p *p = m->p;
    struct w_g *next = aptr_load_rlx(&p->runnext); /* owner's */
    aptr_store_rlx(&p->runnext, NULL);
    if (next)
        w_runq_put(m, next);
    if (p->pending)
        w_runq_put(m, p->pending);
    p->pending = NULL;
    uint32_t h = au32_load_rlx(&p->q.head), t = au32_load_rlx(&p->q.tail); /* owner's */
    au32_store_rlx(&p->q.head, t);
    w_lock(&w_sched.lock);
    for (; h != t; h++)
        w_global_put(&p->q.slot[h % W_RUNQ_CAP], 1);
    if (w_tracing())
        w_trace_p(m, W_TR_P_PUT, p);
    if (au32_load_acq(&p->req) & W_REQ_RETIRE) {
        p->status = W_P_GONE;
        p->m = NULL;
    } else { /* weft_procs changed its mind */
        w_idle_p_put(p);
    }
    au32_store_rel(&p->busy, 0); /* [owner] o5 */
    m->p = NULL;
    w_unlock(&w_sched.lock);
    w_wake_any();
}

/* sched.lock held: processor i takes part (again). */
static int add_p(uint32_t i)
{
    W_HELD(&w_sched.lock.word);
    if (i < au32_load_rlx(&w_sched.nallp)) { /* under lock */
        struct w_p *p = w_sched.allp[i];
        au32_and_acqrel(&p->req, ~(uint32_t)W_REQ_RETIRE);
        if (p->status == W_P_GONE)
            w_idle_p_put(p);
        return 0;
    }
    if (!(w_sched.allp[i] = w_p_new((int)i)))
        return -1;
    au32_store_rel(&w_sched.nallp, i + 1); /* [allp] */
    w_idle_p_put(w_sched.allp[i]);
    return 0;
}

/* sched.lock held. */
void w_procs_set(uint32_t want)
{
    W_HELD(&w_sched.lock.word);
    uint32_t old = au32_load_rlx(&w_sched.nprocs); /* under lock */
    for (uint32_t i = old; i < want; i++)
        if (add_p(i) != 0)
            want = i;
    for (uint32_t i = want; i < old; i++) {
        struct w_p *p = w_sched.allp[i];
        au32_or_acqrel(&p->req, W_REQ_RETIRE);
        if (p->status == W_P_IDLE) {
            unlist(p);
            p->status = W_P_GONE;
        }
    }
    au32_store_rlx(&w_sched.nprocs, want); /* under lock; a hint to others */
}

int weft_procs(int n)
{
    struct w_m *m = w_enter();
    if (au32_load_acq(&w_sched.follow)) /* [follow] main alone had no need of it */
        w_need_sysmon(m);
    w_lock(&w_sched.lock);
    uint32_t old = au32_load_rlx(&w_sched.nprocs); /* under lock */
    if (n >= 1) {
        au32_store_rlx(&w_sched.follow, 0); /* under lock */
        w_procs_set(n > W_MAX_PROCS ? W_MAX_PROCS : (uint32_t)n);
    }
    w_unlock(&w_sched.lock);
    w_wake_check(m);
    w_leave(m);
    if (n >= 1 && (uint32_t)n < old)
        w_leave(w_enter()); /* if our own P retires, this is where we change to another */
    return (int)old;
}
