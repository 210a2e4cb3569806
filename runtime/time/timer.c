/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers, tickers and functions that start later.
 *
 * A timer is an object of its user's: when it is due, and an alarm, a node for a P's heap. What it says (armed, when, period) and
 * whether its channel holds a value is under its lock: its channel's, or its own where it has none (rank waiters). The alarm only
 * says that somebody should look. It is set
 *     for a function: while the timer is armed
 *     for a channel: while the timer is armed and a goroutine is queued on the channel; else whoever has the channel looks
 * so that a timer that nobody waits for wakes nobody and is no reason to go on (deadlock), and costs nothing but its memory.
 *
 *   User (stop, reset, free; a waiter comes or goes)       Who finds the alarm due, on any P
 *   u1 the timer's lock                                     f1 under the heap's lock: FIRING (queue/timers.h)
 *   u2 change armed, when; drop the value                   f2 the timer's lock
 *   u3 settle: the alarm into a heap, out, or anew;         f3 alarm IDLE
 *      FIRING: leave it, f5 will settle                     f4 armed and due: hand the value over, or make a goroutine for fn
 *   u4 unlock                                               f5 settle
 *                                                           f6 unlock; the goroutine is made runnable with the others
 *   Excluded: a stopped or reset timer that fires, and a stale value: u2 and f4 are under one lock, and f4 believes armed and when,
 *   not the alarm. Two alarms: f3 and u3 are under it too. A freed timer in use: free goes u1 to u4 again until the alarm is
 *   not FIRING; then f1 cannot follow (it is in no heap), and f6, the firer's last touch, has been. [timer]
 *
 * The value is the time at which it was due, so it is the same whether it was sent then or is produced when somebody looks. A
 * ticker's next time is a multiple of its period after the first; what was missed is dropped, as is a tick that finds a value unread.
 *
 * Other runs: the heap that held the alarm and the waiters are gone; the first to have the timer in a new run forgets both. A
 * channel's timer goes on (it is looked at), a function's does not: it was the old run's.
 *
 * Source: Go 1.23 time.go (timer channels fed lazily, blockTimerChan, maybeRunChan, needsAdd; the value's time in sendTime).
 */
#include "chan/chan.h"

struct weft_timer {
    struct w_timer alarm;
    au32 *lock;           /* const */
    bool ticker;          /* const */
    bool armed;           /* under lock, from here on */
    uint32_t run;
    int64_t when;
    weft_chan *chan;      /* NULL: a function's; const */
    union {
        struct {          /* const */
            weft_fn fn;
            void *arg, *made_at;
            au32 own_lock;
        } f;
        struct {
            int64_t period; /* a ticker's */
            _Alignas(16) unsigned char chan[sizeof(weft_chan) + sizeof(int64_t)];
        } c;
    };
};

_Static_assert(offsetof(weft_chan, buf) == sizeof(weft_chan), "the value follows the channel");

static int64_t after(int64_t now, int64_t ns)
{
    int64_t when;
    if (ns <= 0)
        return now;
    return __builtin_add_overflow(now, ns, &when) || when == INT64_MAX ? INT64_MAX - 1 : when;
}

/* ---- locked ---- */

static void same_run(struct weft_timer *t)
{
    if (w_likely(t->run == w_sched.run_id))
        return;
    t->run = w_sched.run_id;
    au32_store_rlx(&t->alarm.state, W_TIMER_IDLE); /* no heap of this run has it */
    if (t->chan)
        aptr_store_rlx(&t->chan->recvq, NULL);
    else
        t->armed = false;
}

/* u3, f5. */
static void settle(struct w_m *m, struct weft_timer *t)
{
    bool want = t->armed && (!t->chan || aptr_load_rlx(&t->chan->recvq)); /* had */
    if (au32_load_acq(&t->alarm.state) != W_TIMER_IDLE && (!want || t->alarm.when != t->when) &&
        w_timers_remove(&t->alarm) == W_TIMER_FIRING)
        return;
    if (want && au32_load_rlx(&t->alarm.state) == W_TIMER_IDLE) { /* changes to PENDING under our lock only */
        t->alarm.when = t->when;
        w_timers_add(&m->p->timers, &t->alarm);
    }
}

/* It is due: what it sends. A ticker goes on. */
static int64_t strike(struct weft_timer *t)
{
    int64_t due = t->when, period = t->c.period;
    if (t->ticker)
        t->when = after(due, period + (w_os_now() - due) / period * period);
    else
        t->armed = false;
    return due;
}

static void put(weft_chan *c, int64_t value)
{
    if (au64_load_rlx(&c->len) == 0) { /* had */
        memcpy(c->buf, &value, sizeof value);
        au64_store_rlx(&c->len, 1);
    }
}

/* f4 for a channel: the waiter who gets the value, told. */
static struct w_waiter *send_now(struct weft_timer *t)
{
    int64_t value = strike(t);
    struct w_waiter *w = w_chan_dequeue(&t->chan->recvq);
    if (!w) {
        put(t->chan, value);
        return NULL;
    }
    if (w->elem)
        memcpy(w->elem, &value, sizeof value);
    w_chan_tell(w, 1, 1);
    return w;
}

void w_timer_look(weft_chan *c)
{
    struct weft_timer *t = c->mem;
    same_run(t);
    if (t->armed && au32_load_acq(&t->alarm.state) == W_TIMER_IDLE && t->when <= w_os_now())
        put(c, strike(t));
}

void w_timer_settle(struct w_m *m, weft_chan *c) { settle(m, c->mem); }

/* ---- firing ---- */

static void fire(struct w_timer *alarm, void *mp)
{
    struct weft_timer *t = w_container_of(alarm, struct weft_timer, alarm);
    struct w_m *m = mp;
    struct w_waiter *w = NULL;
    struct w_g *g = NULL;
    au32 *lock = t->lock;
    bool no_memory = false;
    w_spin_lock(lock); /* f2 */
    w_timer_done(alarm);
    if (t->armed && t->when <= alarm->when) {
        if (t->chan) {
            w = send_now(t);
        } else {
            t->armed = false;
            g = w_spawn(m, t->f.fn, t->f.arg, t->f.made_at);
            no_memory = !g;
        }
    }
    settle(m, t);
    w_spin_unlock(lock); /* f6 */
    if (w_unlikely(no_memory)) {
        w_leave(m);
        w_throw("out of memory");
    }
    if (w)
        g = w_chan_waiter_g(w);
    if (g)
        w_ready_due(m, g);
}

/* ---- public ---- */

static struct weft_timer *make(size_t bytes, int64_t ns)
{
    struct weft_timer *t = w_user_alloc(bytes);
    memset(t, 0, bytes);
    t->alarm.fire = fire;
    t->armed = true;
    t->when = after(w_os_now(), ns);
    return t;
}

static struct weft_timer *make_chan(int64_t ns, bool ticker)
{
    struct weft_timer *t = make(sizeof *t, ns);
    weft_chan *c = (weft_chan *)t->c.chan;
    au32_store_rlx(&c->owner, W_OWNER_TIMER); /* before anyone can see it */
    c->elem = sizeof(int64_t);
    c->cap = 1;
    c->mem = t;
    t->chan = c;
    t->lock = &c->lock;
    t->ticker = ticker;
    t->c.period = ns;
    t->run = w_sched.run_id;
    return t;
}

weft_timer *weft_timer_new(int64_t ns)
{
    return make_chan(ns, false);
}

weft_timer *weft_ticker_new(int64_t ns)
{
    if (ns <= 0)
        w_panic("non-positive interval for NewTicker");
    return make_chan(ns, true);
}

weft_timer *weft_after_func(int64_t ns, weft_fn fn, void *arg)
{
    if (!fn)
        weft_fatal("go of nil func value");
    struct weft_timer *t = make(offsetof(struct weft_timer, f) + sizeof t->f, ns);
    t->f.fn = fn;
    t->f.arg = arg;
    t->f.made_at = __builtin_return_address(0);
    t->lock = &t->f.own_lock;
    struct w_m *m = w_enter();
    w_need_sysmon(m);
    t->run = w_sched.run_id;
    settle(m, t);
    w_leave(m);
    return t;
}

weft_chan *weft_timer_chan(weft_timer *t) { return t->chan; }

/* u1. */
static struct w_m *have(struct weft_timer *t)
{
    struct w_m *m = w_enter();
    if (!t->chan)
        w_need_sysmon(m); /* its goroutine may be this run's second */
    w_spin_lock(t->lock);
    same_run(t);
    return m;
}

static void let_go(struct w_m *m, struct weft_timer *t)
{
    w_spin_unlock(t->lock);
    w_leave(m);
}

/* u2: nothing is pending any more. Was it? */
static bool disarm(struct weft_timer *t)
{
    bool pending = t->armed;
    t->armed = false;
    if (t->chan) {
        pending |= au64_load_rlx(&t->chan->len) != 0; /* had */
        au64_store_rlx(&t->chan->len, 0);
    }
    return pending;
}

int weft_timer_stop(weft_timer *t)
{
    if (!t)
        w_panic("time: Stop called on uninitialized Timer");
    struct w_m *m = have(t);
    bool pending = disarm(t);
    settle(m, t);
    let_go(m, t);
    return pending;
}

int weft_timer_reset(weft_timer *t, int64_t ns)
{
    if (!t)
        w_panic("time: Reset called on uninitialized Timer");
    if (ns <= 0 && t->ticker)
        w_panic("non-positive interval for Ticker.Reset");
    int64_t when = after(w_os_now(), ns);
    struct w_m *m = have(t);
    bool pending = disarm(t);
    t->armed = true;
    t->when = when;
    if (t->ticker)
        t->c.period = ns;
    settle(m, t);
    let_go(m, t);
    return pending;
}

void weft_timer_free(weft_timer *t)
{
    uint32_t n = 0;
    if (!t)
        return;
    if (!w_self() && !au32_load_acq(&w_active)) { /* no run is on, so no heap has it */
        w_user_free(t);
        return;
    }
    for (;; w_backoff(&n)) {
        struct w_m *m = have(t);
        disarm(t);
        settle(m, t);
        bool firing = au32_load_acq(&t->alarm.state) != W_TIMER_IDLE;
        let_go(m, t);
        if (!firing)
            break;
    }
    w_user_free(t);
}
