/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deadlock is found, and not too early, with the world outside about: sockets, timers, contexts, calls that block a thread,
 * signals, and foreign threads that post.
 * Source:   runtime/proc.go:checkdead; weft.h on weft_hold, weft_signal_notify and weft_timer; deadlocks.c beside this file.
 * Goal:     whatever can still wake somebody holds the report off, and once nothing can it comes.
 * Method:   20 goroutines make a random number of steps from the seed, each of which waits, all others perhaps too, for one thing from
 *           outside: bytes that another goroutine writes later, a read's deadline, a timer's channel or function, a context's
 *           deadline, a call that blocks, a foreign thread's post under a hold, a signal. Timers of an hour are left stopped, one
 *           context is left without a deadline. Then each prints a dot and blocks for ever; main blocks too. Five processes.
 * Expected: 20 dots, then the deadlock, exit 2.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "case.h"

enum { N = 20, STEPS = 10, KINDS = 8 };
static uint64_t seed;

static int64_t soon(uint64_t r) { return (int64_t)(r % 500) * 1000; }

struct talk {
    int fd;
    int64_t after;
};

static void writes(void *arg) {
    struct talk *t = arg;
    weft_sleep(t->after);
    WC_EQ(weft_write(t->fd, "!", 1), 1);
}

static void socket_bytes(uint64_t r) {
    int s[2];
    char c;
    WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    struct talk t = {s[1], soon(r)};
    weft_go(writes, &t);
    WC_EQ(weft_read(s[0], &c, 1), 1);
    WC_EQ(weft_close(s[0]), 0);
    WC_EQ(weft_close(s[1]), 0);
}

static void socket_deadline(uint64_t r) {
    int s[2];
    char c;
    WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    WC_EQ(weft_read_until(s[0], &c, 1, weft_now() + soon(r)), -ETIMEDOUT);
    WC_EQ(weft_close(s[0]), 0);
    WC_EQ(weft_close(s[1]), 0);
}

static void timer_channel(uint64_t r) {
    weft_timer *t = weft_timer_new(soon(r));
    int64_t when;
    WC_EQ(weft_chan_recv(weft_timer_chan(t), &when), 1);
    weft_timer_reset(t, 3600 * WC_SEC);
    weft_timer_stop(t); /* and left */
}

static void give(void *chan) { weft_chan_send(chan, NULL); }

static void timer_function(uint64_t r) {
    weft_chan *c = wc_chan(0, 0);
    weft_timer *t = weft_after_func(soon(r), give, c);
    weft_chan_recv(c, NULL);
    weft_timer_free(t);
    weft_timer_stop(weft_after_func(3600 * WC_SEC, give, c));
}

static void context(uint64_t r) {
    weft_context *all = weft_context_new(NULL), *c = weft_context_with_deadline(all, weft_now() + soon(r));
    weft_chan_recv(weft_context_done(c), NULL);
    WC_EQ(weft_context_err(c), -ETIMEDOUT);
    weft_context_free(c);
}

static intptr_t naps(void *us) { return usleep((useconds_t)(uintptr_t)us); }
static void call(uint64_t r) { weft_blocking(naps, (void *)(uintptr_t)(r % 500)); }

static void *posts(void *chan) {
    usleep(100);
    WC_EQ(weft_post(give, chan), 0);
    weft_release();
    return NULL;
}

static void foreign(uint64_t r) {
    weft_chan *c = wc_chan(0, 0);
    pthread_t t;
    (void)r;
    weft_hold();
    WC_EQ(pthread_create(&t, NULL, posts, c), 0);
    WC_EQ(pthread_detach(t), 0);
    weft_chan_recv(c, NULL);
}

static void a_signal(uint64_t who) {
    weft_chan *c = wc_chan(sizeof(int), 1);
    int want = SIGRTMIN + 1 + (int)who, got = 0;
    WC_EQ(weft_signal_notify(want, c), 0);
    WC_EQ(kill(getpid(), want), 0);
    WC_EQ(weft_chan_recv(c, &got), 1);
    WC_EQ(got, want);
    WC_EQ(weft_signal_notify(want, NULL), 0);
}

static void walker(void *arg) {
    static void (*const kinds[KINDS - 1])(uint64_t) = {socket_bytes, socket_deadline, timer_channel, timer_function, context, call, foreign};
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int steps = (int)(wc_rand(&r) % STEPS); steps > 0; steps--) {
        uint64_t kind = wc_rand(&r) % KINDS;
        if (kind == KINDS - 1)
            a_signal((uint64_t)(intptr_t)arg);
        else
            kinds[kind](wc_rand(&r));
    }
    printf(".");
    weft_select(NULL, 0);
}

static int body(void *arg) {
    (void)arg;
    seed = wc_seed();
    for (intptr_t i = 0; i < N; i++) weft_go(walker, (void *)i);
    return weft_select(NULL, 0);
}

WC_CASE(stress_deadlocks_outside, .item = "stress", .main = body, .out = "....................", .err = WC_DEADLOCK, .exit = 2,
        .samples = 5, .no_twin = "Go has no foreign threads without cgo");
