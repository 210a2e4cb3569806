/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Going idle and waking up: sched/proc.c i1-i5, u1-u3, steps r and d; sched/sysmon.c n1-n3, k1-k3 as far as a deputy is concerned.
 *
 * M 0 runs a goroutine that makes others ready: either two, with three Ps and Ms, or one, with two of each, whose spinners may find
 * work too fine (step d), and a foreign thread posts one. Each of these goroutines may go on until both have started, as one does that
 * computes for ever: so whatever stands beside an idle P is missed.
 * Conservation: both start, and no fair run (`starts`) goes on for ever without. M 0's pushes go through a store buffer. sysmon makes no
 * threads here: a P in `starting` goes to the next M that lists itself, which is a thread that takes long to start. Its ticks do nothing but
 * what they do for a deputy: they would hide a lost wake-up for 400 µs. Left out: runnext, timers, the poller, weft_procs. park.pml has the
 * visit itself.
 *
 * run: safety
 * run: starts
 * mutant: NO_BARRIER  safety  i3 is left out
 * mutant: NO_LIGHT_BARRIER  safety  u3 before u1
 * mutant: NO_SECOND_LOOK  safety  i4 is left out
 * mutant: LOOK_TOO_EARLY  safety  i4 before i2
 * mutant: NO_CHAIN  safety  step r wakes nobody
 * mutant: PLACE_LEAKS  safety  a waker that finds no idle P keeps its place among the spinners
 * mutant: DEPUTY_KEEPS_PLACE  safety  sysmon does not count the deputy down
 * mutant: DEPUTY_DOES_NOT_LOOK  safety  sysmon counts it down and looks at nothing
 * mutant: DEPUTY_NO_KICK  safety  the deputy's place is left to a sysmon that sleeps
 * mutant: NEVER_FORCED  starts  sysmon lets its spinner decline as often as it likes
 * mutant: POST_WAKES_NOBODY  safety  weft_post leaves the goroutine in the global queue and that is all
 * mutant: STAY_UNSEEN  safety  give_up_p does not look at the global queue, nor do i4 and the sleeper
 */
#define NP   3
#define NM   3
#define TWO  2
#define NONE 7

byte ring[NP], buffered; /* ready goroutines; M 0's pushes that others do not see yet */
byte global;
bool listed_p[NP], listed_m[NM], parked[NM], hands_spinning[NM];
byte next_p[NM] = NONE, starting = NONE;
byte nidle, nspinning;
bool deputy, force, asleep;
bool kicked;             /* sysmon_word is other than sysmon has read it */
bool seen[NP];           /* sysmon's: this ring was not empty at the last look */
byte pushes, posts, started, hogs;
byte np;                 /* of each, Ps and Ms */
bool fine;               /* a spinner may decline */

#define FLUSH ring[0] = ring[0] + buffered; buffered = 0

active proctype buffer()
{
end:
    do
    :: atomic { buffered > 0 -> FLUSH }
    od
}

inline kick_if_asleep()
{
    if
    :: asleep -> kicked = true                          /* runtime/sched/sysmon.c:w_sysmon_kick_if k2 k3 */
    :: else
    fi
}

/* sched.lock held: an idle P, or NONE. */
inline idle_p_get(p)
{
    if
    :: listed_p[0] -> p = 0
    :: listed_p[1] -> p = 1
    :: listed_p[2] -> p = 2
    :: else -> p = NONE
    fi;
    if
    :: p != NONE -> listed_p[p] = false; nidle--; kick_if_asleep() /* runtime/sched/procs.c:w_idle_p_get k1 */
    :: else
    fi
}

inline hand(p, to, spins)
{
    if                                              /* runtime/sched/machine.c:w_hand_p */
    :: listed_m[0] -> to = 0
    :: listed_m[1] -> to = 1
    :: listed_m[2] -> to = 2
    :: else -> to = NONE
    fi;
    if
    :: to != NONE -> listed_m[to] = false; next_p[to] = p; hands_spinning[to] = spins
    :: else -> assert(starting == NONE); starting = p
    fi
}

/* nidle and nspinning are read as one: what is not woken for was so at one of the two reads. */
inline wake_any(p, to)
{
    if
    :: atomic { nidle != 0 && nspinning == 0 -> nspinning = 1; FLUSH }; /* runtime/sched/machine.c:w_wake_any u3 */
        atomic {
            idle_p_get(p);
            if
            :: p != NONE -> hand(p, to, true); p = NONE
#ifndef PLACE_LEAKS
            :: else -> to = NONE; nspinning--
#else
            :: else -> to = NONE
#endif
            fi;
            if
            :: to != NONE -> parked[to] = false; to = NONE /* runtime/sched/machine.c:w_m_wake */
            :: to == NONE
            fi
        }
    :: nidle == 0 || nspinning != 0                 /* runtime/sched/sched.h:w_wake_wanted u3 */
    fi
}

inline push()
{
#ifdef NO_LIGHT_BARRIER
    wake_any(other, to);
    buffered++
#else
    buffered++;                                     /* runtime/sched/fast.h:w_put_runnext u1 */
    wake_any(other, to)                           /* runtime/sched/sched.h:w_wake_check u2 */
#endif
}

/* One pass: half of the first ring that has anything and is worth it. */
inline steal_pass()
{
    i = 0;                                          /* runtime/sched/proc.c:steal_pass */
    do
    :: i == np || took -> break
    :: i < np && !took && (i == p || ring[i] == 0) -> i++
    :: i < np && !took && i != p && ring[i] > 0 ->
        took = true;                                /* runtime/sched/proc.c:steal */
        ring[p] = ring[p] + (ring[i] - 1) / 2;      /* of its half one is to be run */
        ring[i] = ring[i] / 2
    :: i < np && !took && i != p && ring[i] > 0 && fine && !force -> declined = true; i++ /* runtime/sched/proc.c:worth */
    od;
    force = false;
    i = 0
}

/* i4: any */
inline work_stands()
{
    do
    :: atomic { i < np && ring[i] == 0 -> i++ }     /* runtime/sched/proc.c:w_work_stands i4 */
    :: atomic { i < np && ring[i] > 0 -> any = true; i = 0 }; break
#ifndef STAY_UNSEEN
    :: atomic { i == np -> any = global > 0; i = 0 }; break
#else
    :: atomic { i == np -> i = 0 }; break
#endif
    od
}

/* Until both have started, or not so long; one P is left to the others. */
inline compute()
{
    if
    :: atomic { (np == 2 || m > 0) && hogs < np - 1 -> hogs++ }; started == TWO
    :: np == 3 && m == 0 -> started == TWO          /* with three, the one that pushes always does */
    :: np == 2 || m > 0
    fi
}

proctype machine(byte m)
{
    byte p = NONE, other = NONE, to = NONE, i = 0;
    bool spins, declined, took, any;
    if
    :: m == 0 -> p = 0
    :: else -> goto end_asleep
    fi;
    do
    :: atomic { pushes > 0 -> pushes-- }; push()
    :: pushes == 0 -> break
    od;
    compute();

find:
    atomic {                                        /* runtime/sched/proc.c:find_runnable */
        if
        :: np == 3 && started == TWO -> goto stop   /* what comes then, two show as well */
        :: else
        fi;
        if
        :: m == 0 -> FLUSH                          /* its own pushes it sees */
        :: else
        fi;
        if
        :: ring[p] > 0 -> ring[p]--; goto take      /* runtime/sched/fast.h:w_pick_fast */
        :: ring[p] == 0 && global > 0 -> global--; goto take /* runtime/sched/proc.c:globq_grab */
        :: else
        fi;
        if
        :: !spins && 2 * nspinning >= np - nidle -> goto idle /* runtime/sched/proc.c:may_spin */
        :: !spins && 2 * nspinning < np - nidle -> spins = true; nspinning++
        :: spins
        fi
    };
    atomic {
        steal_pass();                               /* runtime/sched/proc.c:spin */
        if
        :: took -> took = false; declined = false
        :: else -> goto idle
        fi
    };
take:
    if
    :: atomic { spins -> spins = false; nspinning-- }; /* runtime/sched/proc.c:stop_spinning r */
#ifndef NO_CHAIN
        wake_any(other, to)                         /* runtime/sched/proc.c:dispatch r */
#endif
    :: !spins
    fi;
    started++;
    compute();
    goto find;

idle:
    atomic {
#ifndef STAY_UNSEEN
        if
        :: global > 0 -> declined = false; goto find /* runtime/sched/proc.c:give_up_p */
        :: else
        fi;
#endif
        listed_p[p] = true; p = NONE; nidle++       /* runtime/sched/procs.c:w_idle_p_put i1 */
    };
    if
    :: atomic {
            spins && declined ->                    /* runtime/sched/proc.c:go_idle d */
            spins = false; declined = false;
            if
            :: deputy -> nspinning--                /* one place is enough */
            :: else -> deputy = true
            fi
        };
#ifndef DEPUTY_NO_KICK
        kick_if_asleep();
#endif
        goto sleep
    :: !(spins && declined)
    fi;
#ifdef LOOK_TOO_EARLY
    atomic { FLUSH };
    work_stands();
#endif
    if
    :: atomic { spins -> spins = false; nspinning-- } /* runtime/sched/proc.c:stop_spinning i2 */
    :: !spins
    fi;
#ifndef LOOK_TOO_EARLY
#ifndef NO_BARRIER
    atomic { FLUSH };                               /* runtime/sched/proc.c:go_idle i3 */
#endif
    work_stands();                                  /* runtime/sched/proc.c:go_idle i4 */
#endif
#ifdef NO_SECOND_LOOK
    any = false;
#endif
    if
    :: atomic { any -> any = false; idle_p_get(p) }; /* runtime/sched/proc.c:take_idle_p */
        if
        :: atomic { p != NONE -> spins = true; nspinning++ }; goto find
        :: p == NONE
        fi
    :: !any
    fi;

sleep:
    atomic {                                        /* runtime/sched/machine.c:idle_wait i5 */
#ifndef STAY_UNSEEN
        if
        :: global > 0 -> idle_p_get(p)
        :: else
        fi;
        if
        :: p != NONE -> goto find
        :: else
        fi;
#endif
        listed_m[m] = true; parked[m] = true
    };
end_asleep:
    atomic { !parked[m] -> p = next_p[m]; next_p[m] = NONE; spins = hands_spinning[m] };
    goto find;
stop:
    skip
}

/* One look of the deputy's: any ring, or the global queue; at the second in a row by force. */
inline look()
{
    atomic {
        any = global > 0;                           /* runtime/sched/sysmon.c:look */
        i = 0;
        do
        :: i < NP ->
            any = any || ring[i] > 0;               /* runtime/sched/sysmon.c:stands */
#ifndef NEVER_FORCED
            force = force || (ring[i] > 0 && seen[i]);
#endif
            seen[i] = ring[i] > 0;
            i++
        :: i == NP -> break
        od;
        i = 0
    };
    if
    :: any -> any = false; wake_any(p, to)
    :: else
    fi
}

active proctype sysmon()
{
    byte p = NONE, to = NONE, i = 0;
    bool any;
    np != 0;
end:
    do
#ifndef DEPUTY_KEEPS_PLACE
    :: atomic { deputy -> deputy = false; nspinning-- }; /* runtime/sched/sysmon.c:sysmon_main d: at a tick, or kicked */
#else
    :: atomic { deputy -> deputy = false };
#endif
#ifndef DEPUTY_DOES_NOT_LOOK
        look()
#else
        skip
#endif
    :: atomic {
            starting != NONE && (listed_m[0] || listed_m[1] || listed_m[2]) -> /* runtime/sched/sysmon.c:make_threads */
            p = starting; starting = NONE; hand(p, to, true); parked[to] = false; p = NONE; to = NONE
        }
    :: atomic { nidle == np && !deputy && starting == NONE -> kicked = false }; /* quiet for long, and nothing to do in this round */
        asleep = true;                              /* runtime/sched/sysmon.c:sysmon_main n1 */
        if
        :: nidle == np && !deputy ->                /* runtime/sched/sysmon.c:sysmon_main n2 */
end_asleep: kicked                                  /* runtime/sched/sysmon.c:sysmon_main n3 */
        :: nidle < np || deputy
        fi;
        asleep = false
    od
}

active proctype foreign()
{
    byte p = NONE, to = NONE;
    np != 0;
    do
    :: posts > 0 ->
        atomic { posts--; global++ };               /* runtime/sched/spawn.c:w_post */
#ifndef POST_WAKES_NOBODY
        wake_any(p, to)                             /* runtime/sched/spawn.c:w_post */
#endif
    :: posts == 0 -> break
    od
}

/* And not only if somebody happens to be fast: with two Ps, where spinners may decline. */
ltl starts { <> (started == TWO) }

/* What is left when nothing moves any more. */
active proctype end()
{
    timeout;
    assert(started == TWO);
    assert(np == 3 || nidle == 2 && nspinning == 0 && !deputy && starting == NONE)
}

init
{
    byte m = 0;
    atomic {
        if
        :: np = 2; pushes = 1; posts = 1; fine = true
#ifndef STARTS
        :: np = 3; pushes = 2; hogs = 1; listed_p[2] = true; listed_m[2] = true; parked[2] = true
#endif
        fi;
        listed_p[1] = true; listed_m[1] = true; parked[1] = true;
        nidle = np - 1;
        do
        :: m < np -> run machine(m); m++
        :: else -> break
        od
    }
}
