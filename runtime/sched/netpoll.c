/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler's side of the poller (poll/poll.h): who looks at it, and what becomes of the goroutines that it makes ready.
 *
 * Who looks:
 *   - an M whose P has nothing to run, without waiting, before it spins;
 *   - a busy P, at its 61st round, when goroutines wait for descriptors and nobody has looked for LOOK_NS;
 *   - one idle M, poll_m, which sleeps in the poller instead of on its futex, while a P is idle (machine.c). Nobody else looks meanwhile;
 *   - sysmon, when nobody has for STALE_NS, or for one of its ticks beside an idle P.
 * Two who look at once each get some of the events; `looking` keeps them from it where that costs nothing.
 *
 * Waking poll_m. An interrupt stays until one wait has taken it, but that may be anybody's: another look's, or that of the next
 * poll_m, when the last is not out yet. So:
 *      waker: k1 targets++, k2 park = 1, k3 interrupt              sleeper: out once park is 1; then targets--, and not 0: interrupt
 *      who takes an interrupt and is not its target: targets is not 0: interrupt again
 *   Excluded: an M that sleeps on beside its park = 1. While targets > 0 there is an interrupt under way or in somebody's hands, who
 *   gives it on. With targets 0 it means nothing and is dropped. [interrupt]
 *
 * A batch stays in order: at the tail of the ring of the P that looked, or in the global queue if its finder has no P. A single
 * goroutine becomes runnext and wakes no other M.
 *
 * The count of waits. io of P: +1 in the section in which a goroutine parks, -1 once it *runs* again, wherever that is. So from the
 * event to the run a goroutine is either counted or in a queue or running, and the deadlock test, which sees all Ms asleep under
 * sched.lock, never finds it nowhere: not even while an M without a P holds it on its stack. (Go issue 61454 is that hole.)
 *
 * Opened at the first descriptor that has to wait, under `opening` (a leaf); `on` is set under sched.lock, so an M that lists itself later
 * sleeps in it, and one that is idle already is woken once. [netpoll]: what came before `on`, by release and acquire.
 * Source: Go 1.22 proc.go: findRunnable, sysmon; netpoll.go. Differs in that an M that found work wakes no other to take its place.
 */
#include "sched/netpoll.h"

#include "poll/poll.h"
#include "sched/switch.h"

enum { LOOK_NS = 100000, TICK_NS = 300000, STALE_NS = 5000000 };

static struct {
    au32 on;        /* [netpoll] written under sched.lock */
    au32 looking;   /* 1: someone polls without waiting; a hint */
    au32 targets;   /* [interrupt] Ms that were interrupted and are not out yet */
    au64 last;      /* when, ns: a hint */
    au64 polls;     /* statistics */
    struct w_lock opening;
    const struct w_netpoll_hooks *hooks; /* const once a descriptor is known */
} net;

void w_netpoll_hook(const struct w_netpoll_hooks *hooks)
{
    w_lock(&net.opening);
    net.hooks = hooks;
    w_unlock(&net.opening);
}

bool w_netpoll_on(void) { return au32_load_acq(&net.on) != 0; /* [netpoll] */ }
uint64_t w_netpoll_polls(void) { return au64_load_rlx(&net.polls); /* statistics */ }

uint64_t w_netpoll_waiting(void)
{
    uint64_t sum = 0;
    uint32_t n = au32_load_acq(&w_sched.nallp); /* [allp] */
    for (uint32_t i = 0; i < n; i++)
        sum += au64_load_rlx(&w_sched.allp[i]->n.io); /* a hint, but for the deadlock test: then no P has an owner */
    return sum;
}

/* ---- descriptors ---- */

static int open_poller(struct w_m *m)
{
    w_lock(&net.opening);
    bool first = !au32_load_rlx(&net.on); /* under opening */
    int e = first ? w_poll_open() : 0;
    if (first && e == 0) {
        w_lock(&w_sched.lock);
        au32_store_rel(&net.on, 1); /* [netpoll] */
        w_unlock(&w_sched.lock);
    }
    w_unlock(&net.opening);
    if (first && e == 0)
        w_wake_check(m); /* an idle M, so that it goes to sleep again in the poller */
    return e;
}

int w_netpoll_add(struct w_m *m, int fd, uint64_t token)
{
    int e = w_netpoll_on() ? 0 : open_poller(m);
    return e ? e : w_poll_add(fd, token);
}

static void count_one_less(void)
{
    struct w_m *m = w_enter();
    au64_bump(&m->p->n.io, (uint64_t)-1);
    w_leave(m);
}

intptr_t w_netpoll_park(struct w_m *m, struct weft_waitq_ *q, au32 *lock, struct w_waiter *w, int64_t deadline)
{
    au64_bump(&m->p->n.io, 1);
    intptr_t r = w_waitq_wait_on(m, q, lock, w, W_REASON_IO, deadline);
    count_one_less();
    return r;
}

/* ---- looking ---- */

/* The goroutines that events make ready, in order. */
static struct w_g *gather(int64_t ns, bool *any)
{
    struct w_poll_event events[W_POLL_BATCH];
    struct w_g *first = NULL, **tail = &first;
    int n = w_poll_wait(events, ns);
    au64_add_rlx(&net.polls, 1);                      /* statistics */
    au64_store_rlx(&net.last, (uint64_t)w_os_now()); /* a hint */
    for (int i = 0; i < n; i++) {
        if (events[i].token != W_POLL_INTERRUPT)
            net.hooks->ready(events[i].token, events[i].what, &tail);
        else if (au32_load_acq(&net.targets) != 0) /* [interrupt] maybe our own: it is given on all the same */
            w_poll_interrupt();
    }
    *tail = NULL;
    *any = first != NULL;
    return first;
}

/* Without waiting, unless someone else is at it. */
static struct w_g *gather_now(void)
{
    bool any;
    if (aptr_load_rlx(&w_sched.poll_m) || w_netpoll_waiting() == 0 || au32_xchg_acq(&net.looking, 1)) /* hints */
        return NULL;
    struct w_g *ready = gather(0, &any);
    au32_store_rel(&net.looking, 0); /* a hint */
    return ready;
}

/* Entered. One is this P's next and wakes nobody. */
static void put(struct w_m *m, struct w_g *ready)
{
    if (ready->next)
        w_ready_batch(m, ready);
    else
        w_ready(m, ready);
}

bool w_netpoll_due(const struct w_p *p)
{
    return au32_load_rlx(&net.on) && p->now - (int64_t)au64_load_rlx(&net.last) >= LOOK_NS && /* hints */
           !aptr_load_rlx(&w_sched.poll_m) && w_netpoll_waiting() != 0;
}

bool w_netpoll_look(struct w_m *m)
{
    struct w_g *ready = w_netpoll_on() ? gather_now() : NULL;
    if (ready)
        put(m, ready);
    return ready != NULL;
}

bool w_netpoll_sleep(struct w_m *m, int64_t when, struct w_g **ready)
{
    bool any = false;
    while (!any && au32_load_acq(&m->park) == 0) { /* [park] */
        int64_t left = -1;
        if (when != INT64_MAX && (left = when - w_os_now()) <= 0)
            return false;
        *ready = gather(left, &any);
    }
    return !any;
}

void w_netpoll_target(void) { au32_add_acqrel(&net.targets, 1); /* [interrupt] k1 */ }

void w_netpoll_left(void)
{
    if (au32_sub_acqrel(&net.targets, 1) != 1) /* [interrupt] */
        w_poll_interrupt();
}

void w_netpoll_take(struct w_m *m, struct w_g *ready)
{
    if (!ready)
        return;
    w_enter();
    put(m, ready);
    w_leave(m);
}

void w_netpoll_inject(struct w_g *ready)
{
    while (ready) {
        struct w_g *g = ready;
        ready = g->next;
        w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
        w_global_put(&g, 1);
    }
}

void w_netpoll_sysmon(bool some_idle)
{
    if (!w_netpoll_on() || w_os_now() - (int64_t)au64_load_rlx(&net.last) < (some_idle ? TICK_NS : STALE_NS)) /* a hint */
        return;
    struct w_g *ready = gather_now();
    if (!ready)
        return;
    w_lock(&w_sched.lock);
    w_netpoll_inject(ready);
    w_unlock(&w_sched.lock);
    w_wake_any();
}

/* ---- the end ---- */

void w_netpoll_shutdown(bool keep)
{
    if (net.hooks)
        net.hooks->forget(keep);
    if (au32_load_rlx(&net.on)) /* the last thread */
        w_poll_close();
    au32_store_rlx(&net.on, 0);
    au32_store_rlx(&net.looking, 0);
    au32_store_rlx(&net.targets, 0);
    au64_store_rlx(&net.polls, 0);
    au64_store_rlx(&net.last, 0);
}
