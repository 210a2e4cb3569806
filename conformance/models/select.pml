/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Select: chan/chan.h t1-t4, k1-k5, both passes of chan/select.c, and the deadline as one more waker (queue/timers.h d1-d3, f1-f4).
 *
 * Two selectors receive from the same two channels, one of them with a deadline; one thread sends a value on the first channel, another
 * closes the second. Each is on an M of its own. Safety: nobody touches a select's frame that its goroutine has left; nobody makes a
 * goroutine runnable that still stands on its stack, or twice; one waker decides, and its answer is the one that is returned; the value
 * is received once or still there. Conservation: both selects return. Left out: the bias (all channels are had by their locks), sends in
 * selects, which are queued in the same way.
 *
 * run: safety
 * mutant: NO_GATE  safety  k5 does not wait for the gate
 * mutant: GATE_TOO_EARLY  safety  the gate is freed before the stack is left
 * mutant: DECIDED_TORN  safety  k2 is a load and a store
 * mutant: LOCKED_IN_CASE_ORDER  safety  all are locked in the order of the cases
 * mutant: WAITS_ON_HINTS  safety  the second pass queues without another look
 * mutant: LOOKED_AND_LET_GO  safety  the second look is not under the locks under which it queues
 * mutant: NOT_TAKEN_OUT  safety  the other waiters stay in their queues
 * mutant: TAKEN_OUT_BY_HINT  safety  a waiter that looks as if it were taken out is not looked for under the lock
 * mutant: NO_TIMER_DEL  safety  the deadline's node stays in the heap
 * mutant: LOSER_STOPS  safety  who does not get a waiter looks at no other
 */
#define NONE    7
#define TIMEOUT 2 /* an index, beside those of the channels */

bit lock[2], gate[2], decided[2];
bit buffer, closed;                    /* of channel 0, of channel 1 */
chan queue[2] = [2] of { byte };       /* of a channel: the selectors with a waiter there */
bool queued[4];                        /* w->flags: 2 * selector + channel */
bool live[2], off[2], runnable[2];     /* a frame; its goroutine has left its stack; it was made runnable */
byte index[2] = NONE;
mtype = { IDLE, PENDING, FIRING };
mtype timer = IDLE;                    /* selector 0's */
byte got, returned;

#define FRAME(s) assert(live[s])

inline acquire(l) { atomic { !l -> l = 1 } }

inline first_pass(s, c)
{
    if                                 /* runtime/chan/select.c:looks_ready */
    :: c == 0 && buffer || c == 1 && closed ->
        acquire(lock[c]);              /* runtime/chan/select.c:try_each */
        take(s, c);
        lock[c] = 0
    :: else
    fi
}

/* The channel is had. */
inline take(s, c)
{
    if                                 /* runtime/chan/chan.c:recv_now */
    :: index[s] == NONE && c == 0 && buffer -> buffer = 0; index[s] = 0
    :: index[s] == NONE && c == 1 && closed -> index[s] = 1
    :: else
    fi
}

inline take_out(s, c)
{
    if
    :: index[s] == c                   /* that one is out (k1), and its channel is not touched any more */
#ifdef TAKEN_OUT_BY_HINT
    :: index[s] != c && !queued[2 * s + c]
    :: index[s] != c && queued[2 * s + c] ->
#else
    :: index[s] != c ->
#endif
        acquire(lock[c]);              /* runtime/chan/select.c:dequeue_all */
        if
        :: queued[2 * s + c] -> queue[c]??eval(s); queued[2 * s + c] = false /* runtime/chan/chan.h:w_chan_unlink */
        :: else
        fi;
        lock[c] = 0
    fi
}

proctype selector(bit s)
{
    live[s] = true;
    if                                 /* runtime/chan/select.c:poll_order: any order */
    :: true -> first_pass(s, 0); first_pass(s, 1)
    :: true -> first_pass(s, 1); first_pass(s, 0)
    fi;
    if
    :: index[s] != NONE -> goto done
    :: else
    fi;
#ifdef LOCKED_IN_CASE_ORDER
    acquire(lock[s]);
    acquire(lock[1 - s]);
#else
    acquire(lock[0]);                  /* runtime/chan/select.c:have_all t1 */
    acquire(lock[1]);                  /* runtime/chan/select.c:lock_order t1 */
#endif
#ifndef WAITS_ON_HINTS
    if
    :: true -> take(s, 0); take(s, 1)         /* runtime/chan/select.c:try_locked t1 */
    :: true -> take(s, 1); take(s, 0)
    fi;
#endif
    if
    :: index[s] != NONE -> lock[0] = 0; lock[1] = 0; goto done
    :: else
    fi;
#ifdef LOOKED_AND_LET_GO
    lock[0] = 0;
    lock[1] = 0;
    acquire(lock[0]);
    acquire(lock[1]);
#endif
    gate[s] = 1;                       /* runtime/chan/select.c:wait_all t1 */
    queue[0]!s; queued[2 * s] = true;  /* runtime/chan/select.c:enqueue_all t2 */
    queue[1]!s; queued[2 * s + 1] = true;
    lock[1] = 0;                       /* runtime/chan/select.c:let_all_go t3 */
    lock[0] = 0;
    if
    :: s == 0 -> timer = PENDING       /* runtime/queue/timers.c:w_timers_add */
    :: else
    fi;
#ifdef GATE_TOO_EARLY
    gate[s] = 0;
    off[s] = true;
#else
    off[s] = true;                     /* runtime/sched/fast.h:w_park_fast t4 */
    gate[s] = 0;                       /* runtime/arch/x86_64/switch.S:w_switch_out t4 */
#endif
    runnable[s];
    assert(decided[s] && off[s]);
    off[s] = false;
#ifndef NO_TIMER_DEL
    if
    :: s == 0 ->
        if                             /* runtime/queue/timers.c:w_timers_remove d1 */
        :: atomic { timer == PENDING -> timer = IDLE } /* runtime/queue/timers.c:w_timers_remove d2 */
        :: timer == IDLE               /* runtime/queue/timers.c:w_timers_del d3 */
        fi
    :: else
    fi;
#endif
#ifndef NOT_TAKEN_OUT
    take_out(s, 0);
    take_out(s, 1);
#endif
done:
    assert(index[s] != NONE);
    if
    :: index[s] == 0 -> got++
    :: else
    fi;
    live[s] = false;
    returned++
}

/* k1, k2: the first waiter of channel c that is still to be had. */
inline dequeue(c, w)
{
    do
    :: w == NONE && len(queue[c]) > 0 ->
        queue[c]?w;                    /* runtime/chan/chan.h:w_chan_dequeue k1 */
        queued[2 * w + c] = false;
        FRAME(w);
#ifdef DECIDED_TORN
        if
        :: !decided[w] -> decided[w] = 1; break
#else
        if
        :: atomic { !decided[w] -> decided[w] = 1 }; break /* runtime/chan/chan.h:w_chan_dequeue k2 */
#endif
        :: decided[w] -> w = NONE
        fi
#ifdef LOSER_STOPS
        ; break
#endif
    :: w == NONE && len(queue[c]) == 0 -> break
    od
}

inline tell(w, i)
{
    FRAME(w);
    assert(index[w] == NONE);
    index[w] = i                       /* runtime/chan/chan.h:w_chan_tell k3 */
}

inline wake(w)
{
    FRAME(w);
#ifndef NO_GATE
    acquire(gate[w]);                  /* runtime/chan/chan.h:w_chan_waiter_g k5 */
#endif
    assert(off[w] && !runnable[w]);
    runnable[w] = true
}

active proctype sender()
{
    byte w = NONE;
    acquire(lock[0]);
    dequeue(0, w);                     /* runtime/chan/chan.c:send_now */
    if
    :: w != NONE -> tell(w, 0)
    :: else -> buffer = 1
    fi;
    lock[0] = 0;                       /* runtime/chan/chan.c:send_now k4 */
    if
    :: w != NONE -> wake(w)
    :: else
    fi
}

active proctype closer()
{
    byte w = NONE, first = NONE, second = NONE;
    acquire(lock[1]);
    closed = 1;                        /* runtime/chan/chan.c:w_chan_close_had */
    do
    :: dequeue(1, w);
        if
        :: w != NONE ->
            tell(w, 1);
            if
            :: first == NONE -> first = w
            :: else -> second = w
            fi;
            w = NONE
        :: else -> break
        fi
    od;
    lock[1] = 0;
    if                                 /* runtime/chan/chan.c:w_chan_ready_all */
    :: first != NONE -> wake(first)
    :: else
    fi;
    if
    :: second != NONE -> wake(second)
    :: else
    fi
}

/* Whoever finds the deadline due. */
active proctype clock()
{
    bool mine;
end:
    atomic { timer == PENDING -> timer = FIRING }; /* runtime/queue/timers.c:w_timers_take f1 */
    FRAME(0);
    atomic { mine = !decided[0]; decided[0] = 1 }; /* runtime/chan/select.c:expire k2 f2 */
    if
    :: mine ->
        tell(0, TIMEOUT);
        acquire(gate[0])               /* runtime/chan/select.c:expire k5 */
    :: else
    fi;
    FRAME(0);
    timer = IDLE;                      /* runtime/queue/timers.h:w_timer_done f3 */
    if
    :: mine -> assert(off[0] && !runnable[0]); runnable[0] = true /* runtime/sched/sched.h:w_ready_due f4 */
    :: else
    fi
}

active proctype end()
{
    timeout;
    assert(returned == 2 && got + buffer == 1 && closed)
}

init { atomic { run selector(0); run selector(1) } }
