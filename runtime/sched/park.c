/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Park and ready: the one door through which a goroutine leaves its M, and the one through which it becomes runnable.
 * Also what a P runs next, since a park ends in a direct switch to it.
 *
 *   Parker (owner's section of its P)             Waker (owner's section of its own P)
 *   p1 lock the object, see that it must wait     w1 lock the object
 *   p2 queue its waiter, status = waiting         w2 take the waiter out, write the value and g->ret
 *   p3 pick the next G, switch to it              w3 unlock
 *   p4 (target) release the object's lock         w4 status = runnable, runnext = g
 *   p5 (target) busy = 0
 *   Excluded: running a G whose stack is still in use. A waker finds the waiter only after p4 (w1 acquires what p4 releases),
 *   and then sp is saved. A yield publishes itself in p3 on the P's own ring, which others read only after p5. [owner] [spin]
 *
 * Measured here: see HACKING.md. Sources: Go 1.22 proc.go: gopark, ready, runqput, runqputslow; differs in that nothing passes
 * through g0, and that runnext's inherited slice is bounded by the clock read every 64 picks.
 */
#include "sched/fast.h"

#include "sched/netpoll.h"

_Static_assert(offsetof(struct w_g, sp) == W_OFF_G_SP, "switch.S");
_Static_assert(offsetof(struct w_g, ret) == W_OFF_G_RET, "switch.S");
_Static_assert(offsetof(struct w_m, g) == W_OFF_M_G, "switch.S");
_Static_assert(offsetof(struct w_m, p) == W_OFF_M_P, "switch.S");
_Static_assert(offsetof(struct w_m, commit) == W_OFF_M_COMMIT, "switch.S");
_Static_assert(offsetof(struct w_p, busy) == W_OFF_P_BUSY, "switch.S");
#if !W_TSAN && !W_ASAN
_Static_assert(sizeof(struct w_g) == 128, "a parked goroutine costs two cache lines beside its stack");
#endif

enum { SLICE_NS = 10000000 };

__thread struct w_m *w_tls_m __attribute__((tls_model("initial-exec")));

/* ---- the ring ---- */

/*
 * Full: half of the ring and g go to the global queue together. But not a g that yields and is still on its stack: from the global
 * queue another M takes it at once, from the ring only after o5. It goes to the end of what is left of the ring.
 */
w_noinline void w_ring_overflow(struct w_m *m, struct w_g *g)
{
    struct w_p *p = m->p;
    uint32_t h = au32_load_rlx(&p->q.head), n = W_RUNQ_CAP / 2; /* owner's */
    uint32_t at = h % W_RUNQ_CAP, end = W_RUNQ_CAP - at;
    au32_store_rlx(&p->q.head, h + n); /* owner's; thieves read it as a hint */
    au64_bump(&p->n.overflows, 1);
    w_lock(&w_sched.lock);
    w_global_put(p->q.slot + at, n < end ? n : end);
    if (n > end)
        w_global_put(p->q.slot, n - end);
    if (g != m->g)
        w_global_put(&g, 1);
    w_unlock(&w_sched.lock);
    if (g == m->g)
        w_ring_put(m, g);
}

void w_runq_put(struct w_m *m, struct w_g *g) { w_ring_put(m, g); }

/* ---- what next ---- */

/*
 * Every 61 rounds: read the clock, look at the deadlines and the global queue. A due timer is not fired here: its callback may
 * want the very lock that this switch is to release; `*due` sends the round to g0 instead. So does a look at the poller.
 */
w_noinline struct w_g *w_round_tick(struct w_m *m, bool *due)
{
    struct w_p *p = m->p;
    au32_store_rlx(&p->until_global, W_GLOBAL_EVERY); /* owner's */
    au64_bump(&p->n.ticks, 1);
    int64_t now = w_os_now(), pace = (now - p->round_at) / W_GLOBAL_EVERY;
    au32_store_rlx(&p->pace, pace < UINT32_MAX ? (uint32_t)pace : UINT32_MAX); /* a hint */
    p->now = p->round_at = now;
    *due = w_timer_due(p) || w_netpoll_due(p);
    p->owes_global = *due; /* g0, after the timers */
    return *due ? NULL : w_look_global(m);
}

/*
 * g used up its slice, and would use up the next: who hand the P to each other by runnext have one of their own between the two, not
 * 61 rounds. (Go counts no round that inherits its slice.) Not a goroutine locked to its thread, which came back by itself.
 */
static bool waits_for_pair(const struct w_p *p, const struct w_g *g)
{
    return (g->flags & (W_GF_BOUND | W_GF_LOCKED)) == W_GF_BOUND && aptr_load_rlx(&p->runnext) && /* owner's */
           p->now - p->freed_at < SLICE_NS;
}

struct w_g *w_look_global(struct w_m *m)
{
    if (au32_load_rlx(&w_sched.q.size) == 0) /* a hint; a miss is made good 61 rounds later or when idle */
        return NULL;
    w_lock(&w_sched.lock);
    struct w_g *g = w_global_get();
    if (g && waits_for_pair(m->p, g)) {
        w_global_put(&g, 1); /* behind whoever came back otherwise, and is due now */
        g = NULL;
    }
    w_unlock(&w_sched.lock);
    if (g)
        au64_bump(&m->p->n.global_gets, 1);
    return g;
}

/* runnext has been inherited 64 times more: has the ring stood still for a time slice while others wait in it? */
w_noinline bool w_slice_over(struct w_p *p)
{
    uint32_t h = au32_load_rlx(&p->q.head); /* owner's */
    p->now = w_os_now();
    if (h != p->slice_head || h == au32_load_rlx(&p->q.tail)) {
        p->slice_head = h;
        p->slice_start = p->now;
    }
    return p->now - p->slice_start > SLICE_NS;
}

/* Nothing was picked, or a G without a stack: the G if it could be given one here, otherwise NULL, for g0. */
w_noinline struct w_g *w_pick_slow(struct w_m *m, struct w_g *g)
{
    if (g && !(g->flags & W_GF_BOUND) && w_g_attach(m, g))
        return g;
    m->p->pending = g;
    au64_bump(&m->p->n.to_g0, 1);
    return NULL;
}

struct w_g *w_pick_local(struct w_m *m) { return w_pick_fast(m); }
struct w_g *w_pick_next(struct w_m *m) { return w_next_fast(m); }

/* ---- park ---- */

/* A small goroutine's canary is checked whenever it leaves its stack; the system stack cannot be left. */
w_noinline bool w_leave_slow(struct w_m *m, struct w_g *g, au32 *lock)
{
    bool small = (g->flags & W_GF_SMALL) != 0;
    if (!(g->flags & W_GF_G0) && (!small || *w_stack_canary(g->stack, W_STACK_TINY) == W_STACK_CANARY)) {
        if (!(g->flags & W_GF_LOCKED))
            return false;
        w_bind(m, g); /* [bound] b1 */
        m->off = W_OFF_BOUND;
        return true;
    }
    if (lock)
        w_spin_unlock(lock);
    w_leave(m);
    w_throw(small ? "stack overflow on a small goroutine"
                                  : "weft: a call that may switch goroutines was made on the system stack");
}

struct w_out w_park(struct w_m *m, enum w_reason reason, au32 *lock) { return w_park_fast(m, reason, lock); }

intptr_t w_go_out(struct w_out out) { return out.next ? w_switch(out.m, out.next) : out.ret; }

intptr_t w_park_here(struct w_m *m, enum w_reason reason, au32 *lock) { return w_go_out(w_park_fast(m, reason, lock)); }

intptr_t w_to_g0(struct w_m *m)
{
    m->commit = &m->nolock;
    if (w_tracing()) {
        w_preempt_off(); /* one caller has no section */
        bool call = m->off == W_OFF_SYSCALL, end = !call && w_stops(m);
        w_trace_leaves(m, W_TR_LEAVE, m->g, call ? W_TR_BY_SYSCALL : end ? W_TR_BY_END : W_TR_BY_PROCS, &m->g0);
        w_preempt_on();
    }
    return w_switch(m, &m->g0);
}

/* As w_count_round, where g0 looks at what is due anyway. */
w_noinline void w_count_round_slow(struct w_p *p)
{
    if (!w_count_round(p)) {
        au32_store_rlx(&p->until_global, W_GLOBAL_EVERY); /* owner's */
        au64_bump(&p->n.ticks, 1);
    }
}

static bool nobody_else(const struct w_p *p)
{
    return au32_load_rlx(&p->q.head) == au32_load_rlx(&p->q.tail) && !aptr_load_rlx(&p->runnext) && /* owner's */
           au32_load_rlx(&w_sched.q.size) == 0; /* a hint */
}

/* A locked one that nobody waits for goes on at once, its thread with it; a round all the same, whose deadlines are looked at. */
static bool goes_on_alone(struct w_p *p)
{
    if (!nobody_else(p))
        return false;
    bool tick = au32_load_rlx(&p->until_global) == 1; /* owner's */
    w_count_round_slow(p);
    if (!tick)
        return true;
    p->now = w_os_now();
    return !w_timer_due(p) && !w_netpoll_due(p);
}

/* Any case. */
static w_noinline W_REALIGN struct w_out yield_any(void)
{
    struct w_m *m = w_enter();
    struct w_g *g = m->g;
    if ((g->flags & W_GF_LOCKED) && goes_on_alone(m->p))
        return w_done(m, 0);
    bool to_g0 = w_check_leaving(m, g, NULL);
    m->commit = &m->nolock;
    w_wake_check(m);
    w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
    w_ring_put(m, g);
    struct w_g *next = &m->g0;
    if (to_g0)
        w_count_round_slow(m->p);
    else
        next = w_next_fast(m);
    if (next == g)
        return w_done(m, 0);
    if (w_traced(m))
        w_trace_leaves(m, W_TR_YIELD, g, 0, next);
    return (struct w_out){next, {.m = m}};
}

/* The usual case as a leaf (see chan/chan.c): the ring has another, and nothing else has a say. */
W_ENTRY_YIELD(void, weft_yield, (void), ())
struct w_out weft_yield_body(void)
{
    struct w_m *m = w_self();
    if (w_unlikely(!m))
        return yield_any();
    struct w_p *p = m->p;
    struct w_g *g = m->g;
    if (w_unlikely(!w_enter_leaf(p, g)))
        return yield_any();
    uint32_t h = au32_load_rlx(&p->q.head), t = au32_load_rlx(&p->q.tail), left = au32_load_rlx(&p->until_global) - 1; /* owner's */
    if (w_unlikely(left == 0 || h == t || aptr_load_rlx(&p->runnext) || w_wake_wanted()))
        return yield_any();
    struct w_g *next = p->q.slot[h % W_RUNQ_CAP]; /* out at the head first: then there is room at the tail */
    if (w_unlikely(!next->stack))
        return yield_any();
    p->q.slot[t % W_RUNQ_CAP] = g;
    au32_store_rlx(&p->q.head, h + 1);
    au32_store_rlx(&p->q.tail, t + 1);
#if !W_ARCH_COMMITS
    m->commit = &m->nolock; /* W_ENTRY_YIELD's assembly does not look at it */
#endif
    au32_store_rlx(&p->until_global, left); /* w_count_round */
    return (struct w_out){next, {.m = m}};
}

/* ---- ready ---- */

void w_ready(struct w_m *m, struct w_g *g) { w_ready_fast(m, g); }

void w_ready_batch(struct w_m *m, struct w_g *chain)
{
    bool any = chain != NULL;
    while (chain) {
        struct w_g *g = chain;
        chain = g->next;
        W_ASSERT(!g->stack || w_g_status(g) == W_G_WAITING);
        if (w_traced(m))
                w_trace_ready(m, g);
        w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
        w_ring_put(m, g);
    }
    if (any)
        w_wake_check(m);
}

/* A lone runnext, where others stood before it. */
w_noinline void w_wake_stood(struct w_m *m)
{
    au32_store_rlx(&m->p->stood, au32_load_rlx(&m->p->stood) - 1); /* a hint; it was not 0 */
    w_wake_check(m);
}

/* A new G: as w_ready, for spawn.c. */
void w_ready_new(struct w_m *m, struct w_g *g)
{
    w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
    w_put_runnext(m, g);
}

/* ---- the thread's own stack ---- */

struct call {
    void (*fn)(void *);
    void *arg;
    struct w_g *g;
    void *fake;
};

#if W_ASAN
static void call_there(void *p)
{
    struct call *c = p;
    const void *low;
    size_t size;
    __sanitizer_finish_switch_fiber(NULL, &low, &size);
    c->fn(c->arg);
    __sanitizer_start_switch_fiber(NULL, low, size);
}
#endif

void w_on_g0(struct w_m *m, void (*fn)(void *), void *arg)
{
    if (m->g == &m->g0) {
        fn(arg);
        return;
    }
#if W_ASAN
    struct call c = {.fn = fn, .arg = arg};
    __sanitizer_start_switch_fiber(&c.fake, m->g0.stack, w_g_stack_bytes(&m->g0));
    w_ctx_call_on(m->g0.sp, call_there, &c);
    __sanitizer_finish_switch_fiber(c.fake, NULL, NULL);
#else
    w_ctx_call_on(m->g0.sp, fn, arg);
#endif
}

/* The G's M cannot change meanwhile: as g0 it cannot park (w_leave_slow). */
static void call_as_g0(void *p)
{
    struct call *c = p;
    struct w_m *m = w_self();
    m->sys_g = c->g;
    m->g = &m->g0;
    c->fn(c->arg);
    m->g = c->g;
    m->sys_g = NULL;
}

void weft_on_system_stack(weft_fn fn, void *arg)
{
    struct w_m *m = w_self();
    if (w_unlikely(!m || au32_load_rlx(&w_forked))) /* written where no other thread is */
        w_foreign();
    struct call c = {.fn = fn, .arg = arg, .g = m->g};
    if (m->g == &m->g0)
        fn(arg);
    else
        w_on_g0(m, call_as_g0, &c);
}
