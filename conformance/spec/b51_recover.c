/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B51: recover (weft_pcall) catches panics, and never a fatal error.
 * Source:   Go spec, "Handling panics"; runtime/panic.go:recovery, fatal.
 * Goal:     panics raised inside the runtime come back as messages, without "panic: "; throws do not.
 * Method:   pcall around close of NULL, a negative WaitGroup, a send on a closed channel and a function that returns;
 *           then around the unlock of an unlocked mutex.
 * Expected: stdout with the three messages and "went on", exit 0; and "fatal error: sync: unlock of unlocked mutex",
 *           goroutine 1 [running], exit 2, nothing on stdout.
 */
#include "case.h"

static void close_nil(void *arg) { weft_chan_close(arg); }

static void negative(void *arg) {
    (void)arg;
    weft_waitgroup wg = {0};
    weft_waitgroup_add(&wg, -1);
}

static void send_closed(void *arg) {
    (void)arg;
    weft_chan *c = wc_chan(1, 0);
    weft_chan_close(c);
    weft_chan_send(c, "");
}

static void fine(void *arg) { (void)arg; }

static void unlock(void *arg) {
    (void)arg;
    weft_mutex m = {0};
    weft_mutex_unlock(&m);
}

static void recovered(weft_fn fn) {
    const char *message = weft_pcall(fn, NULL);
    if (message) printf("recovered: %s\n", message);
}

static int body(void *arg) {
    (void)arg;
    recovered(close_nil);
    recovered(negative);
    recovered(send_closed);
    recovered(fine);
    printf("went on\n");
    return 0;
}

static int fatal(void *arg) {
    (void)arg;
    recovered(unlock);
    printf("went on\n");
    return 9;
}

WC_CASE(b51_recover, .item = "B51", .main = body,
        .out = "recovered: close of nil channel\nrecovered: sync: negative WaitGroup counter\n"
               "recovered: send on closed channel\nwent on\n",
        .twin = "b51_recover");
WC_CASE(b51_not_fatal, .item = "B51", .main = fatal, .err = "fatal error: sync: unlock of unlocked mutex",
        .reason = "running", .exit = 2, .twin = "b51_not_fatal");
