/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run: configuration, start, stop, and giving everything back.
 *
 * weft_run's thread becomes M 0. Stopping, from whichever M main returned on or weft_exit was called:
 *   s1 under sched.lock: exit_code, stopping = 1, W_REQ_STOP to every P, every idle M woken, sysmon kicked
 *   s2 each M, at its next owner's section or in its loop, drops its goroutine and leaves w_schedule
 *   s3 M 0, back in weft_run_config, joins the others, then unmaps what the run had
 *   Excluded: an M that sleeps through s1. It lists itself and tests `stopping` under sched.lock, so it either sees it or is
 *   on the list that s1 walks. Goroutines are not unwound: they end where they stand. [stop]
 *
 * Observers (dumps, statistics and posts from foreign threads). Whoever saw active keeps the memory mapped until it is done:
 *   a1 observers++                 (seq_cst)        e1 active = 0                      (seq_cst)
 *   a2 active? 0: undo, stay away  (seq_cst)        e2 wait until observers == 0, then unmap (seq_cst)
 *   Excluded: a look at unmapped memory. a1 before e2: it waits; e1 before a2: stays away. [observe]
 */
#include "sched/switch.h"

#include <errno.h>
#include <string.h>

#include "base/knob.h"
#include "os/io.h"
#include "sched/leaks.h"
#include "sched/locks.h"
#include "sched/netpoll.h"

struct w_sched w_sched;
au32 w_active, w_holds;

enum { MAX_THREADS = 10000 };
#define MAX_STACK ((size_t)1 << 30)

au32 w_running;
static au32 observers; /* [observe] */

static void defaults(struct weft_config *c, int procs)
{
    *c = (struct weft_config){
        .size = sizeof *c,
        .procs = procs,
        .stack_size = W_STACK_DEFAULT,
        .max_stack = MAX_STACK,
        .max_threads = MAX_THREADS,
    };
}

void weft_config_init(struct weft_config *c)
{
    struct w_knobs knobs;
    w_knobs_read(&knobs); /* for its complaints */
    defaults(c, w_procs_default(&knobs));
}

int weft_run(int (*main_fn)(void *), void *arg)
{
    struct weft_config c;
    weft_config_init(&c);
    return weft_run_config(&c, main_fn, arg);
}

/* ---- looking from outside ---- */

bool w_observe_begin(void)
{
    if (w_unlikely(au32_load_rlx(&w_forked)))
        w_foreign();
    if (!au32_load_rlx(&w_active)) /* so that threads that keep asking do not keep a run from ending */
        return false;
    w_preempt_off(); /* the end of the run waits for us */
    au32_add_sc(&observers, 1); /* [observe] */
    if (au32_load_sc(&w_active)) /* [observe] */
        return true;
    au32_sub_sc(&observers, 1);
    w_preempt_on();
    return false;
}

void w_observe_end(void)
{
    au32_sub_sc(&observers, 1); /* [observe] */
    w_preempt_on();
}

bool w_observe_dying(void) { return !au32_load_rlx(&w_forked) && w_observe_begin(); }

/* Who looked in the parent is not here. */
void w_observe_forked(void) { au32_store_rlx(&observers, 0); /* alone */ }

/* ---- stop ---- */

/* sched.lock held: all Ms that sleep until they are woken, unlisted and linked by idle_next. */
static struct w_m *unlist_idle(void)
{
    W_HELD(&w_sched.lock.word);
    struct w_m *all = w_sched.idle_m;
    for (struct w_m *m = all; m; m = m->idle_next) {
        m->next_p = NULL;
        m->listed = false;
    }
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        if (m->bound_wait) {
            m->bound_wait = false;
            m->idle_next = all;
            all = m;
        }
    w_sched.nbound = 0;
    w_sched.idle_m = w_sched.timer_m = NULL;
    aptr_store_rlx(&w_sched.poll_m, NULL); /* under lock */
    w_sched.nidle_m = 0;
    return all;
}

_Noreturn void w_stop_run(struct w_m *m, int code)
{
    w_lock(&w_sched.lock);
    struct w_m *idle = NULL;
    if (!au32_load_rlx(&w_sched.stopping)) { /* under lock; the first to stop wins */
        w_sched.exit_code = code;
        au32_store_sc(&w_sched.stopping, 1); /* [stop] */
        for (uint32_t i = 0; i < au32_load_rlx(&w_sched.nallp); i++)
            au32_or_acqrel(&w_sched.allp[i]->req, W_REQ_STOP);
        idle = unlist_idle();
    }
    w_unlock(&w_sched.lock);
    while (idle) {
        struct w_m *next = idle->idle_next; /* before the wake: its memory may go soon after */
        w_m_wake(idle);
        idle = next;
    }
    w_sysmon_kick();
    if (m->sys_g) { /* called on the system stack: it leaves as the goroutine that it is */
        m->g = m->sys_g;
        m->sys_g = NULL;
    }
    w_to_g0(m);
    w_check_failed(__FILE__, __LINE__, "a goroutine ran after its run had stopped");
}

void weft_exit(int code)
{
    if (w_unlikely(w_knobs.leaks) && w_self() && w_self()->g != &w_self()->g0)
        w_leaks_report();
    w_stop_run(w_enter(), code);
}

/* ---- start ---- */

struct main_call {
    int (*fn)(void *);
    void *arg;
};

static void main_body(void *p)
{
    struct main_call *c = p;
    int code = c->fn(c->arg);
    if (w_self()->g->aux)
        w_g_run_deferred();
    if (w_knobs.leaks)
        w_leaks_report();
    w_stop_run(w_enter(), code);
}

static int check_config(struct weft_config *c, const struct weft_config *given)
{
    size_t size = given->size && given->size < sizeof *c ? given->size : sizeof *c;
    defaults(c, size > offsetof(struct weft_config, procs) ? 0 : w_procs_default(&w_knobs));
    memcpy(c, given, size);
    c->size = sizeof *c;
    bool ok = c->procs >= 1 && c->procs <= W_MAX_PROCS && c->stack_size >= W_STACK_MIN && c->stack_size <= MAX_STACK &&
              c->max_stack >= c->stack_size && c->max_stack <= MAX_STACK && c->max_threads >= 2;
    return ok ? 0 : -EINVAL;
}

/* Statics that one run leaves behind are cleared for the next. */
static int boot(const struct weft_config *c, struct w_m *m0)
{
    uint32_t run_id = w_sched.run_id + 1;
    if (run_id << 9 == 0) /* its tokens would be a channel's special owners (chan.h); 0 is no run */
        run_id++;
    w_lock(&w_sched.lock); /* a foreign thread may be in weft_post just now, or a goroutine that was left to itself in a handler: */
    memset((char *)&w_sched + offsetof(struct w_sched, q), 0, sizeof w_sched - offsetof(struct w_sched, q)); /* what they read stays */
    au32_store_rlx(&w_sched.stopping, 0); /* under lock */
    w_sched.run_id = run_id;
    w_sched.shared = run_id << 9;
    w_sched.config = *c;
    w_sched.fence_mode = !w_os_has_heavy_barrier();
    au32_store_rlx(&w_no_p.req, W_REQ_NO_P); /* before anyone can see it */
    au32_store_rlx(&m0->retake, w_sched.fence_mode); /* before anyone can see it */
    m0->first = true;
    au64_store_rlx(&w_sched.next_id, 1); /* under lock */
    w_sched.nm = w_sched.nthreads = 1;
    aptr_store_rel(&w_sched.all_m, m0); /* [all_m] */
    int e = w_stack_boot(c->stack_size, (int)w_knobs.guard);
    if (w_locks_recorded())
        w_locks_start();
    w_leaks_start();
    au32_store_rlx(&w_sched.nprocs, (uint32_t)c->procs); /* under lock */
    for (uint32_t i = 0; e == 0 && i < (uint32_t)c->procs; i++) {
        if ((w_sched.allp[i] = w_p_new((int)i)))
            au32_store_rel(&w_sched.nallp, i + 1); /* [allp] */
        else
            e = -ENOMEM;
    }
    if (e) {
        w_unlock(&w_sched.lock);
        return e;
    }
    for (int i = c->procs - 1; i > 0; i--)
        w_idle_p_put(w_sched.allp[i]);
    m0->p = w_sched.allp[0];
    m0->p->m = m0;
    m0->p->status = W_P_RUNNING;
    w_unlock(&w_sched.lock);
    return 0;
}

/* M 0 alone is left, but for sysmon, who waits for the others, and for those that it gave up. !started: boot failed, and the
 * process's handlers are still its own. */
static void shut_down(struct w_m *m0, bool started)
{
    static bool left_some; /* this run or an earlier one: their faults are ours to report */
    w_sysmon_join();
    w_die_await();
    struct w_m *all = aptr_load_acq(&w_sched.all_m); /* [all_m] */
    for (struct w_m *m = all; m; m = m->all_next)
        if (au32_load_rlx(&m->abandoned)) /* sysmon is joined */
            pthread_detach(m->thread);
        else if (m != m0 && !m->joined)
            pthread_join(m->thread, NULL);
    for (struct w_m *m = all; m && w_sched.nabandoned == 0; m = m->all_next)
        if (m->bound_g)
            w_unbind(m); /* shows its stack to who frees it */
    w_sched.free_m = NULL; /* they go, or stay for good, with the rest; the next run's M 0 is asked for before w_sched is cleared */
    w_trace_run_ends();
    bool keep = w_sched.nabandoned != 0; /* they may still use all that was the run's */
    left_some |= keep;
    w_signals_end();
    if (started && !left_some)
        w_fault_restore(); /* not before: another M may still fault */
    if (started && !keep)
        w_preempt_restore();
    else if (keep)
        w_preempt_install(true);
    w_lock(&w_sched.lock); /* against weft_post */
    au32_store_sc(&w_active, 0); /* [observe] */
    w_unlock(&w_sched.lock);
    uint32_t n = 0;
    while (au32_load_sc(&observers) != 0) /* [observe] */
        w_backoff(&n);
    w_netpoll_shutdown(keep);
    w_sched.free_m = NULL; /* they go too: the next run makes its first M before boot clears the rest */
    for (struct w_m *m = all, *next; m && !keep; m = next) {
        next = m->all_next;
        w_m_free(m);
    }
    for (uint32_t i = 0; i < au32_load_rlx(&w_sched.nallp) && !keep; i++)
        w_p_free(w_sched.allp[i]);
    w_gs_shutdown(keep);
    w_small_shutdown(keep);
    w_stack_shutdown(keep);
}

int weft_run_config(const struct weft_config *given, int (*main_fn)(void *), void *arg)
{
    struct weft_config c;
    if (au32_load_rlx(&w_forked))
        w_foreign();
    if (w_self())
        weft_fatal("weft_run called from a goroutine");
    uint32_t no = 0;
    if (!au32_cas_acqrel(&w_running, &no, 1))
        return -EBUSY;
    w_knobs_read(&w_knobs);
    int e = check_config(&c, given);
    struct w_m *m0 = e == 0 ? w_m_new() : NULL;
    if (e == 0)
        e = m0 ? boot(&c, m0) : -ENOMEM;
    bool started = e == 0;
    if (started) {
        struct main_call call = {main_fn, arg};
        w_sched.main_fn = main_fn;
        w_libc_find();
        w_fork_boot();
        w_fault_install();
        w_preempt_install(true);
        w_procs_follow_start();
        int sigpipe = w_os_sigpipe_begin();
        w_m_enter_thread(m0);
        struct w_m *m = w_enter();
        bool ok = w_spawn_main(m, main_body, &call, __builtin_return_address(0)) != NULL;
        w_leave(m);
        if (ok) {
            au32_store_sc(&w_active, 1); /* [observe] main has its number: from here on weft_post may start others */
            if (w_knobs.schedtrace || w_knobs.hog)
                w_sysmon_start();
            w_schedule(m0);
        }
        w_m_leave_thread(m0);
        w_os_sigpipe_end(sigpipe);
        w_m_gone(m0);
        e = ok ? w_sched.exit_code : -ENOMEM;
    }
    if (m0)
        shut_down(m0, started);
    au32_store_rel(&w_running, 0); /* pairs with the exchange of the next run */
    return e;
}
