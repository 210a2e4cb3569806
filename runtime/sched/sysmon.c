/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system monitor: one thread without a P. It makes threads (so that no goroutine's stack or owner's section sees
 * pthread_create, but for its own, which a run's first weft_go makes on g0), looks every 400 µs, while one P is busy and
 * another idle, for work that stands, and prints schedtrace. When all Ps are idle it sleeps until a P becomes busy.
 *
 * Standing work: a ring that is not empty, a runnext seen twice with no round in between, a deadline that has passed.
 * It also starts the goroutine that passes signals on (signal.c), and follows the CPU quota (quota.c). With nosysmon=1 it acts
 * only when kicked.
 * It is asleep while all Ps are idle, and rests for 10 ms at a time while none is; a P that leaves that state kicks it.
 * Sleep: sysmon_word counts kicks. sysmon reads it, looks at everything, and waits only if it has not changed.
 *   sysmon                                          who changes what it looks at (an idle P taken or put, a deputy)
 *   n1 state = ASLEEP or RESTING   (seq_cst)        k1 the change                    (seq_cst, or a full fence after it)
 *   n2 look once more; changed: no wait             k2 state is the one that needs a kick? (seq_cst)
 *   n3 wait while the word is as it was             k3 bump the word, wake
 *   Excluded: asleep beside what it should see. n1 before k2: k3 comes; k1 before n2: n2 sees it. [sysmon]
 * Source: Go 1.22 proc.go sysmon; differs in that it makes the threads and that a lone runnext is its business.
 */
#include "sched/switch.h"

#include <string.h>

#include "base/knob.h"
#include "sched/hogs.h"
#include "sched/locks.h"
#include "sched/netpoll.h"

enum { TICK_NS = 400000, BUSY_TICK_NS = 5000000, LOOKS = 10, QUIET_TICKS = 20, SYSMON_STACK = 128 * 1024 };

static pthread_t thread;

void w_sysmon_kick(void)
{
    au32_add_sc(&w_sched.sysmon_word, 1); /* [sysmon] */
    w_os_futex_wake(&w_sched.sysmon_word, 1);
}

void w_sysmon_kick_if(uint32_t state)
{
    if (au32_load_sc(&w_sched.sysmon_state) == state) /* [sysmon] */
        w_sysmon_kick();
}

/* Threads that were asked for. */
static void make_threads(void)
{
    for (;;) {
        w_lock(&w_sched.lock);
        struct w_p *p = w_sched.starting;
        bool stop = au32_load_rlx(&w_sched.stopping) != 0, spare = !stop && !p && w_sched.spare == W_SPARE_WANTED; /* under lock */
        bool dropped = spare && w_sched.nthreads >= (uint32_t)w_sched.config.max_threads; /* others came first: no reason to die */
        if (dropped) {
            w_sched.spare = W_SPARE_NONE;
            w_sched.nm--;
        }
        bool wanted = !stop && !dropped && (p || spare);
        bool again = wanted && w_sched.free_m;
        struct w_m *m = wanted ? w_m_new() : NULL;
        if (m && p) {
            w_sched.starting = p->idle_next;
            m->p = p;
            p->m = m;
            m->spinning = p->hand_spinning; /* w_wake_any counted it */
        } else if (m) {
            w_sched.spare = W_SPARE_COMES;
            m->p = &w_no_p;
            m->off = W_OFF_SPARE;
        }
        if (m && !again) {
            au32_store_rlx(&m->retake, w_sched.fence_mode); /* before anyone can see it */
            m->all_next = aptr_load_rlx(&w_sched.all_m);   /* under lock */
            aptr_store_rel(&w_sched.all_m, m);             /* [all_m] */
        }
        uint32_t n = m ? ++w_sched.nthreads : 0;
        w_unlock(&w_sched.lock);
        if (dropped)
            w_check_dead(); /* it was counted among those that are awake */
        if (!wanted)
            return;
        if (m && n > (uint32_t)w_sched.config.max_threads)
            w_thread_exhaustion();
        if (!m || w_m_start(m) != 0)
            w_throw("out of memory (thread)");
    }
}

/* Threads that ended before the run: joined, and their Ms free for others. True: one is not through; it may be in a destructor of the
 * program's, so it is not waited for. */
static bool join_threads(void)
{
    w_lock(&w_sched.lock);
    struct w_m *m = w_sched.ended_m, *next;
    w_sched.ended_m = NULL;
    w_unlock(&w_sched.lock);
    bool all = true;
    for (; m; m = next) {
        next = m->ended_next;
        bool joined = w_os_thread_try_join(m->thread);
        w_lock(&w_sched.lock);
        struct w_m **to = joined ? &w_sched.free_m : &w_sched.ended_m;
        m->joined = joined;
        m->ended_next = *to;
        *to = m;
        w_unlock(&w_sched.lock);
        all &= joined;
    }
    return !all;
}

struct seen {
    void *next;
    uint64_t tick;
    bool ring;
};

/* *force: its ring was not empty at two looks in a row, so work stands there however fast it goes round. */
static bool stands(struct w_p *p, struct seen *s, int64_t now, bool *force)
{
    void *next = aptr_load_rlx(&p->runnext); /* hints all */
    uint64_t tick = w_rounds(p);
    bool ring = au32_load_rlx(&p->q.tail) != au32_load_rlx(&p->q.head);
    bool same = next && next == s->next && tick == s->tick;
    *force |= ring && s->ring;
    if (same || (ring && s->ring && tick == s->tick))
        au32_store_rlx(&p->stood, W_STOOD); /* a hint */
    *s = (struct seen){next, tick, ring};
    return same || ring || w_timers_next(&p->timers) <= now;
}

/* One look at all Ps, while some are idle, or after the deputy's place was given up, which may have kept others from waking
 * anyone. Returns the time until the next. */
static int64_t look(struct seen *seen)
{
    int64_t now = w_os_now(), next = INT64_MAX;
    if (w_knobs.nosysmon)
        return BUSY_TICK_NS;
    bool any = au32_load_rlx(&w_sched.q.size) != 0, force = false;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++) {
        any |= stands(w_sched.allp[i], &seen[i], now, &force);
        int64_t when = w_timers_next(&w_sched.allp[i]->timers);
        if (when > now && when < next)
            next = when;
    }
    if (force)
        au32_store_rlx(&w_sched.force, 1); /* a hint */
    if (any)
        w_wake_any();
    return next - now < TICK_NS ? next - now : TICK_NS;
}

/* Is any goroutine in a call whose P it left behind? */
static bool in_calls(void)
{
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        if (aptr_load_acq(&m->sysp)) /* [syscall] */
            return true;
    return false;
}

/*
 * Calls that last, and goroutines that do not come to an end. Of calls at most LOOKS looks in a row, 20 µs apart, as long as nothing
 * comes of them; then *naps: no call is to wake us before the next tick. *soon: when to look for hogs again, in ns.
 */
static int64_t watch(int64_t now, int64_t wait, bool *naps, int64_t *soon)
{
    static int looks; /* sysmon's own */
    bool any = false;
    *soon = w_preempt_hogs(now);
    int64_t next = w_retake(now, &any);
    if (any)
        looks = 0;
    if (next == INT64_MAX || ++looks > LOOKS) {
        *naps = next != INT64_MAX;
        looks = 0;
        return wait;
    }
    return next < wait ? next : wait;
}

/* Of two waits; negative: without end, as is INT64_MAX of the second. */
static int64_t sooner(int64_t wait, int64_t other) { return other != INT64_MAX && (wait < 0 || other < wait) ? other : wait; }

static void *sysmon_main(void *arg)
{
    const int64_t rest = w_knobs.slice * 500 < BUSY_TICK_NS ? w_knobs.slice * 500 : BUSY_TICK_NS;
    bool naps = false;
    static struct seen seen[W_MAX_PROCS]; /* one sysmon at a time */
    memset(seen, 0, sizeof seen);
    int quiet = 0;
    w_trim_start();
    w_cycles_start();
    w_hogs_start();
    int64_t start = w_os_now(), trace_at = w_knobs.schedtrace ? start : INT64_MAX;
    (void)arg;
    for (;;) {
        uint32_t word = au32_load_sc(&w_sched.sysmon_word); /* [sysmon] */
        if (au32_load_acq(&w_sched.stopping)) { /* [stop] */
            w_end_stragglers();
            return NULL;
        }
        bool ending = join_threads();
        make_threads();
        bool left = au32_load_rlx(&w_sched.deputy) && au32_xchg_acqrel(&w_sched.deputy, 0);
        if (left)
            au32_sub_sc(&w_sched.nspinning, 1); /* [idle] i2, for the one who left its place */
        w_signals_poll(); /* may wake, so not while it is a spinner itself */
        if (w_knobs.nosysmon && !w_knobs.schedtrace) { /* only when kicked: for threads and signals */
            w_os_futex_wait(&w_sched.sysmon_word, word, ending ? BUSY_TICK_NS : -1);
            continue;
        }
        w_procs_follow();
        int64_t trim = w_trim_tick(w_os_now()), cycles = w_cycles_tick(w_os_now()), hogs = w_hogs_tick(w_os_now());
        uint32_t procs = au32_load_rlx(&w_sched.nprocs), idle = au32_load_sc(&w_sched.nidle_p); /* [idle] [sysmon] */
        quiet = idle >= procs ? quiet + 1 : 0;
        w_netpoll_sysmon(idle != 0);
        int64_t wait = idle == 0 ? rest : idle >= procs && !left ? TICK_NS * 4 : look(seen), now = w_os_now(), soon = INT64_MAX;
        if (!w_knobs.nosysmon && idle < procs)
            wait = watch(now, wait, &naps, &soon);
        if (quiet > QUIET_TICKS) {
            au32_store_sc(&w_sched.sysmon_state, W_SYSMON_ASLEEP); /* [sysmon] */
            wait = au32_load_sc(&w_sched.nidle_p) >= procs && !au32_load_sc(&w_sched.deputy) ? -1 : 0;
            quiet = 0;
        } else if (idle == 0 && wait >= rest) {
            au32_store_sc(&w_sched.sysmon_state, naps ? W_SYSMON_NAPPING : W_SYSMON_RESTING); /* [sysmon] */
            if (!naps && !w_sched.fence_mode)
                w_os_heavy_barrier(); /* [sysmon] n1 for who enters a call: their half is light */
            bool changed = au32_load_sc(&w_sched.nidle_p) != 0 || (!naps && in_calls());
            wait = changed ? 0 : rest;
            naps = false;
        }
        if (trace_at != INT64_MAX) {
            now = w_os_now();
            if (now >= trace_at) {
                w_schedtrace((now - start) / 1000000);
                trace_at += w_knobs.schedtrace * 1000000;
            }
            if (wait < 0 || wait > trace_at - now)
                wait = trace_at > now ? trace_at - now : 0;
        }
        wait = soon < wait ? soon : wait;
        wait = sooner(sooner(wait, cycles), hogs);
        wait = sooner(sooner(wait, trim), ending ? BUSY_TICK_NS : INT64_MAX);
        if (wait != 0)
            w_os_futex_wait(&w_sched.sysmon_word, word, wait);
        if (wait == trim && au32_load_rlx(&w_sched.sysmon_word) == word) /* a hint; not kicked: to sleep again at once if all are idle */
            quiet = QUIET_TICKS;
        au32_store_sc(&w_sched.sysmon_state, W_SYSMON_AWAKE); /* [sysmon] */
    }
}

void w_sysmon_start(void)
{
    w_lock(&w_sched.lock); /* also while the thread is made: a run that is stopping must not find it half there */
    bool first = au32_load_rlx(&w_sched.sysmon_state) == W_SYSMON_NONE && !au32_load_rlx(&w_sched.stopping); /* under lock */
    if (first)
        w_signals_lift(); /* other threads come after this one */
    bool made = first && w_os_thread_start(&thread, SYSMON_STACK, sysmon_main, NULL) == 0;
    if (made) {
        w_sched.nthreads++;
        au32_store_rel(&w_sched.sysmon_state, W_SYSMON_AWAKE); /* under lock */
    }
    w_unlock(&w_sched.lock);
    if (first && !made)
        w_throw("out of memory (thread)");
}

void w_sysmon_join(void)
{
    if (au32_load_acq(&w_sched.sysmon_state) == W_SYSMON_NONE)
        return;
    w_sysmon_kick();
    pthread_join(thread, NULL);
    au32_store_rel(&w_sched.sysmon_state, W_SYSMON_NONE);
}
