/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Panics, deferred calls, weft_pcall and weft_goexit.
 *
 * All state is the goroutine's own, in its w_gaux: the deferred calls (last in, first out), the innermost weft_pcall's frame, and
 * the panics (and a goexit) under way. A weft_pcall remembers where both lists stood when it began; what came later is its own.
 * A panic runs those deferred calls on top of the stack that panicked, so that its frames are still there to print, and then
 * jumps to the weft_pcall's frame, or, without one, prints and ends the process. Nothing here is called in the owner's section;
 * small memory is taken in short sections of its own. Formatting needs 2 KiB and more, so it happens on the thread's stack.
 *
 * On the system stack (weft_on_system_stack) all of it is fatal, as in Go: there is no goroutine's frame to return to.
 * Source: Go 1.22 panic.go: gopanic, Goexit, printpanics; differs in that recovery is by call (weft_pcall) and not by a deferred
 * recover, and that a caught panic's message is text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sched/report.h"
#include "sched/switch.h"

#if W_TSAN
#include <setjmp.h> /* TSan follows setjmp and no other jump */
typedef jmp_buf mark;
#define MARK(m) _setjmp(m)
#define JUMP(m) longjmp(m, 1)
#else
typedef struct w_jmp mark;
#define MARK(m) w_ctx_mark(&(m))
#define JUMP(m) w_ctx_jump(&(m))
#endif

enum { MESSAGE_MAX = 1000 };

struct w_defer {
    struct w_defer *next;
    weft_fn fn;
    void *arg;
};

struct w_message {
    struct w_message *next;
    size_t bytes; /* of the whole */
    char text[];
};

/* In the frame of who panics or exits. */
struct w_panicking {
    struct w_panicking *link;  /* the one that this interrupted */
    struct w_message *message; /* NULL: a weft_goexit */
};

/* In weft_pcall's frame. */
struct w_pcall {
    mark mark;
    struct w_pcall *outer;
    struct w_defer *defers; /* as they stood when it began */
    struct w_panicking *panics;
    struct w_message *caught;
    bool catches; /* false: w_call_scoped, which only owns deferred calls */
    bool exiting; /* the panic came from a deferred call of a weft_goexit, which goes on */
};

/* ---- small things ---- */

/* Its stack is hidden where it goes on after a preemption though its run has ended; then it ends in the section that follows. */
static bool on_own_stack(const struct w_m *m) {
    const struct w_g *g = m->g;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0), lo = (uintptr_t)(m->bound_g == g && !g->stack ? m->bound_stack : g->stack);
    return here >= lo && here - lo < w_g_stack_bytes(g);
}

/* The calling goroutine; fatal where there is none or `what` cannot work. */
static struct w_g *own_g(const char *what) {
    struct w_m *m = w_self();
    if (!m) w_throw("weft: %s called from a thread that runs no goroutine", what);
    if (m->g == &m->g0 || !on_own_stack(m)) w_throw("weft: %s called on the system stack", what);
    return m->g;
}

/* Entered. */
static struct w_gaux *need_aux(struct w_m *m, struct w_g *g) {
    struct w_gaux *aux = w_g_aux(m, g);
    if (!aux) {
        w_leave(m);
        w_throw("out of memory");
    }
    return aux;
}

static void *need_small(size_t bytes) {
    struct w_m *m = w_enter();
    void *p = w_small_alloc(m, bytes);
    w_leave(m);
    if (!p) w_throw("out of memory");
    return p;
}

static void free_small(void *p, size_t bytes) {
    struct w_m *m = w_enter();
    w_small_free(m, p, bytes);
    w_leave(m);
}

static void drop_messages(struct w_gaux *aux) {
    while (aux->messages) {
        struct w_message *x = aux->messages;
        aux->messages = x->next;
        free_small(x, x->bytes);
    }
}

/* ---- deferred calls ---- */

void weft_defer(weft_fn fn, void *arg) {
    struct w_g *g = own_g("weft_defer");
    struct w_m *m = w_enter();
    struct w_gaux *aux = need_aux(m, g);
    struct w_defer *d = w_small_alloc(m, sizeof *d);
    if (d) {
        *d = (struct w_defer){aux->defers, fn, arg};
        aux->defers = d;
    }
    w_leave(m);
    if (!d) w_throw("out of memory");
}

/* Those above `until`; one that defers another has it called next. May switch. */
static void run_defers(struct w_gaux *aux, struct w_defer *until) {
    while (aux->defers != until) {
        struct w_defer d = *aux->defers;
        free_small(aux->defers, sizeof d);
        aux->defers = d.next;
        d.fn(d.arg);
    }
}

void w_g_run_deferred(void) {
    struct w_gaux *aux = w_self()->g->aux;
    if (!aux) return;
    run_defers(aux, NULL);
    drop_messages(aux);
}

/* ---- weft_pcall ---- */

const char *weft_pcall(weft_fn fn, void *arg) {
    struct w_g *g = own_g("weft_pcall");
    struct w_m *m = w_enter();
    struct w_gaux *aux = need_aux(m, g);
    w_leave(m);
    drop_messages(aux);
    struct w_pcall here = {.outer = aux->pcall, .defers = aux->defers, .panics = aux->panics, .catches = true};
    aux->pcall = &here;
    if (MARK(here.mark) == 0) {
        fn(arg);
        run_defers(aux, here.defers); /* still ours: a panic in one of them is caught here too */
        aux->pcall = here.outer;
        return NULL;
    }
    here.caught->next = aux->messages; /* earlier ones stay too: no weft_pcall has begun since */
    aux->messages = here.caught;
    if (here.exiting) weft_goexit();
    return here.caught->text;
}

/* The deferred calls of p have run: continue in its weft_pcall with this message. */
_Noreturn static void catch_in(struct w_gaux *aux, struct w_pcall *p, struct w_message *message) {
    p->caught = message;
    p->exiting = false;
    for (struct w_panicking *x = aux->panics; x != p->panics; x = x->link) {
        if (!x->message)
            p->exiting = true;
        else if (x->message != message)
            free_small(x->message, x->message->bytes); /* replaced by a panic in a deferred call */
    }
    aux->panics = p->panics;
    aux->pcall = p->outer;
#if W_ASAN
    __asan_handle_no_return();
#endif
    JUMP(p->mark);
}

void w_call_scoped(weft_fn fn, void *arg) {
    struct w_g *g = own_g("a call with deferred calls of its own");
    struct w_m *m = w_enter();
    struct w_gaux *aux = need_aux(m, g);
    w_leave(m);
    struct w_pcall here = {.outer = aux->pcall, .defers = aux->defers, .panics = aux->panics};
    aux->pcall = &here;
    fn(arg);
    run_defers(aux, here.defers);
    aux->pcall = here.outer;
}

/* ---- panic ---- */

/* As Go prints text: continued lines are set in. */
static void say_message(struct w_report *r, const struct w_message *message) {
    const char *p = message->text;
    for (size_t n; p[n = strcspn(p, "\n")] != 0; p += n + 1) {
        w_say_bytes(&r->say, p, n + 1);
        w_say_text(&r->say, "\t");
    }
    w_say_text(&r->say, p);
}

static void say_panics(struct w_report *r, const struct w_panicking *x) {
    if (x->link) {
        say_panics(r, x->link);
        if (x->link->message && x->message) w_say_text(&r->say, "\t");
    }
    if (!x->message) return;
    w_say_text(&r->say, "panic: ");
    say_message(r, x->message);
    w_say_text(&r->say, "\n");
}

struct uncaught {
    struct w_g *g;
    struct w_panicking *panics;
    const struct w_place *at;
};

static void report_uncaught(void *arg) {
    struct uncaught *u = arg;
    struct w_report r;
    w_report_open(&r, 2);
    say_panics(&r, u->panics);
    r.blank = true;
    w_report_goroutine(&r, u->g, u->at);
    w_report_close(&r);
    w_fatal_exit();
}

/* The message is the goroutine's. May switch, in deferred calls. */
_Noreturn static void raise_message(struct w_message *message, const struct w_place *at) {
    struct w_g *g = w_self()->g;
    struct w_gaux *aux = g->aux;
    struct w_panicking here = {aux->panics, message};
    aux->panics = &here;
    struct w_pcall *p;
    for (;;) {
        p = aux->pcall;
        run_defers(aux, p ? p->defers : NULL);
        if (!p || p->catches) break;
        aux->pcall = p->outer;
    }
    if (p) catch_in(aux, p, message);
    struct uncaught u = {g, &here, at};
    w_die_begin();
    w_die_on_g0(report_uncaught, &u);
}

struct format {
    const char *fmt;
    va_list ap;
    char *to;
    int n;
};

static void format(void *arg) {
    struct format *f = arg;
    va_list ap;
    va_copy(ap, f->ap);
    f->n = vsnprintf(f->to, f->to ? (size_t)f->n + 1 : 0, f->fmt, ap);
    va_end(ap);
}

_Noreturn static void panic_on_system_stack(struct format *f) {
    char text[MESSAGE_MAX + 1];
    f->to = text;
    f->n = MESSAGE_MAX;
    format(f);
    struct w_report r;
    w_say_init(&r.say, 2);
    w_say_text(&r.say, "panic: ");
    w_say_text(&r.say, text);
    w_say_text(&r.say, "\n");
    w_say_flush(&r.say);
    w_throw("panic on system stack");
}

_Noreturn static void panic_with(struct format *f, const struct w_place *at) {
    struct w_m *m = w_self();
    if (!m || m->g == &m->g0 || !on_own_stack(m)) panic_on_system_stack(f);
    struct w_g *g = m->g;
    w_on_g0(m, format, f); /* how long */
    f->n = f->n < 0 ? 0 : f->n > MESSAGE_MAX ? MESSAGE_MAX : f->n;
    size_t bytes = sizeof(struct w_message) + (size_t)f->n + 1;
    struct w_message *message = need_small(bytes);
    message->bytes = bytes;
    message->text[0] = 0;
    f->to = message->text;
    w_on_g0(w_self(), format, f);
    m = w_enter();
    need_aux(m, g);
    w_leave(m);
    raise_message(message, at);
}

void weft_panic(const char *fmt, ...) {
    struct w_place at = W_PLACE_OF_CALLER();
    struct format f = {.fmt = fmt};
    va_start(f.ap, fmt);
    panic_with(&f, &at);
}

_Noreturn void w_panic(const char *fmt, ...) {
    struct w_place at = W_PLACE_OF_CALLER();
    struct format f = {.fmt = fmt};
    va_start(f.ap, fmt);
    panic_with(&f, &at);
}

/* In place of the return from a send that slept: its channel was closed. */
_Noreturn void w_ret_closed(void) {
    struct w_place at = W_PLACE_OF_CALLER();
    w_self()->g->ret = 0; /* if this panic is caught, a later switch must not come here again */
    struct format f = {.fmt = "send on closed channel"};
    panic_with(&f, &at);
}

/* ---- goexit ---- */

void weft_goexit(void) {
    struct w_g *g = own_g("weft_goexit");
    struct w_gaux *aux = g->aux;
    if (aux) {
        struct w_panicking here = {aux->panics, NULL};
        aux->panics = &here;
        struct w_pcall *p;
        do { /* a weft_pcall whose calls have run is no longer there to catch; its caller's may be */
            p = aux->pcall;
            run_defers(aux, p ? p->defers : NULL);
            aux->pcall = p ? p->outer : NULL;
        } while (p);
        for (struct w_panicking *x = &here; x; x = x->link)
            if (x->message) free_small(x->message, x->message->bytes); /* a goexit ends the panics it interrupts */
        drop_messages(aux);
        aux->panics = NULL;
    }
    if (g->flags & W_GF_MAIN) au32_store_rel(&w_sched.main_gone, 1); /* read when all is asleep */
    w_g_exit();
}
