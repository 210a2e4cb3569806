/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A descriptor's edges, its close, and its number's next life: io/fd.h n1-n3, e1-e2, u1-u3, c1-c4, and the generation in a token.
 *
 * Either two readers of one descriptor, to which two pieces of data come; or one, and somebody who closes it, at any time, and somebody
 * who gets the number as soon as the system has closed it, reads one piece there, and is made either by Weft (adopted) or not. And one who
 * looks at the poller and may hold a report for as long as he likes. Safety: no call is made on a descriptor that is not the caller's; a
 * report is never taken for another life's.
 * Conservation: all end, the readers with data or, if it was closed, with -EBADF. Left out: writers
 * in turn, poll, `drained`, deadlines, reads that block (READING), an add to the poller that fails.
 *
 * run: safety
 * mutant: N3_BLIND  safety  waits without a look at seq
 * mutant: SEQ_TOO_LATE  safety  n1 after n2
 * mutant: NO_PASS  safety  who got something, or leaves, wakes no other
 * mutant: EDGE_NOT_COUNTED  safety  an edge that finds no waiter is not counted
 * mutant: NO_GENERATION  safety  a report is believed whatever its generation
 * mutant: SAME_GENERATION  safety  c4 leaves the generation
 * mutant: C2_DOES_NOT_WAIT  safety  the number is given back under a call's feet
 * mutant: N3_MISSES_CLOSING  safety  n3 does not look at CLOSING
 * mutant: C1_WAKES_NOBODY  safety  close leaves the waiters in their queue
 * mutant: LAST_OUT_WITHOUT_LOCK  safety  u3 looks for the closer without the lock
 * mutant: C4_WAKES_NOBODY  safety  who waits for c4 is not woken
 * mutant: CLOSED_IS_EBADF  safety  who finds CLOSED is told -EBADF
 */
#define NONE   7
#define CLOSER 2
#define NEXT   3 /* who gets the number next; 0 and 1 read */

/* The system's: whose the number is, what there is to read, whether the poller knows it and has something to report. */
byte owner;
byte data[2];
bool known[2], reported[2];
byte token[2], sends;

/* The table's entry. */
bit lock;
bool closing, closed, polled;
byte count, gen, life;
bool changed[4];                       /* seq is other than as its user read it in n1 */
chan q = [2] of { byte };
chan turn = [2] of { byte };

bool woken[4], ebadf[4];
byte read_by, ended, all;

#define COUNT changed[0] = true; changed[1] = true; changed[NEXT] = true
#ifdef N3_MISSES_CLOSING
#define OPEN true
#else
#define OPEN !closing
#endif

inline acquire() { atomic { !lock -> lock = 1 } }
inline wake(g) { woken[g] = true }
inline wait_woken(g) { atomic { woken[g] -> woken[g] = false } }


/* bad: -EBADF; or it comes after c3, and then it uses whatever has its number, as with close(2), and ends here. */
inline get(g)
{
    do
    :: its == 0 && (closed || life == 1) -> bad = true; break
    :: atomic { !closing && (its == 1 || life == 0) -> count++ }; break /* runtime/io/fd.c:w_fd_get u1 */
    :: closing && (its == 1 || !closed) ->
        atomic {
            !lock ->                   /* runtime/io/fd.c:closing */
            if
#ifndef CLOSED_IS_EBADF
            :: closed -> turn!g        /* runtime/io/fd.c:wait_in_turn c4 */
            :: !closed && closing -> bad = true
#else
            :: closing -> bad = true
#endif
            :: !closing -> wake(g)     /* try again */
            fi
        };
        if
        :: bad -> break
        :: !bad -> wait_woken(g)
        fi
    od
}

inline put()
{
    atomic { count--; last = closing && count == 0 }; /* runtime/io/fd.c:w_fd_put u3 */
    if
    :: last ->
#ifndef LAST_OUT_WITHOUT_LOCK
        acquire();                     /* runtime/io/fd.c:last_out u3 */
#endif
        if
        :: closing && !closed && count == 0 && len(turn) > 0 -> turn?other; wake(other); other = NONE
        :: else
        fi;
#ifndef LAST_OUT_WITHOUT_LOCK
        lock = 0
#endif
    :: else
    fi
}

/* n3. bad: -EBADF. */
inline wait(g)
{
    if
    :: !polled ->
        atomic { !lock -> mine = gen };        /* runtime/io/fd.c:add_to_poller */
        atomic {
            assert(owner == its);              /* runtime/poll/epoll.c:w_poll_add */
            token[its] = mine; mine = 0; known[its] = true; reported[its] = reported[its] || data[its] > 0
        };
        atomic { !lock -> polled = true }
    :: polled
    fi;
    atomic {
        !lock ->                               /* runtime/io/fd.c:w_fd_wait n3 */
        if
#ifndef N3_MISSES_CLOSING
        :: closing -> bad = true               /* runtime/io/fd.c:park c1 */
#endif
#ifdef N3_BLIND
        :: OPEN ->
#else
        :: OPEN && changed[g] -> skip
        :: OPEN && !changed[g] ->
#endif
            if
            :: again -> q!!g                   /* runtime/io/fd.c:push: to the front; sorted, so 0 alone comes there */
            :: !again -> q!g
            fi;
            waits = true
        fi
    };
    if
    :: waits ->                                /* runtime/sched/netpoll.c:w_netpoll_park */
        atomic { woken[g] -> woken[g] = false; bad = ebadf[g]; again = true; waits = false }
    :: !waits
    fi
}

/* One piece of data of life `its`, or -EBADF. */
inline read(g)
{
    get(g);
    if
    :: bad
    :: !bad ->
        do
        :: true ->
#ifndef SEQ_TOO_LATE
            changed[g] = false;        /* runtime/io/rw.c:weft_read_until n1 */
#endif
            assert(owner == its);
            if
            :: atomic { data[its] > 0 -> data[its]--; read_by = read_by + its }; /* runtime/io/rw.c:weft_read_until n2 */
                break
            :: data[its] == 0
            fi;
#ifdef SEQ_TOO_LATE
            changed[g] = false;
#endif
            wait(g);                   /* runtime/io/rw.c:wait_for n3 */
            if
            :: bad -> break
            :: !bad
            fi
        od;
#ifndef NO_PASS
        if
        :: len(q) > 0 ->               /* runtime/io/fd.h:w_fd_pass */
            atomic {
                !lock ->               /* runtime/io/fd.c:w_fd_pass_slow */
                if
                :: len(q) > 0 -> q?other; wake(other); other = NONE
                :: else
                fi
            }
        :: len(q) == 0
        fi;
#endif
        put()
    fi
}

proctype reader(byte g)
{
    byte mine, other = NONE, its = 0;
    bool bad, again, last, waits;
    read(g);
    assert(!bad || all == 3);
    ended++
}

proctype closer()
{
    byte other = NONE;
    atomic {
        !lock ->
        closing = true;                /* runtime/io/fd.c:shut c1, runtime/io/fd.c:take_all */
#ifndef C1_WAKES_NOBODY
        do
        :: len(q) > 0 -> q?other; ebadf[other] = true; wake(other); other = NONE
        :: len(q) == 0 -> break
        od
#endif
    };
    do
    :: acquire();
#ifndef C2_DOES_NOT_WAIT
        if
        :: count == 0 -> break         /* runtime/io/fd.c:shut c2 */
        :: count > 0 -> turn!CLOSER; lock = 0; wait_woken(CLOSER) /* runtime/io/fd.c:wait_in_turn u3 */
        fi
#else
        break
#endif
    od;
    closed = true;                     /* runtime/io/fd.c:shut c3 */
    lock = 0;
    atomic {
        owner = NONE;                  /* runtime/io/fd.c:close_it c3 */
        data[0] = 0; known[0] = false; reported[0] = false; token[0] = 0; sends = 0
    };
    atomic {
        !lock ->                       /* runtime/io/fd.c:w_fd_close c4 */
        polled = false;                /* runtime/io/fd.c:as_new c4 */
#ifndef SAME_GENERATION
        gen++;
#endif
        life = 1;
        closing = false; closed = false; count = 0;
        changed[0] = false; changed[1] = false; changed[NEXT] = false;
#ifndef C4_WAKES_NOBODY
        do
        :: len(turn) > 0 -> turn?other; wake(other); other = NONE
        :: len(turn) == 0 -> break
        od
#endif
    };
    ended++
}

/* The number's next: from c3 on it may be anybody's. */
proctype next()
{
    byte mine, other = NONE, its = 1;
    bool bad, again, last, waits;
    atomic { owner == NONE -> owner = 1 };
    if
    :: true ->                         /* Weft made it */
        do
        :: atomic { !lock && !closed -> polled = false; gen++ }; break /* runtime/io/fd.c:w_fd_adopt */
        :: atomic { !lock && closed -> turn!NEXT }; wait_woken(NEXT)
        od
    :: true                            /* it is only used */
    fi;
    read(NEXT);
    assert(!bad && life == 1);
    ended++
}

/* What the other ends send. */
active proctype peers()
{
    bool first = true;
end:
    do
    :: sends > 0 && owner == 0 -> atomic { sends--; data[0]++; reported[0] = reported[0] || known[0] }
    :: first && owner == 1 -> atomic { first = false; data[1]++; reported[1] = reported[1] || known[1] }
    :: !first -> break
    od
}

/* Whoever looks at the poller. What is closed is reported no more, but a report may be in his hands. */
active proctype looker()
{
    byte mine, its = NONE, other = NONE;
end:
    do
    :: atomic {
            owner < 2 && reported[owner % 2] -> /* runtime/sched/netpoll.c:gather e1 */
            its = owner; reported[its] = false; mine = token[its]
        };
        atomic {
            !lock ->                   /* runtime/io/fd.c:ready */
            if
#ifndef NO_GENERATION
            :: gen == mine ->
#else
            :: true ->
#endif
                assert(life == its);
#ifdef EDGE_NOT_COUNTED
                if
                :: len(q) > 0 -> COUNT
                :: else
                fi;
#else
                COUNT;                 /* runtime/io/fd.c:edge e2, runtime/io/fd.c:take */
#endif
                if
                :: len(q) > 0 -> q?other; wake(other); other = NONE
                :: else
                fi
#ifndef NO_GENERATION
            :: gen != mine
#endif
            fi;
            its = NONE; mine = 0
        }
    od
}

active proctype end()
{
    timeout;
    assert(ended == all && read_by == (all == 3))
}

init
{
    atomic {
        if
        :: all = 2; sends = 2; run reader(0); run reader(1)
        :: all = 3; if :: sends = 1 :: true fi; run reader(0); run closer(); run next()
        fi
    }
}
