/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The trace as Chrome's JSON, which Perfetto reads: one event a line. Process 1 has a track for each M, with a slice "G7" for each
 * stay of a goroutine and instants for what happened there; process 2 a track for each P, with a slice "M3" for each owner. Times
 * are µs since the start.
 *
 * Each buffer is in the order of its stamps, so it is read once. What goes on at the trace's start shows only when it ends: a
 * goroutine that leaves without having come, or a P that is put without having been got, was there from the start.
 * Runs when nobody writes any more (trace.c, y3), on a large stack. Source of the form: "Trace Event Format", Google.
 */
#include "sched/trace.h"

#include <errno.h>
#include <string.h>

#include "os/file.h"
#include "os/symbols.h"
#include "sched/sched.h"

enum { OUT = 1 << 20, MS = 1, PS = 2, SYSMON_TID = 1000000, FOREIGN_TID };

struct out {
    int fd, error;
    size_t n;
    const struct w_trace_view *view;
    struct w_symbols *symbols;
    char buf[OUT];
};

/* What an M is about while its buffer is read. */
struct track {
    int64_t tid;
    bool g_known, p_known; /* since some event */
    uint64_t g, p;         /* g 0: none; p: a number + 1, 0: none */
    int64_t g_since, p_since;
    int16_t g_p;           /* on which P the slice began */
    int16_t first_p;       /* with p_known: which one it had at the start; -1: none, it stood in a call, say */
};

/* ---- text ---- */

static void flush(struct out *o)
{
    if (o->error == 0)
        o->error = w_os_write_all(o->fd, o->buf, o->n);
    o->n = 0;
}

static void text(struct out *o, const char *s)
{
    size_t n = strlen(s);
    if (o->n + n > OUT)
        flush(o);
    memcpy(o->buf + o->n, s, n);
    o->n += n;
}

static void number(struct out *o, uint64_t x, unsigned base)
{
    char digits[21], *p = digits + sizeof digits - 1;
    *p = 0;
    do
        *--p = "0123456789abcdef"[x % base];
    while ((x /= base) != 0);
    text(o, p);
}

static void signed_number(struct out *o, int64_t x)
{
    if (x < 0)
        text(o, "-");
    number(o, x < 0 ? -(uint64_t)x : (uint64_t)x, 10);
}

/* µs with three decimals. */
static void micros(struct out *o, int64_t ns)
{
    char part[5] = {'.', (char)('0' + ns / 100 % 10), (char)('0' + ns / 10 % 10), (char)('0' + ns % 10), 0};
    number(o, (uint64_t)ns / 1000, 10);
    text(o, part);
}

/* ,"key":value */
static void pair(struct out *o, const char *key, int64_t value)
{
    text(o, ",\"");
    text(o, key);
    text(o, "\":");
    signed_number(o, value);
}

static void pair_text(struct out *o, const char *key, const char *value)
{
    text(o, ",\"");
    text(o, key);
    text(o, "\":\"");
    text(o, value);
    text(o, "\"");
}

/* A function's name, or its address. Names of C and of the linker need no escapes; any other is not shown. */
static void pair_function(struct out *o, uintptr_t pc)
{
    struct w_symbol s = {0};
    char name[128];
    w_symbols_find(o->symbols, pc, &s);
    uint32_t n = s.name && s.len < sizeof name ? s.len : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (s.name[i] < ' ' || s.name[i] > '~' || s.name[i] == '"' || s.name[i] == '\\')
            n = 0;
        else
            name[i] = s.name[i];
    }
    name[n] = 0;
    text(o, ",\"fn\":\"");
    if (n == 0)
        text(o, "0x");
    if (n == 0)
        number(o, pc, 16);
    text(o, name);
    text(o, "\"");
}

/* ---- events ---- */

static void name_track(struct out *o, const char *what, int pid, int64_t tid, const char *name, int64_t id)
{
    text(o, ",\n{\"ph\":\"M\"");
    pair(o, "pid", pid);
    pair(o, "tid", tid);
    pair_text(o, "name", what);
    text(o, ",\"args\":{\"name\":\"");
    text(o, name);
    if (id >= 0)
        number(o, (uint64_t)id, 10);
    text(o, "\"}}");
}

/* Up to and with args' first member. */
static void slice(struct out *o, int pid, int64_t tid, int64_t from, int64_t to, const char *letter, uint64_t id)
{
    text(o, ",\n{\"ph\":\"X\"");
    pair(o, "pid", pid);
    pair(o, "tid", tid);
    text(o, ",\"ts\":");
    micros(o, from - o->view->from);
    text(o, ",\"dur\":");
    micros(o, to - from);
    text(o, ",\"name\":\"");
    text(o, letter);
    number(o, id, 10);
    text(o, "\"");
}

static void g_ends(struct out *o, struct track *t, uint64_t g, int16_t p, int64_t at, const char *end, const char *why)
{
    if (!t->g_known) {
        t->g_since = o->view->from;
        t->g_p = t->p_known ? t->first_p : p;
    }
    slice(o, MS, t->tid, t->g_since, at, "G", g);
    text(o, ",\"args\":{\"g\":");
    number(o, g, 10);
    pair(o, "p", t->g_p);
    pair_text(o, "end", end);
    if (why)
        pair_text(o, "why", why);
    text(o, "}}");
}

static void g_begins(struct track *t, uint64_t g, int16_t p, int64_t at)
{
    t->g_known = true;
    t->g = g;
    t->g_p = p;
    t->g_since = at;
}

static void p_ends(struct out *o, struct track *t, uint64_t p, int64_t at, const char *end)
{
    slice(o, PS, (int64_t)p, t->p_known ? t->p_since : o->view->from, at, "M", (uint64_t)t->tid);
    text(o, ",\"args\":{\"m\":");
    signed_number(o, t->tid);
    pair(o, "p", (int64_t)p);
    pair_text(o, "end", end);
    text(o, "}}");
}

static void instant(struct out *o, const struct track *t, int64_t at, const char *name, const char *key, uint64_t value)
{
    text(o, ",\n{\"ph\":\"i\",\"s\":\"t\"");
    pair(o, "pid", MS);
    pair(o, "tid", t->tid);
    text(o, ",\"ts\":");
    micros(o, at - o->view->from);
    pair_text(o, "name", name);
    text(o, ",\"args\":{\"");
    text(o, key);
    text(o, "\":");
    number(o, value, 10);
}

static void leaves(struct out *o, struct track *t, const struct w_trace_event *e)
{
    static const char *const by[] = {"syscall", "procs", "run ends"};
    const char *end = e->kind == W_TR_PARK ? "park" : e->kind == W_TR_YIELD ? "yield" : e->kind == W_TR_EXIT ? "exit"
                    : e->kind == W_TR_PREEMPT ? "preempt" : by[e->c];
    g_ends(o, t, e->a, e->p, e->at, end, e->kind == W_TR_PARK ? w_reason_names[e->reason] : NULL);
    g_begins(t, e->b, e->p, e->at);
}

static void p_moves(struct out *o, struct track *t, const struct w_trace_event *e)
{
    if (e->kind == W_TR_P_PUT)
        p_ends(o, t, e->a, e->at, "put");
    if (!t->p_known)
        t->first_p = e->kind == W_TR_P_PUT ? (int16_t)e->a : -1;
    t->p_known = true;
    t->p = e->kind == W_TR_P_GET ? e->a + 1 : 0;
    t->p_since = e->at;
}

static void event(struct out *o, struct track *t, const struct w_trace_event *e)
{
    switch ((enum w_trace_kind)e->kind) {
    case W_TR_RUN:
        g_begins(t, e->a, e->p, e->at);
        return;
    case W_TR_PARK:
    case W_TR_YIELD:
    case W_TR_EXIT:
    case W_TR_PREEMPT:
    case W_TR_LEAVE:
        leaves(o, t, e);
        return;
    case W_TR_P_GET:
    case W_TR_P_PUT:
        p_moves(o, t, e);
        return;
    case W_TR_SPAWN:
        instant(o, t, e->at, e->c ? "post" : "spawn", "g", e->a);
        if (t->g_known)
            pair(o, "by", (int64_t)t->g);
        pair_function(o, (uintptr_t)e->b);
        break;
    case W_TR_READY:
        instant(o, t, e->at, "ready", "g", e->a);
        pair(o, "by", (int64_t)e->b);
        break;
    case W_TR_STEAL:
        instant(o, t, e->at, "steal", "victim", e->a);
        pair(o, "n", (int64_t)e->b);
        pair(o, "size", e->c);
        break;
    case W_TR_SYS_ENTER:
        instant(o, t, e->at, "syscall enter", "g", e->a);
        break;
    case W_TR_SYS_EXIT:
        instant(o, t, e->at, "syscall exit", "g", e->a);
        break;
    case W_TR_HANDOFF:
    case W_TR_RETAKE:
    case W_TR_ASK:
        instant(o, t, e->at, e->kind == W_TR_HANDOFF ? "hand-off" : e->kind == W_TR_RETAKE ? "retake" : "preempt", "p", e->a);
        pair(o, "m", (int64_t)e->b);
        break;
    }
    pair(o, "p", e->p);
    text(o, "}}");
}

/* Whom does the event name as running here, or whose is the P? For what goes on through the whole trace. */
static uint64_t runs_at(const struct w_trace_event *e)
{
    return e->kind == W_TR_READY ? e->b : e->kind == W_TR_SYS_ENTER || e->kind == W_TR_SYS_EXIT ? e->a : 0;
}

static void buffer(struct out *o, const struct w_trace_buf *b, int64_t tid)
{
    struct track t = {.tid = tid};
    uint64_t g_hint = 0;
    int16_t p_hint = -1;
    for (const struct w_trace_chunk *c = b->first; c; c = c->next)
        for (uint32_t i = 0; i < c->n; i++) {
            const struct w_trace_event *e = &c->e[i];
            if (e->at < o->view->from || e->at > o->view->to)
                continue;
            event(o, &t, e);
            g_hint = t.g_known || !runs_at(e) ? g_hint : runs_at(e);
            p_hint = e->p >= 0 ? e->p : p_hint;
        }
    const char *end = o->view->run_ended ? "run ends" : "trace ends";
    uint64_t g = t.g_known ? t.g : g_hint;
    if (g)
        g_ends(o, &t, g, p_hint, o->view->to, end, NULL);
    if (t.p_known ? t.p != 0 : p_hint >= 0)
        p_ends(o, &t, t.p_known ? t.p - 1 : (uint64_t)p_hint, o->view->to, end);
}

static void header(struct out *o, const struct w_trace_view *v)
{
    uint64_t lost = v->sysmon->lost + v->foreign->lost;
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        lost += m->trace.lost;
    text(o, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"made by\":\"weft ");
    text(o, weft_version());
    text(o, "\",\"lost\":");
    number(o, lost, 10);
    pair_text(o, "ended by", v->run_ended ? "run" : "stop");
    text(o, "},\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"Ms: goroutines\"}}");
    name_track(o, "process_name", PS, 0, "Ps: who has them", -1);
}

int w_trace_write(int fd, const struct w_trace_view *v)
{
    struct out *o = w_os_map(sizeof *o);
    if (!o)
        return -ENOMEM;
    o->fd = fd;
    o->view = v;
    o->symbols = w_symbols_open();
    header(o, v);
    for (uint32_t i = 0, n = au32_load_acq(&w_sched.nallp); i < n; i++) /* [allp] */
        name_track(o, "thread_name", PS, i, "P", i);
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) { /* [all_m] */
        name_track(o, "thread_name", MS, m->id, "M", m->id);
        buffer(o, &m->trace, m->id);
    }
    name_track(o, "thread_name", MS, SYSMON_TID, "sysmon", -1);
    buffer(o, v->sysmon, SYSMON_TID);
    name_track(o, "thread_name", MS, FOREIGN_TID, "other threads", -1);
    buffer(o, v->foreign, FOREIGN_TID);
    text(o, "\n]}\n");
    flush(o);
    int e = o->error;
    w_symbols_close(o->symbols);
    w_os_unmap(o, sizeof *o);
    return e;
}
