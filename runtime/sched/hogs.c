/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=hog=MS: goroutines that keep their thread for longer are named on stderr, of those with one entry that were started
 * at one place the first of each kind.
 *   computes   MS of its thread's own processor time went by, and it let nobody else run
 *   blocks     its thread slept in the kernel for MS, in no call that was declared (weft_blocking, weft_syscall_enter)
 * Time in which the thread was ready and had no core is neither, so a loaded machine accuses nobody. Preemption does not begin anew: what
 * it ran before it was stopped counts, the time in which it is stopped does not.
 *
 * sysmon looks at each M four times in MS, at most every 5 ms, and keeps notes on it. A goroutine has kept its thread since the last look if
 * it is the same one and its P made no move: neither a round nor a declared call. Of one that is stopped by a signal meanwhile (preempt.c)
 * the handler notes the P's moves on both sides of the stop.
 *
 *   sysmon                                          SIGURG's handler, on that M's thread
 *   a1 id, then ask = 1 (release), signal            h1 ask? (acquire) not in the owner's section: ask = 0
 *   a2 a later look: answer != 0 (acquire): print    h2 frames, if it is still that goroutine; then answer = their number + 1 (release) [hog]
 * The signal makes a call that blocks return EINTR or begin again, as preemption does. Who does not answer within a second (for it
 * does not come out of the kernel), or is another by then, is named without frames.
 *
 * Only this knob's cost: an M has a pointer more, and the handler looks at it. Source of rounds and calls as the measure: Go 1.22
 * proc.go: retake; Go has no such report.
 */
#include "sched/hogs.h"

#include <string.h>
#include <unwind.h>

#include "arch/trap.h"
#include "base/knob.h"
#include "sched/report.h"

#define MOST_STEP_NS   INT64_C(5000000)
#define ANSWER_NS      INT64_C(1000000000) /* a thread that has no core is not asleep */
enum { FRAMES = 32, ENTRIES = 256, WHERE = 48, NAME = sizeof ((struct w_gaux *)0)->name };

enum kind { COMPUTES, BLOCKS };

struct hog {
    uint64_t id, moves;      /* of the last look; id 0: nobody */
    const struct w_p *p;
    int64_t at, cpu;         /* when that was, and its thread's processor time then */
    int64_t computed, blocked;
    bool slept;              /* its thread did at the last look */
    bool stopped;            /* by a signal */
    bool told;
    /* What was asked. */
    int64_t asked_at;        /* 0: nothing */
    enum kind kind;
    int64_t ns;
    int call;                /* -1: not known */
    char where[WHERE], name[NAME];
    const void *spawned_at;
    uintptr_t root;
    uint64_t asked;          /* whose frames; before ask */
    au32 ask, answer;        /* [hog] */
    uintptr_t pc[FRAMES];    /* before answer */
    au64 stop_moves, on_moves; /* the handler's, hints */
};
_Static_assert(sizeof(struct hog) <= 1024, "w_small_raw");

static struct {
    int64_t look_at;
    uint32_t n;
    struct entry {
        const void *fn, *spawned_at;
        enum kind kind;
    } told[ENTRIES]; /* when it is full, nobody is named any more */
} hogs; /* sysmon's */

/* Rounds and declared calls: while it stays as it is, the goroutine on p has let nobody else run. */
static uint64_t moves(const struct w_p *p) { return w_rounds(p) + au32_load_rlx(&p->syscalls); /* a hint */ }

/* ---- the handler's ---- */

void w_hog_stops(struct w_m *m)
{
    struct hog *h = aptr_load_acq(&m->hog); /* [hog] */
    if (h)
        au64_store_rlx(&h->stop_moves, moves(m->p)); /* a hint */
}

void w_hog_goes_on(struct w_m *m)
{
    struct hog *h = aptr_load_acq(&m->hog); /* [hog] */
    if (h)
        au64_store_rlx(&h->on_moves, moves(m->p)); /* a hint */
}

struct trace {
    struct hog *h;
    uint32_t n;
    bool begun;
};

static _Unwind_Reason_Code one_frame(struct _Unwind_Context *c, void *arg)
{
    struct trace *t = arg;
    int exact = 0;
    uintptr_t pc = (uintptr_t)_Unwind_GetIPInfo(c, &exact);
    if (t->begun)
        t->h->pc[t->n++] = pc;
    else
        t->begun = pc == t->h->pc[0];
    return t->n == FRAMES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

bool w_hog_noted(struct w_m *m, const struct w_trap *at)
{
    struct hog *h = aptr_load_acq(&m->hog); /* [hog] */
    if (!h || !au32_load_acq(&h->ask)) /* [hog] h1 */
        return false;
    if (m->p && au32_load_rlx(&m->p->busy)) /* its own, if it has one; it may be about to switch, and the stack not to be walked */
        return true;
    au32_store_rlx(&h->ask, 0); /* nobody sets it before the answer */
    const struct w_g *g = m->g == &m->g0 ? m->sys_g : m->g;
    struct trace t = {h, 0, false};
    if (g && au64_load_rlx(&g->id) == h->asked) { /* its own */
        h->pc[t.n++] = at->pc;
        _Unwind_Backtrace(one_frame, &t);
    }
    au32_store_rel(&h->answer, t.n + 1); /* [hog] h2 */
    return true;
}

/* ---- sysmon's looks ---- */

struct sight {
    const struct w_g *g; /* NULL: nobody who could be one */
    uint64_t id, moves;
    const struct w_p *p;
    bool stopped;
};

/* Racy, all of it: right where nothing changes, and that is what is looked for. */
static W_RACY struct sight see(const struct w_m *m)
{
    struct sight s = {NULL, 0, 0, NULL, false};
    const volatile struct w_m *v = m;
    const struct w_g *g = v->bound_g;
    s.stopped = g && v->trap_pc;
    if (!s.stopped) {
        s.p = v->p;
        g = v->g;
        if (g == &m->g0)
            g = v->sys_g;
        if (!s.p || s.p == &w_no_p || aptr_load_rlx(&m->sysp))
            g = NULL;
        s.moves = g ? moves(s.p) : 0;
    }
    s.g = g;
    s.id = g ? au64_load_rlx(&g->id) : 0;
    return s;
}

/* *whole: it was not stopped in between. */
static bool is_same(const struct hog *h, const struct sight *s, bool *whole)
{
    bool stopped_here = au64_load_rlx(&h->stop_moves) == h->moves; /* hints */
    *whole = !s->stopped && !h->stopped && s->p == h->p && s->moves == h->moves;
    if (s->id == 0 || s->id != h->id)
        return false;
    if (s->stopped)
        return h->stopped || stopped_here;
    bool since_stop = au64_load_rlx(&h->on_moves) == s->moves;
    if (h->stopped)
        return since_stop;
    return *whole || (stopped_here && since_stop);
}

/* The same goroutine, on its thread all the time: what that did since the last look. */
static void add_up(struct hog *h, int32_t tid, int64_t now, int64_t cpu)
{
    int64_t took = now - h->at, ran = cpu - h->cpu;
    bool sleeps = ran < took / 4 && w_os_thread_sleeps(tid);
    h->computed += ran;
    if (sleeps && h->slept)
        h->blocked += took - ran;
    h->slept = sleeps;
    h->at = now;
    h->cpu = cpu;
}

/* Is that the first of its kind? */
static bool first_of(const void *fn, const void *spawned_at, enum kind kind)
{
    for (uint32_t i = 0; i < hogs.n; i++)
        if (hogs.told[i].fn == fn && hogs.told[i].spawned_at == spawned_at && hogs.told[i].kind == kind)
            return false;
    if (hogs.n == ENTRIES)
        return false;
    hogs.told[hogs.n++] = (struct entry){fn, spawned_at, kind};
    return true;
}

/* a1 */
static W_RACY void ask(struct hog *h, const struct w_g *g, int32_t tid, int64_t now, enum kind kind)
{
    const volatile struct w_gaux *aux = g->aux;
    bool is_main = (g->flags & W_GF_MAIN) != 0;
    h->told = true;
    const void *entry = is_main ? (void *)(uintptr_t)w_sched.main_fn : (void *)(uintptr_t)g->fn;
    if (!first_of(entry, g->spawned_at, kind))
        return;
    h->asked = h->id;
    h->asked_at = now;
    h->kind = kind;
    h->ns = kind == BLOCKS ? h->blocked : h->computed;
    h->call = kind == BLOCKS ? w_os_thread_call(tid, h->where, WHERE) : -1;
    h->spawned_at = is_main ? NULL : g->spawned_at;
    h->root = is_main ? (uintptr_t)g->fn : UINTPTR_MAX;
    for (int i = 0; i < NAME; i++)
        h->name[i] = aux ? aux->name[i] : 0;
    h->name[NAME - 1] = 0;
    au32_store_rel(&h->ask, 1); /* [hog] a1 */
    w_os_thread_signal(tid, SIGURG);
}

static void report(struct hog *h, uint32_t frames)
{
    struct w_report r;
    w_report_open(&r, 2);
    w_say_text(&r.say, "weft: hog: goroutine ");
    w_say_dec(&r.say, h->asked);
    w_say_text(&r.say, h->kind == COMPUTES ? " computes and lets nobody else run, for " : " blocks its thread undeclared, for ");
    w_say_dec(&r.say, (uint64_t)h->ns / 1000000);
    w_say_text(&r.say, " ms so far");
    if (h->call >= 0) {
        w_say_text(&r.say, ", in system call ");
        w_say_dec(&r.say, (uint64_t)h->call);
    }
    if (h->kind == BLOCKS && h->where[0]) {
        w_say_text(&r.say, h->call >= 0 ? " (" : ", in ");
        w_say_text(&r.say, h->where);
        w_say_text(&r.say, h->call >= 0 ? ")" : "");
    }
    w_say_text(&r.say, "\n\ngoroutine ");
    w_say_dec(&r.say, h->asked);
    w_say_text(&r.say, " [running]:");
    if (h->name[0]) {
        w_say_text(&r.say, " \"");
        w_say_text(&r.say, h->name);
        w_say_text(&r.say, "\"");
    }
    w_say_text(&r.say, frames ? "\n" : "\n\tgoroutine running on other thread; stack unavailable\n");
    w_report_pcs(&r, h->pc, frames, h->root);
    if (h->spawned_at)
        w_report_by(&r, "created by ", (uintptr_t)h->spawned_at);
    w_report_close(&r);
}

/* a2. True: it is still waited for. */
static bool await(struct hog *h, const struct sight *s, int32_t tid, int64_t now)
{
    uint32_t answer = au32_load_acq(&h->answer); /* [hog] a2 */
    bool late = h->asked_at == INT64_MAX; /* it has been reported */
    if (!answer && !late && (s->stopped || now - h->asked_at < ANSWER_NS)) {
        if (!s->stopped && au32_load_rlx(&h->ask)) /* a hint: the signal struck in the section */
            w_os_thread_signal(tid, SIGURG);
        return true;
    }
    if (!late)
        report(h, answer ? answer - 1 : 0);
    if (answer)
        au32_store_rlx(&h->answer, 0); /* nobody else writes it before the next ask */
    h->asked_at = answer ? 0 : INT64_MAX; /* an answer that is still to come must not be taken for the next one's */
    return false;
}

static struct hog *notes_on(struct w_m *m)
{
    struct hog *h = aptr_load_rlx(&m->hog); /* its own */
    if (!h && (h = w_small_raw(sizeof *h))) {
        memset(h, 0, sizeof *h);
        aptr_store_rel(&m->hog, h); /* [hog] */
    }
    return h;
}

/* Does it have to be looked at again? */
static bool look(struct w_m *m, int64_t now)
{
    struct sight s = see(m);
    struct hog *h = s.id ? notes_on(m) : aptr_load_rlx(&m->hog); /* its own */
    if (!h)
        return s.id != 0;
    int32_t tid = (int32_t)au32_load_acq(&m->tid);
    bool waits = h->asked_at != 0 && await(h, &s, tid, now);
    int64_t cpu = s.id && !s.stopped ? w_os_thread_cpu(tid) : 0, most = w_knobs.hog * 1000000;
    bool whole;
    if (is_same(h, &s, &whole)) {
        if (whole && cpu >= 0 && h->cpu >= 0)
            add_up(h, tid, now, cpu);
        else
            h->slept = false;
    } else {
        h->computed = h->blocked = 0;
        h->slept = h->told = false;
    }
    h->id = s.id;
    h->stopped = s.stopped;
    h->at = now;
    h->cpu = cpu;
    if (!s.stopped) {
        h->moves = s.moves;
        h->p = s.p;
    }
    if (s.id && !s.stopped && !h->told && h->asked_at == 0 && (h->computed >= most || h->blocked >= most))
        ask(h, s.g, tid, now, h->computed >= most ? COMPUTES : BLOCKS);
    return waits || s.id != 0;
}

int64_t w_hogs_tick(int64_t now)
{
    int64_t step = w_knobs.hog * 1000000 / 4;
    bool any = false;
    if (w_likely(!w_knobs.hog))
        return INT64_MAX;
    if (now < hogs.look_at)
        return hogs.look_at - now;
    for (struct w_m *m = aptr_load_acq(&w_sched.all_m); m; m = m->all_next) /* [all_m] */
        any |= au32_load_acq(&m->tid) && look(m, now);
    step = step < MOST_STEP_NS ? step : MOST_STEP_NS;
    hogs.look_at = now + step;
    return any ? step : INT64_MAX;
}

void w_hogs_start(void) { memset(&hogs, 0, sizeof hogs); }
