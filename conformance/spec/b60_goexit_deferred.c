/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B60: Goexit runs the deferred calls, last in first out, through every frame; so does a panic that nobody catches.
 * Source:   runtime/panic.go:Goexit; Go spec, "Handling panics".
 * Goal:     the order, with one of them belonging to an inner pcall; and that the text printed by deferred calls is on
 *           stdout when the panic ends the process.
 * Method:   a child defers three calls, the last inside a pcall, and exits from there; main waits for it by a channel that
 *           the first deferred call closes. Then main panics "boom" with two calls deferred.
 * Expected: "third\nsecond\nfirst\nmain goes on\n", exit 0; and "second\nfirst\n", "panic: boom", goroutine 1 [running],
 *           exit 2.
 */
#include "case.h"

static void say(void *arg) { printf("%s\n", (const char *)arg); }
static void close_it(void *arg) { weft_chan_close(arg); }

static void leave(void *arg) {
    (void)arg;
    weft_defer(say, "third");
    weft_goexit();
}

static void child(void *arg) {
    weft_defer(close_it, arg);
    weft_defer(say, "first");
    weft_defer(say, "second");
    weft_pcall(leave, NULL);
    say("not reached");
}

static int goexit_body(void *arg) {
    (void)arg;
    weft_chan *done = wc_chan(1, 0);
    weft_go(child, done);
    weft_chan_recv(done, NULL);
    say("main goes on");
    return 0;
}

static int panic_body(void *arg) {
    (void)arg;
    weft_defer(say, "first");
    weft_defer(say, "second");
    weft_panic("boom");
}

WC_CASE(b60_goexit_deferred, .item = "B60", .main = goexit_body, .out = "third\nsecond\nfirst\nmain goes on\n",
        .twin = "b60_goexit_deferred");
WC_CASE(b60_panic_deferred, .item = "B60", .main = panic_body, .out = "second\nfirst\n", .err = "panic: boom",
        .reason = "running", .exit = 2, .twin = "b60_panic_deferred");
