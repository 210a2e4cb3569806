/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who looks at a deadline while its own P does not: the keeper, one idle M that sleeps no longer than to the next deadline of any P, and
 * sysmon, while one P is busy and another idle. sched/machine.c, sched/proc.c run_all_timers, sched/sysmon.c look, n1-n3, k1-k3.
 *
 * Two Ps, two Ms, each of which may set deadlines on its P; one goroutine that computes until all of them have been seen to, as one
 * does for ever. Conservation: every deadline is seen to when it has come, and not later. Left out: the heaps (timers.pml); work other
 * than what a deadline wakes (idle.pml); a P whose goroutine computes while none is idle, which is preemption's to end; nosysmon=1, where
 * nobody looks.
 *
 * run: safety
 * mutant: NO_KEEPER  safety  idle Ms sleep without end
 * mutant: FIRST_KEEPER_STAYS  safety  an M that lists itself with an earlier deadline does not become the keeper
 * mutant: KEEPER_STAYS_SET  safety  who leaves the list remains the keeper
 * mutant: KEEPS_ITS_OWN  safety  the keeper looks at the deadlines of the P that it had
 * mutant: SYSMON_BLIND  safety  sysmon does not look at deadlines
 * mutant: NO_KICK  safety  an idle P that is taken does not wake sysmon
 * mutant: SLEEPS_UNSEEN  safety  n2 is left out
 */
#define NONE  7
#define NEVER 9
#define LAST  2

byte due[2] = NEVER, now, made, fired;
bool idle_p[2], listed[2], parked[2];
byte next_p[2] = NONE, nidle, timer_m = NONE, timer_when;
bool asleep, kicked, computes;
byte adds = 3;

#define FIRST     (due[0] < due[1] -> due[0] : due[1])
#define IS_DUE(p) (due[p] <= now)

inline idle_p_get(p)
{
    if                                         /* runtime/sched/procs.c:w_idle_p_get */
    :: idle_p[0] -> p = 0
    :: !idle_p[0] && idle_p[1] -> p = 1
    :: else -> p = NONE                        /* unreached: who sleeps has left a P idle, which nobody else is there to take */
    fi;
    if
    :: p != NONE ->
        idle_p[p] = false; nidle--;
#ifndef NO_KICK
        kicked = kicked || asleep              /* runtime/sched/sysmon.c:w_sysmon_kick_if k2 k3 */
#endif
    :: else
    fi
}

inline unlist(m)
{
    listed[m] = false;                         /* runtime/sched/machine.c:unlist */
#ifndef KEEPER_STAYS_SET
    timer_m = (timer_m == m -> NONE : timer_m)
#endif
}

proctype machine(byte m)
{
    byte p = m, had = m, when = NEVER;
    bool any;

works:
    if
    :: atomic {
            adds > 0 && due[p] == NEVER && now < LAST -> adds--; made++;
            if
            :: due[p] = now                    /* runtime/queue/timers.c:w_timers_add */
            :: due[p] = now + 1
            :: due[p] = now + 2
            fi
        };
        goto works
    :: atomic { !computes -> computes = true };
        fired == made;
        goto works
    :: true
    fi;
looks:
    atomic {
        any = IS_DUE(0) || IS_DUE(1);          /* runtime/sched/proc.c:find_runnable */
        fired = fired + IS_DUE(0) + IS_DUE(1); /* runtime/sched/proc.c:run_all_timers */
        due[0] = (IS_DUE(0) -> NEVER : due[0]);
        due[1] = (IS_DUE(1) -> NEVER : due[1]);
        if
        :: any -> any = false; goto works
        :: else
        fi
    };
    atomic { idle_p[p] = true; nidle++; had = p; p = NONE }; /* runtime/sched/proc.c:give_up_p */

idle:
    atomic {                                   /* runtime/sched/machine.c:idle_wait */
#ifdef KEEPS_ITS_OWN
        when = due[had];
#else
        when = FIRST;                          /* runtime/sched/proc.c:w_next_deadline */
#endif
        if
#ifndef NO_KEEPER
        :: when != NEVER && nidle != 0 && timer_m == NONE -> timer_m = m; timer_when = when
#ifndef FIRST_KEEPER_STAYS
        :: when != NEVER && nidle != 0 && timer_m != NONE && when < timer_when -> timer_m = m; timer_when = when
#endif
#endif
        :: else -> when = NEVER
        fi;
        listed[m] = true; parked[m] = true
    };
end_asleep:
    if
    :: atomic { !parked[m] -> p = next_p[m]; next_p[m] = NONE }; goto looks
    :: atomic {
            parked[m] && when <= now && listed[m] -> /* runtime/sched/machine.c:sleep_on */
            unlist(m);
            idle_p_get(p);
            if
            :: p != NONE -> goto looks
            :: else -> goto idle
            fi
        }
    fi
}

active proctype sysmon()
{
    byte p = NONE, to = NONE;
end:
    do
#ifndef SYSMON_BLIND
    :: atomic {
            nidle == 1 && (IS_DUE(0) || IS_DUE(1)) && (listed[0] || listed[1]) -> /* runtime/sched/sysmon.c:look */
            idle_p_get(p);                     /* runtime/sched/machine.c:w_wake_any */
            to = (listed[0] -> 0 : 1);         /* runtime/sched/machine.c:w_hand_p */
            unlist(to);
            next_p[to] = p;
            parked[to] = false;
            p = NONE; to = NONE
        }
#endif
    :: atomic { nidle == 2 -> kicked = false };
        asleep = true;                         /* runtime/sched/sysmon.c:sysmon_main n1 */
        if
#ifdef SLEEPS_UNSEEN
        :: true ->
#else
        :: nidle == 2 ->                       /* runtime/sched/sysmon.c:sysmon_main n2 */
#endif
end_asleep: kicked                             /* runtime/sched/sysmon.c:sysmon_main n3 */
#ifndef SLEEPS_UNSEEN
        :: nidle < 2
#endif
        fi;
        asleep = false
    od
}

/* Time goes on when everybody waits for it, and then what was due should have been seen to; and once at any moment. */
active proctype clock()
{
    bool once = true;
    do
    :: once && now < LAST -> once = false; now++
    :: timeout ->
        assert(!IS_DUE(0) && !IS_DUE(1));
        if
        :: now < LAST + 2 -> now++
        :: else -> break
        fi
    od;
    assert(fired == made)
}

init { atomic { run machine(0); run machine(1) } }
