/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A goroutine's report: header, frames by the chain of frame pointers, and where it was started.
 *
 * Racy by design: goroutines may run while they are looked at. Nothing read is trusted: a stack's bounds are read once, each
 * frame lies within them and above the last, and the words come through a pipe, so that a stack unmapped meanwhile ends the
 * walk and not the process. The caller's own stack is read directly.
 *
 * Source of the form: Go 1.22 traceback.go: goroutineheader, traceback2; differs in frames without arguments and with the
 * module's offset (for addr2line) in place of a line.
 */
#include "arch/trap.h"
#include "sched/report.h"

#include <string.h>

enum { MOST_FRAMES = 100, HALF = MOST_FRAMES / 2, SAVED_WORDS = 24, PUBLIC_WITHIN = 6 };
#define MINUTE INT64_C(60000000000)

void w_g_main(void); /* sched/spawn.c: a goroutine's outermost function */

struct walk {
    struct w_report *r;
    uintptr_t lo, hi; /* where frames may lie */
    uintptr_t pc, fp;
    bool exact, direct, goroutine;
    uintptr_t root; /* main's goroutine: the runtime's function that calls main_fn, not to show */
};

void w_report_open(struct w_report *r, int fd) {
    w_say_init(&r->say, fd);
    r->symbols = w_symbols_open();
    w_peek_open(&r->peek);
    r->now = w_os_now();
    r->blank = false;
}

void w_report_close(struct w_report *r) {
    w_say_flush(&r->say);
    w_symbols_close(r->symbols);
    w_peek_close(&r->peek);
}

struct w_g *w_report_running(void) {
    struct w_m *m = w_self();
    return !m ? NULL : m->g == &m->g0 ? m->sys_g : m->g;
}

/* ---- reading ---- */

/* The record at fp: the caller's fp and the return address. */
static W_RACY bool record(const struct walk *k, uintptr_t word[2]) {
    if (k->fp < k->lo || k->fp > k->hi - sizeof(uintptr_t[2]) || k->fp % sizeof(uintptr_t) != 0) return false;
    if (!k->direct) return w_peek(&k->r->peek, k->fp, word, sizeof(uintptr_t[2]));
    const uintptr_t *at = (const uintptr_t *)k->fp;
    word[0] = at[0];
    word[1] = at[1];
    return true;
}

/*
 * Is the walk at a frame to show? Where it begins, and then until the runtime's own: w_g_main by its symbol; in a stripped
 * program, the one whose caller has no frame. (Code built without frame pointers may show w_g_main's frame as its own.)
 */
static bool at_frame(const struct walk *k, bool begin) {
    struct w_symbol y;
    uintptr_t word[2];
    if (k->pc == 0 || !k->goroutine) return k->pc != 0;
    w_symbols_find(k->r->symbols, k->exact ? k->pc : k->pc - 1, &y);
    if (y.name) return y.start != (uintptr_t)w_g_main && y.start != k->root && (begin || k->fp != 0);
    return begin || (record(k, word) && word[0] != 0);
}

/* Does the function at k return to a public call's stub (W_ENTRY), which has no frame? Where, in words, is then who called it? */
static int in_stub(const struct walk *k, struct w_symbol *stub) {
    uintptr_t word[2];
    if (!record(k, word)) return 0;
    w_symbols_find(k->r->symbols, word[1] - 1, stub);
    return stub->start ? w_arch_thin_frame(stub->start, word[1]) : 0;
}

/* On to the caller; false: there is none. */
static bool up(struct walk *k) {
    uintptr_t fp = k->fp, word[2], beyond[2];
    struct w_symbol stub;
    if (!record(k, word)) return false;
    k->pc = word[1];
    int at = in_stub(k, &stub);
    if (at) { /* on to who called that */
        k->fp = fp + (size_t)(at - 1) * sizeof *beyond;
        if (record(k, beyond)) k->pc = beyond[1];
    }
    k->fp = word[0];
    k->exact = false;
    return k->fp == 0 || k->fp > fp;
}

/* ---- printing ---- */

static void say_place(struct w_report *r, const struct w_symbol *y) {
    w_say_text(&r->say, "\t");
    if (y->module) {
        w_say_text(&r->say, y->module);
        w_say_text(&r->say, "+");
    }
    w_say_hex(&r->say, y->offset);
    w_say_text(&r->say, "\n");
}

/* Without what W_ENTRY appends to the half of a public call that is written in C. */
uint32_t w_report_name_len(const struct w_symbol *y) {
    bool half = y->len > 10 && memcmp(y->name, "weft_", 5) == 0 && memcmp(y->name + y->len - 5, "_body", 5) == 0;
    return half ? y->len - 5 : y->len;
}

static void say_name(struct w_report *r, const struct w_symbol *y) {
    if (y->name)
        w_say_bytes(&r->say, y->name, w_report_name_len(y));
    else
        w_say_text(&r->say, "??");
}

/* as: the name to show, or NULL. */
static void say_frame(struct w_report *r, uintptr_t pc, bool exact, const struct w_symbol *as) {
    struct w_symbol y;
    w_symbols_find(r->symbols, exact ? pc : pc - 1, &y); /* a call may be its function's last instruction */
    say_name(r, as ? as : &y);
    w_say_text(&r->say, "(...)\n");
    y.offset += !exact;
    say_place(r, &y);
}

/* Past the runtime's own frames, down to the public call or the user's function. */
static void skip_inner(struct walk *k) {
    struct w_symbol y, stub;
    for (int i = 0; i < PUBLIC_WITHIN; i++) {
        w_symbols_find(k->r->symbols, k->pc - 1, &y);
        if (k->exact || !y.name || strncmp(y.name, "w_", 2) != 0 || in_stub(k, &stub) || !at_frame(k, false) || !up(k))
            return;
    }
}

/* Frames from k's on; of a deep stack the first and the last fifty. */
static void say_frames(struct walk k) {
    size_t total = 0;
    struct walk count = k;
    struct w_symbol stub;
    while (at_frame(&count, total == 0) && (k.direct || total <= MOST_FRAMES)) {
        total++;
        if (!up(&count)) break;
    }
    for (size_t i = 0; i < total; i++) {
        if (!k.direct && i == MOST_FRAMES) {
            w_say_text(&k.r->say, "...additional frames elided...\n");
            return;
        }
        if (total > MOST_FRAMES && i == HALF && k.direct) {
            w_say_text(&k.r->say, "...");
            w_say_dec(&k.r->say, total - MOST_FRAMES);
            w_say_text(&k.r->say, " frames elided...\n");
        }
        if (i < HALF || total - i <= HALF || !k.direct)
            say_frame(k.r, k.pc, k.exact, in_stub(&k, &stub) ? &stub : NULL);
        if (!up(&k)) return;
    }
}

void w_report_pcs(struct w_report *r, const uintptr_t *pc, uint32_t n, uintptr_t root) {
    for (uint32_t i = 0; i < n; i++) {
        struct w_symbol y;
        w_symbols_find(r->symbols, i == 0 ? pc[i] : pc[i] - 1, &y);
        if (y.start && (y.start == (uintptr_t)w_g_main || y.start == root)) return;
        say_frame(r, pc[i], i == 0, NULL);
    }
}

static W_RACY size_t stack_bytes(const struct w_g *g) {
    return (size_t)g->stack_kib << 10;
} /* inlined, w_g_stack_bytes would be seen */
static W_RACY uintptr_t root_of(const struct w_g *g) { return g->flags & W_GF_MAIN ? (uintptr_t)g->fn : UINTPTR_MAX; }

static W_RACY void say_trapped(struct walk *k, const struct w_m *m) {
    k->hi = k->lo + stack_bytes(m->bound_g ? m->bound_g : &m->g0);
    k->pc = m->trap_pc;
    k->fp = m->trap_fp;
    k->exact = true;
    say_frames(*k);
}

static W_RACY void say_suspended(struct w_report *r, const struct w_g *g) {
    bool bound = (g->flags & W_GF_BOUND) != 0;
    struct walk k = {.r = r, .lo = (uintptr_t)(bound ? w_bound_stack(g) : g->stack), .goroutine = true, .root = root_of(g)};
    const struct w_m *trapped = bound ? w_bound_m(g) : NULL;
    if (trapped && trapped->trap_pc) { /* stopped by a signal */
        say_trapped(&k, trapped);
        return;
    }
    uintptr_t sp = (uintptr_t)g->sp, word[SAVED_WORDS];
    if (k.lo == 0) { /* has not run: it will begin with its function */
        if (g->fn) say_frame(r, (uintptr_t)g->fn, true, NULL);
        return;
    }
    k.hi = k.lo + stack_bytes(g);
    memset(word, 0, sizeof word);
    size_t n = sp >= k.lo && sp < k.hi ? k.hi - sp : 0;
    if (n > sizeof word) n = sizeof word;
    if (n < sizeof word / 4 || !w_peek(&r->peek, sp, word, n)) {
        w_say_text(&r->say, "\tstack unavailable\n");
        return;
    }
    void *fp, *pc;
    w_ctx_frame(word, &fp, &pc);
    k.fp = (uintptr_t)fp;
    k.pc = (uintptr_t)pc;
    bool begun = fp != NULL; /* no frame: it has its stack, and is about to begin */
    if (begun) skip_inner(&k);
    if (begun && at_frame(&k, true))
        say_frames(k);
    else if (g->fn)
        say_frame(r, (uintptr_t)g->fn, true, NULL);
}

static W_RACY void say_self(struct w_report *r, const struct w_g *g, const struct w_place *at) {
    struct walk k = {
        .r = r, .lo = (uintptr_t)g->stack, .pc = at->pc, .fp = at->fp, .exact = at->exact, .root = root_of(g)};
    k.hi = k.lo + stack_bytes(g);
    k.goroutine = k.direct = at->fp >= k.lo && at->fp < k.hi;
    if (!k.direct) { /* on the system stack */
        k.lo = 0;
        k.hi = UINTPTR_MAX;
    }
    if (!at->whole) skip_inner(&k);
    say_frames(k);
}

void w_report_thread(struct w_report *r, const char *title, const struct w_place *at) {
    w_say_text(&r->say, r->blank ? "\n" : "");
    w_say_text(&r->say, title);
    w_say_text(&r->say, "\n");
    say_frames((struct walk){.r = r, .hi = UINTPTR_MAX, .pc = at->pc, .fp = at->fp, .exact = at->exact});
    r->blank = true;
}

/* Bytewise, since a libc call would be seen by TSan. */
static W_RACY bool copy_name(const struct w_g *g, char *to) {
    const volatile struct w_gaux *aux = g->aux;
    size_t n = 0;
    while (aux && n < sizeof aux->name - 1 && (to[n] = aux->name[n])) n++;
    to[n] = 0;
    return n != 0;
}

static W_RACY void say_header(struct w_report *r, const struct w_g *g, enum w_gstatus s, uint64_t id) {
    enum w_reason reason = w_g_reason(g);
    int64_t minutes = s == W_G_WAITING && g->parked_at > 0 ? (r->now - g->parked_at) / MINUTE : 0;
    w_say_text(&r->say, r->blank ? "\n" : "");
    w_say_text(&r->say, "goroutine ");
    w_say_dec(&r->say, id);
    w_say_text(&r->say, " [");
    w_say_text(&r->say, s == W_G_WAITING && reason > W_REASON_NONE && reason < W_REASON_END ? w_reason_names[reason]
                                                                                            : w_gstatus_name(s));
    if (minutes >= 1) {
        w_say_text(&r->say, ", ");
        w_say_dec(&r->say, (uint64_t)minutes);
        w_say_text(&r->say, " minutes");
    }
    if (g->flags & W_GF_LOCKED) w_say_text(&r->say, ", locked to thread");
    w_say_text(&r->say, "]:");
    char name[sizeof g->aux->name];
    if (copy_name(g, name)) {
        w_say_text(&r->say, " \"");
        w_say_text(&r->say, name);
        w_say_text(&r->say, "\"");
    }
    w_say_text(&r->say, "\n");
}

void w_report_by(struct w_report *r, const char *what, uintptr_t at) {
    struct w_symbol y;
    w_symbols_find(r->symbols, at - 1, &y);
    w_say_text(&r->say, what);
    say_name(r, &y);
    w_say_text(&r->say, "\n");
    y.offset++;
    say_place(r, &y);
}

W_RACY void w_report_goroutine(struct w_report *r, struct w_g *g, const struct w_place *self) {
    enum w_gstatus s = self ? W_G_RUNNING : w_g_status(g);
    uint64_t id = au64_load_rlx(&g->id); /* racy, as all here */
    if (s == W_G_DEAD || id == 0) return;
    say_header(r, g, s, id);
    if (self)
        say_self(r, g, self);
    else if (s == W_G_RUNNING || s == W_G_SYSCALL)
        w_say_text(&r->say, "\tgoroutine running on other thread; stack unavailable\n");
    else
        say_suspended(r, g);
    if (g->spawned_at && !(g->flags & W_GF_MAIN)) w_report_by(r, "created by ", (uintptr_t)g->spawned_at);
    r->blank = true;
}

/* The public call that the caller of the runtime made: the innermost frame with such a name, or with such a stub. */
bool w_report_public_call(struct w_report *r, const struct w_place *at, struct w_symbol *out) {
    struct walk k = {.r = r, .hi = UINTPTR_MAX, .pc = at->pc, .fp = at->fp};
    for (int i = 0; i < PUBLIC_WITHIN; i++) {
        if (!in_stub(&k, out)) w_symbols_find(r->symbols, k.pc - 1, out);
        if (out->name && strncmp(out->name, "weft_", 5) == 0) return true;
        if (!up(&k)) break;
    }
    return false;
}

/* ---- all of them ---- */

struct each {
    struct w_report *r;
    struct w_g *first, *main;
};

static bool find_main(struct w_g *g, void *arg) {
    struct each *e = arg;
    if (au64_load_rlx(&g->id) != 1) /* racy, as all here */
        return true;
    e->main = g;
    return false;
}

static bool report_one(struct w_g *g, void *arg) {
    struct each *e = arg;
    if (g != e->first && g != e->main) w_report_goroutine(e->r, g, NULL);
    return true;
}

void w_report_all(struct w_report *r, struct w_g *first, const struct w_place *self) {
    struct each e = {r, first, NULL};
    w_each_g(find_main, &e);
    if (first) w_report_goroutine(r, first, self);
    if (e.main && e.main != first) w_report_goroutine(r, e.main, NULL);
    w_each_g(report_one, &e);
}

void w_print_frames(int fd, const struct w_g *g, bool self) {
    struct w_report r;
    struct w_place at = W_PLACE_OF_CALLER();
    w_report_open(&r, fd);
    if (self)
        say_self(&r, g, &at);
    else
        say_suspended(&r, g);
    w_report_close(&r);
}
