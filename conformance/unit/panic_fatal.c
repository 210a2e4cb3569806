/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fatal errors. Goal: Go's text and every goroutine, status 2, nothing catches them, one thread reports. Method: forked children.
 */
#include <pthread.h>

#include "child.h"

static volatile int calls; /* counted after the call, so that it is no tail call */
static void waits(void *c) {
    weft_chan_recv(c, NULL);
    calls++;
}

static void fatal_inside(void *unused) {
    (void)unused;
    weft_fatal("oh %s", "no");
}
static int not_caught(void *unused) {
    (void)unused;
    weft_go(waits, weft_chan_new(0, 0));
    await_waiting(1);
    weft_pcall(fatal_inside, NULL);
    return 0;
}

static void sleeps_then_dies(void *text) {
    weft_sleep(20000000);
    weft_panic("%s", (char *)text);
}
static int many_die(void *unused) {
    (void)unused;
    for (int i = 0; i < 50; i++) weft_go(sleeps_then_dies, "dead");
    weft_sleep(5000000000);
    return 0;
}

static int deadlock(void *unused) {
    (void)unused;
    printf("before");
    weft_chan *c = weft_chan_new(0, 0);
    for (int i = 0; i < 3; i++) weft_go(waits, i == 1 ? NULL : c);
    waits(c);
    return 0;
}

static void say(void *line) { puts(line); }
static int main_exits(void *others) {
    weft_defer(say, "deferred");
    if (others) weft_go(waits, NULL);
    weft_goexit();
}

static int foreign_call(void *unused) {
    (void)unused;
    weft_yield();
    return 0;
}
static void *thread(void *c) {
    for (int ms = 0; waiting() < 1 && ms < 10000; ms++) usleep(1000); /* until main sleeps */
    weft_chan_recv(c, NULL);
    return NULL;
}
static int foreign_thread(void *unused) {
    (void)unused;
    pthread_t t;
    pthread_create(&t, NULL, thread, weft_chan_new(0, 0));
    weft_sleep(5000000000);
    return 0;
}
static int twice(void *unused) { return weft_run(deadlock, unused); }

static int nothing(void *unused) { return unused != NULL; }
static void *holder(void *unused) {
    usleep(200000);
    weft_release();
    return unused;
}
static int held(void *unused) {
    pthread_t t;
    weft_hold();
    pthread_create(&t, NULL, holder, unused);
    weft_select(NULL, 0);
    return 0;
}
static int released_too_often(void *unused) {
    weft_release();
    return nothing(unused);
}

int main(void) {
    const struct child *c = in_weft(not_caught, NULL);
    EXPECT(c->status == 2 && starts(c->err, "fatal error: oh no\n\ngoroutine 1 [running]:\nfatal_inside(...)\n\t"), c);
    EXPECT(has(c->err, "\n\ngoroutine 2 [chan receive]:\n") && has(c->err, "\nwaits(...)\n\t") &&
               has(c->err, "\ncreated by not_caught\n\t"),
           c);

    for (int i = 0; i < 20; i++) {
        c = in_weft(many_die, NULL);
        EXPECT(c->status == 2 && times(c->err, "panic: dead\n") == 1 && times(c->err, "goroutine ") == 1, c);
    }

    c = in_weft(deadlock, NULL);
    EXPECT(c->status == 2 &&
               starts(c->err, "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\n"),
           c);
    EXPECT(times(c->err, "\n\ngoroutine ") == 4 && times(c->err, "[chan receive (nil chan)]:\n") == 1, c);
    EXPECT(strcmp(c->out, "before") == 0, c);

    c = in_weft(main_exits, NULL);
    EXPECT(c->status == 2 &&
               strcmp(c->err, "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n") == 0,
           c);
    EXPECT(strcmp(c->out, "deferred\n") == 0, c);
    c = in_weft(main_exits, "");
    EXPECT(c->status == 2 && starts(c->err, "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine "), c);

    c = in_child(foreign_call, NULL);
    EXPECT(c->status == 2 &&
               starts(c->err, "fatal error: weft: weft_yield called from a thread that runs no goroutine\n\n"),
           c);
    c = in_weft(foreign_thread, NULL);
    EXPECT(c->status == 2 &&
               starts(c->err, "fatal error: weft: weft_chan_recv called from a thread that runs no goroutine\n\n"),
           c);
    EXPECT(has(c->err, "\ngoroutine 1 [sleep]:\n"), c);

    c = in_weft(twice, NULL);
    EXPECT(c->status == 2 && starts(c->err, "fatal error: weft_run called from a goroutine\n"), c);

    c = in_weft(held, NULL);
    EXPECT(c->status == 2 &&
               starts(c->err, "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:"),
           c);
    EXPECT(c->seconds > 0.19, c);
    c = in_child(released_too_often, NULL);
    EXPECT(c->status == 2 && starts(c->err, "fatal error: weft: weft_release without weft_hold\n"), c);
    return done();
}
