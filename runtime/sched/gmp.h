/* SPDX-License-Identifier: Apache-2.0 */
/*
 * G, M and P: what they are made of. owner.h has who may touch it, sched.h what may be done with it.
 *
 * G  a goroutine. 128 bytes in slabs that stay mapped as long as the run; the stack is elsewhere and attached at first
 *    dispatch. · M  an OS thread. · P  a processor: the right to run goroutines, with the queue and caches that go with it.
 *
 * Source: Go 1.22 runtime2.go (names, states).
 */
#ifndef W_GMP_H
#define W_GMP_H

#include "arch/ctx.h"
#include "base/atom.h"
#include "base/check.h"
#include "base/rand.h"
#include "include/weft.h"
#include "os/lock.h"
#include "os/os.h"
#include "queue/globq.h"
#include "queue/timers.h"
#include "sched/trace.h"
#include "stack/stack.h"

enum { W_MAX_PROCS = 256, W_GLOBAL_EVERY = 61, W_STOOD = 16 };
#ifndef W_RUNQ_CAP
#define W_RUNQ_CAP 256 /* a power of two; tests build with 4 */
#endif

/* States of a G. Who may run it · who owns its stack · which list holds it. sched/gstatus.c has the legal transitions. */
enum w_gstatus {
    W_G_DEAD,     /* nobody · no stack · a free list */
    W_G_RUNNABLE, /* any P that takes it from a queue · itself, if it has run · exactly one run queue */
    W_G_RUNNING,  /* the M whose m->g it is · itself · none. Not stored: a runnable G that is some M's (w_g_status) */
    W_G_WAITING,  /* nobody until w_ready · itself · some waiters' queue or timer, or none */
    W_G_SYSCALL,  /* its M, without a P · itself · none */
};

/* Go's words, in the order of w_reason_names (sched/gstatus.c). */
enum w_reason {
    W_REASON_NONE,
    W_REASON_CHAN_SEND,
    W_REASON_CHAN_RECV,
    W_REASON_CHAN_SEND_NIL,
    W_REASON_CHAN_RECV_NIL,
    W_REASON_SELECT,
    W_REASON_SELECT_NONE,
    W_REASON_SLEEP,
    W_REASON_MUTEX,
    W_REASON_RWMUTEX_R,
    W_REASON_RWMUTEX_W,
    W_REASON_COND,
    W_REASON_SEMA,
    W_REASON_WAITGROUP,
    W_REASON_IO,
    W_REASON_END,
};
extern const char *const w_reason_names[W_REASON_END];
const char *w_gstatus_name(enum w_gstatus s); /* Go's words: "runnable", "running", "waiting", "syscall" */

struct w_g;
struct w_m;
struct w_p;

/* One goroutine's place in one queue of waiters: in its G (plain waits) or in its frame (select, waits with a deadline). */
struct w_waiter {
    struct w_waiter *next, *prev; /* under the queue's lock */
    struct w_g *g;
    void *elem;                   /* channels: where the value is or goes */
    void *obj;                    /* the queue it is in; NULL once taken out: under the queue's lock */
    uint32_t index;               /* select: which case */
    uint32_t flags;               /* the queue's own business */
};

enum {
    W_GF_SMALL = 1,
    W_GF_COPY = 2,
    W_GF_MAIN = 4,
    W_GF_BIG = 8,
    W_GF_G0 = 16,
    W_GF_LOCKED = 32, /* weft_lock_thread */
    W_GF_BOUND = 64,  /* off its M, but no other may run it (sched/bound.c); its stack is hidden in m->bound_stack */
    W_GF_CLEAN = 128, /* sched/trim.c */
};
/* Those that do not leave their stacks by the short way. */
enum { W_GF_SLOW = W_GF_SMALL | W_GF_G0 | W_GF_LOCKED };

/* What few goroutines need; from the run's small-object slabs (sched/small.c). */
struct w_gaux {
    char name[32];
    void *copy;               /* weft_go_with's copy where it is over 48 bytes */
    size_t copy_size;
    struct w_defer *defers;   /* sched/panic.c */
    struct w_pcall *pcall;    /* innermost weft_pcall's frame */
    struct w_panicking *panics;
    struct w_message *messages; /* of pcalls that caught: kept until the next weft_pcall */
    size_t stack_limit;       /* weft_go_options.stack_size as it was given, for the overflow's text; 0: the run's default */
};

/* All fields: owner is the running G itself, or who took it from a queue; dumps read them racily where marked atomic. */
struct w_g {
    /* What a switch touches: the first line. */
    void *sp;                 /* saved stack pointer: everything else of the context is on the stack [asm: offset 0] */
    intptr_t ret;             /* what the public call that parked returns; set by the waker [asm: offset 8] */
    au32 status;              /* enum w_gstatus, and reason << 8; relaxed: queues order the hand-over */
    uint32_t flags : 8;       /* W_GF_ */
    uint32_t stack_kib : 24;  /* usable KiB from stack upwards: the goroutine's own limit; 0: the default class, not attached yet */
    char *stack;              /* lowest usable address, above the guard; NULL before the first dispatch */
    struct w_g *next;         /* link of free lists, global-queue chains and batches */
    union {
        int64_t parked_at;    /* ns, the P's stamp */
        void *arg;            /* before the start: fn's argument */
    };
    weft_fn fn;
    struct w_gaux *aux;       /* NULL: none */
    /* The second line. */
    union {
        char copy[48];        /* before the start: a small copied argument */
        struct w_waiter w;    /* for waits that end in W_ENTRY's stub */
    };
    au64 id;                  /* 0: dead */
    void *spawned_at;
#if W_TSAN || W_ASAN
    void *fiber;              /* TSan: its fiber · ASan: its fake stack while it is off */
#endif
};

struct w_runq {
    au32 head, tail;                    /* owner's section; read racily for hints */
    struct w_g *slot[W_RUNQ_CAP];       /* owner's section */
};

enum { W_P_IDLE, W_P_RUNNING, W_P_SYSCALL, W_P_GONE };
enum { W_REQ_VISIT = 1, W_REQ_FENCE = 2, W_REQ_STOP = 4, W_REQ_RETIRE = 8, W_REQ_FORKED = 16, W_REQ_NO_P = 32 /* w_no_p's alone */, W_REQ_TRACE = 64 };

/*
 * Counters, one writer each (the owner), read racily by weft_stats_read. A hot path counts as little as it can: every yield,
 * park and exit counts until_global down by one, and so does every look of g0's, so that
 *     rounds = 61 x ticks + (61 - until_global),  yields = rounds - parks - exited - g0_rounds,
 *     switches = rounds - g0_rounds - to_g0 + dispatched
 */
struct w_counters {
    au64 exited, parks, ticks, g0_rounds, to_g0, dispatched;
    au64 steals, stolen, overflows, global_gets, wakeups, timers_fired, preemptions, handoffs;
    au64 io; /* waits for descriptors begun here less those ended here: only the sum over all Ps means anything */
};

struct w_p {
    au32 busy;                /* [owner] 1 while the owner is in its section [asm: offset 0] */
    au32 req;                 /* [owner] W_REQ_ bits */
    struct w_m *m;            /* under sched.lock; read by itself */
    aptr runnext;             /* owner's section; read racily by sysmon and thieves */
    au32 until_global;        /* rounds until the next look at the global queue and the clock; owner's, read racily */
    au32 stood;               /* > 0: what this P makes ready is likely to stand; so many ready goroutines wake another M at once. A hint */
    bool owes_global;         /* a due timer took the round that was to look at the global queue */
    uint32_t inherited;       /* picks of runnext since the ring last moved, looked at every 64 */
    uint32_t slice_head;      /* the ring's head at the last look */
    au32 pace;                /* ns a round, over the last 61; UINT32_MAX: not known yet. The owner's; a hint to thieves */
    int32_t id;
    uint32_t token;           /* names it in a channel's owner word: w_sched.shared + id + 1; const */
    int64_t slice_start;      /* when the ring was first seen not to move, ns */
    int64_t round_at;         /* when the last 61 rounds ended, ns */
    int64_t freed_at;         /* when a preempted goroutine last left this P, ns */
    int64_t now;              /* stamp of the last clock reading in this P's rounds, ns */
    struct w_g *gfree;        /* dead Gs */
    uint32_t ngfree;
    uint32_t status;          /* W_P_*, under sched.lock */
    au64 next_id, end_id;     /* goroutine numbers taken from sched.next_id in batches of 16; owner's, read racily */
    uint64_t rand;
    struct w_p *idle_next;    /* under sched.lock */
    bool hand_spinning;       /* under sched.lock: the thread that is made for it begins as a spinner */
    au32 syscalls;            /* calls of weft_syscall_enter; owner's, read racily */
    au32 visit_lock;          /* rank visit: serialises visitors */
    struct w_stack_cache stacks;
    struct w_timers timers;   /* its own lock */
    struct w_counters n;
    void *small_free[6];      /* sched/small.c, by class; owner's section */
    struct w_g *pending;      /* picked, but its stack takes g0 to attach */
    struct w_g *dead_big;     /* ended on a stack of its own that is still to be unmapped, linked by next */
    struct w_runq q;
    uint32_t small_n[6];      /* of small_free: how many */
    int64_t looked;           /* sched/trim.c: up to when its time for looks at ended stacks is spent; owner's */
};

/* Rounds of a P so far. Racy but for the owner. */
static inline uint64_t w_rounds(const struct w_p *p)
{
    return W_GLOBAL_EVERY * (au64_load_rlx(&p->n.ticks) + 1) - au32_load_rlx(&p->until_global); /* statistics */
}

enum { W_ALT_STACK = 64 * 1024 }; /* signals' (sched/fault.c) */

struct w_m {
    struct w_g *g;            /* the G that runs here, or &g0 [asm: offset 0] */
    struct w_p *p;            /* [asm: offset 8] */
    au32 *commit;             /* the lock word that the next switch releases; &nolock: none [asm: offset 16] */
    au32 nolock;
    int32_t id;
    struct w_g g0;            /* the thread's own stack, where slow paths run */
    struct w_g *sys_g;        /* the G on whose behalf weft_on_system_stack runs */
    au32 park;                /* futex: 1 wake pending */
    struct w_p *next_p;       /* the P a waker hands over; before the wake */
    struct w_g **due;         /* while deadlines are run: the end of the list of whom they wake, linked by next */
    bool spinning;
    bool declined;            /* its last spin saw work that was too fine to steal */
    bool listed;              /* on the idle list; under sched.lock */
    bool polls;               /* listed, it sleeps in the poller: written under sched.lock, const while listed; else false */
    struct w_m *idle_next;    /* under sched.lock */
    struct w_m *all_next;     /* under sched.lock */
    pthread_t thread;
    au32 tid;                 /* its thread; 0: it has not begun */
    char *altstack;           /* of W_ALT_STACK bytes, mapped with the M */
    uint64_t rand;
    /* System calls (sched/syscall.c). */
    aptr sysp;                /* [syscall] the P left behind in a call; NULL: none, or it was retaken */
    au32 exiting;             /* [syscall] x1 */
    au32 retake;              /* [syscall] r1; always set without a heavy barrier */
    /* Gs that no other M may run (sched/bound.c). */
    struct w_g *bound_g;      /* [bound] while it is off; read racily by reports */
    char *bound_stack;        /* [bound] */
    uint32_t locks;           /* weft_lock_thread's depth */
    bool bound_wait;          /* under sched.lock: waits for bound_g's turn, and counts in nbound */
    uint8_t off;              /* W_OFF_: why g0 was switched to; its own */
    bool ended;               /* its thread ends, or has ended, before the run does; its own, then under sched.lock */
    bool joined;              /* and was joined: it may be another thread's M; under sched.lock */
    struct w_m *ended_next;   /* under sched.lock */
    struct w_g *left_g;       /* W_OFF_SYSCALL: who came back from a call without a P */
    /* Signals (sched/preempt.c, sched/straggle.c). */
    au32 preempt;             /* sysmon has asked; the handler answers */
    au32 nopreempt;           /* its own thread's: others wait for what it holds outside of a section */
    uintptr_t trap_pc, trap_fp; /* of a preempted bound_g, for reports */
    au32 gone;                /* 1: its thread has left the run */
    au32 refused;             /* 1: it was asked to end where it may hold a lock of libc */
    au32 abandoned;           /* 1: the run ended without it */
    bool first;               /* weft_run's caller; const */
    bool urg_blocked;         /* its signal mask before the run: the first's */
    struct w_trace_buf trace; /* its own thread's [trace] */
    aptr hog;                 /* [hog] sysmon's notes on it, of the run's memory; NULL: none (sched/hogs.c) */
};
enum { W_OFF_NONE, W_OFF_BOUND, W_OFF_SYSCALL, W_OFF_SPARE, W_OFF_ENDS };

/* The run. lock protects what says so; one instance, reset by boot.c. */
struct w_sched {
    struct w_lock lock;
    au32 stopping;                    /* 1: the run ends */
    /* From here on it is cleared for each run. */
    struct w_globq q;                 /* under lock; size read racily */
    struct w_p *allp[W_MAX_PROCS];    /* written at boot and under lock, never removed during a run */
    au32 nprocs;                      /* under lock; read racily */
    au32 nallp;                       /* entries of allp */
    struct w_p *idle_p;               /* under lock */
    au32 nidle_p;                     /* [idle] written under lock; pushers read it after w_light_barrier */
    au32 nspinning;                   /* [idle] Ms that look for work */
    struct w_m *idle_m;               /* under lock */
    aptr all_m;                       /* pushed under lock (release); Ms stay until the run ends [all_m] */
    uint32_t nm, nidle_m;             /* under lock; nm without sysmon */
    int exit_code;                    /* under lock */
    au32 main_gone;                   /* main called weft_goexit */
    uint32_t run_id;                  /* const during a run; sync objects of another run have no waiters */
    uint32_t shared;                  /* const: run_id << 9, the owner word of channels of this run that are nobody's */
    bool fence_mode;                  /* const: no heavy barrier */
    struct w_g *gfree;                /* under lock */
    uint32_t ngfree;
    au64 next_id;
    struct weft_config config;        /* const during a run */
    int (*main_fn)(void *);           /* const: goroutine 1's, for reports */
    struct w_m *timer_m;              /* under lock: the idle M that sleeps until timer_when */
    au64 timer_when;
    aptr poll_m;                      /* under lock, read racily: the idle M that sleeps in the poller */
    struct w_p *starting;             /* under lock: Ps that wait for a new thread, linked by idle_next */
    uint32_t spare;                   /* under lock: a thread without a P, for preemption: W_SPARE_ */
    struct w_m *ended_m;              /* under lock: threads to be joined */
    struct w_m *free_m;               /* under lock: Ms without a thread */
    uint32_t nbound;                  /* under lock: Ms that wait for their own G's turn */
    au32 ngone;                       /* Ms that have left the run; futex */
    uint32_t nabandoned;              /* sysmon's; read after it is joined */
    uint32_t nthreads;                /* under lock: all of the run, sysmon and the caller's included */
    au32 deputy;                      /* 1: sysmon holds a spinner's place [idle] step d */
    au32 force;                       /* 1: the next spinner steals whatever stands; a hint of sysmon's */
    au32 sysmon_word;                 /* futex: bumped to wake sysmon */
    au32 sysmon_state;                /* W_SYSMON_ */
    au32 follow;                      /* 1: nprocs follows the quota (sched/quota.c); cleared under lock */
};
enum { W_SPARE_NONE, W_SPARE_WANTED, W_SPARE_COMES /* until it goes idle: no other is asked for */ };
enum { W_SYSMON_NONE, W_SYSMON_AWAKE, W_SYSMON_ASLEEP, W_SYSMON_RESTING, W_SYSMON_NAPPING };
extern struct w_sched w_sched __attribute__((visibility("hidden"))); /* no detour by way of the GOT */
/* Stands for the P of an M that has none while its goroutine is in user code: whoever enters it takes the slow path. */
extern struct w_p w_no_p __attribute__((visibility("hidden")));
/* Foreign threads touch these outside a run too, so they are not reset with it. */
extern au32 w_active; /* 1: between boot and the end [observe] */
extern au32 w_holds;  /* weft_hold's count [hold] */

#endif
