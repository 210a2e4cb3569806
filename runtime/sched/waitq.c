/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues of waiters inside sync objects: first in, first out, doubly linked, under the queue's spin lock (rank waiters).
 *
 * A queue remembers the run whose waiters it holds. When that run has ended they no longer exist, so the first locker of a
 * later run empties it: ending a run touches no user's memory.
 * Waits with a deadline: the timer's callback takes the waiter out under the queue's lock; whoever takes it out decides the
 * result, once. The waiting frame is left only after w_timers_del, that is after the callback's last touch. [timer]
 */
#include "sched/switch.h"

#include <errno.h>

void w_waitq_lock(struct weft_waitq_ *q)
{
    w_spin_lock((au32 *)&q->lock_);
    if (w_unlikely(q->run_ != w_sched.run_id)) {
        q->run_ = w_sched.run_id;
        q->head_ = q->tail_ = NULL;
    }
}

void w_waitq_push(struct weft_waitq_ *q, struct w_waiter *w)
{
    struct w_waiter *tail = q->tail_;
    w->g = w_self()->g;
    w->g->ret = 0;
    w->obj = q;
    w->next = NULL;
    w->prev = tail;
    if (tail)
        tail->next = w;
    else
        q->head_ = w;
    q->tail_ = w;
}

void w_waitq_push_front(struct weft_waitq_ *q, struct w_waiter *w)
{
    struct w_waiter *head = q->head_;
    w->g = w_self()->g;
    w->g->ret = 0;
    w->obj = q;
    w->prev = NULL;
    w->next = head;
    if (head)
        head->prev = w;
    else
        q->tail_ = w;
    q->head_ = w;
}

void w_waitq_remove(struct weft_waitq_ *q, struct w_waiter *w)
{
    if (w->prev)
        w->prev->next = w->next;
    else
        q->head_ = w->next;
    if (w->next)
        w->next->prev = w->prev;
    else
        q->tail_ = w->prev;
    w->obj = NULL;
}

struct w_waiter *w_waitq_pop(struct weft_waitq_ *q)
{
    struct w_waiter *w = q->head_;
    if (w)
        w_waitq_remove(q, w);
    return w;
}

struct timed {
    struct w_timer timer;
    struct weft_waitq_ *q;
    au32 *lock; /* q's: its own, or another (w_waitq_wait_on) */
    struct w_waiter *w;
};

static void expire(struct w_timer *t, void *mp)
{
    struct timed *x = w_container_of(t, struct timed, timer);
    struct w_g *g = x->w->g;
    w_spin_lock(x->lock); /* q is of this run: no w_waitq_lock */
    bool mine = x->w->obj != NULL;
    if (mine) {
        w_waitq_remove(x->q, x->w);
        g->ret = -ETIMEDOUT;
    }
    w_spin_unlock(x->lock);
    w_timer_done(t);
    if (mine)
        w_ready_due(mp, g);
}

intptr_t w_waitq_wait(struct w_m *m, struct weft_waitq_ *q, struct w_waiter *w, enum w_reason reason, int64_t deadline)
{
    return w_waitq_wait_on(m, q, (au32 *)&q->lock_, w, reason, deadline);
}

intptr_t w_waitq_wait_on(struct w_m *m, struct weft_waitq_ *q, au32 *lock, struct w_waiter *w, enum w_reason reason, int64_t deadline)
{
    if (deadline == WEFT_NEVER)
        return w_park_here(m, reason, lock);
    if (deadline <= w_os_now()) { /* no need to wait for who looks at deadlines */
        w_waitq_remove(q, w);
        w_spin_unlock(lock);
        w_leave(m);
        return -ETIMEDOUT;
    }
    struct timed x = {.timer = {.when = deadline, .fire = expire}, .q = q, .lock = lock, .w = w};
    w_timers_add(&m->p->timers, &x.timer); /* rank: a timer's callback takes q's lock only after the heap's is free */
    intptr_t ret = w_park_here(m, reason, lock);
    w_timers_del(&x.timer);
    return ret;
}
