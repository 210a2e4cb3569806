/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When is everything asleep? The count of Ms, of those that wait for their own goroutine, of waits for descriptors, of holds; and the test
 * under sched.lock: sched/machine.c, sched/netpoll.c (the count of waits), sched/bound.c b1-b4, k1-k4, sched/stats.c h1-h2, l1-l2.
 *
 * Two Ps; two goroutines that wait once for a descriptor or a deadline and then for ever. Either one of them is locked to its thread, or
 * there is a foreign thread that holds, posts a third and releases. Safety: a deadlock is reported only once all wait for ever and nobody holds.
 * Conservation: then it is reported, so everything that can run is run before. A third M is a thread that is still to be made. Left out: the
 * spinners' dance (a wake takes an idle P if there is one), calls that block (their M is awake), threads that end, the order of deadlines.
 *
 * run: safety
 * mutant: IO_COUNTED_DOWN_EARLY  safety  a wait for a descriptor is over with the event, not when the goroutine runs
 * mutant: TESTS_BEFORE_LISTING  safety  the test comes before the M counts as idle
 * mutant: TESTS_UNLOCKED  safety  the test is made after the lock was freed, each count by itself
 * mutant: RELEASE_LOOKS_NOWHERE  safety  the last release does not test
 * mutant: HOLDS_UNSEEN  safety  the test does not look at holds
 * mutant: TIMERS_UNSEEN  safety  the test does not look at deadlines
 * mutant: COUNTED_WHEN_BEGUN  safety  a thread counts from when it begins, not from when it is asked for
 * mutant: BOUND_NOT_COUNTED  safety  who waits for its own goroutine does not count
 * mutant: BOUND_STAYS_COUNTED  safety  k3 does not count it down
 * mutant: BOUND_NO_MATTER_WHAT  safety  b3 counts it even if its turn has come
 */
#define NM     3
#define NONE   7
#define MAIN   0
#define SECOND 1
#define POSTED 2

chan ring[2] = [3] of { byte };
chan q = [3] of { byte };
bool idle_p[2], listed[NM], parked[NM], locked, bound, bound_wait;
byte next_p[NM] = NONE, bound_m = NONE;
chan starting = [3] of { byte };
chan begins = [2] of { byte };
byte unmade = 1;
byte nm = 2, nidle_m, nbound, holds, io;
byte timer_m = NONE, poll_m = NONE;
bool waits_io[2], waits_time[2], counted[2], before[2];
byte stuck, all_g = 2;
bool posted, dead;

#define TIMERS  (waits_time[0] || waits_time[1])
#define EVENTS  (waits_io[0] || waits_io[1])
#define IDLE_PS (idle_p[0] || idle_p[1])
#ifdef TIMERS_UNSEEN
#define NO_TIMERS true
#else
#define NO_TIMERS !TIMERS
#endif
#ifdef HOLDS_UNSEEN
#define NO_HOLDS true
#else
#define NO_HOLDS holds == 0
#endif
/* sched.lock held; io is runtime/sched/netpoll.c:w_netpoll_waiting */
#define DEAD (nidle_m + nbound == nm && len(starting) == 0 && len(q) == 0 && NO_HOLDS && NO_TIMERS && io == 0) /* runtime/sched/machine.c:dead_locked l2 */

inline report()
{
    atomic {
        assert(stuck == all_g && holds == 0);      /* runtime/sched/fatal.c:w_deadlock */
        dead = true
    }
}

inline idle_p_get(p)
{
    if                                         /* runtime/sched/procs.c:w_idle_p_get */
    :: idle_p[0] -> p = 0; idle_p[0] = false
    :: !idle_p[0] && idle_p[1] -> p = 1; idle_p[1] = false
    :: else -> p = NONE
    fi
}

inline unlist(i)
{
    listed[i] = false;                         /* runtime/sched/machine.c:unlist */
    nidle_m--;
    if
    :: timer_m == i -> timer_m = NONE
    :: else
    fi;
    if
    :: poll_m == i -> poll_m = NONE
    :: else
    fi
}

/* sched.lock held; then the wake. */
inline hand(p, to)
{
    if                                         /* runtime/sched/machine.c:w_hand_p */
    :: listed[0] -> to = 0
    :: listed[1] -> to = 1
    :: listed[2] -> to = 2
    :: else -> to = NONE
    fi;
    if
    :: to != NONE -> unlist(to); next_p[to] = p; parked[to] = false; to = NONE /* runtime/sched/machine.c:w_m_wake */
    :: else ->
        starting!p;
#ifndef COUNTED_WHEN_BEGUN
        nm++
#endif
    fi
}

inline wake_any(p, to)
{
    atomic {
        idle_p_get(p);                         /* runtime/sched/machine.c:w_wake_any */
        if
        :: p != NONE -> hand(p, to); p = NONE
        :: else
        fi
    }
}

/* An event: its goroutine is in the hands of who looked. */
inline gather(g)
{
    if                                         /* runtime/sched/netpoll.c:gather */
    :: waits_io[0] -> g = 0
    :: waits_io[1] -> g = 1
    fi;
    waits_io[g] = false;
#ifdef IO_COUNTED_DOWN_EARLY
    io--
#endif
}

inline test()
{
#ifdef TESTS_UNLOCKED
    all = (nidle_m + nbound == nm);
    all = all && len(starting) == 0 && len(q) == 0;
    all = all && NO_HOLDS && NO_TIMERS;
    all = all && io == 0;
    if
    :: all -> report()
    :: else
    fi
#else
    if
    :: all -> report()
    :: else
    fi
#endif
}

proctype machine(byte m)
{
    byte p = NONE, g = NONE, to = NONE;
    bool all, polls;
    if
    :: m < 2 -> p = m; g = m
    :: else ->
end_unmade:
        atomic { len(begins) > 0 -> begins?p };
#ifdef COUNTED_WHEN_BEGUN
        nm++
#endif
    fi;

go:
    if
    :: dead -> goto end_dead
    :: g == MAIN && bound && bound_m != m ->   /* runtime/sched/proc.c:dispatch k1 */
        atomic {
            g = NONE;                          /* runtime/sched/bound.c:w_hand_to_bound k3 */
            next_p[bound_m] = p;
            p = NONE;
            if
            :: bound_wait ->
                bound_wait = false;
#ifndef BOUND_STAYS_COUNTED
                nbound--
#endif
            :: else
            fi;
            parked[bound_m] = false            /* runtime/sched/bound.c:w_hand_to_bound k4 */
        };
        goto idle
    :: g != NONE && !(g == MAIN && bound && bound_m != m) ->
        atomic {
            if
            :: g < POSTED && counted[g] ->
                counted[g] = false;
#ifndef IO_COUNTED_DOWN_EARLY
                io--                           /* runtime/sched/netpoll.c:count_one_less */
#endif
            :: else
            fi;
            if
            :: g < POSTED && !before[g] ->
                before[g] = true;
                if
                :: io++; counted[g] = true; waits_io[g] = true /* runtime/sched/netpoll.c:w_netpoll_park */
                :: waits_time[g] = true
                fi
            :: else -> stuck++
            fi;
            if
            :: g == MAIN && locked -> bound = true; bound_m = m; parked[m] = true /* runtime/sched/bound.c:w_bind b1 b2 */
            :: else -> g = NONE
            fi
        };
        if
        :: g == MAIN ->
            atomic {                           /* runtime/sched/bound.c:settle_bound b3 */
                g = NONE;
                hand(p, to);                   /* runtime/sched/bound.c:w_hand_off_locked */
                p = NONE;
                if
#ifdef BOUND_NOT_COUNTED
                :: next_p[m] == NONE -> bound_wait = true; nbound++; nbound--
                :: else
#elif defined BOUND_NO_MATTER_WHAT
                :: true -> bound_wait = true; nbound++
#else
                :: next_p[m] == NONE -> bound_wait = true; nbound++ /* runtime/sched/bound.c:w_bound_begin */
                :: else
#endif
                fi
            };
end_bound:  !parked[m];                        /* runtime/sched/bound.c:w_bound_turn b4 */
            atomic { p = next_p[m]; next_p[m] = NONE; bound = false; bound_m = NONE; g = MAIN }; /* runtime/sched/bound.c:w_unbind */
            goto go
        :: g == NONE -> goto go
        fi
    :: atomic { g == NONE && len(ring[p]) > 0 -> ring[p]?g }; goto go /* runtime/sched/proc.c:find_runnable */
    :: atomic { g == NONE && len(ring[p]) == 0 && len(q) > 0 -> q?g }; goto go /* runtime/sched/proc.c:globq_grab */
    :: atomic {
            g == NONE && len(ring[p]) == 0 && TIMERS -> /* runtime/sched/proc.c:run_all_timers */
            if
            :: waits_time[0] -> waits_time[0] = false; ring[p]!0
            :: else
            fi;
            if
            :: waits_time[1] -> waits_time[1] = false; ring[p]!1
            :: else
            fi
        };
        goto go
    :: atomic { g == NONE && len(ring[p]) == 0 && EVENTS && poll_m == NONE -> gather(g) }; /* runtime/sched/netpoll.c:w_netpoll_look */
        atomic { ring[p]!g; g = NONE };
        goto go
    :: atomic { g == NONE && len(ring[p]) == 0 && len(q) == 0 && !dead -> idle_p[p] = true; p = NONE } /* runtime/sched/proc.c:give_up_p */
    fi;

idle:
    atomic {                                   /* runtime/sched/machine.c:idle_wait */
        if
        :: len(q) > 0 -> idle_p_get(p)
        :: else
        fi;
        if
        :: p != NONE -> goto go
        :: else
        fi;
#ifdef TESTS_BEFORE_LISTING
        all = DEAD;
#endif
        listed[m] = true; parked[m] = true; nidle_m++; /* l1 */
        if
        :: TIMERS && IDLE_PS && timer_m == NONE -> timer_m = m
        :: else
        fi;
        if
        :: IDLE_PS && poll_m == NONE -> poll_m = m; polls = true
        :: else -> polls = false
        fi;
#ifndef TESTS_BEFORE_LISTING
        all = DEAD;                            /* runtime/sched/machine.c:idle_wait l2 */
#endif
#ifndef TESTS_UNLOCKED
        test();
        all = false
#endif
    };
#ifdef TESTS_UNLOCKED
    test();
    all = false;
#endif
end_asleep:
    if
    :: dead
    :: atomic { !parked[m] -> p = next_p[m]; next_p[m] = NONE }; goto go
    :: atomic { polls && parked[m] && EVENTS -> gather(g) }; /* runtime/sched/netpoll.c:w_netpoll_sleep */
        atomic {
            if
            :: listed[m] -> unlist(m); idle_p_get(p)
            :: else -> assert(!parked[m]); p = next_p[m]; next_p[m] = NONE
            fi;
            if
            :: p != NONE -> ring[p]!g; g = NONE; goto go /* runtime/sched/netpoll.c:w_netpoll_take */
            :: else -> q!g; g = NONE           /* runtime/sched/netpoll.c:w_netpoll_inject */
            fi
        };
        goto idle
    :: atomic { timer_m == m && TIMERS -> unlist(m); idle_p_get(p) }; /* its time has come */
        if
        :: p != NONE -> goto go
        :: else -> goto idle
        fi
    fi;
end_dead:
    skip
}

/* A foreign thread. */
active proctype foreign()
{
    byte p = NONE, to = NONE;
    bool all;
end:
    atomic { posted -> q!POSTED };             /* runtime/sched/spawn.c:w_post */
    wake_any(p, to);
    holds--;                                   /* runtime/sched/stats.c:weft_release h1 */
#ifndef RELEASE_LOOKS_NOWHERE
    all = DEAD;                                /* runtime/sched/machine.c:w_check_dead h2 */
    test()
#endif
}

/* sysmon: threads that are asked for, and a look at the poller. */
active proctype sysmon()
{
    byte g = NONE, p = NONE, to = NONE;
end:
    do
    :: atomic { len(starting) > 0 && unmade > 0 -> starting?p; begins!p; p = NONE; unmade-- } /* runtime/sched/sysmon.c:make_threads */
    :: atomic { /* no more threads here: as if one had ended, being idle for long, and another was made */
            len(starting) > 0 && unmade == 0 && (listed[0] || listed[1] || listed[2]) -> starting?p;
            hand(p, to);
            p = NONE;
#ifndef COUNTED_WHEN_BEGUN
            nm--
#endif
        }
    :: atomic { EVENTS && poll_m == NONE -> gather(g) }; /* runtime/sched/netpoll.c:w_netpoll_sysmon */
        atomic { q!g; g = NONE };
        wake_any(p, to)
    od
}

active proctype end()
{
    timeout;
    assert(dead)
}

init
{
    atomic {
        if
        :: locked = true
        :: holds = 1; posted = true; all_g = 3 /* runtime/sched/stats.c:weft_hold */
        fi;
        run machine(0); run machine(1); run machine(2)
    }
}
