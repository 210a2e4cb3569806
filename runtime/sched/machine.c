/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ms: threads that run goroutines. An idle M sleeps on its own futex without a P; whoever has work hands it one. One
 * idle M, the timer keeper, sleeps only until the next deadline of any P; one, the keeper if it is to be had, sleeps in the
 * poller instead (netpoll.c).
 *
 * All lists are under sched.lock. nm counts Ms from the moment one is asked for, so that a thread that is still being made
 * is never mistaken for "all asleep": the deadlock test (dead_locked) is exact because every M that goes to sleep has
 * looked at all queues (proc.c, i4) and does the test under the lock under which it lists itself.
 * Waker: next_p, spinning, then park = 1 (release). Sleeper: park (acquire), then reads them. [park]
 */
#include "sched/switch.h"

#include <signal.h>
#include <string.h>

#include "base/knob.h"
#include "poll/poll.h"
#include "sched/netpoll.h"

enum { THREAD_STACK = 256 * 1024 };

struct w_m *w_m_new(void)
{
    static au32 ids;
    struct w_m *m = w_sched.free_m;
    if (m) { /* still in all_m, where others may be looking at it: only its links stay */
        w_sched.free_m = m->ended_next;
        m->ended = m->joined = false;
        au32_store_rlx(&m->gone, 0);    /* under lock */
        au32_store_rlx(&m->preempt, 0); /* under lock */
        au32_store_rlx(&m->tid, 0);     /* under lock */
        return m;
    }
    char *base = w_os_map(W_ALT_STACK + sizeof *m);
    if (!base)
        return NULL;
    m = (struct w_m *)(void *)(base + W_ALT_STACK);
    m->altstack = base;
    m->id = (int32_t)au32_add_acqrel(&ids, 1);
    m->rand = ((uint64_t)m->id + 1) * UINT64_C(0x9e3779b97f4a7c15);
    m->commit = &m->nolock;
    m->g = &m->g0;
    m->g0.flags = W_GF_G0;
    return m;
}

__attribute__((no_sanitize("thread"))) /* a racy look by design */
bool w_g_runs(const struct w_g *g)
{
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        if ((m->g == g && m->bound_g != g) || m->sys_g == g)
            return true;
    return false;
}

void w_m_free(struct w_m *m) { w_os_unmap(m->altstack, W_ALT_STACK + sizeof *m); }

static void *thread_main(void *arg)
{
    struct w_m *m = arg;
    w_m_enter_thread(m);
    w_thread_mask(); /* only now that there is an alternate stack */
    if (w_tracing() && m->p != &w_no_p)
        w_trace_p(m, W_TR_P_GET, m->p);
    w_schedule(m);
    w_m_leave_thread(m);
    w_m_gone(m);
    return NULL;
}

/* [gone] g1; its memory stays until it is joined. */
void w_m_gone(struct w_m *m)
{
    au32_store_rel(&m->gone, 1); /* [gone] */
    au32_add_acqrel(&w_sched.ngone, 1); /* [gone] */
    if (au32_load_acq(&w_sched.stopping)) /* [stop] */
        w_os_futex_wake(&w_sched.ngone, 1);
}

/* Before the run does: idle for long, or its locked goroutine ended. sysmon joins the thread; the M serves another one. */
void w_m_ends_locked(struct w_m *m)
{
    W_HELD(&w_sched.lock.word);
    m->ended = true;
    w_sched.nm--;
    w_sched.nthreads--;
    m->ended_next = w_sched.ended_m;
    w_sched.ended_m = m;
}

/* Not inlined: the two functions that write the thread-local (the check on the disassembly knows them by name). */
w_noinline void w_m_enter_thread(struct w_m *m)
{
    w_tls_m = m;
    au32_store_rel(&m->tid, (uint32_t)w_os_thread_id()); /* [preempt] whom to signal */
    m->urg_blocked = w_os_signal_block(SIGURG, false);
#if W_TSAN
    m->g0.fiber = __tsan_get_current_fiber();
#endif
#if W_ASAN
    pthread_attr_t attr;
    void *low;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &low, &size);
        pthread_attr_destroy(&attr);
        m->g0.stack = low;
        m->g0.stack_kib = (uint32_t)(size >> 10);
    }
#endif
    w_fault_thread_init(m);
}

w_noinline void w_m_leave_thread(struct w_m *m)
{
    w_fault_thread_done(m);
    w_tls_m = NULL;
    if (m->first)
        w_os_signal_block(SIGURG, m->urg_blocked); /* it may be blocked by a handler that was left for good */
}

int w_m_start(struct w_m *m) { return w_os_thread_start(&m->thread, THREAD_STACK, thread_main, m); }

void w_m_wake(struct w_m *m)
{
    bool polls = m->polls;       /* before the store: then m may go on, and its memory may go */
    if (polls)
        w_netpoll_target();
    au32_store_rel(&m->park, 1); /* [park] */
    if (polls)
        w_poll_interrupt();
    w_os_futex_wake(&m->park, 1); /* a poller may be on its way out, and waits here for this wake */
}

/* sched.lock held. */
static void unlist(struct w_m *m)
{
    W_HELD(&w_sched.lock.word);
    struct w_m **at = &w_sched.idle_m;
    while (*at != m)
        at = &(*at)->idle_next;
    *at = m->idle_next;
    m->listed = false;
    w_sched.nidle_m--;
    if (w_sched.timer_m == m)
        w_sched.timer_m = NULL;
    if (aptr_load_rlx(&w_sched.poll_m) == m) /* under lock */
        aptr_store_rlx(&w_sched.poll_m, NULL);
}

struct w_m *w_hand_p(struct w_p *p, bool spinning)
{
    W_HELD(&w_sched.lock.word);
    struct w_m *m = w_sched.idle_m;
    while (m && m->idle_next && (m == w_sched.timer_m || m->polls)) /* let the keepers keep */
        m = m->idle_next;
    if (!m) {
        p->idle_next = w_sched.starting;
        p->hand_spinning = spinning;
        w_sched.starting = p;
        w_sched.nm++;
        w_sysmon_kick();
        return NULL;
    }
    unlist(m);
    m->next_p = p;
    p->m = m;
    m->spinning = spinning;
    return m;
}

bool w_wake_any(void)
{
    uint32_t none = 0;
    if (au32_load_acq(&w_sched.sysmon_state) == W_SYSMON_NONE) /* nobody could make a thread; and one goroutine needs none */
        return false;
    if (au32_load_rlx(&w_sched.nidle_p) == 0 || !au32_cas_acqrel(&w_sched.nspinning, &none, 1)) /* [idle] one wake at a time */
        return false;
    w_lock(&w_sched.lock);
    struct w_p *p = au32_load_rlx(&w_sched.stopping) ? NULL : w_idle_p_get();
    struct w_m *m = p ? w_hand_p(p, true) : NULL;
    w_unlock(&w_sched.lock);
    if (!p)
        au32_sub_sc(&w_sched.nspinning, 1); /* [idle] */
    if (m)
        w_m_wake(m);
    return p != NULL;
}

w_noinline void w_wake_one(struct w_m *m)
{
    if (w_wake_any())
        au64_bump(&m->p->n.wakeups, 1);
}

/* sched.lock held: all Ms are asleep and nothing is left that could wake one. */
static bool dead_locked(void)
{
    W_HELD(&w_sched.lock.word);
    return w_sched.nidle_m + w_sched.nbound == w_sched.nm && !w_sched.starting && au32_load_rlx(&w_sched.q.size) == 0 &&
           au32_load_acq(&w_holds) == 0 && !au32_load_rlx(&w_sched.stopping) && w_next_deadline() == INT64_MAX &&
           w_netpoll_waiting() == 0;
}

void w_check_dead(void)
{
    w_preempt_off(); /* not entered, and the lock may be handed to us by a wake-up */
    w_lock(&w_sched.lock);
    bool dead = au32_load_rlx(&w_active) && dead_locked(); /* under lock */
    w_unlock(&w_sched.lock);
    w_preempt_on();
    if (dead)
        w_deadlock();
}

/* sched.lock held. */
static void take(struct w_m *m, struct w_p *p)
{
    W_HELD(&w_sched.lock.word);
    m->p = p;
    p->m = m;
}

/* Asleep on m->park until `when` at the latest. True: handed a P or told to stop. False: `when` has come. */
static bool sleep_on(struct w_m *m, int64_t when)
{
    while (au32_load_acq(&m->park) == 0) { /* [park] */
        int64_t left = -1;
        if (when != INT64_MAX && (left = when - w_os_now()) <= 0)
            return false;
        w_os_futex_wait(&m->park, 0, left);
    }
    return true;
}

static bool idle_wait(struct w_m *m)
{
    for (;;) {
        w_lock(&w_sched.lock);
        struct w_p *p = NULL;
        if (au32_load_rlx(&w_sched.stopping)) { /* under lock */
            w_unlock(&w_sched.lock);
            return false;
        }
        if (w_sched.starting && au32_load_rlx(&w_sched.sysmon_state) == W_SYSMON_NONE) { /* under lock; main alone, and it yielded */
            w_unlock(&w_sched.lock);
            w_sysmon_start();
            continue;
        }
        if (au32_load_rlx(&w_sched.q.size) != 0 && (p = w_idle_p_get())) { /* posted since we looked */
            take(m, p);
            w_unlock(&w_sched.lock);
            return true;
        }
        int64_t when = w_next_deadline();
        bool keeper = when != INT64_MAX && au32_load_rlx(&w_sched.nidle_p) != 0 &&
                      (!w_sched.timer_m || when < (int64_t)au64_load_rlx(&w_sched.timer_when));
        m->idle_next = w_sched.idle_m;
        w_sched.idle_m = m;
        m->listed = true;
        w_sched.nidle_m++;
        if (keeper) {
            w_sched.timer_m = m;
            au64_store_rlx(&w_sched.timer_when, (uint64_t)when); /* under lock */
        }
        m->polls = w_netpoll_on() && !aptr_load_rlx(&w_sched.poll_m) && au32_load_rlx(&w_sched.nidle_p) != 0; /* under lock */
        if (m->polls)
            aptr_store_rlx(&w_sched.poll_m, m);
        bool dead = dead_locked();
        w_unlock(&w_sched.lock);
        if (dead)
            w_deadlock();
        struct w_g *ready = NULL;
        bool may_retire = !keeper && !m->polls && !m->first;
        if (!keeper)
            when = may_retire ? w_os_now() + w_knobs.retire * 1000000 : INT64_MAX;
        bool woken = m->polls ? w_netpoll_sleep(m, when, &ready) : sleep_on(m, when);
        w_lock(&w_sched.lock);
        if (!woken && m->listed) { /* timed out or brought something, and nobody took us off the list meanwhile */
            unlist(m);
            m->polls = false;
            if (may_retire && w_sched.nidle_m >= au32_load_rlx(&w_sched.nprocs)) { /* under lock: a few stay */
                w_m_ends_locked(m);
                w_unlock(&w_sched.lock);
                return false;
            }
            p = may_retire ? NULL : w_idle_p_get();
            if (p)
                take(m, p);
            else
                w_netpoll_inject(ready); /* all Ps are busy, and look at the global queue */
            w_unlock(&w_sched.lock);
            if (p) {
                w_netpoll_take(m, ready);
                return true;
            }
            continue;
        }
        w_unlock(&w_sched.lock);
        while (au32_load_acq(&m->park) == 0) /* taken off the list: the wake is on its way */
            w_os_futex_wait(&m->park, 0, -1);
        au32_store_rlx(&m->park, 0); /* ours again */
        if (m->polls)
            w_netpoll_left();
        m->polls = false; /* unlisted: its own; whoever wakes it for a bound G is not to interrupt the poller */
        if (w_stops(m)) /* [stop] */
            return false;
        m->p = m->next_p; /* whose m we are already */
        m->next_p = NULL;
        w_netpoll_take(m, ready);
        return true;
    }
}

bool w_idle_wait(struct w_m *m)
{
    if (!idle_wait(m))
        return false;
    m->p->now = w_os_now(); /* stale by as long as the P was idle, and deadlines are looked at first */
    if (w_tracing())
        w_trace_p(m, W_TR_P_GET, m->p);
    return true;
}
