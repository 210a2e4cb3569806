/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waking the M that sleeps in the poller: sched/netpoll.c k1-k3, and who takes an interrupt that is not for him.
 *
 * Two Ms go idle whenever they have nothing to do; whoever finds nobody there sleeps in the poller, the other on its futex. Two wakers
 * wake whom they find idle, WAKES times; somebody looks at the poller without waiting; one event comes. An interrupt is an edge: the first
 * wait takes it, whoever's it is.
 * Safety: no target is left over. Conservation: who was woken comes out, however often others took his interrupt. Not shown, and not so under
 * weak fairness: that it takes few steps. Who gives an interrupt on may take it again himself, before the one who is meant has woken up;
 * only the system's fairness ends that. Nor does it take the interrupt of who comes out (w_netpoll_left): without it nothing is lost
 * either, since his own, too, was given on. Left out: what events make ready (deadlock.pml, fd.pml), deadlines, opening the poller.
 *
 * run: safety
 * mutant: NOT_GIVEN_ON  safety  who takes an interrupt that is not his keeps it
 * mutant: NOT_COUNTED  safety  k1 is left out
 * mutant: COUNTED_TOO_LATE  safety  k1 after k3
 * mutant: STAYS_COUNTED  safety  who comes out remains a target
 */
#define NONE   7
#define WAKES  3

bool interrupt, event = true;
byte targets;
bool listed[2], polls[2], park[2];
byte poll_m = NONE, wakes, outs;

inline unlist(m)
{
    listed[m] = false;                     /* runtime/sched/machine.c:unlist */
    poll_m = (poll_m == m -> NONE : poll_m)
}

/* A wait has taken the interrupt. */
inline taken()
{
#ifndef NOT_GIVEN_ON
    if
    :: targets != 0 -> interrupt = true    /* runtime/sched/netpoll.c:gather */
    :: targets == 0
    fi
#else
    skip
#endif
}

proctype machine(byte m)
{
    bool others;
again:
    do
    :: atomic {                            /* runtime/sched/machine.c:idle_wait */
            listed[m] = true;
            if
            :: poll_m == NONE -> poll_m = m; polls[m] = true
            :: poll_m != NONE
            fi
        };
        if
        :: polls[m] ->
            do
            :: park[m] -> break            /* runtime/sched/netpoll.c:w_netpoll_sleep */
            :: !park[m] ->
end_poller:     if
                :: atomic { interrupt -> interrupt = false }; taken() /* runtime/poll/epoll.c:w_poll_wait */
                :: atomic { event -> event = false };
                    if
                    :: atomic { listed[m] -> unlist(m); polls[m] = false }; goto again /* with what it has found, to a P or the queue */
                    :: !listed[m] -> break /* the wake is on its way */
                    fi
                fi
            od
        :: !polls[m]
        fi;
end_futex:
        atomic { park[m] -> park[m] = false };
        if
        :: polls[m] ->
#ifndef STAYS_COUNTED
            atomic { others = targets != 1; targets-- }; /* runtime/sched/netpoll.c:w_netpoll_left */
#endif
            if
            :: others -> interrupt = true  /* runtime/sched/netpoll.c:w_netpoll_left */
            :: !others
            fi;
            atomic { polls[m] = false; others = false; assert(targets <= polls[0] + polls[1]) }
        :: !polls[m]
        fi;
        outs++
    od
}

proctype waker()
{
    byte m = NONE;
    bool there;
end:
    do
    :: atomic {
            wakes < WAKES && (listed[0] || listed[1]) ->
            wakes++;
            if
            :: listed[0] -> m = 0          /* runtime/sched/machine.c:w_hand_p */
            :: listed[1] -> m = 1
            fi;
            unlist(m);
            there = polls[m]
        };
#if !defined NOT_COUNTED && !defined COUNTED_TOO_LATE
        if
        :: there -> targets++              /* runtime/sched/netpoll.c:w_netpoll_target k1 */
        :: !there
        fi;
#endif
        park[m] = true;                    /* runtime/sched/machine.c:w_m_wake k2 */
        if
        :: there -> interrupt = true       /* runtime/poll/epoll.c:w_poll_interrupt k3 */
        :: !there
        fi;
#ifdef COUNTED_TOO_LATE
        targets = targets + there;
#endif
        there = false;
        m = NONE
    od
}

/* A busy P, or sysmon. */
active proctype looker()
{
    byte looks = 2;
end:
    do
    :: looks > 0 && poll_m == NONE ->      /* runtime/sched/netpoll.c:gather_now */
        looks--;
        if
        :: atomic { interrupt -> interrupt = false }; taken()
        :: !interrupt
        fi
    od
}

active proctype end()
{
    timeout;
    assert(outs == WAKES && targets == 0)
}

init { atomic { run machine(0); run machine(1); run waker(); run waker() } }
