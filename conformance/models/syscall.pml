/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that may block, and a P that sysmon takes from one: sched/syscall.c x1-x4, r0-r4, and sched/sysmon.c n1-n3, k1-k3 for a sysmon
 * that rests while a call begins.
 *
 * One P, two Ms, sysmon. A goroutine makes two calls; each may last until the other goroutine, which is ready on the P's ring, has run. So
 * both end only if the P is taken from a call that lasts, and comes back to the caller or takes the caller's goroutine from the global queue.
 * What an M stores goes through its store buffer, in order. Safety: never do both Ms have the P. Conservation: both goroutines end,
 * also in every fair run (`ends`).
 * Rests are without limit here (10 ms), so that a call that is missed ends as an invalid end state. Left out: naps, which time ends; when a
 * call is long enough (sysmon may come at any moment); the bound Ms of bound.c; the spinners' dance, since there is one P.
 *
 * run: safety
 * run: ends
 * mutant: NO_BARRIER  safety  r2 is left out
 * mutant: NO_LIGHT_BARRIER  safety  x3 before x1
 * mutant: NO_EXITING  safety  r3 looks at sysp alone
 * mutant: NO_SYSP  safety  r3 looks at exiting alone
 * mutant: EXITING_ENDS_EARLY  safety  x4 says exiting = 0 before sysp = NULL
 * mutant: EXIT_WITHOUT_LOCK  safety  an exit that sees retake takes sysp without the lock
 * mutant: EXIT_TRIES_AGAIN  ends  an exit that sees retake begins anew at x1, and again
 * mutant: NO_KICK  safety  a call that begins wakes no sysmon that rests
 * mutant: REST_NO_BARRIER  safety  n1 without its heavy barrier
 * mutant: GLOBAL_UNSEEN  safety  who gives up the P does not look at the global queue under the lock
 */
#define CALLER 0
#define OTHER  1
#define NONE   7
#define CALLS  2

mtype = { EXITING, SYSP };
chan sb[2] = [4] of { mtype, byte };   /* store buffers */
byte pending[2];                       /* stores to sysp in them: the last is always P */
byte sysp[2] = NONE;
bit exiting[2], retake[2];
bit lock;
bool has[2];                           /* the P */
bool idle_p, listed[2], parked[2], starting;
bool ring = true, global, released, ended;
byte calls;
bool resting;
byte word;

inline drain(m)
{
    if
    :: sb[m]?EXITING, v -> exiting[m] = v
    :: sb[m]?SYSP, v -> sysp[m] = v; pending[m]--
    fi;
    v = 0
}

inline fence(m)
{
    d_step {
        do
        :: len(sb[m]) > 0 -> drain(m)
        :: else -> break
        od
    }
}

proctype buffer(byte m)
{
    byte v;
end:
    do
    :: atomic { len(sb[m]) > 0 -> drain(m) }
    od
}

inline get(m)
{
    has[m] = true;
    assert(!has[1 - m])
}

/* sched.lock held: the P to an idle M, else to the next that lists itself, which stands for a new thread. */
inline hand(to)
{
    if                                         /* runtime/sched/machine.c:w_hand_p */
    :: listed[0] -> to = 0
    :: listed[1] -> to = 1
    :: else -> to = NONE; starting = true
    fi;
    if
    :: to != NONE -> listed[to] = false; get(to); parked[to] = false; to = NONE /* runtime/sched/machine.c:w_m_wake */
    :: else
    fi
}

inline call(m)
{
    calls++;
    has[m] = false;                            /* runtime/sched/syscall.c:weft_syscall_enter */
    atomic { sb[m]!SYSP, 0; pending[m]++ };    /* runtime/sched/syscall.c:weft_syscall_enter */
    if
#ifndef NO_KICK
    :: resting -> fence(m); word++             /* runtime/sched/sysmon.c:w_sysmon_kick k2 k3 */
#endif
    :: !resting
#ifdef NO_KICK
    :: resting
#endif
    fi;
    if
    :: true
    :: true -> released                        /* it lasts until the other has run */
    fi;
#ifdef NO_LIGHT_BARRIER
    seen = retake[m];
    sb[m]!EXITING, 1;
#elif defined EXIT_TRIES_AGAIN
    do
    :: sb[m]!EXITING, 1;
        fence(m);
        if
        :: !retake[m] -> seen = false; break
        :: retake[m] -> sb[m]!EXITING, 0; fence(m)
        fi
    od;
#else
    sb[m]!EXITING, 1;                          /* runtime/sched/syscall.c:weft_syscall_exit x1 x2 */
    seen = retake[m];                          /* runtime/sched/syscall.c:weft_syscall_exit x3 */
#endif
    if
    :: atomic { !seen && (pending[m] > 0 || sysp[m] != NONE) -> get(m) };
#ifdef EXITING_ENDS_EARLY
        sb[m]!EXITING, 0;
        atomic { sb[m]!SYSP, NONE; pending[m]++ }
#else
        atomic { sb[m]!SYSP, NONE; pending[m]++ };
        sb[m]!EXITING, 0                       /* runtime/sched/syscall.c:weft_syscall_exit x4 */
#endif
    :: seen || (pending[m] == 0 && sysp[m] == NONE) ->
        sb[m]!EXITING, 0;                      /* runtime/sched/syscall.c:exit_locked x3 */
        fence(m);
#ifndef EXIT_WITHOUT_LOCK
        atomic { !lock -> lock = 1 };
#endif
        seen = (sysp[m] != NONE);
        if
        :: seen -> sysp[m] = NONE; get(m)
        :: !seen && idle_p -> idle_p = false; get(m) /* runtime/sched/procs.c:w_idle_p_get */
        :: else
        fi;
        lock = 0;
        if
        :: !has[m] ->                          /* runtime/sched/syscall.c:without_p */
            atomic { !lock -> lock = 1 };      /* runtime/sched/bound.c:settle_syscall */
            if
            :: idle_p -> idle_p = false; get(m)
            :: else -> global = true; cur = NONE
            fi;
            lock = 0
        :: else
        fi
    fi
}

proctype machine(byte m)
{
    byte cur = NONE, v = 0;
    bool seen;
    if
    :: m == 0 -> cur = CALLER; has[0] = true
    :: else -> goto asleep
    fi;
running:
    do
    :: cur == CALLER && calls < CALLS ->
        call(m);
        if
        :: has[m]
        :: else -> break
        fi
    :: cur == CALLER && calls == CALLS -> ended = true; cur = NONE
    :: cur == OTHER -> released = true; cur = NONE
    :: cur == NONE && ring -> ring = false; cur = OTHER /* runtime/sched/fast.h:w_pick_fast */
    :: cur == NONE && !ring && global -> atomic { !lock -> global = false; cur = CALLER } /* runtime/sched/proc.c:globq_grab */
    :: cur == NONE && !ring && !global ->
        atomic {
            !lock ->                           /* runtime/sched/proc.c:give_up_p */
            if
#ifndef GLOBAL_UNSEEN
            :: global
            :: !global -> idle_p = true; has[m] = false
#else
            :: true -> idle_p = true; has[m] = false
#endif
            fi
        };
        if
        :: has[m]
        :: else -> break
        fi
    od;
asleep:
    atomic {
        !lock ->                               /* runtime/sched/machine.c:idle_wait */
        if
#ifndef GLOBAL_UNSEEN
        :: global && idle_p -> idle_p = false; get(m); goto running
#endif
        :: else -> listed[m] = true; parked[m] = true
        fi
    };
end_asleep:
    !parked[m];
    goto running
}

/* sysmon makes the thread that a P in `starting` waits for. */
active proctype threads()
{
    byte to = NONE;
end:
    do
    :: atomic { starting && !lock && (listed[0] || listed[1]) -> starting = false; hand(to) } /* runtime/sched/sysmon.c:make_threads */
    od
}

active proctype sysmon()
{
    byte old, m, to = NONE, v = 0;
    bool ours;
    do
    :: old = word;                             /* runtime/sched/sysmon.c:sysmon_main */
        m = 0;
        do
        :: m < 2 && sysp[m] != NONE ->         /* runtime/sched/syscall.c:w_retake r0 */
            atomic { !lock -> lock = 1 };
            retake[m] = 1;                     /* runtime/sched/syscall.c:retake r1 */
#ifndef NO_BARRIER
            fence(m);                          /* runtime/sched/syscall.c:retake r2 */
#endif
#ifdef NO_EXITING
            ours = true;
#else
            ours = !exiting[m];                /* runtime/sched/syscall.c:retake r3 */
#endif
#ifndef NO_SYSP
            ours = ours && sysp[m] != NONE;    /* runtime/sched/syscall.c:retake r3 */
#endif
            if
            :: ours -> sysp[m] = NONE; atomic { hand(to) }
            :: else
            fi;
            retake[m] = 0;                     /* runtime/sched/syscall.c:retake r4 */
            lock = 0;
            m++
        :: m < 2 && sysp[m] == NONE -> m++
        :: m == 2 -> break
        od;
        ours = false;
        m = 0;
        if
        :: idle_p ->
end_idle:   !idle_p                            /* asleep, or at its ticks: idle.pml */
        :: !idle_p ->
            resting = true;                    /* runtime/sched/sysmon.c:sysmon_main n1 */
#ifndef REST_NO_BARRIER
            fence(0);
            fence(1);
#endif
            if
            :: sysp[0] == NONE && sysp[1] == NONE && !idle_p -> /* runtime/sched/sysmon.c:in_calls n2 */
end_rest:       word != old                    /* runtime/sched/sysmon.c:sysmon_main n3 */
            :: else
            fi;
            resting = false
        fi
    od
}

ltl ends { <> (released && ended) }

/* What is left when nothing moves any more. */
active proctype end()
{
    timeout;
    assert(released && ended)
}

init
{
    atomic { run buffer(0); run buffer(1); run machine(0); run machine(1) }
}
