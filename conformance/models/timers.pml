/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines that any P may find due: queue/timers.h d1-d3, f1-f4, sched/waitq.c, time/sleep.c, time/timer.c u1-u4, f1-f6.
 *
 * Two Ms look at one P's heap, one of them that P's own, which waits for the heap's lock, and one a thief, which does not. What is in it is
 * a sleeper's node; or that of a wait with a deadline, which a waker may end too; or a timer that calls a function, which its user stops,
 * resets and frees. Safety: nobody touches a frame or a timer that is gone; nobody makes a goroutine runnable that stands on its stack, or
 * twice; a node is in the heap once; a function starts only while its timer is armed and due. Conservation: the sleeper and the waiter go
 * on, an armed timer has fired, or is gone. Left out: the heap's order, channels' timers (select.pml has their waiters), other runs.
 *
 * run: safety
 * mutant: READY_BEFORE_DONE  safety  f4 before f3
 * mutant: NO_GATE  safety  the sleeper is made runnable while it may still stand on its stack
 * mutant: NO_DEL  safety  a wait that was woken leaves its node
 * mutant: DEL_DOES_NOT_WAIT  safety  d3 is left out
 * mutant: DONE_TOO_EARLY  safety  f3 before the callback has used the frame
 * mutant: TAKEN_BY_BOTH  safety  f1 does not take the node out under the lock
 * mutant: FREE_WITHOUT_WAIT  safety  a timer is freed beside its FIRING alarm
 * mutant: ALARM_IS_BELIEVED  safety  f4 does not look at armed and when
 * mutant: SETTLE_WAITS  safety  settle waits in d3 with the timer's lock held
 * mutant: SETTLE_ADDS  safety  settle adds the alarm again while it is FIRING
 * mutant: FIRE_DOES_NOT_SETTLE  safety  f5 is left out
 */
#define TIMEDOUT 1

mtype = { SLEEP, WAIT, TIMER, IDLE, PENDING, FIRING };
mtype what, state = IDLE;
byte now, at;                          /* the clock; what the node in the heap says */
bool there;                            /* the frame, or the timer */
bit lock;                              /* the gate, the queue's lock, the timer's */
bool off, runnable, queued;            /* the goroutine has left its stack; it was made so; its waiter is in the queue */
byte ret, woken, done;
bool armed, freed;                     /* the timer */
byte when, started;

#define THERE assert(there)

inline acquire() { THERE; atomic { !lock -> lock = 1 } }

inline add(t)
{
    atomic {
        assert(state == IDLE);         /* runtime/queue/timers.c:w_timers_add */
        at = t;
        state = PENDING
    }
}

/* d1 to d3. */
inline del()
{
    if
    :: atomic { state == PENDING -> state = IDLE } /* runtime/queue/timers.c:w_timers_remove d2 */
#ifdef DEL_DOES_NOT_WAIT
    :: state != PENDING
#else
    :: state == IDLE                   /* runtime/queue/timers.c:w_timers_del d3 */
#endif
    fi
}

/* Made runnable, by whoever decided it. */
inline ready()
{
    atomic { assert(off && !runnable); runnable = true; woken++ } /* runtime/sched/sched.h:w_ready_due f4 */
}

/* ---- those whose deadlines they are ---- */

active proctype sleeper()
{
end:
    atomic { what == SLEEP -> there = true };
    lock = 1;                          /* runtime/time/sleep.c:weft_sleep */
    add(1);
    off = true;
    lock = 0;                          /* runtime/sched/fast.h:w_park_fast */
    atomic { runnable -> there = false };
    done++
}

active proctype waiter()
{
end:
    atomic { what == WAIT -> there = true };
    acquire();
    queued = true;                     /* runtime/sched/waitq.c:w_waitq_push */
    add(1);                            /* runtime/sched/waitq.c:w_waitq_wait_on */
    off = true;
    lock = 0;
    runnable;
#ifndef NO_DEL
    del();                             /* runtime/sched/waitq.c:w_waitq_wait_on d1 */
#endif
    there = false;
    assert(!queued && woken == 1);
    done++
}

active proctype waker()
{
    bool mine;
end:
    atomic { what == WAIT && queued };
    atomic { !lock -> lock = 1 };      /* the queue's, which is no part of the frame */
    mine = queued;                     /* runtime/sched/waitq.c:w_waitq_pop */
    queued = false;
    lock = 0;
    if
    :: mine -> ready()
    :: else
    fi
}

/* u3, f5: the timer's lock is held. */
inline settle()
{
    THERE;
    if
    :: state != IDLE && (!armed || at != when) -> /* runtime/time/timer.c:settle u3 */
#ifdef SETTLE_WAITS
        del()
#else
        atomic {
            if                         /* runtime/queue/timers.c:w_timers_remove */
            :: state == PENDING -> state = IDLE
            :: state != PENDING
            fi
        }
#endif
    :: !(state != IDLE && (!armed || at != when))
    fi;
    if
#ifdef SETTLE_ADDS
    :: armed && state != PENDING -> add(when)
    :: !(armed && state != PENDING)
#else
    :: armed && state == IDLE -> add(when) /* runtime/time/timer.c:settle */
    :: !(armed && state == IDLE)
#endif
    fi
}

active proctype user()
{
    byte ops = 3;
    bool firing;
end:
    atomic { what == TIMER -> there = true };
    armed = true; when = 1;            /* runtime/time/timer.c:weft_after_func */
    settle();
    do
    :: ops > 0 ->
        ops--;
        acquire();                     /* runtime/time/timer.c:have u1 */
        if
        :: armed = false               /* runtime/time/timer.c:weft_timer_stop u2 */
        :: armed = true; when = 2      /* runtime/time/timer.c:weft_timer_reset u2 */
        fi;
        settle();                      /* runtime/time/timer.c:settle u3 */
        lock = 0                       /* runtime/time/timer.c:let_go u4 */
    :: true -> break
    :: true ->
        do
        :: acquire();                  /* runtime/time/timer.c:weft_timer_free u1 */
            armed = false;             /* runtime/time/timer.c:disarm u2 */
            settle();
            firing = (state != IDLE);
            lock = 0;
#ifdef FREE_WITHOUT_WAIT
            firing = false;
#endif
            if
            :: firing
            :: !firing -> there = false; freed = true; break
            fi
        od;
        break
    od;
    done++
}

/* ---- whoever finds them due ---- */

inline fire()
{
    if
    :: what == SLEEP ->
        THERE;
#ifdef READY_BEFORE_DONE
        acquire();
        ready();
        THERE;
        state = IDLE
#else
#ifndef NO_GATE
        acquire();                     /* runtime/time/sleep.c:wake f2 */
#endif
        THERE;
        state = IDLE;                  /* runtime/queue/timers.h:w_timer_done f3 */
        ready()
#endif
    :: what == WAIT ->
        THERE;
#ifdef DONE_TOO_EARLY
        state = IDLE;
#endif
        acquire();                     /* runtime/sched/waitq.c:expire f2 */
        THERE;
        mine = queued;
        queued = false;
        if
        :: mine -> ret = TIMEDOUT
        :: else
        fi;
        lock = 0;
        THERE;
        state = IDLE;                  /* runtime/sched/waitq.c:expire f3 */
        if
        :: mine -> ready()
        :: else
        fi;
        mine = false
    :: what == TIMER ->
        acquire();                     /* runtime/time/timer.c:fire f2 */
        state = IDLE;                  /* runtime/time/timer.c:fire f3 */
        if
#ifdef ALARM_IS_BELIEVED
        :: true ->
#else
        :: armed && when <= at ->      /* runtime/time/timer.c:fire f4 */
#endif
            assert(armed && when <= now);
            armed = false;
            started++
#ifndef ALARM_IS_BELIEVED
        :: !(armed && when <= at)
#endif
        fi;
#ifndef FIRE_DOES_NOT_SETTLE
        settle();                      /* runtime/time/timer.c:settle f5 */
#endif
        THERE;
        lock = 0                       /* runtime/time/timer.c:fire f6 */
    fi
}

/* The heap's owner, or a thief who has nothing to run: by its lock one of them takes the node. */
proctype machine()
{
    bool mine;
end:
    do
#ifdef TAKEN_BY_BOTH
    :: state == PENDING && at <= now ->
        state = FIRING;
#else
    :: atomic { state == PENDING && at <= now -> state = FIRING }; /* runtime/queue/timers.c:w_timers_take f1 */
#endif
        fire()                         /* runtime/sched/proc.c:w_run_timers */
    od
}

active proctype clock()
{
    do
    :: now < 2 -> now++
    :: now == 2 -> break
    od
}

active proctype end()
{
    timeout;
    assert(done == 1 && !armed && (what == TIMER || woken == 1) && state == IDLE)
}

init
{
    atomic {
        if
        :: what = SLEEP
        :: what = WAIT
        :: what = TIMER
        fi;
        run machine();                 /* runtime/sched/proc.c:run_all_timers */
        run machine()
    }
}
