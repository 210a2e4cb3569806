/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Park and ready, the owner's section and a thief's visit: sched/park.c p1-p5, w1-w4, sched/owner.h o1-o5, v1-v5.
 *
 * Two Ms with a P each; all goroutines begin in P 0's queue: two receivers, which park until they have a value each, and a sender of
 * both, which may yield between. A ring of 2, so that the overflow is reached. busy is written through a store buffer.
 * Safety: no M runs on a stack that another has not left; owner and visitor are never both in one section; the value is there when
 * the receiver is told so. Conservation: Ms wait only while no queue that they may take from has anything, and end when all
 * goroutines have; anything else is an invalid end state.
 *
 * run: safety
 * mutant: EARLY_UNLOCK  safety  the lock is released before the switch has left the stack
 * mutant: EARLY_LEAVE  safety  the section ends before the switch has left the stack
 * mutant: YIELD_TO_GLOBAL  safety  a full ring sends the goroutine that yields to the global queue too
 * mutant: CHECK_BEFORE_LOCK  safety  the receiver sees that it must wait, and only then locks
 * mutant: NO_HEAVY_BARRIER  safety  a visitor that does not make the owners fence
 * mutant: NO_LIGHT_BARRIER  safety  the compiler moves o3 before o1
 * mutant: NO_SECOND_LOOK  safety  w_enter_slow does not look at req again behind its busy = 1
 * mutant: DROP_RUNNEXT  safety  who is pushed out of runnext goes nowhere
 */
#define SENDER   2 /* 0 and 1 receive */
#define NG       3
#define G0       7 /* either M's own */
#define NONE     8
#define CAP      2
#define YIELDS   2

bit busy[2], buffered[2], req[2], visit_lock[2]; /* buffered: busy = 1 is stored, and not yet seen by others */
bit inside[2], visited[2];                       /* who believes to be in the section */
bit lock;
byte value, sent, received, yields;
chan waiters = [2] of { byte };
bool saved[NG] = true;                           /* its stack is left, and sp stored */
bool given[2];                                   /* a receiver's g->ret */
byte runnext[2] = NONE;
byte ended;
chan ring[2] = [CAP] of { byte };
chan global = [NG] of { byte };

#define ALL_ENDED (ended == NG)
#define WORK(p)   (runnext[p] != NONE || len(ring[p]) > 0 || len(global) > 0)

/* A store buffer empties when it likes. */
active proctype buffers()
{
end:
    do
    :: atomic { buffered[0] -> buffered[0] = 0; busy[0] = 1 }
    :: atomic { buffered[1] -> buffered[1] = 0; busy[1] = 1 }
    od
}

#define STORE_BUSY(p, v)  buffered[p] = 0; busy[p] = v /* behind a fence, or a release after the buffered store */

inline enter(p)
{
#ifdef NO_LIGHT_BARRIER
    must = !req[p];
    buffered[p] = 1;
    if
    :: must -> inside[p] = 1
    :: else
#else
    buffered[p] = 1;                                /* runtime/sched/owner.h:w_enter o1 o2 */
    if
    :: atomic { !req[p] -> inside[p] = 1 }          /* runtime/sched/owner.h:w_enter o3 */
    :: else
#endif
        -> do
        :: atomic { STORE_BUSY(p, 0) };             /* runtime/sched/visit.c:w_enter_slow */
            !req[p];
            atomic { STORE_BUSY(p, 1) };
#ifndef NO_SECOND_LOOK
            if
            :: req[p]
            :: atomic { !req[p] -> inside[p] = 1 }; break
            fi
#else
            inside[p] = 1; break
#endif
        od
    fi;
    assert(!visited[p])
}

inline leave(p)
{
    atomic { inside[p] = 0; STORE_BUSY(p, 0) }      /* runtime/sched/owner.h:w_leave o5 */
}

inline put_ring(p, g, self)
{
    atomic {
        if
        :: len(ring[p]) < CAP -> ring[p]!g          /* runtime/sched/fast.h:w_ring_put */
        :: else ->
            ring[p]?moved;                          /* runtime/sched/park.c:w_ring_overflow */
            global!moved;
#ifndef YIELD_TO_GLOBAL
            if
            :: self -> ring[p]!g
            :: else -> global!g /* unreached: it takes four goroutines */
            fi;
#else
            global!g;
#endif
            moved = NONE
        fi
    }
}

inline make_ready(p, g)
{
    atomic {                                        /* runtime/sched/fast.h:w_ready_fast w4 */
        old = runnext[p];                           /* runtime/sched/fast.h:w_put_runnext */
        runnext[p] = g
    };
    if
#ifndef DROP_RUNNEXT
    :: old != NONE -> put_ring(p, old, false)
#endif
    :: else
    fi;
    old = NONE
}

/* Also runtime/sched/park.c:w_look_global, at any time instead of every 61st; no goroutine is preempted here, so none is put back. */
inline pick(p)
{
    atomic {                                        /* runtime/sched/fast.h:w_pick_fast p3 */
        if
        :: runnext[p] != NONE -> next = runnext[p]; runnext[p] = NONE
        :: runnext[p] == NONE && len(ring[p]) > 0 -> ring[p]?next /* runtime/sched/fast.h:w_ring_get */
        :: len(global) > 0 -> global?next           /* runtime/sched/park.c:w_look_global */
        :: else -> next = G0                        /* runtime/sched/fast.h:w_next_fast */
        fi
    }
}

/* The switch: the old stack is left, and the target stores both zeros. `held`: the commit is the object's lock. */
inline switch(p, held)
{
#ifdef EARLY_UNLOCK
    if
    :: held -> lock = 0
    :: else
    fi;
#endif
#ifdef EARLY_LEAVE
    leave(p);
#endif
    atomic {                                        /* runtime/sched/switch.h:w_switch p3 */
        if
        :: cur != G0 && cur != NONE -> saved[cur] = true
        :: else
        fi
    };
    atomic {
        if
        :: next != G0 -> assert(saved[next]); saved[next] = false
        :: else
        fi;
        cur = next;
        next = NONE
    };
#ifndef EARLY_UNLOCK
    if
    :: held -> lock = 0                             /* runtime/arch/x86_64/switch.S:w_switch_out p4 */
    :: else
    fi;
#endif
#ifndef EARLY_LEAVE
    leave(p)                                        /* runtime/sched/switch.h:w_arrive p5 */
#endif
}

inline yield(p)
{
    enter(p);
    put_ring(p, cur, true);                         /* runtime/sched/park.c:yield_any */
    pick(p);
    if
    :: next == cur -> next = NONE; leave(p)
    :: else -> switch(p, false)
    fi
}

inline exit(p)
{
    enter(p);
    ended++;
    cur = NONE;                                     /* runtime/sched/spawn.c:w_g_exit: its stack is not used again */
    pick(p);
    switch(p, false)
}

inline receive(p)
{
    if
    :: given[cur] -> assert(sent > received); received++; exit(p)
    :: !given[cur] ->
#ifdef CHECK_BEFORE_LOCK
        must = (value == 0);
#endif
        enter(p);
        atomic { !lock -> lock = 1 };               /* runtime/chan/chan.c:recv_any p1 */
#ifndef CHECK_BEFORE_LOCK
        must = (value == 0);
#endif
        if
        :: must ->
            waiters!cur;                            /* runtime/chan/chan.c:wait_plain p2 */
            pick(p);                                /* runtime/sched/fast.h:w_park_fast p3 */
            switch(p, true)
        :: else ->
            value--;                                /* runtime/chan/chan.c:recv_now */
            given[cur] = true;
            lock = 0;
            leave(p)
        fi
    fi
}

inline send(p)
{
    if
    :: sent == 2 -> exit(p)
    :: sent < 2 ->
        enter(p);
        atomic { !lock -> lock = 1 };               /* runtime/chan/chan.c:send_any w1 */
        sent++;
        if
        :: len(waiters) > 0 ->
            waiters?to;                             /* runtime/chan/chan.h:w_chan_dequeue w2 */
            given[to] = true;                       /* runtime/chan/chan.h:w_chan_tell w2 */
            lock = 0;                               /* runtime/chan/chan.c:send_now w3 */
            make_ready(p, to);
            to = NONE
        :: else -> value++; lock = 0
        fi;
        leave(p)
    :: yields < YIELDS -> yields++; yield(p)
    fi
}

inline steal(p, v)
{
    if
    :: atomic { !visit_lock[v] -> visit_lock[v] = 1 };   /* runtime/sched/visit.c:w_visit */
        req[v] = 1;                                      /* runtime/sched/visit.c:w_visit v1 */
#ifndef NO_HEAVY_BARRIER
        d_step {                                         /* runtime/sched/visit.c:w_visit v2 */
            if
            :: buffered[v] -> STORE_BUSY(v, 1)
            :: else
            fi
        };
#endif
        if
        :: atomic { !busy[v] -> visited[v] = 1 };        /* runtime/sched/visit.c:w_visit v3 */
            assert(!inside[v]);
            if
            :: len(ring[v]) > 0 -> ring[v]?loot                          /* runtime/sched/proc.c:steal */
            :: else
            fi;
            atomic { assert(!inside[v]); visited[v] = 0 }
        :: busy[v] && impatient > 0 -> impatient--       /* VISIT_PATIENCE */
        fi;
        req[v] = 0;                                      /* runtime/sched/visit.c:w_visit_end v5 */
        visit_lock[v] = 0
    :: visit_lock[v]
    fi;
    if
    :: loot != NONE -> enter(p); next = loot; loot = NONE; switch(p, false) /* runtime/sched/proc.c:dispatch */
    :: else
    fi
}

proctype machine(byte p)
{
    byte cur = G0, next = NONE, old = NONE, to = NONE, moved = NONE, loot = NONE, impatient = 1;
    bool must;
    do
    :: cur < SENDER -> receive(p)
    :: cur == SENDER -> send(p)
    :: cur == G0 ->
        if                                               /* runtime/sched/proc.c:find_runnable */
        :: WORK(p) -> enter(p); pick(p); switch(p, false)
        :: !WORK(p) && len(ring[1 - p]) > 0 -> steal(p, 1 - p)
        :: ALL_ENDED -> break
        fi
    od
}

init
{
    atomic {
        if
        :: ring[0]!0; ring[0]!1; runnext[0] = SENDER
        :: ring[0]!0; ring[0]!SENDER; runnext[0] = 1
        fi;
        run machine(0);
        run machine(1)
    }
}
