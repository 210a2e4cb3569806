/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preemption of goroutines that do not call Weft: SIGURG to the thread, whose handler waits until it is the goroutine's turn again.
 * The thread keeps its frames, its thread-locals and whatever lock of libc it holds; nothing is switched away in the midst of
 * arbitrary code. The price is a thread a preempted goroutine.
 *
 *   sysmon                                              The M's thread, in its handler, on the signal stack
 *   q1 no round for a slice, it ran, and work waits     h1 asked for? safe? else return: sysmon asks again
 *   q2 an idle M is there to take the P; else make one  h2 under sched.lock: an idle M is there; bind g (bound.c b1), g to the
 *   q3 preempt = 1, signal                                 global queue, P to that M, b3
 *                                                       h3 b4: wait, as every bound G's M
 *                                                       h4 return into the goroutine
 *   q1 too: rounds are made, but so long ones that a deadline is a slice overdue (is_coarse).
 *   Safe, of the place where the signal struck: a goroutine runs (not g0, nor its system stack), its P is not in the owner's section,
 *   no call is under way, nothing is held that others wait for (nopreempt), and the pc is not in the runtime's own text. The last
 *   one because between reading m->p and busy = 1 a section is not visible yet, and after h4 the P may be another one. The runtime's
 *   functions are in a section of their own, weft_text (CMakeLists.txt), whose ends the linker names.
 *   Excluded: sched.lock held by the thread that is interrupted: it is taken entered, on g0, or with nopreempt.
 *   The handler makes no thread: an idle M is there or it returns. [preempt]
 *
 *   Under TSan a handler runs at the next call that TSan intercepts, so a loop without calls is not preempted there: past its
 *   interceptor the handler may strike inside TSan's own locks, and waits for ever.
 *
 * Source of slice and signal: Go 1.22 proc.go: retake, signal_unix.go: sigPreempt. Waiting in the handler is ours: switching inside
 * it corrupted malloc in 4 of 4 runs.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "arch/trap.h"
#include "base/knob.h"
#include "sched/fast.h"
#include "sched/hogs.h"

extern const char text_start[] __asm__("__start_weft_text") __attribute__((visibility("hidden")));
extern const char text_end[] __asm__("__stop_weft_text") __attribute__((visibility("hidden")));

enum { SOON = 4 }; /* asked so often of one goroutine, sysmon looks again a twentieth of a slice later */

static struct sigaction before; /* const during a run */

/* ---- the handler ---- */

bool w_in_runtime(uintptr_t pc) { return pc - (uintptr_t)text_start < (uintptr_t)(text_end - text_start); }

static bool may_stop_here(const struct w_m *m, const struct w_trap *at)
{
    return !w_in_runtime(at->pc) && m->g != &m->g0 && !m->sys_g && (!m->bound_g || w_stops(m)) && au32_load_rlx(&m->nopreempt) == 0 && /* its own thread's */
           au32_load_rlx(&m->p->busy) == 0;
}

/* h2. The M to wake, or NULL: not now. */
static struct w_m *give_up_p(struct w_m *m, const struct w_trap *at)
{
    struct w_g *g = m->g;
    struct w_m *other = NULL;
    w_lock(&w_sched.lock);
    if (w_sched.idle_m && !au32_load_rlx(&w_sched.stopping)) { /* under lock */
        m->trap_pc = at->pc;
        m->trap_fp = at->fp;
        if (w_tracing())
            w_trace_leaves(m, W_TR_PREEMPT, g, 0, &m->g0);
        w_bind(m, g);
        au64_bump(&m->p->n.preemptions, 1); /* not in the section: so its owner is here */
        m->p->freed_at = w_os_now();
        w_global_put(&g, 1);
        other = w_hand_off_locked(m);
        w_bound_begin(m);
    }
    w_unlock(&w_sched.lock);
    return other;
}

/* The run ends: leave by way of g0 if no lock of libc can be left behind; else go on without a P, to its end in Weft. */
static void end_here(struct w_m *m, const struct w_trap *at)
{
    if (w_in_libc(at, m)) {
        au32_store_rlx(&m->refused, 1); /* a hint */
        m->p = &w_no_p;
        return;
    }
    w_to_g0(m); /* for good: the thread, or the rest of weft_run, goes on with SIGURG blocked as in any handler */
}

static void urge(struct w_m *m, const struct w_trap *at)
{
    if (!may_stop_here(m, at)) {
        if (m->sys_g && w_stops(m))
            au32_store_rlx(&m->refused, 1); /* a hint: it is not stopped on the thread's own stack */
        return;
    }
    if (w_stops(m)) {
        end_here(m, at);
    } else if (m->p != &w_no_p) {
        w_hog_stops(m);
        struct w_m *other = give_up_p(m, at);
        if (!other)
            return;
        w_m_wake(other);
        if (!w_bound_turn(m)) {
            end_here(m, at);
            return;
        }
        w_hog_goes_on(m);
        if (w_tracing())
            w_trace_add(m, W_TR_RUN, au64_load_rlx(&m->g->id), 0, 0); /* its own */
    }
}

static void pass_on(int signo, siginfo_t *info, void *context)
{
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(signo, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(signo);
}

static void on_sigurg(int signo, siginfo_t *info, void *context)
{
    int saved = errno;
    struct w_m *m = w_self();
    if (m && au32_load_rlx(&w_forked))
        m = NULL;
    struct w_trap at = w_arch_trap(context);
    bool noted = m && w_hog_noted(m, &at);
    if (m && au32_xchg_acq(&m->preempt, 0)) /* [preempt] q3 */
        urge(m, &at);
    else if (!noted)
        pass_on(signo, info, context);
    errno = saved;
}

/* Where the end of the run signals, calls of the kernel are not to be restarted. Called again, it remembers who was there first. */
void w_preempt_install(bool restart)
{
    struct sigaction sa, old;
    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = on_sigurg;
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK | (restart ? SA_RESTART : 0);
    sigemptyset(&sa.sa_mask);
    sigaction(SIGURG, &sa, &old);
    if (restart && (!(old.sa_flags & SA_SIGINFO) || old.sa_sigaction != on_sigurg)) /* ours: a run that kept its memory left it */
        before = old;
}

void w_preempt_restore(void) { sigaction(SIGURG, &before, NULL); }

/* ---- sysmon's part ---- */

/* sched.lock held: q2. */
static bool spare_is_there(void)
{
    if (w_sched.nidle_m > 0)
        return true;
    if (w_sched.spare == W_SPARE_NONE && w_sched.nthreads < (uint32_t)w_sched.config.max_threads) {
        w_sched.spare = W_SPARE_WANTED;
        w_sched.nm++;
        w_sysmon_kick(); /* make_threads is its next act */
    }
    return false;
}

/* q2, q3 */
static void ask(struct w_p *p)
{
    w_lock(&w_sched.lock);
    struct w_m *m = p->status == W_P_RUNNING ? p->m : NULL;
    bool now = m && au32_load_acq(&m->tid) && !aptr_load_acq(&m->sysp) && !au32_load_rlx(&w_sched.stopping) && spare_is_there(); /* under lock */
    if (now) {
        if (w_tracing())
            w_trace_sysmon(W_TR_ASK, p, m);
        au32_store_rel(&m->preempt, 1); /* [preempt] q3 */
        w_os_thread_signal((int32_t)au32_load_acq(&m->tid), SIGURG);
    }
    w_unlock(&w_sched.lock);
}

/* Of a P that weft_procs retired: others have to see to it. */
static bool retired_timer_due(int64_t now)
{
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = au32_load_rlx(&w_sched.nprocs); i < n; i++)
        if (w_timers_next(&w_sched.allp[i]->timers) <= now)
            return true;
    return false;
}

static bool work_waits(const struct w_p *p, int64_t now)
{
    return au32_load_rlx(&w_sched.q.size) != 0 || au32_load_rlx(&p->q.head) != au32_load_rlx(&p->q.tail) || /* hints all */
           aptr_load_rlx(&p->runnext) || w_timers_next(&p->timers) <= now || retired_timer_due(now);
}

/*
 * What a P was doing at the last looks. A thread that was off its core did not hold others up by its own doing, and stopping it costs
 * a thread: so it has to have run for a part of the slice, or to sleep in a system call that nobody announced.
 */
struct looked {
    uint64_t rounds;
    int64_t since; /* ns: no round since then */
    int64_t cpu;   /* of its thread, at the first look that saw no round; -1: none yet */
    uint32_t asked; /* times */
    int64_t late;  /* of its thread, at the first look that saw a deadline overdue; 0: none is */
};

static int32_t thread_of(const struct w_p *p)
{
    w_lock(&w_sched.lock);
    const struct w_m *m = p->status == W_P_RUNNING ? p->m : NULL; /* under lock */
    int32_t tid = m ? (int32_t)au32_load_acq(&m->tid) : 0;
    w_unlock(&w_sched.lock);
    return tid;
}

/* Rounds so long that the deadlines, which are looked at each W_GLOBAL_EVERY of them, are a slice overdue. */
static bool is_coarse(struct looked *s, const struct w_p *p, int64_t now)
{
    int64_t slice = w_knobs.slice * 1000;
    int32_t tid = w_timers_next(&p->timers) <= now - slice ? thread_of(p) : 0;
    int64_t cpu = tid ? w_os_thread_cpu(tid) : 0, first = s->late;
    if (cpu <= 0 || first == 0)
        s->late = cpu > 0 ? cpu : 0;
    return cpu > 0 && first != 0 && cpu - first >= slice / 4;
}

static bool is_hog(struct looked *s, const struct w_p *p, int64_t now)
{
    int64_t slice = w_knobs.slice * 1000;
    int32_t tid = thread_of(p);
    int64_t cpu = tid ? w_os_thread_cpu(tid) : -1;
    if (cpu >= 0 && s->cpu < 0)
        s->cpu = cpu;
    return tid && now - s->since >= slice && (cpu < 0 || cpu - s->cpu >= slice / 4 || w_os_thread_sleeps(tid));
}

int64_t w_preempt_hogs(int64_t now)
{
    int64_t soon = INT64_MAX;
    static struct looked seen[W_MAX_PROCS]; /* sysmon's own; stale from another run it delays a signal */
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    bool others = au32_load_rlx(&w_sched.nidle_p) != 0 && !w_knobs.nosteal; /* a hint: an idle P comes for what waits */
    for (uint32_t i = 0; i < n; i++) {
        struct w_p *p = w_sched.allp[i];
        uint64_t rounds = w_rounds(p);
        if (rounds != seen[i].rounds || seen[i].since > now) {
            seen[i] = (struct looked){rounds, now, -1, 0, seen[i].late};
            if (!others && is_coarse(&seen[i], p, now))
                ask(p);
        } else if (!others && work_waits(p, now) && is_hog(&seen[i], p, now)) {
            ask(p);
            /* To see at once when the next one's slice begins; or the thread that it takes may first have to be made. */
            soon = seen[i].asked++ < SOON ? w_knobs.slice * 50 : soon;
        }
    }
    return soon;
}
