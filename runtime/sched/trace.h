/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What weft_trace_start records: events of 32 bytes in a buffer per M, one for sysmon, one for foreign threads. trace.c has the
 * protocol, trace_json.c the file. Here is what the scheduler calls.
 *
 * Off, it costs nothing where it matters. While tracing, every P's req has W_REQ_TRACE, so leaf bodies and weft_go take
 * their general ways by the test of req that they make anyway; general ways look at req once more (w_traced: the line of busy, which
 * they have just written), and slow paths outside a section at w_trace_on.
 */
#ifndef W_TRACE_H
#define W_TRACE_H

#include "base/atom.h"
#include "base/check.h"

/* a: a goroutine's number, if nothing else is said. "Leaves": its slice on this M ends; b: who runs next, 0: g0. */
enum w_trace_kind {
    W_TR_RUN,       /* from g0, or in the handler after a preemption */
    W_TR_PARK,      /* leaves; reason */
    W_TR_YIELD,     /* leaves, and is on a queue */
    W_TR_EXIT,      /* leaves for good */
    W_TR_PREEMPT,   /* leaves in the signal handler, and is on a queue */
    W_TR_LEAVE,     /* leaves to g0 by another way; c: W_TR_BY_ */
    W_TR_SPAWN,     /* a new one; b: its function; c: 1 if a foreign thread posted it */
    W_TR_READY,     /* woken; b: by whom, 0: g0 (a timer) */
    W_TR_STEAL,     /* a: the victim P; b: how many were taken; c: how many stood on its ring */
    W_TR_SYS_ENTER, /* a call; the P stays behind */
    W_TR_SYS_EXIT,
    W_TR_P_GET,     /* a: the P that this M has now */
    W_TR_P_PUT,     /* a: the P that it has no more */
    W_TR_HANDOFF,   /* a: the P; b: the M that gets it, whose own goroutine's turn it is */
    W_TR_RETAKE,    /* a: the P; b: the M that stands in a call. sysmon's */
    W_TR_ASK,       /* a: the P; b: the M that gets SIGURG. sysmon's */
};
enum { W_TR_BY_SYSCALL, W_TR_BY_PROCS, W_TR_BY_END };

struct w_trace_event {
    int64_t at; /* w_os_now */
    uint64_t a, b;
    uint32_t c;
    int16_t p; /* this M's; -1: none */
    uint8_t kind, reason;
};
_Static_assert(sizeof(struct w_trace_event) == 32, "as weft.h says");

enum { W_TRACE_CHUNK = 65536, W_TRACE_EVENTS = W_TRACE_CHUNK / sizeof(struct w_trace_event) - 1 };
struct w_trace_chunk {
    struct w_trace_chunk *next; /* the writer's */
    uint32_t n;
    uint64_t pad[2];
    struct w_trace_event e[W_TRACE_EVENTS];
};

/* One writer at a time: its M's thread, sysmon, or whoever holds sched.lock. Read by stop, after y3. */
struct w_trace_buf {
    au32 busy; /* [trace] x1 */
    struct w_trace_chunk *first, *last;
    uint64_t lost; /* no memory */
};

struct w_m;
struct w_g;
struct w_p;

extern au32 w_trace_on __attribute__((visibility("hidden"))); /* [trace] */
static inline bool w_tracing(void) { return w_unlikely(au32_load_rlx(&w_trace_on) != 0); /* a hint: x3 looks again */ }

/* On m's own thread: in its section, on g0, in the handler, or with preemption off. */
void w_trace_add(struct w_m *m, enum w_trace_kind kind, uint64_t a, uint64_t b, uint32_t c);
/* g leaves m, which runs `to` next. */
void w_trace_leaves(struct w_m *m, enum w_trace_kind kind, const struct w_g *g, uint32_t reason, const struct w_g *to);
void w_trace_exit(struct w_m *m, uint64_t id, const struct w_g *to);
void w_trace_ready(struct w_m *m, const struct w_g *g);
void w_trace_p(struct w_m *m, enum w_trace_kind kind, const struct w_p *p);
void w_trace_sysmon(enum w_trace_kind kind, const struct w_p *p, const struct w_m *m);
void w_trace_post_locked(const struct w_g *g); /* sched.lock held */
void w_trace_run_ends(void);                   /* all other threads of the run are gone, but for the abandoned */

/* The trace that trace_json.c writes; 0 or write(2)'s negative errno. */
struct w_trace_view {
    int64_t from, to;
    bool run_ended;
    const struct w_trace_buf *sysmon, *foreign;
};
int w_trace_write(int fd, const struct w_trace_view *v);

#endif
