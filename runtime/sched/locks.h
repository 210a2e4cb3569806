/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=deadlock: who holds which lock and who waits for which, and the search for goroutines that wait for each other while
 * others go on. sync/mutex.c and sync/rwmutex.c tell; locks.c keeps it; cycles.c searches, on sysmon's thread.
 *
 * A holder's record: the lock, the goroutine's number, where it locked. In a table by the lock's address, each bucket with its spin
 * lock; made after the lock is taken and gone before it is released, both by who does it, so a record means: it is held.
 * A wait's record lies in the waiter's frame, in a table by the goroutine's number under one spin lock, waits: from before the
 * goroutine queues up until after it was woken for good.
 *
 *      A goroutine                                          The search
 *   n1 takes A; a record: A is mine      (bucket)        s1 lock waits: from here on no wait begins or ends
 *   n2 waits for B: a record             (waits)         s2 from each wait not judged yet along its edges: whose record says that
 *   n3 woken, B is its own: that away    (waits)            it holds the lock (bucket), if that one waits too, and so on
 *   n4 B's record; …; B's record away    (bucket)        s3 back at the start: suspected. Not: judged, never a start again
 *   n5 releases B                                        s4 unlock waits; a suspected one again 10 ms later: report
 *
 *   Nothing false: who is in the table of waits does nothing before n3, and n3 needs waits, which s1 holds. So what it held when it
 *   began to wait (n1 before n2) it holds until s4, unless another goroutine unlocks that for it. All edges of a cycle that s2 finds
 *   hold at one instant, and nobody on it will ever do n5. n3 comes before n4, so nobody seems to wait for himself.
 *   Nothing missed: the last event of a cycle is a wait's beginning, since only who runs takes locks; from that wait s2 finds it.
 *   A lock that another goroutine unlocks than locked it can look like a cycle: hence the second look, and from then on the lock
 *   is SHARED, without records.
 *
 * Left out: waits with a deadline, which end by themselves; channels, condition variables, wait groups and semaphores, which have
 * no holder; what was locked before the run, or by a plain lock of a run without the knob. weft_once_do is its mutex.
 * Off, it costs the fast paths no instruction: mutex.c and rwmutex.c say how.
 */
#ifndef W_LOCKS_H
#define W_LOCKS_H

#include "base/knob.h"
#include "sched/sched.h"

enum { W_DEADLOCK_OFF, W_DEADLOCK_REPORT, W_DEADLOCK_FATAL }; /* w_knobs.deadlock */

enum w_lock_kind {
    W_LOCK_MUTEX,
    W_LOCK_WRITE,   /* a weft_rwmutex, for its writer */
    W_LOCK_READERS, /* its writer, for the readers inside */
    W_LOCK_READ,    /* a reader, for its writer */
};

/* In the waiter's frame. Under waits, all of it. */
struct w_lock_wait {
    struct w_lock_wait *next, **at; /* the chain of its number */
    struct w_g *g;
    uint64_t id;
    const void *lock;               /* whose holders it waits for */
    const void *shown;              /* the user's object */
    enum w_lock_kind kind;
    bool judged;                    /* no cycle begins here, or it was reported */
    uint32_t suspected;             /* at which look one did first; 0: none yet */
    uint32_t mark;                  /* the search that came by */
    uint32_t edge;                  /* which holder it follows next */
    struct w_lock_wait *from;       /* whence it came */
};

static inline bool w_locks_recorded(void) { return w_unlikely(w_knobs.deadlock != W_DEADLOCK_OFF); }

/* The calling goroutine has it now, alone or (shared) with others. site: where in the program, or NULL. */
void w_lock_taken(const void *lock, const void *site, bool shared);
/* It is about to release it. false: another had taken it; nobody's record of it is left. */
bool w_lock_dropped(const void *lock);
void w_lock_wait_begin(struct w_lock_wait *w, enum w_lock_kind kind, const void *lock, const void *shown);
void w_lock_wait_end(struct w_lock_wait *w);

/* ---- for the search ---- */

void w_locks_start(void); /* a run begins */
void w_waits_lock(void);
void w_waits_unlock(void);
bool w_waits_stirred(void);                                      /* has one begun since the last call? */
struct w_lock_wait *w_waits_next(struct w_lock_wait *w);         /* locked: NULL: the first; NULL again: that was the last */
/* Locked: of the lock's holders, from the *nth on, the first who waits too, by its wait; *nth is then behind it. NULL: no more. */
struct w_lock_wait *w_lock_blocked_holder(const void *lock, uint32_t *nth);
const void *w_lock_site(const void *lock, uint64_t id);          /* where that goroutine locked it; NULL: not known */

void w_cycles_start(void); /* sysmon begins */
int64_t w_cycles_tick(int64_t now); /* sysmon: search if need be; ns until the next time, INT64_MAX: when something runs */

#endif
