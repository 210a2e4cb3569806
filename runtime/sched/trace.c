/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_trace_start and weft_trace_stop: recording. Events go to the writing M's own buffer, in chunks from the system.
 *
 *   Start                                          An owner
 *   t1 on = 1; TRACE to each P's req               its section, as in owner.h's head: busy = 1, look at req
 *   t2 heavy barrier; wait until each P's busy     (what it records from then on is complete)
 *      was 0 once
 *   t3 from = now
 *   Sections that begin after t2 see TRACE, and those that had begun before are over: after `from` no switch goes unseen. [owner]
 *   Outside of sections w_trace_on is looked at; who saw 0 did what it does not record before `from`, or it is the M's first.
 *
 *   Writer                                         Stop
 *   x1 buf.busy = 1     (seq_cst)                  y1 to = now; on = 0     (seq_cst)
 *   x2 on? 0: busy = 0, back     (seq_cst)         y2 TRACE taken from each req
 *   x3 stamp, write                                y3 wait until each buf.busy == 0     (seq_cst)
 *   x4 busy = 0 (release)                          y4 write the file, unmap the chunks
 *   Excluded: writing to a chunk that y4 reads or unmaps. x1 before y3: waits for x4; else y1 before x2: the writer stays away.
 *   [trace]
 *
 * Stamps order what M's do to each other: a goroutine's end on one M is stamped before the switch that lets others have it, its start
 * after it was taken, a P likewise; so intervals of one G, or one P, never overlap unless the scheduler is wrong.
 *
 * A writer is never stopped by a preempting signal in between: it is in the section, on g0, in the handler, or has preemption off.
 * Locks: sched.lock for the foreign threads' buffer and the bits. weft_trace_start and _stop run on the goroutine, writing on g0.
 */
#include "sched/trace.h"

#include <errno.h>

#include "base/say.h"
#include "os/file.h"
#include "os/io.h"
#include "sched/sched.h"

au32 w_trace_on;

enum { OFF, CHANGES, ON };
static struct {
    au32 state; /* who moved it to CHANGES has the rest */
    int fd;
    int64_t from;
    struct w_trace_buf sysmon, foreign;
} trace;

/* ---- recording ---- */

static struct w_trace_event *room(struct w_trace_buf *b)
{
    struct w_trace_chunk *c = b->last;
    if (!c || c->n == W_TRACE_EVENTS) {
        struct w_trace_chunk *fresh = w_os_map(sizeof *fresh);
        if (!fresh) {
            b->lost++;
            return NULL;
        }
        if (c)
            c->next = fresh;
        else
            b->first = fresh;
        b->last = c = fresh;
    }
    return &c->e[c->n++];
}

static void add(struct w_trace_buf *b, const struct w_trace_event *e)
{
    au32_store_sc(&b->busy, 1); /* [trace] x1 */
    if (au32_load_sc(&w_trace_on)) { /* [trace] x2 */
        struct w_trace_event *to = room(b);
        if (to) {
            *to = *e;
            to->at = w_os_now();
        }
    }
    au32_store_rel(&b->busy, 0); /* [trace] x4 */
}

static int16_t p_of(const struct w_m *m) { return m->p && m->p != &w_no_p ? (int16_t)m->p->id : -1; }

w_noinline void w_trace_add(struct w_m *m, enum w_trace_kind kind, uint64_t a, uint64_t b, uint32_t c)
{
    add(&m->trace, &(struct w_trace_event){.a = a, .b = b, .c = c, .p = p_of(m), .kind = (uint8_t)kind});
}

static uint64_t id_of(const struct w_m *m, const struct w_g *g) { return g == &m->g0 ? 0 : au64_load_rlx(&g->id); /* its own */ }

w_noinline void w_trace_leaves(struct w_m *m, enum w_trace_kind kind, const struct w_g *g, uint32_t reason, const struct w_g *to)
{
    struct w_trace_event e = {.a = id_of(m, g), .b = id_of(m, to), .p = p_of(m), .kind = (uint8_t)kind};
    if (kind == W_TR_PARK)
        e.reason = (uint8_t)reason;
    else
        e.c = reason;
    add(&m->trace, &e);
}

/* Its descriptor is on a free list already. */
w_noinline void w_trace_exit(struct w_m *m, uint64_t id, const struct w_g *to) { w_trace_add(m, W_TR_EXIT, id, id_of(m, to), 0); }

w_noinline void w_trace_ready(struct w_m *m, const struct w_g *g) { w_trace_add(m, W_TR_READY, au64_load_rlx(&g->id), id_of(m, m->g), 0); /* waits */ }

void w_trace_p(struct w_m *m, enum w_trace_kind kind, const struct w_p *p) { w_trace_add(m, kind, (uint64_t)p->id, 0, 0); }

void w_trace_sysmon(enum w_trace_kind kind, const struct w_p *p, const struct w_m *m)
{
    add(&trace.sysmon, &(struct w_trace_event){.a = (uint64_t)p->id, .b = (uint64_t)m->id, .p = -1, .kind = (uint8_t)kind});
}

void w_trace_post_locked(const struct w_g *g)
{
    struct w_trace_event e = {.a = au64_load_rlx(&g->id), .b = (uintptr_t)g->fn, .c = 1, .p = -1, .kind = W_TR_SPAWN}; /* new */
    add(&trace.foreign, &e);
}

/* ---- start and stop ---- */

/* t1 and y2: later Ps are made under the same lock (procs.c). */
static void tell_ps(bool on)
{
    w_lock(&w_sched.lock);
    au32_store_sc(&w_trace_on, on); /* [trace] y1 */
    for (uint32_t i = 0; i < au32_load_rlx(&w_sched.nallp); i++) { /* under lock */
        struct w_p *p = w_sched.allp[i];
        if (on)
            au32_or_acqrel(&p->req, W_REQ_TRACE);
        else
            au32_and_acqrel(&p->req, ~(uint32_t)W_REQ_TRACE);
    }
    w_unlock(&w_sched.lock);
}

/*
 * Is anybody in a section of it, or may be? Not of an idle P, whatever its busy says: under TSan, which runs a handler at the next
 * atomic operation, a preempted goroutine may leave a 1 behind on a P that it has no more.
 */
static bool has_owner(const struct w_p *p)
{
    w_lock(&w_sched.lock);
    bool has = p->status == W_P_RUNNING;
    w_unlock(&w_sched.lock);
    return has;
}

/* t2 */
static void await_ps(void)
{
    if (w_sched.fence_mode)
        w_full_fence(); /* [owner] in the place of v2 */
    else
        w_os_heavy_barrier(); /* [owner] as v2 */
    uint32_t n = au32_load_acq(&w_sched.nallp), steps = 0; /* [allp] */
    for (uint32_t i = 0; i < n; i++) {
        const struct w_p *p = w_sched.allp[i];
        while (au32_load_sc(&p->busy) != 0 && has_owner(p) && !au32_load_acq(&w_sched.stopping)) /* [owner] as v3 */
            w_backoff(&steps);
    }
}

int weft_trace_start(const char *path)
{
    w_leave(w_enter());
    w_preempt_off();
    uint32_t off = OFF;
    int e = au32_cas_acqrel(&trace.state, &off, CHANGES) ? 0 : -EBUSY; /* pairs with the release of who stopped the last one */
    if (e == 0 && (trace.fd = w_os_create(path)) < 0) {
        e = trace.fd;
        au32_store_rel(&trace.state, OFF); /* pairs with the exchange above */
    } else if (e == 0) {
        tell_ps(true);
        await_ps();
        trace.from = w_os_now();
        au32_store_rel(&trace.state, ON); /* pairs with stop's exchange */
    }
    w_preempt_on();
    return e;
}

static void await_writer(struct w_trace_buf *b)
{
    uint32_t steps = 0;
    while (au32_load_sc(&b->busy) != 0) /* [trace] y3 */
        w_backoff(&steps);
}

static void clear(struct w_trace_buf *b)
{
    for (struct w_trace_chunk *c = b->first, *next; c; c = next) {
        next = c->next;
        w_os_unmap(c, sizeof *c);
    }
    b->first = b->last = NULL;
    b->lost = 0;
}

/* y1 to y4. state is CHANGES. On a large stack. */
static int finish(bool run_ended)
{
    struct w_trace_view v = {trace.from, w_os_now(), run_ended, &trace.sysmon, &trace.foreign};
    tell_ps(false);
    await_writer(&trace.sysmon);
    await_writer(&trace.foreign);
    struct w_m *all = aptr_load_acq(&w_sched.all_m); /* [all_m] */
    for (struct w_m *m = all; m; m = m->all_next)
        await_writer(&m->trace);
    int e = w_trace_write(trace.fd, &v), closed = w_os_close(trace.fd);
    for (struct w_m *m = all; m; m = m->all_next)
        clear(&m->trace);
    clear(&trace.sysmon);
    clear(&trace.foreign);
    au32_store_rel(&trace.state, OFF); /* pairs with start's exchange */
    return e ? e : closed;
}

static bool take_to_stop(void)
{
    uint32_t on = ON;
    return au32_cas_acqrel(&trace.state, &on, CHANGES); /* pairs with start's release */
}

static void finish_here(void *result) { *(int *)result = finish(false); }

int weft_trace_stop(void)
{
    w_leave(w_enter());
    w_preempt_off();
    int e = -ESRCH;
    if (take_to_stop())
        w_on_g0(w_self(), finish_here, &e);
    w_preempt_on();
    return e;
}

void w_trace_run_ends(void)
{
    if (!take_to_stop())
        return;
    int e = finish(true);
    if (e == 0)
        return;
    struct w_say s;
    w_say_init(&s, 2);
    w_say_text(&s, "weft: the trace could not be written: error ");
    w_say_dec(&s, (uint64_t)-e);
    w_say_text(&s, "\n");
    w_say_flush(&s);
}
