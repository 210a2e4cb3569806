/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hot paths of park, ready and pick, to be inlined into the public calls' bodies. park.c has the protocol and the cold
 * halves.
 *
 * Why inline: the processor predicts where the jump at the end of a switch goes from the last few taken branches. Measured here
 * (Zen 4, ns a switch, two goroutines that yield at different call sites): with the ring and the pick as calls of their own, 17.9
 * (every switch mispredicts); inlined, 9.1; as a leaf, counting rounds alone, 5.8. So a public call that switches should take
 * as few branches as possible between its entry and the jump: no calls on the hot path, and cold paths out of line.
 */
#ifndef W_FAST_H
#define W_FAST_H

#include "sched/switch.h"

#define w_inline static inline __attribute__((always_inline))

enum { W_INHERIT_CHECK = 64 };

/* Cold halves, in park.c. */
void w_ring_overflow(struct w_m *m, struct w_g *g);
struct w_g *w_round_tick(struct w_m *m, bool *due);
bool w_slice_over(struct w_p *p);
struct w_g *w_pick_slow(struct w_m *m, struct w_g *g);
bool w_leave_slow(struct w_m *m, struct w_g *g, au32 *lock);
void w_count_round_slow(struct w_p *p);
void w_wake_stood(struct w_m *m);

/* ---- the ring: owner's section; visitors come after o5 ---- */

w_inline void w_ring_put(struct w_m *m, struct w_g *g)
{
    struct w_p *p = m->p;
    uint32_t h = au32_load_rlx(&p->q.head), t = au32_load_rlx(&p->q.tail); /* owner's */
    if (w_unlikely(t - h == W_RUNQ_CAP)) {
        w_ring_overflow(m, g);
        return;
    }
    p->q.slot[t % W_RUNQ_CAP] = g;
    au32_store_rlx(&p->q.tail, t + 1);
}

/*
 * After taking slot h: fetch the next one's stack, and a descriptor four ahead, which may be cold if it came from the global queue
 * (skynet of a million leaves: 175 ms without, 155 with). Slots never hold NULL; a stale one does no harm.
 */
w_inline void w_prefetch_stack(struct w_p *p, uint32_t h)
{
#if !W_TSAN /* the slot may be stale, and its G someone else's: a race to TSan */
    __builtin_prefetch(p->q.slot[(h + 1) % W_RUNQ_CAP]->sp);
#else
    (void)p, (void)h;
#endif
}
w_inline void w_prefetch_ring(struct w_p *p, uint32_t h)
{
    char *far = (char *)p->q.slot[(h + 4) % W_RUNQ_CAP];
    __builtin_prefetch(far);
    __builtin_prefetch(far + 64);
    w_prefetch_stack(p, h);
}

w_inline struct w_g *w_ring_get(struct w_p *p)
{
    uint32_t h = au32_load_rlx(&p->q.head); /* owner's */
    if (h == au32_load_rlx(&p->q.tail))
        return NULL;
    struct w_g *g = p->q.slot[h % W_RUNQ_CAP];
    au32_store_rlx(&p->q.head, h + 1);
    w_prefetch_ring(p, h);
    return g;
}

w_inline void w_put_runnext(struct w_m *m, struct w_g *g)
{
    struct w_p *p = m->p;
    struct w_g *old = aptr_load_rlx(&p->runnext); /* owner's */
    aptr_store_rlx(&p->runnext, g);
    if (old) {
        w_ring_put(m, old);
        w_wake_check(m); /* work stands behind runnext */
    } else if (w_unlikely(au32_load_rlx(&p->stood) != 0)) { /* a hint */
        w_wake_stood(m);
    }
}

w_inline void w_ready_fast(struct w_m *m, struct w_g *g)
{
    W_ASSERT(!g->stack || w_g_status(g) == W_G_WAITING);
    if (w_traced(m))
        w_trace_ready(m, g);
    w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
    w_put_runnext(m, g);
}

/* ---- what next ---- */

/* false: the 61st, and the caller must go by way of w_round_tick. */
w_inline bool w_count_round(struct w_p *p)
{
    uint32_t left = au32_load_rlx(&p->until_global) - 1; /* owner's */
    au32_store_rlx(&p->until_global, left);
    return left != 0;
}

/* A runnable G of this P, its status unchanged, or NULL. */
w_inline struct w_g *w_pick_fast(struct w_m *m)
{
    struct w_p *p = m->p;
    struct w_g *g;
    if (w_unlikely(!w_count_round(p))) {
        bool due;
        g = w_round_tick(m, &due);
        if (g || due)
            return g;
    }
    g = aptr_load_rlx(&p->runnext); /* owner's */
    if (g) {
        aptr_store_rlx(&p->runnext, NULL);
        if (w_likely(++p->inherited % W_INHERIT_CHECK != 0) || !w_slice_over(p))
            return g;
        w_ring_put(m, g);
    }
    return w_ring_get(p);
}

w_inline struct w_g *w_next_fast(struct w_m *m)
{
    struct w_g *g = w_pick_fast(m);
    if (w_unlikely(!g || !g->stack) && !(g = w_pick_slow(m, g)))
        return &m->g0;
    return g;
}

/* ---- for leaf bodies: functions that call nothing (chan/chan.c) ---- */

/* Enter, unless the general way is needed: false, and then w_enter is to be called. */
w_inline bool w_enter_leaf(struct w_p *p, const struct w_g *g)
{
    if (W_TSAN) /* see w_enter_begin */
        return false;
    au32_store_rlx(&p->busy, 1);
    w_light_barrier();
    return w_likely((au32_load_acq(&p->req) | (g->flags & W_GF_SLOW)) == 0); /* [owner] o3 */
}

/* The next G taken from runnext or the ring if that is all there is to it; NULL: nothing was taken. */
w_inline struct w_g *w_take_leaf(struct w_p *p)
{
    struct w_g *g = aptr_load_rlx(&p->runnext); /* owner's */
    if (w_unlikely(au32_load_rlx(&p->until_global) == 1)) /* owner's */
        return NULL;
    if (g) {
        if (w_unlikely((p->inherited + 1) % W_INHERIT_CHECK == 0 || !g->stack))
            return NULL;
        p->inherited++;
        aptr_store_rlx(&p->runnext, NULL);
        w_count_round(p);
        return g;
    }
    uint32_t h = au32_load_rlx(&p->q.head); /* owner's */
    if (h == au32_load_rlx(&p->q.tail))
        return NULL;
    g = p->q.slot[h % W_RUNQ_CAP];
    if (w_unlikely(!g->stack))
        return NULL;
    au32_store_rlx(&p->q.head, h + 1);
    w_prefetch_ring(p, h);
    w_count_round(p);
    return g;
}

/* ---- park ---- */

/* What must hold before a goroutine leaves its stack; true: it leaves to g0, since its thread runs no other. */
w_inline bool w_check_leaving(struct w_m *m, struct w_g *g, au32 *lock)
{
    return w_unlikely(g->flags & W_GF_SLOW) && w_leave_slow(m, g, lock);
}

w_inline struct w_out w_park_fast(struct w_m *m, enum w_reason reason, au32 *lock)
{
    struct w_g *g = m->g;
    struct w_p *p = m->p;
    bool to_g0 = w_check_leaving(m, g, lock);
    w_g_set(g, W_G_WAITING, reason);
    g->parked_at = p->now;
    m->commit = lock ? lock : &m->nolock;
    au64_bump(&p->n.parks, 1);
    struct w_g *next = &m->g0;
    if (w_unlikely(to_g0))
        w_count_round_slow(p);
    else
        next = w_next_fast(m);
    if (w_traced(m))
        w_trace_leaves(m, W_TR_PARK, g, reason, next);
    return (struct w_out){next, {.m = m}};
}

#endif
