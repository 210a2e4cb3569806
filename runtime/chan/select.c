/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Select, and the channel operations with a deadline, which are selects of one case. chan.h has the protocol.
 *
 * Three passes, as Go 1.22 select.go selectgo: look at the cases in random order; none: wait on all; woken: take the
 * other waiters out. The first look reads hints without locks and takes one channel's lock at a time, so a select that finds a
 * ready case pays for that channel alone; only to wait, or to say that nothing is ready, are all locked, in address order.
 * On the goroutine's stack up to 8 cases, else from the run's small objects.
 */
#include "chan/chan.h"

#include <errno.h>

enum { ON_STACK = 8, MAX_CASES = 65535 };

struct frame {
    struct w_sel s;
    struct w_timer timer;
    struct weft_case *cases;
    struct w_waiter *waiter; /* n */
    uint16_t *poll, *lock;   /* n: orders */
    uint32_t n, nlock;       /* lock: non-NULL channels, sorted, each once */
    char *mem;               /* what a large one takes, or NULL */
    size_t bytes;
};

/* Entered. No way back to who would free it. */
static w_cold _Noreturn void panic_closed(struct w_m *m, struct frame *f)
{
    if (f->mem)
        w_small_free(m, f->mem, f->bytes);
    w_chan_panic_closed(m);
}

/* ---- orders ---- */

static void poll_order(struct w_m *m, struct frame *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t j = w_rand_below(&m->p->rand, i + 1);
        f->poll[i] = f->poll[j];
        f->poll[j] = (uint16_t)i;
    }
}

static weft_chan *at(const struct frame *f, uint32_t i) { return f->cases[f->lock[i]].chan; }

static void sift(struct frame *f, uint32_t i, uint32_t n)
{
    for (uint32_t k; (k = 2 * i + 1) < n; i = k) {
        if (k + 1 < n && (uintptr_t)at(f, k + 1) > (uintptr_t)at(f, k))
            k++;
        if ((uintptr_t)at(f, k) <= (uintptr_t)at(f, i))
            return;
        uint16_t t = f->lock[i];
        f->lock[i] = f->lock[k];
        f->lock[k] = t;
    }
}

/* Heap sort: no recursion, no memory. Then each channel once. */
static void lock_order(struct frame *f)
{
    uint32_t n = 0, u = 0;
    for (uint32_t i = 0; i < f->n; i++)
        if (f->cases[i].chan)
            f->lock[n++] = (uint16_t)i;
    for (uint32_t i = n / 2; i-- > 0;)
        sift(f, i, n);
    for (uint32_t i = n; i-- > 1;) {
        uint16_t t = f->lock[0];
        f->lock[0] = f->lock[i];
        f->lock[i] = t;
        sift(f, 0, i);
    }
    for (uint32_t i = 0; i < n; i++)
        if (u == 0 || at(f, i) != at(f, u - 1))
            f->lock[u++] = f->lock[i];
    f->nlock = u;
}

/*
 * Have all, in order. One that is another P's must be revoked, which takes leaving the section with nothing held: so all are let
 * go, and it starts over; an own one is nobody else's until the section ends. Returns the M to go on with.
 */
static struct w_m *have_all(struct w_m *m, struct frame *f)
{
    for (uint32_t i = 0; i < f->nlock; i++) {
        if (w_chan_try_have(m, at(f, i)) != W_HAD_OTHERS)
            continue;
        weft_chan *blocks = at(f, i);
        while (i-- > 0)
            w_chan_let_go(m, at(f, i));
        w_leave(m);
        w_chan_revoke(blocks);
        m = w_enter(); /* and i is UINT32_MAX: from the start */
    }
    return m;
}

static void let_all_go(struct w_m *m, struct frame *f, const weft_chan *but)
{
    for (uint32_t i = f->nlock; i-- > 0;)
        if (at(f, i) != but)
            w_chan_let_go(m, at(f, i));
}

/* ---- the first pass ---- */

static bool looks_ready(const struct weft_case *k)
{
    const weft_chan *c = k->chan; /* hints all; the lock decides */
    if (!c)
        return false;
    uint64_t len = au64_load_rlx(&c->len);
    if (au32_load_rlx(&c->closed))
        return true;
    if (k->dir == WEFT_DIR_SEND)
        return len < c->cap || aptr_load_rlx(&c->recvq);
    return len > 0 || aptr_load_rlx(&c->sendq) || w_chan_is_timer(c); /* a timer's: having it tells */
}

/* The channel is had: do it if possible (then it is let go). A send on a closed channel: lets nothing go, *closed. */
static bool do_now(struct w_m *m, struct weft_case *k, struct w_waiter **who, bool *closed)
{
    if (k->dir == WEFT_DIR_RECV)
        return w_chan_recv_now(m, k->chan, k->elem, &k->ok, who);
    *closed = au32_load_rlx(&k->chan->closed); /* had */
    return !*closed && w_chan_send_now(m, k->chan, k->elem, who);
}

/* One at a time. The index, or -1. */
static int try_each(struct w_m **mp, struct frame *f)
{
    struct w_m *m = *mp;
    for (uint32_t i = 0; i < f->n; i++) {
        struct weft_case *k = &f->cases[f->poll[i]];
        struct w_waiter *who = NULL;
        bool closed = false;
        if (!looks_ready(k))
            continue;
        *mp = m = w_chan_have(m, k->chan);
        if (do_now(m, k, &who, &closed)) {
            if (who)
                w_ready(m, w_chan_waiter_g(who));
            return f->poll[i];
        }
        w_chan_let_go(m, k->chan);
        if (closed)
            panic_closed(m, f);
    }
    return -1;
}

/* All had: as try_each, and with -1 all stay so. */
static int try_locked(struct w_m *m, struct frame *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        struct weft_case *k = &f->cases[f->poll[i]];
        struct w_waiter *who = NULL;
        bool closed = false;
        if (!k->chan)
            continue;
        bool done = do_now(m, k, &who, &closed);
        if (!done && !closed)
            continue;
        let_all_go(m, f, done ? k->chan : NULL);
        if (closed)
            panic_closed(m, f);
        if (who)
            w_ready(m, w_chan_waiter_g(who));
        return f->poll[i];
    }
    return -1;
}

/* ---- waiting ---- */

static void expire(struct w_timer *t, void *m)
{
    struct frame *f = w_container_of(t, struct frame, timer);
    struct w_g *g = f->s.g;
    uint32_t open = 0;
    bool mine = au32_cas_acqrel(&f->s.decided, &open, 1); /* [select] k2 */
    if (mine) {
        f->s.index = SEL_TIMEOUT;
        w_spin_lock(&f->s.gate); /* [select] k5 */
    }
    w_timer_done(t);
    if (mine)
        w_ready_due(m, g);
}

static void enqueue_all(struct w_m *m, struct frame *f)
{
    f->s.g = m->g;
    for (uint32_t i = 0; i < f->n; i++) { /* in the order of the looks: of cases of one channel the first in its queue is chosen */
        struct weft_case *k = &f->cases[f->poll[i]];
        struct w_waiter *w = &f->waiter[f->poll[i]];
        if (!k->chan)
            continue;
        w->g = m->g;
        w->elem = k->elem;
        w->obj = &f->s;
        w->index = f->poll[i];
        if (k->dir == WEFT_DIR_SEND)
            w_chan_enqueue(&k->chan->sendq, w);
        else
            w_chan_enqueue(&k->chan->recvq, w);
        if (w_unlikely(w_chan_is_timer(k->chan)))
            w_timer_settle(m, k->chan);
    }
}

static struct w_m *dequeue_all(struct w_m *m, struct frame *f)
{
    for (uint32_t i = 0; i < f->n; i++) {
        struct weft_case *k = &f->cases[i];
        struct w_waiter *w = &f->waiter[i];
        if (!k->chan || i == f->s.index) /* that one is out (k1), and who served it may have freed the channel since */
            continue;
        m = w_chan_have(m, k->chan);
        if (w->flags & W_WAITER_QUEUED) { /* had */
            if (k->dir == WEFT_DIR_SEND)
                w_chan_unlink(&k->chan->sendq, w);
            else
                w_chan_unlink(&k->chan->recvq, w);
            if (w_unlikely(w_chan_is_timer(k->chan)))
                w_timer_settle(m, k->chan);
        }
        w_chan_let_go(m, k->chan);
    }
    return m;
}

/* Entered, all had, nothing ready. Left on return. */
static int wait_all(struct w_m *m, struct frame *f, enum w_reason reason, int64_t deadline)
{
    m->g->ret = 0;
    w_spin_lock(&f->s.gate); /* [select] t1 */
    enqueue_all(m, f);
    let_all_go(m, f, NULL);
    if (deadline != WEFT_NEVER) {
        f->timer.when = deadline;
        f->timer.fire = expire;
        w_timers_add(&m->p->timers, &f->timer);
    }
    w_park_here(m, reason, &f->s.gate);
    if (deadline != WEFT_NEVER)
        w_timers_del(&f->timer);
    w_leave(dequeue_all(w_enter(), f));
    if (f->s.index == SEL_TIMEOUT)
        return -ETIMEDOUT;
    if (f->s.ok < 0)
        panic_closed(w_enter(), f);
    f->cases[f->s.index].ok = f->s.ok;
    return (int)f->s.index;
}

/* f->n > 0. block: wait for one. */
static int run(struct frame *f, bool block, enum w_reason reason, int64_t deadline)
{
    struct w_m *m = w_enter();
    poll_order(m, f);
    int i = try_each(&m, f);
    if (i < 0) {
        lock_order(f);
        m = have_all(m, f);
        i = try_locked(m, f);
        if (i < 0) {
            if (block && (deadline == WEFT_NEVER || deadline > w_os_now()))
                return wait_all(m, f, reason, deadline);
            let_all_go(m, f, NULL);
            i = block ? -ETIMEDOUT : -EAGAIN;
        }
    }
    w_leave(m);
    return i;
}

static int select_on_stack(struct weft_case *cases, size_t n, bool block, enum w_reason reason, int64_t deadline)
{
    struct w_waiter waiter[ON_STACK];
    uint16_t order[2 * ON_STACK];
    struct frame f = {.cases = cases, .n = (uint32_t)n, .waiter = waiter, .poll = order, .lock = order + ON_STACK};
    return run(&f, block, reason, deadline);
}

static int select_large(struct weft_case *cases, size_t n, bool block, enum w_reason reason, int64_t deadline)
{
    size_t bytes = n * (sizeof(struct w_waiter) + 2 * sizeof(uint16_t));
    if (n > MAX_CASES)
        w_panic("reflect.Select: too many cases (max 65535)");
    struct w_m *m = w_enter();
    char *mem = w_small_alloc(m, bytes);
    w_leave(m);
    if (!mem)
        weft_fatal("out of memory");
    struct frame f = {.cases = cases, .n = (uint32_t)n, .waiter = (struct w_waiter *)(void *)mem, .mem = mem, .bytes = bytes};
    f.poll = (uint16_t *)(void *)(mem + n * sizeof(struct w_waiter));
    f.lock = f.poll + n;
    int i = run(&f, block, reason, deadline);
    m = w_enter();
    w_small_free(m, mem, bytes);
    w_leave(m);
    return i;
}

static int select_any(struct weft_case *cases, size_t n, bool block, enum w_reason reason, int64_t deadline)
{
    return (n <= ON_STACK ? select_on_stack : select_large)(cases, n, block, reason, deadline);
}

/* ---- public ---- */

/* No case can ever go on: until the deadline, if there is one. */
static int wait_for_nothing(enum w_reason reason, int64_t deadline)
{
    if (deadline == WEFT_NEVER)
        w_park_here(w_enter(), reason, NULL);
    int64_t now = w_os_now();
    if (deadline > now)
        weft_sleep(deadline - now);
    return -ETIMEDOUT;
}

int weft_select(struct weft_case *cases, size_t n)
{
    return n ? select_any(cases, n, true, W_REASON_SELECT, WEFT_NEVER) : wait_for_nothing(W_REASON_SELECT_NONE, WEFT_NEVER);
}

int weft_try_select(struct weft_case *cases, size_t n)
{
    return n ? select_any(cases, n, false, W_REASON_SELECT, WEFT_NEVER) : -EAGAIN;
}

int weft_select_until(struct weft_case *cases, size_t n, int64_t deadline)
{
    return n ? select_any(cases, n, true, W_REASON_SELECT, deadline) : wait_for_nothing(W_REASON_SELECT_NONE, deadline);
}

int weft_chan_send_until(weft_chan *c, const void *elem, int64_t deadline)
{
    struct weft_case k = {c, WEFT_DIR_SEND, (void *)(uintptr_t)elem, 0};
    int i = c ? select_any(&k, 1, true, W_REASON_CHAN_SEND, deadline) : wait_for_nothing(W_REASON_CHAN_SEND_NIL, deadline);
    return i < 0 ? i : 0;
}

int weft_chan_recv_until(weft_chan *c, void *elem, int64_t deadline)
{
    struct weft_case k = {c, WEFT_DIR_RECV, elem, 0};
    int i = c ? select_any(&k, 1, true, W_REASON_CHAN_RECV, deadline) : wait_for_nothing(W_REASON_CHAN_RECV_NIL, deadline);
    return i < 0 ? i : k.ok;
}
