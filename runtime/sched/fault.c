/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fault signals: a goroutine that outgrows its stack, and every other fault in one, end the process as in Go, with the
 * goroutine's frames and status 2; weft_pcall does not catch them. A fault on a foreign thread is the previous handler's.
 *
 * SIGQUIT, if the process neither handles nor ignores it, ends a run with a report of every goroutine, on whichever thread it comes.
 *
 * The handlers are the process's while a run is on; each M's thread has an alternate stack, since an overflow leaves no other,
 * and the thread of weft_run's caller gets back the one it had. Everything here is async-signal-safe: the report uses write,
 * open, mmap and a pipe; only then stdio is flushed where its locks are free, and a fault in that exits at once (w_die_begin).
 *
 * Here and not in stack/, since it asks which goroutine runs. Source of texts: Go 1.26 signal_unix.go: sighandler, sigpanic;
 * stack.go: newstack. Differs: sent signals (kill) report as Go's SIGQUIT does.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "arch/trap.h"
#include "sched/report.h"

enum { NIL_PAGE = 4096, FAR_BELOW = 1 << 20 };

static const struct fault {
    int signo;
    const char *name, *text;
} faults[] = {
    {SIGSEGV, "SIGSEGV", "segmentation violation"},
    {SIGBUS, "SIGBUS", "bus error"},
    {SIGFPE, "SIGFPE", "floating-point exception"},
    {SIGILL, "SIGILL", "illegal instruction"},
};
enum { FAULTS = sizeof faults / sizeof *faults };

static struct sigaction before[FAULTS]; /* const during a run */

static const struct fault quit = {SIGQUIT, "SIGQUIT", "quit"};
static struct sigaction before_quit; /* const during a run */
static bool reports_quit;            /* the same: the process had no handler of its own */

/* ---- what it says ---- */

struct event {
    const struct fault *fault;
    int code;
    uintptr_t addr;
    struct w_trap trap;
};

static void say_registers(struct w_report *r, const char *a, uint64_t x, const char *b, uint64_t y, const char *c) {
    w_say_text(&r->say, a);
    w_say_hex(&r->say, x);
    w_say_text(&r->say, b);
    w_say_hex(&r->say, y);
    w_say_text(&r->say, c);
}

/* "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x401136]" */
static void say_signal(struct w_report *r, const struct event *e) {
    w_say_text(&r->say, "[signal ");
    w_say_text(&r->say, e->fault->name);
    w_say_text(&r->say, ": ");
    w_say_text(&r->say, e->fault->text);
    say_registers(r, " code=", (uint64_t)(unsigned)e->code, " addr=", e->addr, " pc=");
    w_say_hex(&r->say, e->trap.pc);
    w_say_text(&r->say, "]\n");
}

static void say_overflow(struct w_report *r, const struct w_g *g, const struct event *e) {
    uintptr_t lo = (uintptr_t)g->stack;
    size_t limit = g->aux && g->aux->stack_limit        ? g->aux->stack_limit
                   : g->flags & (W_GF_BIG | W_GF_SMALL) ? w_g_stack_bytes(g)
                                                        : w_sched.config.stack_size;
    w_say_text(&r->say, "runtime: goroutine stack exceeds ");
    w_say_dec(&r->say, limit);
    w_say_text(&r->say, "-byte limit\n");
    say_registers(r, "runtime: sp=", e->trap.sp, " stack=[", lo, ", ");
    w_say_hex(&r->say, lo + w_g_stack_bytes(g));
    w_say_text(&r->say, "]\nfatal error: stack overflow\n");
}

static void say_fault(struct w_report *r, const struct event *e) {
    if (e->code <= 0) { /* sent by someone, not by an instruction */
        w_say_text(&r->say, e->fault->name);
        w_say_text(&r->say, ": ");
        w_say_text(&r->say, e->fault->text);
        w_say_text(&r->say, "\nPC=");
        w_say_hex(&r->say, e->trap.pc);
        w_say_text(&r->say, "\n");
        return;
    }
    if (e->fault->signo == SIGFPE)
        w_say_text(&r->say, e->code == FPE_INTDIV ? "panic: runtime error: integer divide by zero\n"
                                                  : "panic: runtime error: floating point error\n");
    else if (e->fault->signo == SIGILL)
        w_say_text(&r->say, "SIGILL: illegal instruction\n");
    else if (e->addr < NIL_PAGE && e->code != SI_KERNEL)
        w_say_text(&r->say, "panic: runtime error: invalid memory address or nil pointer dereference\n");
    else {
        w_say_text(&r->say, "unexpected fault address ");
        w_say_hex(&r->say, e->addr);
        w_say_text(&r->say, "\nfatal error: fault\n");
    }
    say_signal(r, e);
}

/* ---- the handler ---- */

/* The guard, the page below it, or a stack pointer that has left the stack downwards: a large frame may step over the guard. */
static bool is_overflow(const struct w_g *g, const struct event *e) {
    uintptr_t lo = (uintptr_t)g->stack;
    if (lo == 0 || (e->fault->signo != SIGSEGV && e->fault->signo != SIGBUS) || e->code <= 0) return false;
    return (e->addr < lo && lo - e->addr <= 2 * w_os_page()) || (e->trap.sp < lo && lo - e->trap.sp <= FAR_BELOW);
}

_Noreturn static void die_of(const struct event *e) {
    struct w_report r;
    struct w_m *m = w_self();
    struct w_g *g = w_report_running();
    struct w_place at = {e->trap.pc, e->trap.fp, .exact = true};
    w_die_begin();
    w_report_open(&r, 2);
    bool overflow = g && is_overflow(g, e);
    if (overflow)
        say_overflow(&r, g, e);
    else if (!g && e->code > 0) {
        w_say_text(&r.say, "fatal error: unexpected signal during runtime execution\n");
        say_signal(&r, e);
    } else {
        say_fault(&r, e);
    }
    r.blank = true;
    w_say_flush(&r.say); /* the first lines are safe, whatever the frames do */
    if (!g && m) w_report_thread(&r, "runtime stack:", &at);
    if ((!g || overflow || e->code <= 0) && w_observe_dying())
        w_report_all(&r, g, &at);
    else if (g)
        w_report_goroutine(&r, g, &at);
    w_report_close(&r);
    w_fatal_exit();
}

/* A foreign thread's: as if Weft were not there. */
static void pass_on(int i, int signo, siginfo_t *info, void *context) {
    const struct sigaction *old = &before[i];
    if (old->sa_flags & SA_SIGINFO) {
        old->sa_sigaction(signo, info, context);
    } else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
        old->sa_handler(signo);
    } else if (info->si_code > 0 || old->sa_handler == SIG_DFL) {
        signal(signo, SIG_DFL);
        if (info->si_code <= 0) raise(signo); /* else the instruction is run again */
    }
}

static void handler(int signo, siginfo_t *info, void *context) {
    int i = 0, saved = errno;
    while (i < FAULTS - 1 && faults[i].signo != signo) i++;
    if (w_self()) {
        struct event e = {&faults[i], info->si_code, (uintptr_t)info->si_addr, w_arch_trap(context)};
        if (e.code <= 0) e.addr = 0;
        die_of(&e);
    }
    pass_on(i, signo, info, context);
    errno = saved;
}

/* On any thread. A foreign one holds the run's memory while it reports; without a run, as if Weft were not there. */
static void quit_handler(int signo, siginfo_t *info, void *context) {
    (void)info;
    struct event e = {&quit, 0, 0, w_arch_trap(context)};
    if (w_self() || w_observe_begin()) die_of(&e);
    w_os_signal_put_back(signo, &before_quit);
    raise(signo);
}

/* ---- the process, and each thread ---- */

static void check_failed(const char *message) { w_throw("%s", message); }

void w_fault_install(void) {
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = handler;
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER; /* a second fault must arrive, to exit with 2 */
    sigemptyset(&sa.sa_mask);
    for (int i = 0; i < FAULTS; i++) {
        struct sigaction old;
        sigaction(faults[i].signo, &sa, &old);
        if (!(old.sa_flags & SA_SIGINFO) || old.sa_sigaction != handler) before[i] = old; /* ours: of a run that kept its memory */
    }
    reports_quit = w_os_signal_is_default(SIGQUIT) && w_os_signal_set(SIGQUIT, quit_handler, &before_quit) == 0;
    w_check_hook = check_failed;
}

/* What the process has installed since stays. */
void w_fault_restore(void) {
    for (int i = 0; i < FAULTS; i++) {
        struct sigaction now;
        sigaction(faults[i].signo, NULL, &now);
        if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == handler) sigaction(faults[i].signo, &before[i], NULL);
    }
    if (reports_quit && w_os_signal_is(SIGQUIT, quit_handler)) w_os_signal_put_back(SIGQUIT, &before_quit);
    reports_quit = false;
    w_check_hook = NULL;
}

/*
 * The thread's own alternate stack is kept at the top of ours. A thread without one would run no goroutine safely: the handler of a
 * preempting signal does not fit on a small one's stack.
 */
void w_fault_thread_init(struct w_m *m) {
    stack_t *old = (stack_t *)(void *)(m->altstack + W_ALT_STACK) - 1;
    stack_t ours = {.ss_sp = m->altstack, .ss_size = (size_t)((char *)old - m->altstack) & ~(size_t)63};
    if (sigaltstack(&ours, old) != 0) w_throw("no alternate signal stack");
}

void w_fault_thread_done(struct w_m *m) { sigaltstack((stack_t *)(void *)(m->altstack + W_ALT_STACK) - 1, NULL); }
