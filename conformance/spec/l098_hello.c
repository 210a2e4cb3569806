/* SPDX-License-Identifier: Apache-2.0 */
/*
 * L98 to L102, L105, L106: the tutorial's hello programs (claims.md, section L; seeds 003, and 002 and 004 for L106).
 * Source:   seed 003, "Anatomy of goroutines"; seed 002, "What are Goroutines?".
 * Goal:     what main does between its two lines decides whether the child's line comes.
 * Method:   L98 a plain call; L99 go and no wait, 20 times, the rate of "Hello" reported; L100 and L105 go and a sleep of
 *           100 ms (a function, and an anonymous one, which C writes the same way); L101 the child sleeps 10 ms first; L102 it
 *           sleeps 200; L106 main sleeps a second. Only time judges a sleep: these are about ten times the seeds' 10, 1 and 15 ms, so
 *           that what has to come first is 90 ms ahead, ten times the lateness of a loaded machine.
 * Expected: stdout as in the table below; exit 0. L99: without "Hello" at P=1. L106: not before 1 s.
 */
#include "case.h"

#define STARTED "main execution started\n"
#define STOPPED "main execution stopped\n"
#define HELLO   "Hello World!\n"

static void hello(void *arg) {
    weft_sleep((int64_t)(intptr_t)arg);
    printf(HELLO);
}

static void plain_hello(void *arg) {
    (void)arg;
    printf(HELLO);
}

static int program(weft_fn child, intptr_t child_ns, int64_t main_ns) {
    printf(STARTED);
    weft_go(child, (void *)child_ns);
    if (main_ns) weft_sleep(main_ns);
    printf(STOPPED);
    return 0;
}

static int call(void *arg) {
    printf(STARTED);
    plain_hello(arg);
    printf(STOPPED);
    return 0;
}

static int no_wait(void *arg) { return (void)arg, program(plain_hello, 0, 0); }
static int sleep10(void *arg) { return (void)arg, program(plain_hello, 0, 100 * WC_MS); }
static int child1(void *arg) { return (void)arg, program(hello, 10 * WC_MS, 100 * WC_MS); }
static int child15(void *arg) { return (void)arg, program(hello, 200 * WC_MS, 100 * WC_MS); }

static void hello_goroutine(void *arg) {
    (void)arg;
    printf("Hello Goroutine\n");
}

static int second(void *arg) {
    weft_go(hello_goroutine, arg);
    weft_sleep(WC_SEC);
    printf("main function ended\n");
    return 0;
}

/* Go's main writes its lines at once: in a write that the machine stretches it loses its processor. */
static const char *perhaps_hello(const struct wc_result *r) {
    if (strcmp(r->out, STARTED STOPPED) == 0) return NULL;
    if (r->procs == 1 && !r->twin) return "the child ran although main never gave up its processor";
    if (strcmp(r->out, STARTED HELLO STOPPED) == 0 || strcmp(r->out, STARTED STOPPED HELLO) == 0) return NULL;
    return wc_text("stdout is \"%.200s\"", r->out);
}

/* A time slice of 10 s: a loaded machine may keep main off its core for longer than one of 10 ms. */
#define CALM .env = {"WEFT_DEBUG=slice=10000000"}
WC_CASE(l098_hello_call, .item = "L98", .main = call, .out = STARTED HELLO STOPPED, .twin = "l098_hello_call");
WC_CASE(l099_hello_go, .item = "L99", .main = no_wait, .check = perhaps_hello, .samples = 20, .rate = "Hello",
        CALM, .twin = "l099_hello_go");
WC_CASE(l100_hello_sleep, .item = "L100", .main = sleep10, .out = STARTED HELLO STOPPED, .alone = 1,
        .twin = "l100_hello_sleep");
WC_CASE(l101_hello_child_1ms, .item = "L101", .main = child1, .out = STARTED HELLO STOPPED, .alone = 1,
        .twin = "l101_hello_child_1ms");
WC_CASE(l102_hello_child_15ms, .item = "L102", .main = child15, .out = STARTED STOPPED, .alone = 1,
        .twin = "l102_hello_child_15ms");
WC_CASE(l105_hello_anonymous, .item = "L105", .main = sleep10, .out = STARTED HELLO STOPPED, .alone = 1,
        .twin = "l105_hello_anonymous");
WC_CASE(l106_hello_second, .item = "L106", .main = second, .out = "Hello Goroutine\nmain function ended\n",
        .min_ms = 1000, .twin = "l106_hello_second");
