/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An M's loop on g0: find something to run, or give up the P and sleep without losing a wake-up.
 *
 *   Idler                                             Pusher (owner's section of another P)
 *   i1 under sched.lock: P to the idle list, nidle++  u1 push onto its ring
 *   i2 spinning = false, nspinning-- (if it spun)     u2 light barrier
 *   i3 heavy barrier: every thread has fenced         u3 if nidle != 0 and nspinning == 0: wake one
 *   i4 look at every ring and the global queue
 *   i5 nothing: sleep, one M until the next deadline   (machine.c). Found: take an idle P, spin on
 *   Excluded: work stands, a P is idle, and nobody will look. If u1 precedes i3's fence on the pusher's core, i4 sees it. If not,
 *   u3 follows the fence and sees i1 and i2, and wakes; or it sees another spinner, who either finds work (and then, as
 *   the last spinner, wakes the next: step r below) or comes to i2 itself later. Every M that gives up a P looks again,
 *   whether it spun or not, but for step d. Without a heavy barrier u2's section began with a full fence and i3 is one. [idle]
 *   r  A spinner that found work: nspinning--; if none is left and a P is idle, wake one. The wakes chain, one at a time.
 *
 *   d  A spinner that saw work but found it too fine to be worth a visit (steal_pass) does not say so, or every push would wake
 *      it again: it leaves its place among the spinners (one place, however many decline) to sysmon, the deputy, which counts it
 *      down at its next tick, at most 400 µs later, looks at every ring itself, and wakes a thief that steals whatever stood for
 *      a whole tick.
 *
 * A lone runnext is no reason to wake anyone: its owner runs it next, and waking per message is what makes more Ps slower. If it
 * stands, sysmon or the last pass of a thief sees it twice, 3 µs or more apart, and then it is stolen. Who saw that notes in its
 * P's `stood` that the next 16 do wake somebody: who computes after it has made others ready will do so again (workload wake).
 *
 * Source: Go 1.22 proc.go findRunnable, "delicate dance"; differs in i3 (the pusher pays no fence) and in the unconditional i4.
 */
#include "sched/switch.h"

#include "base/knob.h"
#include "sched/netpoll.h"


enum { SPIN_NS = 50000, SPIN_IO_NS = 5000, STAND_NS = 3000, LONG_STAND_NS = 40000, WORTH_NS = 15000, LEAST_DUE = 16, MOST_DUE = 64 };

/* ---- the global queue: sched.lock held ---- */

static void *more_segments(void)
{
    void *s = w_small_raw(sizeof(struct w_seg));
    if (!s)
        w_throw("out of memory (global queue)");
    return s;
}

void w_global_put(struct w_g *const *g, uint32_t n)
{
    W_HELD(&w_sched.lock.word);
    w_globq_put(&w_sched.q, (void *const *)g, n, more_segments);
}

struct w_g *w_global_get(void)
{
    W_HELD(&w_sched.lock.word);
    void *g = NULL;
    w_globq_get(&w_sched.q, &g, 1);
    return g;
}

/* Entered, the ring empty: this P's share, at most half a ring; the first of it is returned. */
static struct w_g *globq_grab(struct w_m *m)
{
    struct w_p *p = m->p;
    void *g[W_RUNQ_CAP / 2];
    if (au32_load_rlx(&w_sched.q.size) == 0) /* a hint; i4 looks under the lock */
        return NULL;
    w_lock(&w_sched.lock);
    uint32_t n = au32_load_rlx(&w_sched.q.size) / au32_load_rlx(&w_sched.nprocs) + 1; /* under lock */
    n = w_globq_get(&w_sched.q, g, n < W_RUNQ_CAP / 2 ? n : W_RUNQ_CAP / 2);
    w_unlock(&w_sched.lock);
    au64_bump(&p->n.global_gets, n);
    for (uint32_t i = 1; i < n; i++)
        w_runq_put(m, g[i]);
    return n ? g[0] : NULL;
}

/* ---- stealing ---- */

static uint32_t ring_size(const struct w_p *p)
{
    return au32_load_rlx(&p->q.tail) - au32_load_rlx(&p->q.head); /* a hint, unless visiting */
}

/*
 * Take half of the victim's ring, or with `next` its runnext too. Not entered: two thieves that visit each other from
 * within their own sections would wait for ever, so the loot goes by way of this frame.
 */
static struct w_g *steal(struct w_m *m, struct w_p *victim, struct w_g *next)
{
    struct w_g *loot[W_RUNQ_CAP / 2 + 1];
    if (!w_visit(victim))
        return NULL;
    uint32_t h = au32_load_rlx(&victim->q.head), size = ring_size(victim), n = size - size / 2; /* visiting */
    for (uint32_t i = 0; i < n; i++)
        loot[i] = victim->q.slot[(h + i) % W_RUNQ_CAP];
    au32_store_rlx(&victim->q.head, h + n);
    if (n == 0 && next && aptr_load_rlx(&victim->runnext) == next) {
        aptr_store_rlx(&victim->runnext, NULL);
        au32_store_rlx(&victim->stood, W_STOOD); /* a hint */
        loot[n++] = next;
    }
    w_visit_end(victim);
    if (n == 0)
        return NULL;
    w_enter();
    au64_bump(&m->p->n.steals, 1);
    au64_bump(&m->p->n.stolen, n);
    if (w_traced(m))
        w_trace_add(m, W_TR_STEAL, (uint64_t)victim->id, n, size);
    for (uint32_t i = 0; i + 1 < n; i++)
        w_runq_put(m, loot[i]);
    w_leave(m);
    return loot[n - 1];
}

/* What a spinner saw of another P when it began. */
struct glance {
    struct w_g *next;
    uint32_t head;
};

/*
 * Is v's ring worth a visit? A visit costs both sides microseconds (an interrupt on every core that runs us) and the loot its
 * cache lines, so not if the owner, at the pace of its last 61 rounds or of the last `ns`, will have run all of
 * it within WORTH_NS anyway. What stood still for LONG_STAND_NS is always worth it, or for STAND_NS where others did before; and with
 * `force` anything: sysmon saw work stand for a whole tick.
 */
static bool worth(const struct w_p *v, const struct glance *before, int64_t ns, bool force)
{
    uint32_t size = ring_size(v), moved = au32_load_rlx(&v->q.head) - before->head, pace = au32_load_rlx(&v->pace); /* hints */
    if (size == 0 || force)
        return size != 0;
    if (moved)
        return size * ns / moved > WORTH_NS;
    return (int64_t)size * pace > WORTH_NS || ns >= LONG_STAND_NS || au32_load_rlx(&v->stood) != 0; /* a hint */
}

/* One pass over the other Ps from a random start, ns after the glance. */
static struct w_g *steal_pass(struct w_m *m, const struct glance *before, int64_t ns, bool force)
{
    uint32_t n = au32_load_acq(&w_sched.nallp), at = w_rand_below(&m->rand, n); /* [allp] */
    for (uint32_t i = 0; i < n; i++, at = at + 1 == n ? 0 : at + 1) {
        struct w_p *v = w_sched.allp[at];
        struct w_g *next = aptr_load_rlx(&v->runnext); /* a hint */
        if (v == m->p)
            continue;
        if (next != before[at].next || au32_load_rlx(&v->q.head) != before[at].head)
            next = NULL; /* its owner is at it */
        bool ring = worth(v, &before[at], ns, force);
        m->declined |= !ring && ring_size(v) != 0;
        struct w_g *g = ring || next ? steal(m, v, next) : NULL;
        if (g)
            return g;
    }
    return NULL;
}

/* Entered. Due timers of any P, retired ones too, run here: their goroutines come to this P. */
static bool run_all_timers(struct w_m *m, int64_t now)
{
    bool any = false;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++)
        if (w_timers_next(&w_sched.allp[i]->timers) <= now)
            any |= w_run_timers(m, &w_sched.allp[i]->timers, now);
    return any;
}

int64_t w_next_deadline(void)
{
    int64_t when = INT64_MAX;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++) {
        int64_t w = w_timers_next(&w_sched.allp[i]->timers);
        when = w < when ? w : when;
    }
    return when;
}

/* Its own, or those of a P that weft_procs retired. */
bool w_timer_due(const struct w_p *p)
{
    if (w_timers_next(&p->timers) <= p->now)
        return true;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = au32_load_rlx(&w_sched.nprocs); i < n; i++)
        if (w_timers_next(&w_sched.allp[i]->timers) <= p->now)
            return true;
    return false;
}

/*
 * Not all at once: what the ring has no room for would go to the global queue, behind what is due later, and a mass that is due
 * stays where other Ms find it too. All that it wakes become runnable together, in the order of their deadlines, with one look
 * for an idle P. One alone goes first, as in Go: a sleeper beside many that compute does not wait for a slice of each.
 */
bool w_run_timers(struct w_m *m, struct w_timers *h, int64_t now)
{
    struct w_timer *due[MOST_DUE];
    struct w_g *first = NULL;
    uint32_t size = ring_size(m->p), room = size < W_RUNQ_CAP ? W_RUNQ_CAP - size : 0; /* its own */
    uint32_t most = room < LEAST_DUE ? LEAST_DUE : room < MOST_DUE ? room : MOST_DUE;
    uint32_t n = w_timers_take(h, now, due, most, h == &m->p->timers); /* another's only if its owner is not at it */
    m->due = &first;
    for (uint32_t i = 0; i < n; i++)
        due[i]->fire(due[i], m);
    au64_bump(&m->p->n.timers_fired, n);
    if (first && !first->next)
        w_ready(m, first);
    else
        w_ready_batch(m, first);
    return n != 0;
}

/* ---- spinning ---- */

static bool may_spin(struct w_m *m)
{
    if (m->spinning)
        return true;
    uint32_t procs = au32_load_rlx(&w_sched.nprocs), idle = au32_load_rlx(&w_sched.nidle_p); /* hints */
    if (procs == 1 || w_knobs.nosteal || 2 * au32_load_rlx(&w_sched.nspinning) >= procs - idle)
        return false;
    m->spinning = true;
    au32_add_sc(&w_sched.nspinning, 1); /* [idle] */
    return true;
}

static void stop_spinning(struct w_m *m)
{
    if (m->spinning) {
        m->spinning = false;
        au32_sub_sc(&w_sched.nspinning, 1); /* [idle] i2 */
    }
}

/*
 * Look at the others for up to SPIN_NS. Not entered. *ready, false before: a timer's goroutines are on our own ring. While goroutines
 * wait for descriptors only SPIN_IO_NS, without a look at the poller: to sleep in it leaves the core to whoever is to send, and finds
 * more ready at once (echo at 2 procs takes 6 to 14 % less time so).
 */
static struct w_g *spin(struct w_m *m, bool *ready)
{
    struct glance before[W_MAX_PROCS];
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    int64_t start = w_os_now(), now = start, most = w_netpoll_on() && w_netpoll_waiting() != 0 ? SPIN_IO_NS : SPIN_NS; /* a hint */
    bool force = au32_load_rlx(&w_sched.force) && au32_xchg_acq(&w_sched.force, 0);
    for (uint32_t i = 0; i < n; i++)
        before[i] = (struct glance){aptr_load_rlx(&w_sched.allp[i]->runnext), au32_load_rlx(&w_sched.allp[i]->q.head)}; /* hints */
    m->declined = false;
    do {
        if (now - start >= STAND_NS || force) {
            struct w_g *g = steal_pass(m, before, now - start, force);
            if (g)
                return g;
        }
        if (w_next_deadline() <= now) {
            w_enter();
            *ready = run_all_timers(m, now);
            w_leave(m);
        }
        if (*ready || au32_load_rlx(&w_sched.q.size) || au32_load_rlx(&w_sched.stopping))
            return NULL;
        for (int i = 0; i < 20; i++)
            w_cpu_relax();
        now = w_os_now();
    } while (now - start < most);
    return NULL;
}

/* ---- idle ---- */

/* i1; false: something came up under the lock. */
static bool give_up_p(struct w_m *m)
{
    w_lock(&w_sched.lock);
    bool stay = au32_load_rlx(&w_sched.q.size) != 0 || au32_load_rlx(&w_sched.stopping) || /* under lock */
                (au32_load_rlx(&m->p->req) & W_REQ_RETIRE);                                 /* the same: it is to retire, and no idle one */
    if (!stay) {
        if (w_tracing())
            w_trace_p(m, W_TR_P_PUT, m->p);
        w_idle_p_put(m->p);
        m->p = NULL;
    }
    w_unlock(&w_sched.lock);
    return !stay;
}

/* i4: is there work that an idle P should come for? */
bool w_work_stands(void)
{
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++)
        if (ring_size(w_sched.allp[i]) != 0)
            return true;
    return au32_load_rlx(&w_sched.q.size) != 0;
}

static bool take_idle_p(struct w_m *m)
{
    w_lock(&w_sched.lock);
    struct w_p *p = w_idle_p_get();
    if (p) {
        m->p = p;
        p->m = m;
    }
    w_unlock(&w_sched.lock);
    if (p) {
        m->spinning = true;
        au32_add_sc(&w_sched.nspinning, 1); /* [idle] */
        if (w_tracing())
            w_trace_p(m, W_TR_P_GET, p);
    }
    return p != NULL;
}

/* Nothing to run: sleep until there may be. false: the run stops, or this thread ends. */
static bool go_idle(struct w_m *m)
{
    if (!give_up_p(m))
        return !w_stops(m);
    w_sysmon_kick_if(W_SYSMON_RESTING);
    if (m->spinning && m->declined && !w_knobs.nosysmon) { /* step d */
        m->spinning = false;
        if (au32_xchg_acqrel(&w_sched.deputy, 1)) /* one place is enough for the deputy, who has yet to look */
            au32_sub_sc(&w_sched.nspinning, 1);   /* [idle] i2 */
        w_full_fence();                           /* [sysmon] it looks at deputy once more before it falls asleep */
        w_sysmon_kick_if(W_SYSMON_ASLEEP);
        return w_idle_wait(m);
    }
    stop_spinning(m);
    if (w_sched.fence_mode)
        w_full_fence();
    else
        w_os_heavy_barrier(); /* [idle] i3 */
    if (!w_knobs.nosteal && w_work_stands() && take_idle_p(m))
        return true;
    return w_idle_wait(m);
}

/* ---- the loop ---- */

/* Stacks that ended goroutines stood on, and caches that grew too large. Entered, on g0. */
static void clean_up(struct w_m *m)
{
    struct w_p *p = m->p;
    while (w_unlikely(p->dead_big != NULL)) {
        struct w_g *g = p->dead_big;
        p->dead_big = g->next;
        char *stack = g->stack;
        w_trim_ended(m, g);
        g->stack = NULL; /* first: w_trim_look looks at it once more after it has looked at the pages */
        w_stack_big_free(stack, w_g_stack_bytes(g));
        w_g_free(m, g);
    }
    w_stack_spill(&p->stacks, W_STACK_NORMAL);
    w_stack_spill(&p->stacks, W_STACK_TINY);
}

/* Entered: g is this M's next; give it a stack if it has none. false: it has an M of its own, which has the P now. */
static bool dispatch(struct w_m *m, struct w_g *g)
{
    if (m->spinning) {
        stop_spinning(m);
        w_wake_check(m); /* step r */
    }
    if (w_unlikely(g->flags & W_GF_BOUND)) {
        w_hand_to_bound(m, g);
        return false;
    }
    if (!g->stack && !w_g_attach_slow(m, g)) {
        w_leave(m);
        w_throw("out of memory (goroutine stack)");
    }
    au64_bump(&m->p->n.dispatched, 1);
    return true;
}

/* What to run, entered; NULL: the run stops. */
static struct w_g *find_runnable(struct w_m *m)
{
    while (!w_stops(m)) { /* [stop] */
        w_enter();
        struct w_p *p = m->p;
        clean_up(m);
        if (au32_load_rlx(&p->req) & W_REQ_RETIRE) {
            stop_spinning(m);
            w_retire_p(m);
            if (!w_idle_wait(m))
                return NULL;
            continue;
        }
        if (w_timer_due(p))
            run_all_timers(m, p->now);
        bool looked = w_netpoll_due(p);
        if (looked)
            w_netpoll_look(m);
        struct w_g *g = p->pending;
        p->pending = NULL;
        if (!g && p->owes_global)
            g = w_look_global(m);
        p->owes_global = false;
        if (!g)
            au64_bump(&p->n.g0_rounds, 1);
        if (g || (g = w_pick_local(m)) || (g = globq_grab(m))) {
            if (dispatch(m, g))
                return g;
            if (!w_idle_wait(m))
                return NULL;
            continue;
        }
        bool fired = false;
        if (w_next_deadline() != INT64_MAX) {
            p->now = w_os_now();
            fired = run_all_timers(m, p->now);
        }
        fired |= !looked && w_netpoll_look(m);
        w_leave(m);
        if (fired)
            continue;
        if (may_spin(m)) {
            bool ready = false;
            if ((g = spin(m, &ready))) {
                w_enter();
                if (dispatch(m, g))
                    return g;
                if (!w_idle_wait(m))
                    return NULL;
                continue;
            }
            if (ready)
                continue;
        }
        if (!go_idle(m))
            return NULL;
    }
    return NULL;
}

void w_schedule(struct w_m *m)
{
    for (;;) {
        struct w_g *g = m->off ? w_settle(m) : NULL; /* why the last one left to g0 */
        if (!g && (m->ended || !(g = find_runnable(m))))
            break;
        m->commit = &m->nolock;
        if (w_traced(m))
            w_trace_add(m, W_TR_RUN, au64_load_rlx(&g->id), 0, 0); /* picked */
        w_switch(m, g);
    }
    stop_spinning(m);
}
