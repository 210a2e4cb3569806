/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_pcall, weft_defer and weft_goexit. Goal: what is caught, which deferred calls run and when, how long a message lives, and
 * that a goexit passes every weft_pcall. Method: a log of single letters written by each step, compared as text.
 */
#include <errno.h>

#include "child.h"

static char log_text[256];
static size_t log_n;
static void put(void *letter) {
    if (log_n < sizeof log_text - 1) log_text[log_n++] = *(char *)letter;
    log_text[log_n] = 0;
}
static int logged(const char *want) {
    int same = strcmp(log_text, want) == 0;
    if (!same) fprintf(stderr, "logged %s, not %s\n", log_text, want);
    log_n = 0;
    log_text[0] = 0;
    return same;
}

static void raise_it(void *text) { weft_panic("%s", (char *)text); }
static void quiet(void *unused) { (void)unused; }

/* ---- what is caught ---- */

static void deferring(void *unused) {
    (void)unused;
    weft_defer(put, "a");
    weft_defer(put, "b");
    put("x");
}
static void deferring_and_panicking(void *text) {
    deferring(NULL);
    weft_panic("%s", (char *)text);
}
static void panic_in_deferred(void *unused) {
    (void)unused;
    weft_defer(put, "a");
    weft_defer(raise_it, "two");
    weft_panic("one");
}
static void defers_in_deferred(void *unused) {
    (void)unused;
    weft_defer(put, "d");
    weft_defer(put, "e");
}
static void catches_inside(void *unused) {
    (void)unused;
    const char *m = weft_pcall(raise_it, "inner");
    EXPECT(m && strcmp(m, "inner") == 0, NULL);
    put("c");
}
static void panics_with_catching_deferred(void *unused) {
    (void)unused;
    weft_defer(catches_inside, NULL);
    weft_panic("outer");
}

static void catching(void) {
    EXPECT(weft_pcall(quiet, NULL) == NULL, NULL);
    const char *m = weft_pcall(raise_it, "boom");
    EXPECT(m && strcmp(m, "boom") == 0, NULL);
    EXPECT(weft_pcall(deferring, NULL) == NULL && logged("xba"), NULL);
    m = weft_pcall(deferring_and_panicking, "gone");
    EXPECT(m && strcmp(m, "gone") == 0 && logged("xba"), NULL);
    m = weft_pcall(panic_in_deferred, NULL);
    EXPECT(m && strcmp(m, "two") == 0 && logged("a"), NULL);
    weft_pcall(defers_in_deferred, NULL);
    EXPECT(logged("ed"), NULL);
    m = weft_pcall(panics_with_catching_deferred, NULL);
    EXPECT(m && strcmp(m, "outer") == 0 && logged("c"), NULL);
    weft_chan *c = weft_chan_new(0, 0);
    weft_chan_close(c);
    m = weft_pcall((weft_fn)weft_chan_close, c);
    EXPECT(m && strcmp(m, "close of closed channel") == 0, NULL);
    m = weft_pcall((weft_fn)weft_chan_close, NULL);
    EXPECT(m && strcmp(m, "close of nil channel") == 0, NULL);
    weft_chan_free(c);
}

/* An inner catch's message stays until the next weft_pcall *begins*. */
static const char *kept;
static void catches_then_panics(void *unused) {
    (void)unused;
    kept = weft_pcall(raise_it, "kept");
    weft_panic("later");
}
static void messages(void) {
    const char *m = weft_pcall(catches_then_panics, NULL);
    EXPECT(m && strcmp(m, "later") == 0 && strcmp(kept, "kept") == 0, NULL);
    for (int i = 0; i < 200000; i++) /* nothing is used up */
        m = weft_pcall(panic_in_deferred, NULL);
    EXPECT(strcmp(m, "two") == 0, NULL);
    log_n = 0;
    log_text[0] = 0;
}

static void close_later(void *c) {
    weft_sleep(1000000);
    weft_chan_close(c);
}
static void send_on(void *c) {
    int x = 1;
    weft_defer(put, "s");
    weft_chan_send(c, &x);
}
static void parks_then_panics(void) {
    weft_chan *c = weft_chan_new(sizeof(int), 0);
    weft_go(close_later, c);
    log_n = 0;
    const char *m = weft_pcall(send_on, c);
    EXPECT(m && strcmp(m, "send on closed channel") == 0 && logged("s"), NULL);
    weft_chan_free(c);
}

/* ---- w_call_scoped: owns deferred calls, catches nothing ---- */

void w_call_scoped(weft_fn fn, void *arg);
static void scope_of_panic(void *unused) {
    (void)unused;
    weft_defer(put, "o");
    w_call_scoped(deferring, NULL);
    put("m");
    w_call_scoped(deferring_and_panicking, "through");
    put("!");
}
static void scope_of_catch(void *unused) {
    (void)unused;
    weft_defer(put, "1");
    const char *m = weft_pcall(raise_it, "inside");
    EXPECT(m && strcmp(m, "inside") == 0, NULL);
}
static void scopes(void) {
    const char *m = weft_pcall(scope_of_panic, NULL);
    EXPECT(m && strcmp(m, "through") == 0 && logged("xbamxbao"), NULL);
    w_call_scoped(scope_of_catch, NULL);
    EXPECT(logged("1"), NULL);
}
/* ---- goexit ---- */

static void exits(void *unused) {
    (void)unused;
    weft_defer(put, "3");
    weft_goexit();
}
static void exits_in_pcall(void *unused) {
    (void)unused;
    weft_defer(put, "2");
    weft_pcall(exits, NULL);
    put("!"); /* not reached */
}
static void exits_scope(void *unused) {
    weft_defer(put, "2");
    exits(unused);
}

static void end(void *c) {
    put("E");
    weft_chan_close(c);
}
static void goexit_through(void *c) {
    weft_defer(end, c);
    weft_defer(put, "1");
    weft_pcall(exits_in_pcall, NULL);
    put("!");
}
static void goexit_through_scope(void *c) {
    weft_defer(end, c);
    weft_defer(put, "1");
    w_call_scoped(exits_scope, NULL);
    put("!");
}
static void exits_with_panicking_deferred(void *unused) {
    (void)unused;
    weft_defer(put, "3");
    weft_defer(raise_it, "in a deferred call");
    weft_goexit();
}
static void goexit_goes_on(void *c) /* the panic is caught by the inner weft_pcall, the exit is not */
{
    weft_defer(end, c);
    weft_defer(put, "1");
    weft_pcall(exits_with_panicking_deferred, NULL);
    put("!");
}
static void goexit_ends_panic(void *c) {
    weft_defer(end, c);
    weft_defer(exits, NULL);
    weft_panic("dropped");
}
static void deferred_at_return(void *c) {
    weft_defer(end, c);
    weft_defer(put, "1");
}

static void in_goroutine(weft_fn fn, const char *want, int small) {
    weft_chan *c = weft_chan_new(0, 0);
    log_n = 0;
    weft_go_with(&(struct weft_go_options){.small = small}, fn, c);
    weft_chan_recv(c, NULL);
    EXPECT(logged(want), NULL);
    weft_yield();
    weft_chan_free(c);
}

static int all(void *unused) {
    (void)unused;
    catching();
    messages();
    parks_then_panics();
    scopes();
    for (int small = 0; small < 2; small++) {
        in_goroutine(goexit_through, "321E", small);
        in_goroutine(goexit_through_scope, "321E", small);
        in_goroutine(goexit_goes_on, "31E", small);
        in_goroutine(goexit_ends_panic, "3E", small);
        in_goroutine(deferred_at_return, "1E", small);
    }
    for (int ms = 0; weft_num_goroutines() > 1 && ms < 10000; ms++) weft_sleep(1000000); /* the last one ends behind its message */
    EXPECT(weft_num_goroutines() == 1, NULL);
    return 0;
}

/* ---- many at once ---- */

static void storm_one(void *arg) {
    for (int i = 0; i < 2000; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d-%d", (int)(intptr_t)arg, i);
        const char *m = weft_pcall(raise_it, text);
        if (i % 16 == 0) weft_yield();
        EXPECT(m && strcmp(m, text) == 0, NULL);
    }
}
static int storm(void *unused) {
    (void)unused;
    weft_waitgroup wg = {0};
    for (intptr_t i = 0; i < 32; i++) weft_waitgroup_go(&wg, storm_one, (void *)i);
    weft_waitgroup_wait(&wg);
    return 0;
}

int main(void) {
    EXPECT(weft_run(all, NULL) == 0, NULL);
    EXPECT(weft_run(storm, NULL) == 0, NULL);
    EXPECT(weft_run(all, NULL) == 0, NULL);
    return done();
}
