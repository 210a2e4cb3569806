/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: send, receive, close. chan.h has the structure and the protocol with select.
 *
 * A value goes from the sender's memory to the receiver's own, or by way of the ring of a buffered channel, in the order in
 * which operations had the channel, which is where each takes effect. A blocked side's lock is released by the switch.
 * Wake-ups happen after the unlock. The peer that is woken becomes this P's runnext.
 * Source: Go 1.22 chan.go (chansend, chanrecv, closechan): same cases in the same order.
 */
#include "chan/chan.h"

#include <errno.h>

#define MAX_BYTES ((uint64_t)1 << 47)

weft_chan *weft_chan_new(size_t elem_size, ptrdiff_t capacity)
{
    uint64_t bytes;
    if (capacity < 0 || elem_size > UINT32_MAX || __builtin_mul_overflow((uint64_t)capacity, (uint64_t)elem_size, &bytes) ||
        bytes > MAX_BYTES)
        w_panic("makechan: size out of range");
    char *mem = w_user_alloc(sizeof(weft_chan) + (size_t)bytes + 48); /* malloc's cache is several times faster than posix_memalign */
    weft_chan *c = (weft_chan *)(((uintptr_t)mem + 48) & ~(uintptr_t)63); /* malloc aligns to 16 */
    memset(c, 0, sizeof *c);
    c->mem = mem;
    c->elem = (uint32_t)elem_size;
    c->cap = (uint64_t)capacity;
    return c;
}

void weft_chan_free(weft_chan *c)
{
    if (c)
        w_user_free(c->mem);
}

size_t weft_chan_len(const weft_chan *c) { return c && !w_chan_is_timer(c) ? (size_t)au64_load_rlx(&c->len) : 0; /* a snapshot */ }
size_t weft_chan_cap(const weft_chan *c) { return c && !w_chan_is_timer(c) ? (size_t)c->cap : 0; }

void w_chan_panic_closed(struct w_m *m)
{
    w_leave(m);
    w_panic("send on closed channel");
}


/* ---- the ring of a buffered channel: had ---- */

static inline void ring_put(weft_chan *c, const void *elem)
{
    w_chan_copy(c->buf + c->sendx * c->elem, elem, c->elem);
    c->sendx = c->sendx + 1 == c->cap ? 0 : c->sendx + 1;
}

static inline void ring_take(weft_chan *c, void *elem)
{
    if (elem)
        w_chan_copy(elem, c->buf + c->recvx * c->elem, c->elem);
    c->recvx = c->recvx + 1 == c->cap ? 0 : c->recvx + 1;
}

/* ---- what can be done at once ---- */

w_inline bool send_now(struct w_m *m, weft_chan *c, const void *elem, struct w_waiter **who)
{
    struct w_waiter *w = w_chan_dequeue(&c->recvq);
    if (w) {
        if (w->elem)
            w_chan_copy(w->elem, elem, c->elem);
        w_chan_tell(w, 1, 1);
        w_chan_let_go(m, c);
        *who = w;
        return true;
    }
    uint64_t len = au64_load_rlx(&c->len); /* had */
    if (len == c->cap)
        return false;
    ring_put(c, elem);
    au64_store_rlx(&c->len, len + 1);
    w_chan_let_go(m, c);
    return true;
}

w_inline bool recv_now(struct w_m *m, weft_chan *c, void *elem, int *ok, struct w_waiter **who)
{
    struct w_waiter *w = w_chan_dequeue(&c->sendq);
    *ok = 1;
    if (w) {
        if (c->cap == 0) {
            if (elem)
                w_chan_copy(elem, w->elem, c->elem);
        } else { /* full: the oldest goes out, the sender's value comes in at the end */
            ring_take(c, elem);
            ring_put(c, w->elem);
        }
        w_chan_tell(w, 1, 0);
        w_chan_let_go(m, c);
        *who = w;
        return true;
    }
    uint64_t len = au64_load_rlx(&c->len); /* had */
    if (len) {
        ring_take(c, elem);
        au64_store_rlx(&c->len, len - 1);
        w_chan_let_go(m, c);
        return true;
    }
    if (!au32_load_rlx(&c->closed))
        return false;
    w_chan_let_go(m, c);
    *ok = 0;
    if (elem)
        memset(elem, 0, c->elem);
    return true;
}

bool w_chan_send_now(struct w_m *m, weft_chan *c, const void *elem, struct w_waiter **who) { return send_now(m, c, elem, who); }
bool w_chan_recv_now(struct w_m *m, weft_chan *c, void *elem, int *ok, struct w_waiter **who)
{
    return recv_now(m, c, elem, ok, who);
}

/* ---- blocking ---- */

w_inline void wait_plain(struct w_m *m, void *elem, aptr *head)
{
    struct w_waiter *w = &m->g->w;
    w->g = m->g;
    w->elem = elem;
    w->obj = NULL;
    w_chan_enqueue(head, w);
}

/* Any case; the leaf bodies below come here for whatever is not usual. */
static w_noinline W_REALIGN struct w_out send_any(weft_chan *c, const void *elem)
{
    struct w_m *m = w_enter();
    struct w_waiter *who = NULL;
    if (w_unlikely(!c))
        return w_park(m, W_REASON_CHAN_SEND_NIL, NULL);
    m = w_chan_have(m, c);
    if (w_unlikely(au32_load_rlx(&c->closed))) { /* had */
        w_chan_let_go(m, c);
        w_chan_panic_closed(m);
    }
    if (send_now(m, c, elem, &who)) {
        if (who)
            w_ready(m, w_chan_waiter_g(who));
        return w_done(m, 0);
    }
    wait_plain(m, (void *)(uintptr_t)elem, &c->sendq);
    return w_park(m, W_REASON_CHAN_SEND, w_chan_commit(m, c));
}

static w_noinline W_REALIGN struct w_out recv_any(weft_chan *c, void *elem)
{
    struct w_m *m = w_enter();
    struct w_waiter *who = NULL;
    int ok;
    if (w_unlikely(!c))
        return w_park(m, W_REASON_CHAN_RECV_NIL, NULL);
    m = w_chan_have(m, c);
    if (recv_now(m, c, elem, &ok, &who)) {
        if (who)
            w_ready(m, w_chan_waiter_g(who));
        return w_done(m, ok);
    }
    wait_plain(m, elem, &c->recvq);
    if (w_unlikely(w_chan_is_timer(c)))
        w_timer_settle(m, c);
    return w_park(m, W_REASON_CHAN_RECV, w_chan_commit(m, c));
}

/*
 * The usual cases, as leaves: a function that calls nothing keeps nothing on the stack. What is not usual (a foreign thread, a
 * visitor, a contended lock, a select's waiter, an element that is not 8 bytes, an empty ring, the 61st round) undoes the lock and
 * tail-calls the general body, which starts over; entering the section twice is harmless. Measured here, before the bias:
 * 31 → 25 ns a ping-pong round trip.
 */
#define SLOW_IF(cond, slow) \
    do {                    \
        if (w_unlikely(cond)) \
            return slow;    \
    } while (0)
#define SLOW_UNLOCK_IF(cond, slow)      \
    do {                                \
        if (w_unlikely(cond)) {         \
            if (locked)                 \
                w_spin_unlock(&c->lock);\
            return slow;                \
        }                               \
    } while (0)

/* Had without a lock, or with the lock (*locked), or not had: false. */
w_inline bool have_leaf(weft_chan *c, struct w_p *p, bool *locked)
{
    *locked = au32_load_rlx(&c->owner) != p->token; /* [bias] b1 */
    if (!*locked)
        return true;
    if (!w_spin_try(&c->lock))
        return false;
    if (w_likely(au32_load_acq(&c->owner) == w_sched.shared && c->last == p->token && c->streak < W_BIAS_AFTER - 1)) { /* [bias] r4 */
        c->streak++;
        return true;
    }
    w_spin_unlock(&c->lock);
    return false;
}

/* The plain waiter w gets ret and becomes runnext, which is empty; the channel's lock is freed. */
w_inline void wake_plain(weft_chan *c, bool locked, struct w_m *m, struct w_p *p, struct w_waiter *w, intptr_t ret)
{
    struct w_g *g = w_container_of(w, struct w_g, w); /* plain: not loaded, so that the line comes along with the waiter's */
    if (locked)
        w_spin_unlock(&c->lock);
    g->ret = ret;
    w_g_set(g, W_G_RUNNABLE, W_REASON_NONE);
    aptr_store_rlx(&p->runnext, g); /* owner's */
    __builtin_prefetch(g->sp);
    m->g->next = g; /* unused while it runs: whom it woke last, and is likely to wake again */
    __builtin_prefetch(g->next);
    __builtin_prefetch((char *)g->next + 64);
}

/* Nothing to do but wait, and `next` can be switched to: the hot half of w_park. */
w_inline struct w_out wait_leaf(weft_chan *c, bool locked, struct w_m *m, struct w_g *g, struct w_g *next, enum w_reason reason)
{
    struct w_p *p = m->p;
    w_g_set(g, W_G_WAITING, reason);
    g->parked_at = p->now;
    m->commit = locked ? &c->lock : &m->nolock;
    au64_bump(&p->n.parks, 1);
    return (struct w_out){next, {.m = m}};
}

W_ENTRY_LEAF(void, weft_chan_send, (weft_chan * c, const void *elem), (c, elem))
struct w_out weft_chan_send_body(weft_chan *c, const void *elem)
{
    struct w_m *m = w_self();
    SLOW_IF(!c || !m, send_any(c, elem));
    struct w_p *p = m->p;
    struct w_g *g = m->g;
    SLOW_IF(!w_enter_leaf(p, g), send_any(c, elem));
    bool locked;
    SLOW_IF(!have_leaf(c, p, &locked), send_any(c, elem));
    SLOW_UNLOCK_IF(au32_load_rlx(&c->closed) || c->elem != 8, send_any(c, elem));
    struct w_waiter *w = aptr_load_rlx(&c->recvq); /* had */
    if (w) {
        SLOW_UNLOCK_IF(w->obj || !w->elem || aptr_load_rlx(&p->runnext) || au32_load_rlx(&p->stood), send_any(c, elem));
        w_chan_unlink(&c->recvq, w);
        memcpy(w->elem, elem, 8);
        wake_plain(c, locked, m, p, w, 1);
        return w_done(m, 0);
    }
    uint64_t len = au64_load_rlx(&c->len); /* had */
    if (len < c->cap) {
        memcpy(c->buf + c->sendx * 8, elem, 8);
        c->sendx = c->sendx + 1 == c->cap ? 0 : c->sendx + 1;
        au64_store_rlx(&c->len, len + 1);
        if (locked)
            w_spin_unlock(&c->lock);
        return w_done(m, 0);
    }
    struct w_g *next = w_take_leaf(p);
    SLOW_UNLOCK_IF(!next, send_any(c, elem));
    wait_plain(m, (void *)(uintptr_t)elem, &c->sendq);
    return wait_leaf(c, locked, m, g, next, W_REASON_CHAN_SEND);
}

W_ENTRY_LEAF(int, weft_chan_recv, (weft_chan * c, void *elem), (c, elem))
struct w_out weft_chan_recv_body(weft_chan *c, void *elem)
{
    struct w_m *m = w_self();
    SLOW_IF(!c || !elem || !m, recv_any(c, elem));
    struct w_p *p = m->p;
    struct w_g *g = m->g;
    SLOW_IF(!w_enter_leaf(p, g), recv_any(c, elem));
    bool locked;
    SLOW_IF(!have_leaf(c, p, &locked), recv_any(c, elem));
    SLOW_UNLOCK_IF(c->elem != 8, recv_any(c, elem));
    struct w_waiter *w = aptr_load_rlx(&c->sendq); /* had */
    uint64_t len = au64_load_rlx(&c->len);
    if (w) {
        SLOW_UNLOCK_IF(w->obj || c->cap || aptr_load_rlx(&p->runnext) || au32_load_rlx(&p->stood), recv_any(c, elem));
        w_chan_unlink(&c->sendq, w);
        memcpy(elem, w->elem, 8);
        wake_plain(c, locked, m, p, w, 0);
        return w_done(m, 1);
    }
    if (len) {
        memcpy(elem, c->buf + c->recvx * 8, 8);
        c->recvx = c->recvx + 1 == c->cap ? 0 : c->recvx + 1;
        au64_store_rlx(&c->len, len - 1);
        if (locked)
            w_spin_unlock(&c->lock);
        return w_done(m, 1);
    }
    SLOW_UNLOCK_IF(au32_load_rlx(&c->closed), recv_any(c, elem));
    struct w_g *next = w_take_leaf(p);
    SLOW_UNLOCK_IF(!next, recv_any(c, elem));
    wait_plain(m, elem, &c->recvq);
    return wait_leaf(c, locked, m, g, next, W_REASON_CHAN_RECV);
}

/* ---- not blocking ---- */

int weft_chan_try_send(weft_chan *c, const void *elem)
{
    struct w_m *m = w_enter();
    struct w_waiter *who = NULL;
    int done = 0;
    if (c) {
        m = w_chan_have(m, c);
        if (w_unlikely(au32_load_rlx(&c->closed))) { /* had */
            w_chan_let_go(m, c);
            w_chan_panic_closed(m);
        }
        done = send_now(m, c, elem, &who);
        if (!done)
            w_chan_let_go(m, c);
        if (who)
            w_ready(m, w_chan_waiter_g(who));
    }
    w_leave(m);
    return done;
}

int weft_chan_try_recv(weft_chan *c, void *elem)
{
    struct w_m *m = w_enter();
    struct w_waiter *who = NULL;
    int ok = -EAGAIN;
    if (c) {
        m = w_chan_have(m, c);
        if (!recv_now(m, c, elem, &ok, &who)) {
            w_chan_let_go(m, c);
            ok = -EAGAIN;
        }
        if (who)
            w_ready(m, w_chan_waiter_g(who));
    }
    w_leave(m);
    return ok;
}

/* ---- close ---- */

/* Locked: tell every waiter of one side, and add them to the list. */
static struct w_waiter **close_side(weft_chan *c, aptr *head, int ok, intptr_t plain, struct w_waiter **end)
{
    struct w_waiter *w;
    while ((w = w_chan_dequeue(head))) {
        if (ok == 0 && w->elem)
            memset(w->elem, 0, c->elem);
        w_chan_tell(w, ok, plain);
        w->next = NULL;
        *end = w;
        end = &w->next;
    }
    return end;
}

struct w_waiter **w_chan_close_had(weft_chan *c, struct w_waiter **end)
{
    au32_store_rlx(&c->closed, 1); /* had */
    end = close_side(c, &c->recvq, 0, 0, end);
    return close_side(c, &c->sendq, -1, W_RET_CLOSED, end);
}

void weft_chan_close(weft_chan *c)
{
    if (!c)
        w_panic("close of nil channel");
    struct w_m *m = w_enter();
    m = w_chan_have(m, c);
    if (au32_load_rlx(&c->closed)) { /* had */
        w_chan_let_go(m, c);
        w_leave(m);
        w_panic("close of closed channel");
    }
    struct w_waiter *all = NULL;
    w_chan_close_had(c, &all);
    w_chan_let_go(m, c);
    w_chan_ready_all(m, all);
    w_leave(m);
}

void w_chan_ready_all(struct w_m *m, struct w_waiter *all)
{
    struct w_g *chain = NULL, **last = &chain;
    while (all) {
        struct w_waiter *w = all;
        all = w->next;
        struct w_g *g = w_chan_waiter_g(w);
#if W_ARCH_COMMITS
        if (g->ret == W_RET_CLOSED) { /* a plain sender: its stack is left, since we had its lock */
            g->ret = 0;
            w_ctx_divert(g->sp, w_ret_closed);
        }
#endif
        g->next = NULL;
        *last = g;
        last = &g->next;
    }
    w_ready_batch(m, chain);
}
