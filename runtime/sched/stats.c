/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers about the run, and the small public calls that only read or count: statistics, weft_id, weft_now, weft_version, and the
 * holds of foreign threads. Each processor's counters have one writer and are summed here without stopping it, so the sum
 * is not of one instant.
 */
#include <string.h>

#include "sched/netpoll.h"
#include "sched/report.h"

const char *weft_version(void) { return WEFT_VERSION; }
int64_t weft_now(void) { return w_os_now(); }

uint64_t weft_id(void)
{
    struct w_g *g = w_report_running();
    if (w_unlikely(!g || au32_load_rlx(&w_forked))) /* written where no other thread is, here and below */
        w_foreign();
    return au64_load_rlx(&g->id); /* its own */
}

/* Every goroutine took a number: all that were handed out, less those that Ps still have in hand. */
static uint64_t created_ever(void)
{
    uint64_t spare = 0;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++)
        spare += au64_load_rlx(&w_sched.allp[i]->end_id) - au64_load_rlx(&w_sched.allp[i]->next_id); /* statistics */
    return au64_load_rlx(&w_sched.next_id) - 1 - spare;
}

/* Ended first, so that a goroutine that starts and ends meanwhile counts as one too many and never as one too few. */
uint64_t w_goroutines_now(void)
{
    uint64_t exited = 0;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++)
        exited += au64_load_rlx(&w_sched.allp[i]->n.exited); /* statistics */
    uint64_t created = created_ever();
    return created > exited ? created - exited : 0;
}

int weft_num_goroutines(void)
{
    const struct w_m *m = w_self();
    if (w_unlikely(!m || au32_load_rlx(&w_forked)))
        w_foreign();
    if (w_unlikely(au32_load_rlx(&m->abandoned))) /* its run has ended, and it does so here */
        w_leave(w_enter());
    return (int)w_goroutines_now();
}

/* ---- statistics ---- */

/* gmp.h says how yields and switches follow from the rounds. A racy sum may be off by those under way, never below 0. */
static void add_counters(struct weft_stats *s, const struct w_p *p)
{
    const struct w_counters *n = &p->n;
    uint64_t rounds = w_rounds(p), parks = au64_load_rlx(&n->parks), g0 = au64_load_rlx(&n->g0_rounds); /* statistics, all of them */
    uint64_t others = parks + au64_load_rlx(&n->exited) + g0, not_switched = g0 + au64_load_rlx(&n->to_g0);
    s->parks += parks;
    s->yields += rounds > others ? rounds - others : 0;
    s->switches += rounds + au64_load_rlx(&n->dispatched) - (not_switched < rounds ? not_switched : rounds);
    s->steals += au64_load_rlx(&n->steals);
    s->stolen += au64_load_rlx(&n->stolen);
    s->overflows += au64_load_rlx(&n->overflows);
    s->global_gets += au64_load_rlx(&n->global_gets);
    s->wakeups += au64_load_rlx(&n->wakeups);
    s->preemptions += au64_load_rlx(&n->preemptions);
    s->handoffs += au64_load_rlx(&n->handoffs);
    s->timers_fired += au64_load_rlx(&n->timers_fired);
}

static W_RACY bool add_g(struct w_g *g, void *arg)
{
    struct weft_stats *s = arg;
    switch (w_g_status(g)) {
    case W_G_RUNNING: s->running++; break;
    case W_G_RUNNABLE: s->runnable++; break;
    case W_G_WAITING: s->waiting++; break;
    case W_G_SYSCALL: s->in_syscall++; break;
    case W_G_DEAD: return true;
    }
    s->stacks += g->stack != NULL || (g->flags & W_GF_BOUND);
    return true;
}

static W_RACY void fill(struct weft_stats *s)
{
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    s->goroutines = w_goroutines_now();
    s->created = created_ever();
    for (uint32_t i = 0; i < n; i++)
        add_counters(s, w_sched.allp[i]);
    w_each_g(add_g, s);
    s->polls = w_netpoll_polls();
    s->procs = au32_load_rlx(&w_sched.nprocs);
    s->threads = w_sched.nthreads;
    s->threads_idle = w_sched.nidle_m;
    s->threads_spinning = au32_load_rlx(&w_sched.nspinning);
    w_stack_usage(&s->stack_bytes);
}

void weft_stats_read(struct weft_stats *out)
{
    struct weft_stats s = {0};
    size_t size = out->size && out->size < sizeof s ? out->size : sizeof s;
    if (w_observe_begin()) {
        fill(&s);
        w_observe_end();
    }
    s.size = size;
    memcpy(out, &s, size);
}

/* ---- holds ---- */

void weft_hold(void)
{
    if (w_unlikely(au32_load_rlx(&w_forked)))
        w_foreign();
    au32_add_acqrel(&w_holds, 1); /* before its thread can let go of what it holds for */
}

/*
 * The last one looks for a deadlock itself: all may have gone to sleep while it held. An M that goes to sleep now reads holds
 * under sched.lock after it has listed itself, and w_check_dead reads the list under it: one of the two sees both. [hold]
 */
void weft_release(void)
{
    if (w_unlikely(au32_load_rlx(&w_forked)))
        w_foreign();
    uint32_t old = au32_sub_sc(&w_holds, 1); /* [hold] */
    if (old == 0)
        w_throw("weft: weft_release without weft_hold");
    if (old == 1)
        w_check_dead();
}
