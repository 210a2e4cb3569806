/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts: trees of them, cancelled from a node downwards, by hand or by a deadline.
 *
 * All nodes of a tree have one lock, of rank contexts: before every other of the runtime's. It is one of 64, so it outlives any
 * node. Under it: parent, children, the alarm (a node for a P's heap), and the steps from a cause to closed channels:
 *
 *   c1 lock; err is set already: nothing more
 *   c2 down the tree, in a list, without recursion: err = the cause (release), take the node out of its parent and its alarm out of
 *      its heap. From here on it is alone: no parent, no children, and none will be put under it
 *   c3 down the list: close each node's channel; collect who waited
 *   c4 unlock; those who waited are made runnable
 *   Excluded: a child that is missed. It is put under its parent under the lock, either before c2 finds it, or after c2, and then it
 *   sees err and begins cancelled. A child that is not cancelled though its parent's channel is closed: c2 is done before c3.
 *
 * The channels are always had by their lock (chan.h: W_OWNER_LOCK), so closing them holds nothing up with the tree's lock held.
 *
 * A deadline's alarm is in a heap as long as the node is not cancelled: it can wake someone, so it holds off the deadlock. None is
 * set where the parent's deadline is not later: that cancels both.
 *   Who finds it due, on any P: f1 FIRING (queue/timers.h), f2 lock, f3 alarm IDLE, c1 to c4; nothing is touched after the unlock.
 *   free: c1 to c4, again until the alarm is not FIRING: then f1 cannot follow, and the last touch has been. [timer]
 *   weft_context_err looks at the clock too: a goroutine that polls it needs no round of its P's to see the deadline.
 *
 * Other runs: heap and waiters are gone. A node says which run its alarm is of; the first to lock it in a new run sets its own
 * and its ancestors' anew (revive). Out of a run, weft_context_free alone is legal, and nobody else is there.
 *
 * Source: Go 1.22 context.go (propagateCancel, cancelCtx.cancel, WithDeadlineCause); differs in that a tree has one lock where Go
 * has one a node, and recursion.
 */
#include <errno.h>

#include "chan/chan.h"

struct weft_context {
    struct w_timer alarm;
    au32 *lock;                     /* const; under it, from here on */
    struct weft_context *parent, *child, *next, *prev;
    struct weft_context *then;      /* the list of c2 */
    int64_t deadline;               /* its own, or an ancestor's if that is not later; WEFT_NEVER; const */
    bool has_alarm;                 /* the deadline is its own; const */
    au32 run;                       /* whose heap the alarm is in; read without the lock as a hint */
    au32 err;                       /* 0, or a positive errno; set once, under the lock (release); read without it */
    _Alignas(16) weft_chan done;
};

_Static_assert(offsetof(struct weft_context, done) + sizeof(weft_chan) == sizeof(struct weft_context), "no elements follow");

enum { LOCK_BITS = 6 };
static struct {
    _Alignas(64) au32 lock;
} locks[1 << LOCK_BITS];

/* Of the tree with this root: any will do, as long as trees spread. */
static au32 *lock_of(const struct weft_context *root)
{
    uint32_t h = (uint32_t)((uintptr_t)root >> 4) * 2654435761u;
    return &locks[h >> (32 - LOCK_BITS)].lock;
}

/* ---- locked ---- */

static void expire(struct w_timer *alarm, void *m);

static void set_alarm(struct w_m *m, struct weft_context *c)
{
    if (!c->has_alarm)
        return;
    c->alarm.when = c->deadline;
    c->alarm.fire = expire;
    w_timers_add(&m->p->timers, &c->alarm);
}

/* m NULL: out of a run. */
static void stop_alarm(struct w_m *m, struct weft_context *c)
{
    if (m && au32_load_rlx(&c->run) == w_sched.run_id) /* under the lock */
        w_timers_remove(&c->alarm);
    else
        au32_store_rlx(&c->alarm.state, W_TIMER_IDLE); /* its heap is gone */
}

static void revive(struct w_m *m, struct weft_context *c)
{
    for (; c && au32_load_rlx(&c->run) != w_sched.run_id; c = c->parent) { /* under the lock */
        au32_store_rlx(&c->run, w_sched.run_id);
        au32_store_rlx(&c->alarm.state, W_TIMER_IDLE);
        if (au32_load_rlx(&c->err) == 0)
            set_alarm(m, c);
    }
}

static void adopt(struct weft_context *parent, struct weft_context *c)
{
    c->parent = parent;
    c->next = parent->child;
    if (c->next)
        c->next->prev = c;
    parent->child = c;
}

static void leave_parent(struct weft_context *c)
{
    if (!c->parent)
        return;
    if (c->prev)
        c->prev->next = c->next;
    else
        c->parent->child = c->next;
    if (c->next)
        c->next->prev = c->prev;
    c->parent = c->next = c->prev = NULL;
}

/* Closed, its waiters added to the list; out of a run they are gone. */
static struct w_waiter **close_done(struct w_m *m, weft_chan *c, struct w_waiter **end)
{
    if (!m) {
        au32_store_rlx(&c->closed, 1); /* nobody else is there */
        return end;
    }
    w_chan_try_have(m, c);
    end = w_chan_close_had(c, end);
    w_chan_let_go(m, c);
    return end;
}

/* c1 to c3. Who waited goes to *end; returned: where the list ends then. */
static struct w_waiter **cancel(struct w_m *m, struct weft_context *c, int err, struct w_waiter **end)
{
    if (m) /* out of a run nobody else is there */
        W_HELD(c->lock);
    if (au32_load_rlx(&c->err) != 0) /* under the lock */
        return end;
    struct weft_context *last = c;
    leave_parent(c);
    c->then = NULL;
    for (struct weft_context *x = c; x; x = x->then) { /* c2 */
        au32_store_rel(&x->err, (uint32_t)err);
        stop_alarm(m, x);
        for (struct weft_context *k = x->child, *next; k; k = next) {
            next = k->next;
            k->parent = k->next = k->prev = k->then = NULL;
            last->then = k;
            last = k;
        }
        x->child = NULL;
    }
    for (struct weft_context *x = c; x; x = x->then) /* c3 */
        end = close_done(m, &x->done, end);
    return end;
}

/* c's deadline has come, and an ancestor's whose it was has, too: it is the cause of all below. */
static struct w_waiter **cancel_late(struct w_m *m, struct weft_context *c, int64_t now, struct w_waiter **end)
{
    while (c->parent && c->parent->deadline <= now)
        c = c->parent;
    return cancel(m, c, ETIMEDOUT, end);
}

/* ---- the deadline ---- */

static void expire(struct w_timer *alarm, void *mp)
{
    struct weft_context *c = w_container_of(alarm, struct weft_context, alarm);
    struct w_m *m = mp;
    struct w_waiter *waited = NULL;
    au32 *lock = c->lock;
    w_spin_lock(lock); /* f2 */
    w_timer_done(alarm);
    cancel(m, c, ETIMEDOUT, &waited);
    w_spin_unlock(lock);
    w_chan_ready_all(m, waited);
}

/* ---- public ---- */

static struct w_m *have(struct weft_context *c)
{
    struct w_m *m = w_enter();
    w_spin_lock(c->lock);
    revive(m, c);
    return m;
}

static void let_go(struct w_m *m, struct weft_context *c, struct w_waiter *waited)
{
    w_spin_unlock(c->lock);
    w_chan_ready_all(m, waited);
    w_leave(m);
}

weft_context *weft_context_with_deadline(weft_context *parent, int64_t deadline)
{
    struct weft_context *c = w_user_alloc(sizeof *c);
    struct w_waiter *waited = NULL;
    memset(c, 0, sizeof *c);
    au32_store_rlx(&c->done.owner, W_OWNER_LOCK); /* before anyone can see it */
    c->lock = parent ? parent->lock : lock_of(c);
    c->deadline = parent && parent->deadline <= deadline ? parent->deadline : deadline;
    c->has_alarm = deadline != WEFT_NEVER && (!parent || deadline < parent->deadline);
    int64_t now = c->deadline != WEFT_NEVER ? w_os_now() : 0;
    bool late = c->deadline <= now;
    struct w_m *m = w_enter();
    w_spin_lock(c->lock);
    if (parent)
        revive(m, parent);
    au32_store_rlx(&c->run, w_sched.run_id); /* under the lock */
    struct w_waiter **end = parent && parent->deadline <= now ? cancel_late(m, parent, now, &waited) : &waited;
    int err = parent ? (int)au32_load_rlx(&parent->err) : 0; /* under the lock */
    if (err == 0 && late)
        err = ETIMEDOUT;
    if (err) {
        cancel(m, c, err, end);
    } else {
        set_alarm(m, c);
        if (parent)
            adopt(parent, c);
    }
    let_go(m, c, waited);
    return c;
}

weft_context *weft_context_new(weft_context *parent) { return weft_context_with_deadline(parent, WEFT_NEVER); }

void weft_context_cancel(weft_context *c)
{
    struct w_waiter *waited = NULL;
    struct w_m *m = have(c);
    cancel(m, c, ECANCELED, &waited);
    let_go(m, c, waited);
}

/* In a new run its deadline, or an ancestor's, may have nobody who watches it yet. */
weft_chan *weft_context_done(weft_context *c)
{
    if (w_unlikely(au32_load_rlx(&c->run) != w_sched.run_id)) /* a hint: changes once in a run */
        let_go(have(c), c, NULL);
    return &c->done;
}

int weft_context_err(weft_context *c)
{
    uint32_t err = au32_load_acq(&c->err); /* c2 */
    int64_t now;
    if (err == 0 && c->deadline != WEFT_NEVER && c->deadline <= (now = w_os_now())) {
        struct w_waiter *waited = NULL;
        struct w_m *m = have(c);
        cancel_late(m, c, now, &waited);
        err = au32_load_acq(&c->err);
        let_go(m, c, waited);
    }
    return -(int)err;
}

void weft_context_free(weft_context *c)
{
    struct w_waiter *waited = NULL;
    uint32_t n = 0;
    if (!c)
        return;
    if (!w_self() && !au32_load_acq(&w_active)) { /* no run is on */
        cancel(NULL, c, ECANCELED, &waited);
        w_user_free(c);
        return;
    }
    for (;; w_backoff(&n)) {
        struct w_m *m = have(c);
        cancel(m, c, ECANCELED, &waited);
        bool firing = au32_load_acq(&c->alarm.state) != W_TIMER_IDLE;
        let_go(m, c, waited);
        if (!firing)
            break;
        waited = NULL;
    }
    w_user_free(c);
}
