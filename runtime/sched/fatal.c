/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fatal errors: "fatal error: …", every goroutine, exit status 2. Nothing catches them.
 *
 * May be called with any of the runtime's locks held, in or out of the owner's section, on any stack and thread: the report
 * takes no lock (goroutines that still run are read racily), moves to the thread's own stack, and reports once: `dying`
 * belongs to the first thread that comes. A run that ends meanwhile waits for it, as Go's main does, or its own exit status would be the
 * process's; not for deferred calls of a panic that has not come so far, for which Go's main yields a while. Source of texts and order:
 * Go 1.26 panic.go: throw, fatal, fatalthrow; proc.go: checkdead.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "sched/report.h"

enum { TEXT_MAX = 1024 };

static au64 dying;          /* pthread_self() of the thread that ends the process; 0: nobody */
static char text[TEXT_MAX]; /* of the one that dies */

static _Noreturn void sleep_for_good(void) {
    static au32 never;
    for (;;) w_os_futex_wait(&never, 0, -1);
}

void w_die_begin(void) {
    w_preempt_off();
    uint64_t none = 0, self = (uint64_t)(uintptr_t)pthread_self();
    if (au64_cas_acq(&dying, &none, self)) { /* nothing to acquire: the order among the dying is all */
        w_os_signal_block(SIGURG, true); /* the end of a run signals its threads, and stdio drops what an interrupted write had left */
        return;
    }
    if (none == self) _exit(2);
    sleep_for_good();
}

bool w_dying(void) { return au64_load_acq(&dying) != 0; }

void w_die_await(void) {
    if (w_dying()) /* whose report outlasted the run */
        sleep_for_good();
}

_Noreturn void w_die_on_g0(void (*fn)(void *), void *arg) {
    struct w_m *m = w_self();
    if (m && m->g != &m->g0 && m->g0.sp)
        w_on_g0(m, fn, arg);
    else
        fn(arg);
    _exit(2);
}

static void flush(FILE *f) {
    if (ftrylockfile(f) == 0) {
        fflush_unlocked(f);
        funlockfile(f);
    }
}

/* Who died in the parent, or was about to, is not here. */
void w_die_forked(void) { au64_store_rlx(&dying, 0); /* alone */ }

_Noreturn void w_fatal_exit(void) {
    if (au32_load_rlx(&w_forked)) _exit(2); /* the buffers are the parent's too */
    flush(stdout);
    flush(stderr);
    _exit(2);
}

/* ---- the report ---- */

struct fatal {
    const char *before; /* lines before "fatal error: ", or "" */
    const char *fmt;
    va_list *ap; /* NULL: fmt is the text */
    struct w_place at;
    bool place; /* print where the caller stands */
};

static void report(void *arg) {
    struct fatal *f = arg;
    struct w_report r;
    struct w_m *m = w_self();
    struct w_g *g = w_report_running();
    const char *what = f->fmt;
    if (f->ap) {
        vsnprintf(text, sizeof text, f->fmt, *f->ap);
        what = text;
    }
    w_report_open(&r, 2);
    w_say_text(&r.say, f->before);
    w_say_text(&r.say, "fatal error: ");
    w_say_text(&r.say, what);
    w_say_text(&r.say, "\n");
    r.blank = true;
    if (f->place && !g) w_report_thread(&r, m ? "runtime stack:" : "thread stack:", &f->at);
    if (w_observe_dying()) /* else there is no run any more, or the others are the parent's */
        w_report_all(&r, f->place ? g : NULL, &f->at);
    else if (f->place && g)
        w_report_goroutine(&r, g, &f->at);
    w_report_close(&r);
    w_fatal_exit();
}

_Noreturn static void die(struct fatal *f) {
    w_die_begin();
    w_die_on_g0(report, f);
}

void weft_fatal(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct fatal f = {"", fmt, &ap, W_PLACE_OF_CALLER(), true};
    die(&f);
}

_Noreturn void w_throw(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct fatal f = {"", fmt, &ap, W_PLACE_OF_CALLER(), true};
    f.at.whole = true;
    die(&f);
}

_Noreturn void w_deadlock(void) {
    bool none = au32_load_acq(&w_sched.main_gone) && w_goroutines_now() == 0; /* main_gone: before main left its P */
    struct fatal f = {.before = "",
                      .fmt = none ? "no goroutines (main called runtime.Goexit) - deadlock!"
                                  : "all goroutines are asleep - deadlock!"};
    die(&f);
}

_Noreturn void w_thread_exhaustion(void) {
    char before[64];
    snprintf(before, sizeof before, "runtime: program exceeds %d-thread limit\n", w_sched.config.max_threads);
    struct fatal f = {.before = before, .fmt = "thread exhaustion"};
    die(&f);
}

/* The public call that found no goroutine is whoever called us: its name is looked up. */
static void report_foreign(void *arg) {
    struct fatal *f = arg;
    struct w_symbol y;
    struct w_report r;
    w_report_open(&r, 2);
    const char *where = au32_load_rlx(&w_forked) ? "in the child of a fork: only exec is allowed there"
                                                 : "from a thread that runs no goroutine";
    bool known = w_report_public_call(&r, &f->at, &y);
    snprintf(text, sizeof text, "weft: %.*s called %s", known ? (int)w_report_name_len(&y) : 30,
             known ? y.name : "a function for goroutines was", where);
    w_report_close(&r);
    f->fmt = text;
    report(f);
}

_Noreturn void w_foreign(void) {
    struct fatal f = {.before = "", .at = W_PLACE_OF_CALLER(), .place = true};
    w_die_begin();
    w_die_on_g0(report_foreign, &f);
}
