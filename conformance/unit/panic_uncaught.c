/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uncaught panics. Goal: Go's text, the frames of who panicked, deferred calls first, status 2. Method: forked children; the texts
 * were taken from Go 1.26.
 */
#include "child.h"

#define NOINLINE __attribute__((noinline))

static void say(void *text) { printf("%s\n", (char *)text); }
static void panic_second(void *unused) {
    (void)unused;
    weft_panic("second\nline");
}
static void panic_third(void *unused) {
    (void)unused;
    weft_panic("third");
}

NOINLINE static void faulty(int n) { weft_panic("boom %d", n); }

static int plain(void *unused) {
    (void)unused;
    printf("unflushed");
    faulty(7);
    return 0;
}

static int deferred(void *unused) {
    (void)unused;
    weft_defer(say, "first");
    weft_defer(say, "second");
    weft_panic("x");
}

static int nested(void *unused) {
    (void)unused;
    weft_defer(panic_third, NULL);
    weft_defer(panic_second, NULL);
    weft_panic("first");
}

static void child_panics(void *unused) {
    (void)unused;
    faulty(1);
}
static int in_goroutine(void *small) {
    weft_go_with(&(struct weft_go_options){.name = "worker", .small = small != NULL}, child_panics, NULL);
    weft_sleep(5000000000);
    return 0;
}

static void close_it(void *c) { weft_chan_close(c); }
static int closed_while_blocked(void *unused) {
    (void)unused;
    weft_chan *c = weft_chan_new(sizeof(int), 0);
    int x = 1;
    weft_go(close_it, c);
    weft_chan_send(c, &x);
    return 0;
}

static int closed_before(void *unused) {
    (void)unused;
    weft_chan *c = weft_chan_new(sizeof(int), 0);
    int x = 1;
    weft_chan_close(c);
    weft_chan_send(c, &x);
    return 0;
}

static void throws(void *unused) {
    (void)unused;
    weft_panic("deep");
}
static int on_system_stack(void *unused) {
    (void)unused;
    weft_on_system_stack(throws, NULL);
    return 0;
}

static int long_text(void *unused) {
    (void)unused;
    char text[3000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = 0;
    weft_panic("%s", text);
}

int main(void) {
    const struct child *c = in_weft(plain, NULL);
    EXPECT(c->status == 2 && starts(c->err, "panic: boom 7\n\ngoroutine 1 [running]:\nfaulty(...)\n\t"), c);
    EXPECT(has(c->err, "\nplain(...)\n\t") && !has(c->err, "created by") && !has(c->err, "main_body"), c);
    EXPECT(strcmp(c->out, "unflushed") == 0, c);

    c = in_weft(deferred, NULL);
    EXPECT(c->status == 2 && strcmp(c->out, "second\nfirst\n") == 0, c);
    EXPECT(starts(c->err, "panic: x\n\ngoroutine 1 [running]:\n"), c);

    c = in_weft(nested, NULL);
    EXPECT(
        c->status == 2 &&
            starts(
                c->err,
                "panic: first\n\tpanic: second\n\tline\n\tpanic: third\n\ngoroutine 1 [running]:\npanic_third(...)\n"),
        c);

    for (int small = 0; small < 2; small++) {
        c = in_weft(in_goroutine, small ? "" : NULL);
        EXPECT(c->status == 2 && starts(c->err, "panic: boom 1\n\ngoroutine "), c);
        EXPECT(has(c->err, " [running]: \"worker\"\nfaulty(...)\n\t") && has(c->err, "\ncreated by in_goroutine\n\t"),
               c);
    }

    c = in_weft(closed_while_blocked, NULL);
    EXPECT(c->status == 2 && starts(c->err, "panic: send on closed channel\n\ngoroutine 1 [running]:\n"), c);
    EXPECT(has(c->err, "closed_while_blocked(...)"), c);

    c = in_weft(closed_before, NULL);
    EXPECT(c->status == 2 && starts(c->err, "panic: send on closed channel\n\ngoroutine 1 [running]:\n"), c);
    EXPECT(has(c->err, "weft_chan_send(...)\n") && has(c->err, "\nclosed_before(...)\n"), c);

    c = in_weft(on_system_stack, NULL);
    EXPECT(c->status == 2 && starts(c->err, "panic: deep\nfatal error: panic on system stack\n\n"), c);

    c = in_weft(long_text, NULL);
    EXPECT(c->status == 2 && strcspn(c->err + 7, "\n") == 1000, c);
    return done();
}
