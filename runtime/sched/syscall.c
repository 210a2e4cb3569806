/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that may block the thread. The goroutine leaves its P behind and keeps its M; the P is still that M's when the call was
 * short, and sysmon gives it to another M when it was long and there is work. Neither enter nor exit has a locked instruction.
 *
 *   M that calls                                        sysmon
 *   enter: in the section sysp = P, then leave          r0 sees sysp = P at two looks, syscalls the same, work waits
 *          (release), and m->p = w_no_p                  r1 under sched.lock: retake = 1   (seq_cst)
 *   x1 exiting = 1             (relaxed)                 r2 heavy barrier: each thread has fenced
 *   x2 light barrier                                     r3 exiting == 0 (acquire) and sysp == P still: sysp = NULL, P goes to
 *   x3 retake? then the slow way: exiting = 0, under        another M. Otherwise it is left alone
 *      sched.lock take sysp, NULL: it is gone            r4 retake = 0, unlock
 *   x4 m->p = sysp, sysp = NULL; exiting = 0 (release)
 *   Excluded: both have the P. Either x1 precedes the barrier's fence on that core, then r3 sees exiting, or that x4 is done and,
 *   by its release, that sysp changed; or x3 follows the fence and sees r1, and waits for r4 at the lock. [syscall]
 *   Without a heavy barrier retake is always set, so that each exit takes the lock.
 *
 * sysmon rests while no P is idle. A call that finds it resting wakes it, so that the P is retaken 20 µs later and not at the next
 * tick (n1 has a heavy barrier for this, k2 a light one; without heavy barriers a call may be missed for one rest).
 * Where nothing came of that it naps: not to be woken for a tick, so that a program of short calls pays at most ten looks in 5 ms. [sysmon]
 *
 * A call to Weft on a goroutine that has left its P finds w_no_p and is fatal: that P may be another's by now.
 *
 * Source: Go 1.22 proc.go: entersyscall, exitsyscall, retake; differs in the asymmetric exit and in waking sysmon.
 */
#include "sched/fast.h"

enum { FIRST_LOOK_NS = 20000, MOST_NS = 10000000 };

/* ---- enter and exit ---- */

void weft_syscall_enter(void)
{
    struct w_m *m = w_enter();
    struct w_p *p = m->p;
    if (w_unlikely(m->g == &m->g0)) {
        w_leave(m);
        w_throw("weft: weft_syscall_enter was called on the system stack");
    }
    w_g_set(m->g, W_G_SYSCALL, W_REASON_NONE);
    m->g->parked_at = p->now;
    au32_store_rlx(&p->syscalls, au32_load_rlx(&p->syscalls) + 1); /* a hint to sysmon */
    if (w_traced(m)) {
        w_trace_add(m, W_TR_SYS_ENTER, au64_load_rlx(&m->g->id), 0, 0); /* its own */
        w_trace_p(m, W_TR_P_PUT, p);
    }
    au32_store_rel(&p->busy, 0); /* [owner] o5: m->p is not to be used any more */
    m->p = &w_no_p;
    aptr_store_rel(&m->sysp, p); /* [syscall] from here on it may be retaken */
    w_light_barrier();
    if (w_unlikely(au32_load_rlx(&w_sched.sysmon_state) == W_SYSMON_RESTING)) /* [sysmon] k2, the light half */
        w_sysmon_kick();
}

/* retake is set: sysmon looks at us, or there is no heavy barrier. */
static struct w_p *exit_locked(struct w_m *m)
{
    au32_store_rel(&m->exiting, 0); /* [syscall] x3 */
    if (w_unlikely(au32_load_rlx(&w_forked))) /* our own */
        w_foreign();
    w_preempt_off();
    w_lock(&w_sched.lock);
    struct w_p *p = aptr_load_acq(&m->sysp); /* [syscall] under lock */
    aptr_store_rlx(&m->sysp, NULL);
    if (!p && !w_stops(m) && (p = w_idle_p_get())) {
        p->m = m;
        p->now = w_os_now(); /* as old as it was idle */
    }
    w_unlock(&w_sched.lock);
    w_preempt_on();
    return p;
}

/* The P was retaken and none is idle: g0 queues the goroutine, once its stack is left. */
static void without_p(struct w_m *m)
{
    if (!w_stops(m)) {
        m->left_g = m->g;
        m->off = W_OFF_SYSCALL;
    }
    w_to_g0(m);
}

static w_noinline void trace_exit(struct w_m *m)
{
    w_preempt_off(); /* no section yet */
    w_trace_p(m, W_TR_P_GET, m->p);
    w_trace_add(m, W_TR_SYS_EXIT, au64_load_rlx(&m->g->id), 0, 0); /* its own */
    w_preempt_on();
}

void weft_syscall_exit(void)
{
    struct w_m *m = w_self();
    if (w_unlikely(!m))
        w_foreign();
    if (w_unlikely(m->p != &w_no_p))
        w_throw("weft: weft_syscall_exit without weft_syscall_enter");
    au32_store_rlx(&m->exiting, 1); /* [syscall] x1 */
    w_light_barrier();
    struct w_p *p;
    if (w_unlikely(au32_load_acq(&m->retake) != 0) || !(p = aptr_load_rlx(&m->sysp))) { /* [syscall] x3; sysp is ours now */
        p = exit_locked(m);
    } else {
        aptr_store_rlx(&m->sysp, NULL);
        au32_store_rel(&m->exiting, 0); /* [syscall] x4 */
    }
    if (w_likely(p != NULL)) {
        m->p = p;
        if (w_tracing())
            trace_exit(m);
        m = w_enter();
        w_g_set(m->g, W_G_RUNNABLE, W_REASON_NONE);
        w_leave(m);
    } else {
        without_p(m);
    }
}

intptr_t weft_blocking(intptr_t (*fn)(void *), void *arg)
{
    weft_syscall_enter();
    intptr_t ret = fn(arg);
    weft_syscall_exit();
    return ret;
}

/* ---- sysmon's part ---- */

static bool retake(struct w_m *m, struct w_p *p, int64_t now)
{
    w_lock(&w_sched.lock);
    if (au32_load_rlx(&w_sched.stopping)) { /* under lock */
        w_unlock(&w_sched.lock);
        return false;
    }
    struct w_m *other = NULL;
    uint32_t before = au32_xchg_acqrel(&m->retake, 1); /* [syscall] r1: its exchange is a full fence beside the barrier */
    if (!w_sched.fence_mode)
        w_os_heavy_barrier(); /* [syscall] r2 */
    bool ours = au32_load_acq(&m->exiting) == 0 && aptr_load_acq(&m->sysp) == p; /* [syscall] r3 */
    if (ours) {
        if (w_tracing())
            w_trace_sysmon(W_TR_RETAKE, p, m);
        aptr_store_rlx(&m->sysp, NULL);
        au64_bump(&p->n.handoffs, 1);
        p->m = NULL;
        p->now = now; /* as in w_hand_off_locked */
        other = w_hand_p(p, false);
    }
    au32_store_rel(&m->retake, before); /* [syscall] r4 */
    w_unlock(&w_sched.lock);
    if (other)
        w_m_wake(other);
    return ours;
}

/* Is there something that this P, with another M, could do? */
static bool work_waits(const struct w_p *p, int64_t now)
{
    return w_work_stands() || aptr_load_rlx(&p->runnext) || w_next_deadline() <= now; /* hints all */
}

int64_t w_retake(int64_t now, bool *any)
{
    static struct {
        uint32_t calls;
        int64_t since;
    } seen[W_MAX_PROCS]; /* sysmon's own; stale from another run it delays a look */
    int64_t next = INT64_MAX;
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) { /* [all_m] */
        struct w_p *p = aptr_load_acq(&m->sysp); /* [syscall] */
        if (!p)
            continue;
        uint32_t calls = au32_load_rlx(&p->syscalls); /* a hint */
        int64_t *since = &seen[p->id].since;
        if (seen[p->id].calls != calls || *since > now) {
            seen[p->id].calls = calls;
            *since = now;
        }
        int64_t been = now - *since;
        if (been >= FIRST_LOOK_NS && (work_waits(p, now) || been >= MOST_NS) && retake(m, p, now)) {
            *any = true;
            continue;
        }
        next = FIRST_LOOK_NS;
    }
    return next;
}
