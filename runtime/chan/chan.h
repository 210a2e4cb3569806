/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel's insides, for chan.c and select.c.
 *
 * Who may touch a channel: a P in its section that has the channel. `owner` says how it is had: by the spin lock (rank waiters;
 * select takes several in address order), or, once one P has used it 64 times in a row, by that P without any lock. The
 * atomic fields are also read by anyone, as hints for select and for weft_chan_len.
 *
 *   Owner P (in its section)                         Another P
 *   b1 owner == its token (relaxed): go on           r1 owner is another's token: leave its own section
 *   b2 … the operation; a park's switch carries      r2 visit the owner (owner.h: its section and this exclude each other)
 *      no lock, only the end of the section          r3 owner = shared (release), streak far below 0; end the visit
 *                                                    r4 enter, lock, see owner == shared (acquire), go on
 *   Becoming biased: with the lock held and owner == shared, owner = token, then the lock is freed. Who gets the lock next looks at
 *   owner again, and comes to r1.
 *   Excluded: two Ps in one channel. b1 sees the token only before r3 or after its own section began, and r3 is no part of any
 *   section of the owner's; r4's locker sees shared only when nobody is biased. [bias]
 *   Why: with two locked instructions a message, stores that miss the cache are waited for at each. Measured here: see
 *   HACKING.md. A revoked channel is biased again only after a million uses that each followed one of the same P's, so a
 *   shared one pays for few visits (3-8 µs each).
 *   The token holds the run's number too: a channel left over from another run looks like nobody's, and its queues are emptied.
 *   Two owners are special, and const: W_OWNER_LOCK, a channel that is always had by its lock (a context's, which is closed with
 *   other locks held), and W_OWNER_TIMER, likewise, a timer's. No leaf takes them; who has one for the first time in a run
 *   empties its queue; a timer's is fed by whoever has it (time/timer.c).
 *
 * A waiter is either plain (obj NULL, in its G: the G waits for this alone) or one case of a select (obj is the select's
 * frame). Taking a plain waiter out of the queue decides it. A select's waiter counts only for the one who turns the frame's
 * `decided` from 0 to 1; a loser drops it and looks at the next.
 *
 *   Selector                                        Waker, holding one of the channels' locks
 *   t1 lock all; nothing ready: gate = 1 (its own)  k1 take the waiter out of the queue
 *   t2 queue a waiter on each                       k2 decided: 0 → 1 (acq_rel), else k1 with the next
 *   t3 unlock all                                   k3 copy the value, write index and ok into the frame
 *   t4 switch; the target stores gate = 0           k4 unlock the channel
 *                                                   k5 lock the gate: the selector has left its stack; make it runnable
 *   Excluded: running the selector while it still unlocks or switches (k5 waits for t4); two wakers for one select (k2). The
 *   frame stays until the selector, woken, has taken its other waiters out of each channel. "Lock" and "unlock" mean to have a
 *   channel and to let it go: a biased one is had for the rest of the section. A deadline's timer is one more waker (k2, k5). [select]
 */
#ifndef W_CHAN_H
#define W_CHAN_H

#include <string.h>

#include "sched/fast.h"

struct weft_chan {
    au32 lock;
    au32 owner;              /* a P's token, or w_sched.shared; another run's is nobody's [bias]; or W_OWNER_ */
    au32 closed;
    uint32_t elem;           /* bytes; const */
    au64 len;
    uint64_t cap;            /* const */
    aptr recvq, sendq;       /* first waiters; a first waiter's prev is the last */
    uint32_t last;           /* token of the P that had the lock last; W_OWNER_LOCK: the run */
    int32_t streak;          /* how often in a row; below 0 after a revocation, and then others do not set it back */
    uint64_t recvx, sendx;   /* from here on an unbuffered channel touches nothing: one cache line */
    void *mem;               /* what malloc gave, or the timer; const */
    _Alignas(16) unsigned char buf[];
};

#ifndef W_BIAS_SOON
#define W_BIAS_SOON 0 /* tests build with 1, so that a few operations bias a channel, and again */
#endif
enum { W_WAITER_QUEUED = 1, W_BIAS_AFTER = W_BIAS_SOON ? 3 : 64, W_BIAS_AGAIN = W_BIAS_SOON ? 4 : 1 << 20 };
enum { W_OWNER_NEW, W_OWNER_LOCK, W_OWNER_TIMER, W_OWNERS }; /* below any token: those begin at 1 << 9 */

struct w_sel {
    au32 decided;            /* [select] k2 */
    au32 gate;               /* [select] t4, k5 */
    struct w_g *g;
    uint32_t index;          /* of the case that was chosen: k3; SEL_TIMEOUT */
    int ok;                  /* 1 a value, 0 closed while receiving, -1 closed while sending */
};
enum { SEL_TIMEOUT = UINT32_MAX };

/* Have the channel, whatever it takes: with its lock, or because it is biased to this P. Nothing else may be held. The section may
 * have been left meanwhile: go on with the M returned. */
struct w_m *w_chan_have(struct w_m *m, weft_chan *c);
/* The channel is another P's: end that. Not entered, nothing held. */
void w_chan_revoke(weft_chan *c);

enum w_had { W_HAD_OTHERS, W_HAD_OWN, W_HAD_LOCKED };
/* One try, for select, which may hold other channels: does not revoke. Entered. */
enum w_had w_chan_try_have(struct w_m *m, weft_chan *c);

/* A timer's channel, had: put a value that is due into it (w_timer_look), or follow a change of its queue (w_timer_settle). */
void w_timer_look(weft_chan *c);
void w_timer_settle(struct w_m *m, weft_chan *c);
static inline bool w_chan_is_timer(const weft_chan *c) { return au32_load_rlx(&c->owner) == W_OWNER_TIMER; /* const if so */ }

static inline bool w_chan_is_own(const struct w_m *m, const weft_chan *c)
{
    return au32_load_rlx(&c->owner) == m->p->token; /* [bias] b1 */
}
static inline void w_chan_let_go(struct w_m *m, weft_chan *c)
{
    if (!w_chan_is_own(m, c))
        w_spin_unlock(&c->lock);
}
/* What the switch releases when the G parks on c. */
static inline au32 *w_chan_commit(struct w_m *m, weft_chan *c) { return w_chan_is_own(m, c) ? &m->nolock : &c->lock; }

static inline void w_chan_enqueue(aptr *head, struct w_waiter *w)
{
    struct w_waiter *h = aptr_load_rlx(head); /* had, here and below */
    w->flags = W_WAITER_QUEUED;
    w->next = NULL;
    if (h) {
        struct w_waiter *t = h->prev;
        t->next = w;
        w->prev = t;
        h->prev = w;
    } else {
        w->prev = w;
        aptr_store_rlx(head, w);
    }
}

static inline void w_chan_unlink(aptr *head, struct w_waiter *w)
{
    struct w_waiter *h = aptr_load_rlx(head), *n = w->next;
    w->flags = 0;
    if (w == h) {
        if (n)
            n->prev = w->prev;
        aptr_store_rlx(head, n);
    } else {
        w->prev->next = n;
        (n ? n : h)->prev = w->prev;
    }
}

/* k1, k2: the first waiter that is still to be had. */
static inline struct w_waiter *w_chan_dequeue(aptr *head)
{
    struct w_waiter *w;
    while ((w = aptr_load_rlx(head))) {
        w_chan_unlink(head, w);
        uint32_t open = 0;
        if (w_likely(!w->obj) || au32_cas_acqrel(&((struct w_sel *)w->obj)->decided, &open, 1)) /* [select] k2 */
            break;
    }
    return w;
}

static inline void w_chan_copy(void *to, const void *from, uint32_t size)
{
    if (w_likely(size == 8))
        memcpy(to, from, 8);
    else if (size == 4)
        memcpy(to, from, 4);
    else if (size)
        memcpy(to, from, size);
}

/* The rest of k3, the channel still had: tell the waiter how it went. */
static inline void w_chan_tell(struct w_waiter *w, int ok, intptr_t plain)
{
    struct w_sel *s = w->obj;
    if (w_likely(!s)) {
        w->g->ret = plain;
    } else {
        s->index = w->index;
        s->ok = ok;
    }
}
/* k5, the channel let go: the G, which may now be made runnable. Entered. */
static inline struct w_g *w_chan_waiter_g(struct w_waiter *w)
{
    struct w_sel *s = w->obj;
    if (w_unlikely(s != NULL))
        w_spin_lock(&s->gate); /* [select] k5 */
    return w->g;
}

/* The operations on a channel that is had, if they can go on at once: true, and it is let go; *who: to be made runnable. */
bool w_chan_send_now(struct w_m *m, weft_chan *c, const void *elem, struct w_waiter **who);
bool w_chan_recv_now(struct w_m *m, weft_chan *c, void *elem, int *ok, struct w_waiter **who);
_Noreturn void w_chan_panic_closed(struct w_m *m); /* entered */
/* Had: close it and add its waiters, told, to the list that ends at *end; returns the new end. The list is for w_chan_ready_all. */
struct w_waiter **w_chan_close_had(weft_chan *c, struct w_waiter **end);
void w_chan_ready_all(struct w_m *m, struct w_waiter *all); /* entered, nothing held */

#endif
