/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Panics, deferred calls and pcall, nested in every way.
 * Source:   Go spec, "Handling panics", "Defer statements"; api.md, the details on pcall.
 * Goal:     who owns a deferred call, in which order they run, which message comes out, and that a panic after a switch to
 *           another thread unwinds as well.
 * Method:   programs that print each step, compared with Go; and in C alone: long messages, the life of a message, a
 *           thousand goroutines that panic and recover across yields.
 * Expected: stdout as written at each case; exit 0.
 */
#include "case.h"

static void say(void *arg) { printf("%s\n", (const char *)arg); }
static void say_result(const char *message) { printf("%s\n", message ? message : "nothing"); }

static void inner(void *arg) {
    (void)arg;
    weft_defer(say, "inner's deferred");
    weft_panic("inner");
}

static void outer(void *arg) {
    weft_defer(say, "outer's deferred");
    say_result(weft_pcall(inner, arg));
    say("outer goes on");
    weft_panic("outer");
}

static int nesting(void *arg) {
    weft_defer(say, "main's deferred");
    say_result(weft_pcall(outer, arg));
    say("main goes on");
    return 0;
}

static void panic_with(void *arg) { weft_panic("%s", (const char *)arg); }

static void panics_twice(void *arg) {
    (void)arg;
    weft_defer(say, "first");
    weft_defer(panic_with, "second panic");
    weft_panic("first panic");
}

static int in_deferred(void *arg) {
    say_result(weft_pcall(panics_twice, arg));
    return 0;
}

static void leave(void *arg) {
    (void)arg;
    weft_goexit();
}

static void close_it(void *arg) { weft_chan_close(arg); }

static void swallowed(void *arg) {
    (void)arg;
    weft_defer(say, "runs too");
    weft_defer(leave, NULL);
    weft_panic("swallowed");
}

static void goexit_child(void *arg) {
    weft_defer(close_it, arg);
    weft_pcall(swallowed, NULL);
    say("not reached");
}

static int goexit_deferred(void *arg) {
    (void)arg;
    weft_chan *done = wc_chan(1, 0);
    weft_go(goexit_child, done);
    weft_chan_recv(done, NULL);
    say("main goes on");
    return 0;
}

static void clean_up(void *arg) { say_result(weft_pcall(panic_with, arg)); }

static void keeps_first(void *arg) {
    (void)arg;
    weft_defer(clean_up, "cleaning up");
    weft_panic("the first stays");
}

static int pcall_deferred(void *arg) {
    say_result(weft_pcall(keeps_first, arg));
    return 0;
}

static void long_panic(void *arg) {
    (void)arg;
    weft_panic("%d %0900d", 42, 7);
}

static void no_panic(void *arg) { (void)arg; }

static int messages(void *arg) {
    const char *m = weft_pcall(long_panic, arg);
    WC_CHECK(m && strncmp(m, "42 000", 6) == 0);
    WC_EQ(strlen(m), 903);
    weft_yield();
    WC_EQ(strlen(m), 903);
    WC_CHECK(weft_pcall(no_panic, arg) == NULL);
    return 0;
}

/* Each goroutine panics many times, with yields before it and between, and must get its own message. */
static weft_waitgroup wg;

static void yield_and_panic(void *arg) {
    int *n = arg;
    for (int i = 0; i < *n % 5; i++) weft_yield();
    weft_panic("goroutine %d", *n);
}

static void survivor(void *arg) {
    int n = (int)(intptr_t)arg;
    char want[40];
    snprintf(want, sizeof want, "goroutine %d", n);
    for (int i = 0; i < 20; i++) {
        const char *m = weft_pcall(yield_and_panic, &n);
        WC_CHECK(m && strcmp(m, want) == 0);
        weft_yield();
    }
}

static int thousand(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < 1000 / WC_SLOW; i++) weft_waitgroup_go(&wg, survivor, (void *)i);
    weft_waitgroup_wait(&wg);
    return 0;
}

static int fatal(void *arg) {
    (void)arg;
    weft_fatal("own words %d", 7);
}

WC_CASE(api_pcall_nesting, .item = "api", .main = nesting,
        .out = "inner's deferred\ninner\nouter goes on\nouter's deferred\nouter\nmain goes on\nmain's deferred\n",
        .twin = "api_pcall_nesting");
WC_CASE(api_panic_in_deferred, .item = "api", .main = in_deferred, .out = "first\nsecond panic\n",
        .twin = "api_panic_in_deferred");
WC_CASE(api_goexit_in_deferred, .item = "api", .main = goexit_deferred, .out = "runs too\nmain goes on\n",
        .twin = "api_goexit_in_deferred");
WC_CASE(api_pcall_in_deferred, .item = "api", .main = pcall_deferred, .out = "cleaning up\nthe first stays\n",
        .twin = "api_pcall_in_deferred");
WC_CASE(api_pcall_messages, .item = "api", .main = messages, .no_twin = "lengths and lives of C strings");
WC_CASE(api_pcall_thousand, .item = "api", .main = thousand, .no_twin = "no output to compare");
WC_CASE(api_fatal, .item = "api", .main = fatal, .err = "fatal error: own words 7", .exit = 2,
        .no_twin = "runtime.throw is not public");
