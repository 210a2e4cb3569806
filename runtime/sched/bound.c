/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goroutines that no M but their own may run: those locked to their thread when they are off it, and those that a signal stopped in
 * the midst of user code (sched/preempt.c), whose frames stand on that very thread's signal stack.
 *
 * Such a G goes through queues as any other. Who picks it hands its P to the G's M, which waits for that, and goes idle itself.
 * So that no hot path has to know, its stack is hidden: a G without a stack always takes the slow path of a pick (w_pick_slow),
 * and from there g0's (proc.c: dispatch), where the flag is seen.
 *
 *   Its M                                                   Who picks it, on g0 with a P
 *   b1 bound_g = g, stack hidden, flag set                  k1 picks g from a queue
 *   b2 publish g: on a queue, or among an object's waiters  k2 leave the section
 *   b3 under sched.lock: P to another M; unless next_p is   k3 under sched.lock: next_p = P; bound_wait: false, nbound--
 *      set already, bound_wait = true, nbound++             k4 park = 1, wake; go idle
 *   b4 wait for park; take next_p, show the stack
 *   k1 follows b2 by the queue's own order, so b1 is seen. b3 and k3 are ordered by sched.lock: nbound counts those who wait, for
 *   the deadlock test, and the wake-up itself is park's, which is not lost whichever comes first. [bound] [park]
 *   The end of a run wakes those with bound_wait as it wakes the idle; their Gs stay bound until all Ms are joined. [stop]
 *
 * Source: Go 1.22 proc.go: LockOSThread, stoplockedm, startlockedm; differs in the hidden stack.
 */
#include "sched/fast.h"

struct w_p w_no_p;

void w_bind(struct w_m *m, struct w_g *g)
{
    m->bound_g = g;
    m->bound_stack = g->stack;
    g->stack = NULL;
    g->flags |= W_GF_BOUND;
}

void w_unbind(struct w_m *m)
{
    struct w_g *g = m->bound_g;
    g->stack = m->bound_stack;
    g->flags &= ~(uint32_t)W_GF_BOUND & 0xff;
    m->bound_g = NULL;
    m->trap_pc = 0;
}

__attribute__((no_sanitize("thread"))) /* racy for reports; who has picked g is ordered by the queue */
struct w_m *w_bound_m(const struct w_g *g)
{
    struct w_m *m = aptr_load_acq(&w_sched.all_m); /* [all_m] */
    while (m && m->bound_g != g)
        m = m->all_next;
    return m;
}

__attribute__((no_sanitize("thread"))) char *w_bound_stack(const struct w_g *g)
{
    const struct w_m *m = w_bound_m(g);
    return m ? m->bound_stack : NULL;
}

struct w_m *w_hand_off_locked(struct w_m *m)
{
    W_HELD(&w_sched.lock.word);
    struct w_p *p = m->p;
    if (w_tracing())
        w_trace_p(m, W_TR_P_PUT, p);
    m->p = &w_no_p;
    p->m = NULL;
    p->now = w_os_now(); /* its last round may be long ago, and who takes it looks at the deadlines first */
    au64_bump(&p->n.handoffs, 1);
    return w_hand_p(p, false);
}

void w_bound_begin(struct w_m *m)
{
    W_HELD(&w_sched.lock.word);
    if (!m->next_p) { /* else its turn has come already */
        m->bound_wait = true;
        w_sched.nbound++;
    }
}

bool w_bound_turn(struct w_m *m)
{
    while (au32_load_acq(&m->park) == 0) /* [park] */
        w_os_futex_wait(&m->park, 0, -1);
    au32_store_rlx(&m->park, 0); /* ours again */
    if (w_stops(m))
        return false; /* still bound: another M may pick the G before it sees the end, and must not run it */
    w_unbind(m);
    struct w_p *p = m->next_p;
    m->next_p = NULL;
    m->p = p;
    if (w_tracing())
        w_trace_p(m, W_TR_P_GET, p);
    return true;
}

void w_hand_to_bound(struct w_m *m, struct w_g *g)
{
    struct w_p *p = m->p;
    struct w_m *to = w_bound_m(g);
    W_CHECK(to && to != m); /* an M whose G is off runs no other */
    au64_bump(&p->n.handoffs, 1);
    w_leave(m);
    w_lock(&w_sched.lock);
    if (w_tracing()) {
        w_trace_add(m, W_TR_HANDOFF, (uint64_t)p->id, (uint64_t)to->id, 0);
        w_trace_p(m, W_TR_P_PUT, p);
    }
    m->p = &w_no_p;
    p->m = to;
    to->next_p = p;
    if (to->bound_wait) {
        to->bound_wait = false;
        w_sched.nbound--;
    }
    w_unlock(&w_sched.lock);
    w_m_wake(to);
}

/* A locked G has left: the P serves others until its turn comes. */
static struct w_g *settle_bound(struct w_m *m)
{
    struct w_g *g = m->bound_g;
    if (au32_load_acq(&w_sched.sysmon_state) == W_SYSMON_NONE) /* main, before the first weft_go: its P needs a thread */
        w_sysmon_start();
    w_lock(&w_sched.lock);
    bool stop = w_stops(m);
    struct w_m *other = stop ? NULL : w_hand_off_locked(m);
    if (!stop)
        w_bound_begin(m);
    w_unlock(&w_sched.lock);
    if (other)
        w_m_wake(other);
    if (stop || !w_bound_turn(m))
        return NULL;
    w_enter();
    return g;
}

/* A G is back from a call whose P was retaken: an idle P, else to the global queue. */
static struct w_g *settle_syscall(struct w_m *m)
{
    struct w_g *g = m->left_g;
    m->left_g = NULL;
    w_lock(&w_sched.lock);
    bool stop = w_stops(m), locked = (g->flags & W_GF_LOCKED) != 0;
    struct w_p *p = stop ? NULL : w_idle_p_get();
    if (p) {
        m->p = p;
        p->m = m;
        p->now = w_os_now(); /* as old as it was idle */
        if (w_tracing())
            w_trace_p(m, W_TR_P_GET, p);
    } else if (!stop) {
        w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
        if (locked) {
            w_bind(m, g);
            w_bound_begin(m);
        }
        w_global_put(&g, 1);
    }
    w_unlock(&w_sched.lock);
    if (stop)
        return NULL;
    if (!p && !locked) {
        w_idle_wait(m);
        return NULL;
    }
    if (!p && !w_bound_turn(m))
        return NULL;
    w_enter();
    w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
    return g;
}

/* The thread of a G that ended while it was locked. */
static void settle_ends(struct w_m *m)
{
    w_lock(&w_sched.lock);
    struct w_m *other = w_stops(m) ? NULL : w_hand_off_locked(m);
    w_m_ends_locked(m); /* in one with the hand-off: whoever goes idle after it is to find the count right */
    w_unlock(&w_sched.lock);
    if (other)
        w_m_wake(other);
}

struct w_g *w_settle(struct w_m *m)
{
    uint8_t off = m->off;
    m->off = W_OFF_NONE;
    switch (off) {
    case W_OFF_BOUND:
        return settle_bound(m);
    case W_OFF_SYSCALL:
        return settle_syscall(m);
    case W_OFF_ENDS:
        settle_ends(m);
        return NULL;
    default: /* W_OFF_SPARE */
        w_lock(&w_sched.lock);
        w_sched.spare = W_SPARE_NONE;
        w_unlock(&w_sched.lock);
        w_idle_wait(m);
        return NULL;
    }
}

/* ---- the public calls ---- */

void weft_lock_thread(void)
{
    struct w_m *m = w_enter();
    if (m->g == &m->g0) {
        w_leave(m);
        w_throw("weft: weft_lock_thread was called on the system stack");
    }
    m->locks++;
    m->g->flags |= W_GF_LOCKED;
    w_leave(m);
}

void weft_unlock_thread(void)
{
    struct w_m *m = w_enter();
    struct w_g *g = m->g == &m->g0 ? m->sys_g : m->g;
    if (m->locks && g && --m->locks == 0)
        g->flags &= ~(uint32_t)W_GF_LOCKED & 0xff;
    w_leave(m);
}
