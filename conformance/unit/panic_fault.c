/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults. Goal: an overflow names the goroutine's own limit; another fault reads as in Go and is not caught; a foreign thread's
 * fault, and the process's handlers and alternate stack after a run, are as without Weft. Method: forked children.
 */
#include <pthread.h>

#include "child.h"

#define NOINLINE __attribute__((noinline))
#define FAULTY   __attribute__((no_sanitize("undefined"))) /* on purpose */
static volatile int sink;

NOINLINE static int recurse(int n) {
    volatile char frame[100];
    frame[n % 100] = (char)n;
    return n < 0 ? 0 : recurse(n + 1) + frame[n % 100];
}
/* With an argument when main sleeps, 10 s at the most: or its state in the report would be another. */
static void overflow(void *beside_main) {
    if (beside_main) await_waiting(1);
    sink = recurse(0);
}
FAULTY static void null_write(void *unused) {
    (void)unused;
    *(volatile int *)0 = 1;
}
FAULTY static void wild_write(void *unused) {
    (void)unused;
    *(volatile int *)0x123450 = 1;
}
FAULTY static void divide(void *unused) {
    (void)unused;
    volatile int one = 1, zero = 0;
    sink = one / zero;
}
FAULTY static void call_null(void *unused) {
    void (*volatile f)(void) = NULL;
    (void)unused;
    f();
    sink = 1; /* no tail call */
}

struct in_go {
    weft_fn fn;
    struct weft_go_options o;
};
static int in_goroutine(void *p) {
    struct in_go *i = p;
    weft_go_with(&i->o, i->fn, p);
    weft_sleep(5000000000);
    return 0;
}
static int in_main(void *fn) {
    weft_pcall(*(weft_fn *)fn, NULL);
    return 0;
}
#define NIL_TEXT                                                                                              \
    "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation " \
    "violation code=0x1 addr=0x0 pc=0x"

static void overflows(const char *debug) {
    weft_fn fn = overflow;
    setenv("WEFT_DEBUG", debug, 1);
    const struct child *c = in_weft(in_main, &fn);
    EXPECT(c->status == 2 && starts(c->err, "runtime: goroutine stack exceeds 262144-byte limit\nruntime: sp=0x"), c);
    EXPECT(has(c->err, " stack=[0x") && has(c->err, "]\nfatal error: stack overflow\n\ngoroutine 1 [running]:\n"), c);
    EXPECT(has(c->err, "recurse(...)\n") && has(c->err, " frames elided...\n") && has(c->err, "\nin_main(...)\n"), c);
    c = in_weft(in_goroutine, &(struct in_go){overflow, {.stack_size = 1474560, .name = "deep"}});
    EXPECT(c->status == 2 && starts(c->err, "runtime: goroutine stack exceeds 1474560-byte limit\n"), c);
    EXPECT(has(c->err, "\n\ngoroutine 1 [sleep]:\n"), c);
}

static void others(void) {
    weft_fn fn = null_write;
    const struct child *c = in_weft(in_main, &fn);
    EXPECT(c->status == 2 && starts(c->err, NIL_TEXT) && has(c->err, "]\n\ngoroutine 1 [running]:\nnull_write(...)\n"),
           c);
    c = in_weft(in_goroutine, &(struct in_go){null_write, {.small = 1}});
    EXPECT(c->status == 2 && starts(c->err, NIL_TEXT) && has(c->err, "created by in_goroutine\n"), c);
    fn = call_null;
    c = in_weft(in_main, &fn);
    EXPECT(c->status == 2 && starts(c->err, NIL_TEXT) && has(c->err, "call_null(...)\n"), c);
    fn = wild_write;
    c = in_weft(in_main, &fn);
    EXPECT(c->status == 2 && starts(c->err, "unexpected fault address 0x123450\nfatal error: fault\n[signal SIGSEGV: "),
           c);
#if defined(__x86_64__) /* other ISAs give 0 */
    fn = divide;
    c = in_weft(in_main, &fn);
    EXPECT(c->status == 2 && starts(c->err, "panic: runtime error: integer divide by zero\n[signal SIGFPE: "), c);
#else
    (void)divide;
#endif
}

/* ---- the process and foreign threads ---- */

static int brief(void *unused) { return unused != NULL; }

static int after_a_run(void *unused) {
    struct sigaction a, b;
    stack_t x, y;
    static char alt[65536];
    stack_t own = {.ss_sp = alt, .ss_size = sizeof alt};
    sigaltstack(&own, NULL);
    sigaction(SIGSEGV, NULL, &a);
    sigaltstack(NULL, &x);
    weft_run(brief, unused);
    sigaction(SIGSEGV, NULL, &b);
    sigaltstack(NULL, &y);
    return !(a.sa_handler == b.sa_handler && x.ss_sp == y.ss_sp && x.ss_size == y.ss_size && x.ss_flags == y.ss_flags);
}

static void *foreign(void *unused) {
    null_write(unused);
    return NULL;
}
static int foreign_faults(void *unused) {
    pthread_t t;
    pthread_create(&t, NULL, foreign, unused);
    weft_sleep(5000000000);
    return 0;
}
static void own_handler(int signo) {
    (void)signo;
    _exit(33);
}
static int with_handler(void *unused) {
    signal(SIGSEGV, own_handler);
    return weft_run(foreign_faults, unused);
}
static int sent(void *unused) {
    (void)unused;
    kill(getpid(), SIGSEGV);
    weft_sleep(5000000000);
    return 0;
}

int main(void) {
    overflows("guard=auto");
    overflows("guard=mprotect");
    others();
    const struct child *c = in_child(after_a_run, NULL);
    EXPECT(c->status == 0, c);
    c = in_child(with_handler, NULL);
    EXPECT(c->status == 33 && c->err[0] == 0, c);
    c = in_weft(foreign_faults, NULL);
    EXPECT((c->status == 128 + SIGSEGV && (c->err[0] == 0 || starts(c->err, "qemu:"))) || has(c->err, "Sanitizer"), c);
    c = in_weft(sent, NULL);
    EXPECT(c->status == 2 && starts(c->err, "SIGSEGV: segmentation violation\nPC=0x"), c);
    return done();
}
