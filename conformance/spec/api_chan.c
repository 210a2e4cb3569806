/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels: closed, drained, empty elements, NULL, try and until; the order in which waiters are served.
 * Source:   Go spec, "Channel types", "Receive operator", "Send statements", "Close"; runtime/chan.go; api.md, details.
 * Goal:     the table of results for every state a channel can be in.
 * Method:   per case. "Blocks" is shown by the goroutine's wait reason, never by waiting a while.
 * Expected: stdout where one is written; else exit 0 and silence.
 */
#include "case.h"

static weft_waitgroup wg;

static int closed(void *arg) {
    (void)arg;
    weft_chan *c = weft_chan_new(sizeof(int), 3);
    weft_chan_send(c, &(int){1});
    weft_chan_send(c, &(int){2});
    weft_chan_close(c);
    printf("%zu %zu\n", weft_chan_len(c), weft_chan_cap(c));
    for (int i = 0; i < 4; i++) {
        int v = 77, ok = weft_chan_recv(c, &v);
        printf("%d %s %zu\n", v, ok ? "true" : "false", weft_chan_len(c));
    }
    int v = 77;
    WC_EQ(weft_chan_try_recv(c, &v), 0);
    WC_EQ(v, 0);
    v = 77;
    WC_EQ(weft_chan_recv_until(c, &v, 0), 0);
    WC_EQ(v, 0);
    weft_chan_free(c);
    return 0;
}

static int zero_size(void *arg) {
    (void)arg;
    weft_chan *c = wc_chan(0, 2), *u = wc_chan(0, 0);
    weft_chan_send(c, NULL);
    weft_chan_send(c, NULL);
    if (!weft_chan_try_send(c, NULL)) printf("full %zu\n", weft_chan_len(c));
    WC_EQ(weft_chan_recv(c, NULL), 1);
    printf("%zu\n", weft_chan_len(c));
    weft_go((weft_fn)weft_chan_close, u);
    printf("%s\n", weft_chan_recv(u, NULL) ? "true" : "false");
    return 0;
}

static int null_channel(void *arg) {
    (void)arg;
    int v = 5;
    WC_EQ(weft_chan_try_send(NULL, &v), 0);
    WC_EQ(weft_chan_try_recv(NULL, &v), -EAGAIN);
    WC_EQ(v, 5);
    WC_EQ(weft_chan_send_until(NULL, &v, weft_now() + WC_MS), -ETIMEDOUT);
    WC_EQ(weft_chan_recv_until(NULL, &v, weft_now() + WC_MS), -ETIMEDOUT);
    WC_EQ(weft_chan_len(NULL), 0);
    WC_EQ(weft_chan_cap(NULL), 0);
    return 0;
}

static void echo(void *arg) {
    weft_chan **c = arg;
    for (int v; weft_chan_recv(c[0], &v);) weft_chan_send(c[1], &v);
    weft_chan_close(c[1]);
}

/* try_send meets a parked receiver, try_recv a parked sender; full, empty, closed in between. */
static int tries(void *arg) {
    (void)arg;
    int v = 3;
    weft_chan *pair[2] = {wc_chan(sizeof v, 0), wc_chan(sizeof v, 0)};
    WC_EQ(weft_chan_try_send(pair[0], &v), 0);
    WC_EQ(weft_chan_try_recv(pair[0], &v), -EAGAIN);
    weft_go(echo, pair);
    wc_await(1, "chan receive");
    WC_EQ(weft_chan_try_send(pair[0], &v), 1);
    wc_await(1, "chan send");
    v = 0;
    WC_EQ(weft_chan_try_recv(pair[1], &v), 1);
    WC_EQ(v, 3);
    wc_await(1, "chan receive");
    weft_chan_close(pair[0]);
    WC_EQ(weft_chan_recv(pair[1], &v), 0);
    weft_chan *b = wc_chan(sizeof v, 1);
    WC_EQ(weft_chan_try_send(b, &v), 1);
    WC_EQ(weft_chan_try_send(b, &v), 0);
    WC_EQ(weft_chan_recv(b, NULL), 1);
    WC_EQ(weft_chan_try_recv(b, NULL), -EAGAIN);
    return 0;
}

/* Waiters are served first come, first served; a buffer keeps its order. */
static void send_number(void *arg) {
    void **a = arg;
    weft_chan_send(a[0], &(int){(int)(intptr_t)a[1]});
}

static void recv_into(void *arg) {
    void **a = arg;
    weft_chan_recv(a[0], a[1]);
    weft_waitgroup_done(&wg);
}

static int fifo(void *arg) {
    (void)arg;
    enum { N = 50 };
    int got[N], v;
    weft_chan *c = wc_chan(sizeof(int), 0);
    for (intptr_t i = 0; i < N; i++) {
        struct weft_go_options o = {.copy = (void *[]){c, (void *)i}, .copy_size = 2 * sizeof(void *)};
        WC_EQ(weft_go_with(&o, send_number, NULL), 0);
        wc_await((int)i + 1, "chan send");
    }
    for (int i = 0; i < N; i++) {
        weft_chan_recv(c, &v);
        WC_EQ(v, i);
    }
    weft_waitgroup_add(&wg, N);
    for (int i = 0; i < N; i++) {
        struct weft_go_options o = {.copy = (void *[]){c, &got[i]}, .copy_size = 2 * sizeof(void *)};
        WC_EQ(weft_go_with(&o, recv_into, NULL), 0);
        wc_await(i + 1, "chan receive");
    }
    for (int i = 0; i < N; i++) weft_chan_send(c, &i);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < N; i++) WC_EQ(got[i], i);
    weft_chan *b = wc_chan(sizeof(int), 7);
    for (int i = 0; i < 100; i++) {
        for (int k = 0; k <= i % 7; k++) weft_chan_send(b, &(int){100 * i + k});
        for (int k = 0; k <= i % 7; k++) {
            WC_EQ(weft_chan_recv(b, &v), 1);
            WC_EQ(v, 100 * i + k);
        }
    }
    return 0;
}

/* A full buffer with parked senders: a receive takes the oldest value and the first sender's goes to the back. */
static int full_buffer(void *arg) {
    (void)arg;
    int v;
    weft_chan *c = wc_chan(sizeof(int), 2);
    for (intptr_t i = 0; i < 5; i++) {
        struct weft_go_options o = {.copy = (void *[]){c, (void *)i}, .copy_size = 2 * sizeof(void *)};
        WC_EQ(weft_go_with(&o, send_number, NULL), 0);
        if (i < 2)
            WC_UNTIL(weft_chan_len(c) == (size_t)i + 1);
        else
            wc_await((int)i - 1, "chan send");
    }
    for (int i = 0; i < 5; i++) {
        WC_EQ(weft_chan_recv(c, &v), 1);
        WC_EQ(v, i);
    }
    WC_EQ(weft_chan_len(c), 0);
    return 0;
}

/* Close wakes every parked receiver with 0 and a zeroed element. */
static void recv_closed(void *arg) {
    int v = 99;
    WC_EQ(weft_chan_recv(arg, &v), 0);
    WC_EQ(v, 0);
}

static int close_wakes(void *arg) {
    (void)arg;
    weft_chan *c = wc_chan(sizeof(int), 0);
    for (int i = 0; i < 100; i++) weft_waitgroup_go(&wg, recv_closed, c);
    wc_await(100, "chan receive");
    weft_chan_close(c);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* Large elements, and the receiver's NULL. */
struct large {
    unsigned char b[3000];
};

static void send_large(void *arg) {
    struct large l;
    for (int i = 0; i < 20; i++) {
        memset(&l, i, sizeof l);
        weft_chan_send(arg, &l);
    }
}

static int large(void *arg) {
    (void)arg;
    for (int cap = 0; cap < 4; cap++) {
        weft_chan *c = weft_chan_new(sizeof(struct large), cap);
        struct large l;
        weft_waitgroup_go(&wg, send_large, c);
        for (int i = 0; i < 20; i++) {
            WC_EQ(weft_chan_recv(c, i % 5 == 4 ? NULL : &l), 1);
            if (i % 5 == 4) continue;
            for (size_t k = 0; k < sizeof l; k++) WC_EQ(l.b[k], i);
        }
        weft_waitgroup_wait(&wg);
        weft_chan_free(c);
    }
    return 0;
}

/* A channel outlives its run, with its values; those who waited on it are gone. */
static weft_chan *kept, *waited;
static void wait_on(void *arg) { weft_chan_recv(arg, NULL); }

static int first_run(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) weft_chan_send(kept, &i);
    for (int i = 0; i < 10; i++) weft_go(wait_on, waited);
    wc_await(10, "chan receive");
    return 0;
}

static int second_run(void *arg) {
    int v = 8;
    (void)arg;
    WC_EQ(weft_chan_try_send(waited, &v), 0); /* no ghost takes it */
    for (int i = 0; i < 3; i++) {
        WC_EQ(weft_chan_recv(kept, &v), 1);
        WC_EQ(v, i);
    }
    return 0;
}

static int outlives(void) {
    kept = weft_chan_new(sizeof(int), 4);
    waited = weft_chan_new(sizeof(int), 0);
    for (int i = 0; i < 20; i++) {
        WC_EQ(weft_run(first_run, NULL), 0);
        WC_EQ(weft_chan_len(kept), 3);
        WC_EQ(weft_run(second_run, NULL), 0);
    }
    weft_chan_free(kept);
    weft_chan_free(waited);
    return 0;
}

WC_CASE(api_chan_closed, .item = "api", .main = closed, .out = "2 3\n1 true 1\n2 true 0\n0 false 0\n0 false 0\n",
        .twin = "api_chan_closed");
WC_CASE(api_chan_zero_size, .item = "api", .main = zero_size, .out = "full 2\n1\nfalse\n",
        .twin = "api_chan_zero_size");
WC_CASE(api_chan_null, .item = "api", .main = null_channel, .no_twin = "Go has no try and until");
WC_CASE(api_chan_try, .item = "api", .main = tries, .no_twin = "Go has no try and until");
WC_CASE(api_chan_fifo, .item = "api", .main = fifo, .no_twin = "Go does not show who waits");
WC_CASE(api_chan_full_buffer, .item = "api", .main = full_buffer, .no_twin = "Go does not show who waits");
WC_CASE(api_chan_close_wakes, .item = "api", .main = close_wakes, .no_twin = "Go does not show who waits");
WC_CASE(api_chan_large, .item = "api", .main = large, .no_twin = "no output to compare");
WC_CASE(api_chan_outlives_run, .item = "api", .proc = outlives, .no_twin = "a Go program runs once");
