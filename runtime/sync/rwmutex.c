/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read-write mutex: many readers or one writer, neither side starves. On goroutines' own stacks; the slow paths in the
 * owner's section.
 *
 * Owns what. writers_ is a mutex that the writer holds from before it announces itself until after it has let the readers
 * in. state_ has the readers that hold the lock, QUEUED, and WRITER, set by the holder of writers_: it
 * holds the lock, or, while there are readers, waits for it; and how it is used, below. state_ changes by read-modify-write only. The queue, and setting
 * QUEUED (readers wait in it), are under q_.lock_ (rank waiters, never held while writers_'s queue is locked). The queue
 * holds readers, and at its front the one writer that waits for readers to leave, if it has parked.
 *
 *      rlock                                             lock
 *  e1  not WRITER: readers + 1, done       (acquire) x1  lock writers_
 *  e2  q_ locked; WRITER: set QUEUED in the same     x2  set WRITER; readers = 0: done                       (acquire)
 *      operation, push, park; else e1                x3  q_ locked; readers = 0: done; else push in front, park
 *      runlock                                           unlock
 *  f1  not WRITER, or not the last: readers - 1,     y1  nobody QUEUED: clear WRITER                         (release)
 *      done; nothing touches rw after it   (release) y2  q_ locked: take out all n readers; clear WRITER and QUEUED and
 *  f2  q_ locked: readers = 0; the writer, if            add n readers in one operation; unlock; make them ready (release)
 *      parked, is taken out; unlock; ready it        y3  unlock writers_
 *
 * No reader sleeps without a writer: e2 and y1, y2 are operations on one word. e2 first: the unlock sees QUEUED, waits for
 * q_.lock_, which the switch releases, and finds the reader; the unlock first: e2 sees no WRITER. The writer does not sleep
 * without readers: the last reader that sees WRITER leaves under q_.lock_ (f2), where x3 looks: x3 before finds the lock
 * held, parks, and is found; x3 after sees readers = 0. If the last reader left before x2, x2 sees it.
 *
 * Fair: after x2 no reader comes in, so the readers inside run out; y2 lets in every reader that waited before the next
 * writer can have writers_; writers among themselves are as fair as the mutex. Both hand-overs name the new owner, who
 * does nothing on waking.
 *
 * Other runs. What the dead held stays held; what they waited for is undone: WRITER beside readers > 0 was a waiting writer.
 * The dead may also hold writers_ without WRITER. So the first in this run to go for writers_, or to lock q_, puts it right,
 * and says so in run_ (under q_.lock_, read without).
 *
 * Owners, for WEFT_DEBUG=deadlock (sched/locks.h). A zeroed one is neither PLAIN nor SLOW; who touches it first in a run, as above,
 * decides. PLAIN: e1 serves while state_ is positive, that is, without SLOW, which then goes with WRITER. Not PLAIN: always SLOW, and
 * what readers take and leave is recorded; the writer is writers_'s owner. So e1 asks one question of one word, with the knob and without.
 *
 * Source: Go 1.22 sync/rwmutex.go (order of hand-overs, texts). Different: waiting readers are not counted in the state,
 * so a former run's need no repair; one queue; the last reader leaves under the queue's lock, for objects that are freed.
 */
#include "sync/mutex.h"

#include "sched/locks.h"

enum {
    WRITER = 1,
    QUEUED = 2,
    READER = 4,
    READERS = 0x1ffffffc,
    SHARED = 1 << 29,  /* as W_MUTEX_SHARED, of readers */
    PLAIN = 1 << 30,   /* nobody records who reads */
};
#define SLOW (UINT32_C(1) << 31) /* readers are not to come in, or not without a record */
enum { WAITS_TO_READ, WAITS_TO_WRITE }; /* w_waiter.index */

static inline au32 *word_of(weft_rwmutex *rw) { return (au32 *)&rw->state_; }

static void repair_locked(weft_rwmutex *rw)
{
    if (w_likely(rw->run_ == w_sched.run_id))
        return;
    bool recorded = w_locks_recorded();
    uint32_t new, s = au32_load_rlx(word_of(rw)); /* relaxed: the exchange checks it */
    do {
        new = s & (s & READERS ? READERS : WRITER);
        if (recorded)
            new |= SLOW | (new & READERS ? SHARED : 0); /* whoever they are */
        else
            new |= PLAIN | (new & WRITER ? SLOW : 0);
    } while (!au32_cas_acqrel(word_of(rw), &s, new)); /* [rwmutex] only keeps the chain of releases unbroken */
    w_mutex_reset(&rw->writers_, (new & WRITER ? W_MUTEX_LOCKED : 0) | (recorded ? W_MUTEX_OF_RW : W_MUTEX_PLAIN));
    au32_store_rel((au32 *)&rw->run_, w_sched.run_id); /* [rwmutex.run] pairs with check_run */
}

/* Before writers_ is touched, or WRITER believed without q_. */
static inline void check_run(weft_rwmutex *rw)
{
    if (w_likely(au32_load_acq((au32 *)&rw->run_) == w_sched.run_id)) /* [rwmutex.run] writers_ put right before run_ */
        return;
    struct w_m *m = w_enter();
    w_waitq_lock(&rw->q_);
    repair_locked(rw);
    w_waitq_unlock(&rw->q_);
    w_leave(m);
}

/* e1, while it is PLAIN. */
static inline bool take_read(au32 *word)
{
    uint32_t s = au32_load_rlx(word); /* relaxed: the exchange checks it */
    while ((int32_t)s > 0)
        if (au32_cas_acq(word, &s, s + READER)) /* [rwmutex] e1, pairs with y1 and y2 */
            return true;
    return false;
}

/* e1, PLAIN or not. */
static bool take_read_slow(weft_rwmutex *rw)
{
    check_run(rw); /* it may be a dead writer that waits */
    uint32_t s = au32_load_rlx(word_of(rw)); /* relaxed: the exchange checks it */
    while (!(s & WRITER))
        if (au32_cas_acq(word_of(rw), &s, s + READER)) /* [rwmutex] e1, pairs with y1 and y2 */
            return true;
    return false;
}

/* e2, q_ locked: false if there is no writer. */
static bool announce_locked(au32 *word)
{
    uint32_t s = au32_load_rlx(word); /* relaxed: the exchange checks it */
    do {
        if (!(s & WRITER))
            return false;
    } while (!au32_cas_acqrel(word, &s, s | QUEUED)); /* [rwmutex] e2, pairs with the look of y1 */
    return true;
}

static void record_reader(weft_rwmutex *rw)
{
    if (!(au32_load_rlx(word_of(rw)) & SHARED)) /* a hint: others set it */
        w_lock_taken(rw, NULL, true);
}

int weft_rwmutex_try_rlock(weft_rwmutex *rw)
{
    if (w_likely(take_read(word_of(rw))))
        return 1;
    if (!take_read_slow(rw))
        return 0;
    if (w_locks_recorded())
        record_reader(rw);
    return 1;
}

/* e2. M, entered, with q_ locked and the waiter in it; NULL: there is no writer. Woken by unlock, which counted it as a reader. */
static struct w_m *queue_reader(weft_rwmutex *rw)
{
    struct w_m *m = w_enter();
    w_waitq_lock(&rw->q_);
    if (announce_locked(word_of(rw))) {
        m->g->w.index = WAITS_TO_READ;
        w_waitq_push(&rw->q_, &m->g->w);
        return m;
    }
    w_waitq_unlock(&rw->q_);
    w_leave(m);
    return NULL;
}

/* The caller did not get it at once. May switch. */
static w_noinline void rlock_recorded(weft_rwmutex *rw)
{
    struct w_lock_wait w;
    struct w_m *m = NULL;
    w_lock_wait_begin(&w, W_LOCK_READ, &rw->writers_, rw);
    while (!m && !take_read_slow(rw))
        if ((m = queue_reader(rw)))
            w_park_here(m, W_REASON_RWMUTEX_R, (au32 *)&rw->q_.lock_);
    w_lock_wait_end(&w);
}

static w_noinline struct w_out rlock_slow(weft_rwmutex *rw)
{
    bool recorded = w_locks_recorded();
    while (!take_read_slow(rw)) {
        if (recorded) {
            rlock_recorded(rw);
            break;
        }
        struct w_m *m = queue_reader(rw);
        if (m)
            return w_park(m, W_REASON_RWMUTEX_R, (au32 *)&rw->q_.lock_);
    }
    if (recorded)
        record_reader(rw);
    return (struct w_out){NULL, {0}};
}

/* May switch. */
W_ENTRY(void, weft_rwmutex_rlock, (weft_rwmutex *rw), (rw))
struct w_out weft_rwmutex_rlock_body(weft_rwmutex *rw)
{
    if (w_unlikely(!take_read(word_of(rw))))
        return rlock_slow(rw);
    return (struct w_out){NULL, {0}};
}

/* f2. False: it is not so that the last reader leaves before a waiting writer; nothing was done. */
static w_noinline bool leave_to_writer(weft_rwmutex *rw)
{
    struct w_g *g = NULL;
    struct w_m *m = w_enter();
    w_waitq_lock(&rw->q_);
    repair_locked(rw);
    uint32_t s = au32_load_rlx(word_of(rw)); /* relaxed: the exchange checks it */
    bool last;
    do
        last = (s & WRITER) && (s & READERS) == READER;
    while (last && !au32_cas_acqrel(word_of(rw), &s, s - READER)); /* [rwmutex] f2; x3 is ordered by q_.lock_ */
    if (last && !w_waitq_empty(&rw->q_) && ((struct w_waiter *)rw->q_.head_)->index == WAITS_TO_WRITE) {
        g = w_waitq_pop(&rw->q_)->g;
        g->ret = 0;
    }
    w_waitq_unlock(&rw->q_);
    if (g)
        w_ready(m, g);
    w_leave(m);
    return last;
}

/* The record of who reads, if there is one, goes before the reader does. */
static w_noinline void forget_reader(weft_rwmutex *rw)
{
    if (w_locks_recorded() && !w_lock_dropped(rw))
        au32_or_acqrel(word_of(rw), SHARED); /* [rwmutex] only keeps the chain of releases unbroken */
}

void weft_rwmutex_runlock(weft_rwmutex *rw)
{
    uint32_t s = au32_load_rlx(word_of(rw)); /* relaxed: the exchange checks it */
    bool forgotten = false;
    for (;;) {
        if (w_unlikely(!(s & READERS)))
            weft_fatal("sync: RUnlock of unlocked RWMutex");
        if (w_unlikely((int32_t)s < 0)) { /* SLOW */
            if (!forgotten)
                forget_reader(rw);
            forgotten = true;
            if ((s & WRITER) && (s & READERS) == READER) {
                if (leave_to_writer(rw))
                    return;
                s = au32_load_rlx(word_of(rw)); /* relaxed: as above */
                continue;
            }
        }
        if (au32_cas_acqrel(word_of(rw), &s, s - READER)) /* [rwmutex] f1, pairs with x2 */
            return;
    }
}

/* x3. May switch. Woken by the last reader. */
static w_noinline void wait_for_readers(weft_rwmutex *rw)
{
    struct w_waiter w = {.index = WAITS_TO_WRITE};
    struct w_m *m = w_enter();
    w_waitq_lock(&rw->q_);
    if (!(au32_load_acq(word_of(rw)) & READERS)) { /* [rwmutex] x3, pairs with f1 and f2 */
        w_waitq_unlock(&rw->q_);
        w_leave(m);
        return;
    }
    w_waitq_push_front(&rw->q_, &w);
    w_park_here(m, W_REASON_RWMUTEX_W, (au32 *)&rw->q_.lock_);
}

static w_noinline void wait_recorded(weft_rwmutex *rw)
{
    struct w_lock_wait w;
    w_lock_wait_begin(&w, W_LOCK_READERS, rw, rw);
    wait_for_readers(rw);
    w_lock_wait_end(&w);
}

void weft_rwmutex_lock(weft_rwmutex *rw)
{
    check_run(rw);
    if (w_unlikely(!w_mutex_take(&rw->writers_)))
        w_mutex_lock_slow(&rw->writers_, WEFT_NEVER, __builtin_return_address(0));
    if (!(au32_or_acqrel(word_of(rw), WRITER | SLOW) & READERS)) /* [rwmutex] x2, pairs with f1 */
        return;
    if (w_locks_recorded())
        wait_recorded(rw);
    else
        wait_for_readers(rw);
}

int weft_rwmutex_try_lock(weft_rwmutex *rw)
{
    check_run(rw);
    if (!w_mutex_take(&rw->writers_) && !w_mutex_try_slow(&rw->writers_, __builtin_return_address(0)))
        return 0;
    uint32_t s = PLAIN;
    while (!(s & READERS)) /* a second time only if it is not PLAIN */
        if (au32_cas_acq(word_of(rw), &s, s | WRITER | SLOW)) /* [rwmutex] x2, pairs with f1 */
            return 1;
    weft_mutex_unlock(&rw->writers_);
    return 0;
}

/* y2. */
static w_noinline void let_readers_in(weft_rwmutex *rw)
{
    struct w_g *first = NULL, **tail = &first;
    struct w_waiter *w;
    uint32_t n = 0;
    struct w_m *m = w_enter();
    w_waitq_lock(&rw->q_);
    while ((w = w_waitq_pop(&rw->q_))) {
        W_CHECK(w->index == WAITS_TO_READ);
        struct w_g *g = w->g;
        g->ret = 0;
        g->next = NULL;
        *tail = g;
        tail = &g->next;
        n++;
    }
    uint32_t s = au32_load_rlx(word_of(rw)); /* relaxed: the exchange checks it */
    while (!au32_cas_acqrel(word_of(rw), &s, (s & ~(WRITER | QUEUED | (s & PLAIN ? SLOW : 0))) + n * READER)) /* [rwmutex] y2, pairs with e1 */
        continue;
    w_waitq_unlock(&rw->q_);
    if (n == 1)
        w_ready(m, first);
    else if (n > 1)
        w_ready_batch(m, first);
    w_leave(m);
}

void weft_rwmutex_unlock(weft_rwmutex *rw)
{
    check_run(rw);
    uint32_t s = PLAIN | WRITER | SLOW;
    if (!au32_cas_acqrel(word_of(rw), &s, PLAIN)) { /* [rwmutex] y1, pairs with e1 and x2 */
        if (w_unlikely((s & (WRITER | READERS)) != WRITER))
            weft_fatal("sync: Unlock of unlocked RWMutex");
        let_readers_in(rw);
    }
    weft_mutex_unlock(&rw->writers_);
}
