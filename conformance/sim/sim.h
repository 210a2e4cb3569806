/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator, inside: sim.c has the protocol, choose.c the schedules, trace.c what is recorded, os.c and poll.c the
 * ports.
 */
#ifndef WEFT_CONFORMANCE_SIM_H
#define WEFT_CONFORMANCE_SIM_H

#include "sched/sched.h"

enum { WS_THREADS = 64, WS_TAIL = 256, WS_BUFFER = 8 };
enum {
    WS_EXIT_STUCK = 70,
    WS_EXIT_NOT_HERE = 78
}; /* no thread can run, or no end is in sight · it needs the real system */

enum ws_state { WS_FREE, WS_READY, WS_WAITING, WS_DONE };

struct ws_thread {
    struct w_g ctx; /* its saved stack pointer: the runtime's own switch, w_ctx_switch, is what switches here too */
    struct w_m *m;  /* the thread-local of a thread that does not run */
    int err;        /* its errno, likewise */
    enum ws_state state;
    const volatile void *on; /* what it waits for: a futex's word, a thread that is to end; NULL: time alone */
    int64_t until;           /* INT64_MAX: no deadline */
    bool timed_out;
    void *(*fn)(void *);
    void *arg, *result;
    uint64_t priority; /* pct */
    struct {
        volatile void *at;
        uint64_t x;
        int bytes;
    } late[WS_BUFFER]; /* stores that others do not see yet, oldest first */
    int nlate;
    uint32_t looks; /* at the clock, since it last wrote anything */
};

/* One schedule, as WEFT_SIM says it. */
struct ws_plan {
    bool pct;
    uint64_t seed;
    uint32_t depth;
};

/* What a schedule left behind: in memory that the runner shares with the process that runs it. */
struct ws_event {
    uint64_t step, at; /* at: an address of the simulation's, or 0 */
    uint32_t pc;       /* in the program's file */
    uint8_t thread, op;
};
struct ws_record {
    uint64_t steps, switches, hash;
    int64_t ns; /* virtual, since the start */
    bool stuck;
    uint64_t nevents;
    struct ws_event tail[WS_TAIL];
};

struct ws {
    struct ws_plan plan;
    uint64_t rand;
    struct ws_thread *cur;
    void *self;            /* the one real thread */
    uint64_t ready;        /* threads that can run, a bit each */
    int64_t now, next_due; /* next_due: earliest deadline of a waiting thread */
    uint64_t countdown;    /* steps until choose.c is asked next */
    uint64_t step, bound;
    struct ws_record *record;
    struct ws_thread thread[WS_THREADS];
    int trace_fd;              /* -1: no trace is written */
    int64_t read_ns, relax_ns; /* what a look at the clock and a turn of a spin take */
    uint32_t spin_mask;        /* another thread goes on after a turn of a spin with probability 1 / (mask + 1) */
    uint32_t
        late_mask; /* a thread's oldest late store is seen by others after a step with probability 1 / (mask + 1) */
    bool late;     /* stores may be late at all */
};
extern struct ws ws;

static inline int ws_id(const struct ws_thread *t) { return (int)(t - ws.thread); }
static inline uint64_t ws_bit(const struct ws_thread *t) { return UINT64_C(1) << ws_id(t); }

/* sim.c */
void ws_begin(const struct ws_plan *plan, struct ws_record *record);
void ws_step(enum ws_op op, const volatile void *at, uintptr_t pc);
void ws_flush(struct ws_thread *t);                    /* its late stores are seen by all */
void ws_clock(int64_t now);                            /* time goes on to `now` */
bool ws_block(const volatile void *on, int64_t until); /* false: the deadline came first */
void ws_spun(void);                                    /* a turn of a spin: somebody else's */
void ws_looked(void);                                  /* at the clock */
void ws_wake(const volatile void *on, int n);
struct ws_thread *ws_spawn(size_t stack, void *(*fn)(void *), void *arg); /* NULL: there are too many */
_Noreturn void ws_not_here(const char *what);
#define WS_HERE() ((uintptr_t)__builtin_return_address(0))

/* choose.c */
int ws_plan_parse(const char *text, struct ws_plan *plan); /* 0, or -1 */
void ws_plan_say(const struct ws_plan *plan, char *text, size_t size);
void ws_choose_begin(void);
void ws_choose_spawned(struct ws_thread *t);
void ws_choose_woken(const struct ws_thread *t);
struct ws_thread *ws_choose(void);       /* countdown has come to 0: who goes on; sets it anew */
struct ws_thread *ws_choose_other(void); /* the current thread waits, spins or has ended */
struct ws_thread *ws_choose_after_spin(void);

/* trace.c */
void ws_trace(enum ws_op op, const volatile void *at, uintptr_t pc);
void ws_trace_open(const char *path);
void ws_tail_print(int fd, const struct ws_record *r);

/* os.c */
void ws_os_begin(void);
bool ws_os_is_core(uintptr_t p);     /* in a P or an M */
uint64_t ws_os_address(uintptr_t p); /* p, if it is the same in every run; else 0 */

#endif
