/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors under pressure: closing and reuse of numbers, echoes among many, deadlines beside data.
 * Source:   internal/poll fd_mutex.go; runtime netpoll.go (stale notifications, lost edges).
 * Goal:     stress_net_close: who waits when a descriptor is closed gets -EBADF and never what comes to the next one with its number.
 *           stress_net_echo: every byte comes back, in order, whatever the sizes and kinds of sockets. stress_net_deadlines: deadlines that
 *           pass at the moment when data arrives lose nothing and hang nobody.
 * Method:   seeded. (close) waiters of all kinds park on a pair that nobody writes to; while it is closed, others open, use and
 *           close pairs as fast as they can, so that its numbers are taken at once: their data in the wrong hands fails. (echo)
 *           clients send random pieces and compare. (deadlines) a writer sends numbered bytes with random pauses, a reader asks with
 *           deadlines of the same size. A lost edge is a hang, which the time-out shows.
 * Expected: exit 0; silence but for the seed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "case.h"

static weft_waitgroup wg;
static atomic_int stop;
static uint64_t seed;

static void open_pair(int fd[2]) { WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0); }

/* ---- close ---- */

enum { CLOSE_ROUNDS = 1000 / WC_SLOW, WAITERS = 6, CHURNERS = 3 };
static int quiet[2];
static char big[1 << 20];

static void waiter(void *arg) {
    char b[64];
    ssize_t r = 0;
    switch ((int)(intptr_t)arg) {
    case 0: r = weft_read(quiet[0], b, sizeof b); break;
    case 1: r = weft_read_until(quiet[0], b, sizeof b, weft_now() + 1000 * WC_SEC); break;
    case 2: r = weft_write(quiet[0], big, sizeof big); break;
    case 3: r = weft_poll(quiet[0], POLLIN, WEFT_NEVER); break;
    case 4: r = weft_write_until(quiet[0], big, sizeof big, weft_now() + 1000 * WC_SEC); break;
    case 5: r = weft_read(quiet[0], b, 1); break;
    }
    WC_EQ(r, -EBADF);
}

/* Never waits for a descriptor. */
static void churner(void *arg) {
    (void)arg;
    while (!stop) {
        int fd[2];
        char b[8];
        open_pair(fd);
        WC_EQ(weft_write(fd[1], "data", 4), 4);
        weft_yield();
        WC_EQ(weft_read(fd[0], b, 8), 4);
        WC_EQ(weft_write(fd[0], "more", 4), 4);
        WC_EQ(weft_close(fd[0]), 0);
        WC_EQ(weft_close(fd[1]), 0);
    }
}

static void closer(void *arg) { WC_EQ(weft_close(*(int *)arg), 0); }

static int closes(void *arg) {
    weft_waitgroup churn = {0};
    uint64_t r = wc_seed();
    (void)arg;
    for (int i = 0; i < CLOSE_ROUNDS; i++) {
        stop = 0;
        open_pair(quiet);
        for (intptr_t k = 0; k < WAITERS; k++) weft_waitgroup_go(&wg, waiter, (void *)k);
        wc_await(WAITERS, "IO wait");
        for (int k = 0; k < CHURNERS; k++) weft_waitgroup_go(&churn, churner, NULL);
        for (uint64_t n = wc_rand(&r) % 20; n > 0; n--) weft_yield();
        weft_waitgroup_go(&wg, closer, &quiet[0]);
        for (uint64_t n = wc_rand(&r) % 20; n > 0; n--) weft_yield();
        weft_waitgroup_wait(&wg);
        stop = 1;
        weft_waitgroup_wait(&churn);
        WC_EQ(weft_close(quiet[1]), 0);
    }
    return 0;
}

/* ---- echo ---- */

enum { CLIENTS = 40, ECHO_BYTES = 300000 / WC_SLOW, PIECE = 20000 };

static void echo(void *arg) {
    int fd = (int)(intptr_t)arg;
    char b[1000];
    for (ssize_t r; (r = weft_read(fd, b, sizeof b)) != 0;) {
        WC_CHECKF(r > 0, "%zd", r);
        WC_EQ(weft_write(fd, b, (size_t)r), r);
    }
    WC_EQ(weft_close(fd), 0);
}

struct half {
    int fd;
    uint64_t rand;
};

static void sender(void *arg) {
    struct half *h = arg;
    char b[PIECE];
    for (size_t sent = 0, n; sent < ECHO_BYTES; sent += n) {
        n = 1 + wc_rand(&h->rand) % (wc_rand(&h->rand) % 4 ? 100 : PIECE);
        if (n > ECHO_BYTES - sent) n = ECHO_BYTES - sent;
        for (size_t i = 0; i < n; i++) b[i] = (char)((sent + i) * 31 % 251);
        WC_EQ(weft_write(h->fd, b, n), n);
        if (wc_rand(&h->rand) % 16 == 0) weft_sleep((int64_t)(wc_rand(&h->rand) % 50000));
    }
    WC_EQ(shutdown(h->fd, SHUT_WR), 0);
}

static void both(void *arg) {
    struct half h = {(int)(intptr_t)arg, seed + (uint64_t)(intptr_t)arg};
    weft_waitgroup sent = {0};
    char b[3000];
    size_t got = 0;
    weft_waitgroup_go(&sent, sender, &h);
    for (ssize_t r; (r = weft_read(h.fd, b, sizeof b)) != 0; got += (size_t)r) {
        WC_CHECKF(r > 0, "%zd", r);
        for (ssize_t i = 0; i < r; i++) WC_EQ(b[i], (char)((got + (size_t)i) * 31 % 251));
    }
    WC_EQ(got, ECHO_BYTES);
    weft_waitgroup_wait(&sent);
    WC_EQ(weft_close(h.fd), 0);
}

static int listener;

static void accepts(void *arg) {
    for (int i = 0; i < CLIENTS; i++) {
        int fd = weft_accept(listener);
        WC_CHECKF(fd >= 0, "%d", fd);
        weft_waitgroup_go(&wg, echo, (void *)(intptr_t)fd);
    }
    (void)arg;
}

static int port_of(int fd) {
    struct sockaddr_in a;
    socklen_t n = sizeof a;
    WC_EQ(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    return ntohs(a.sin_port);
}

static int echoes(void *arg) {
    char address[64];
    (void)arg;
    seed = wc_seed();
    for (int round = 0; round < 2; round++) {
        snprintf(address, sizeof address, round ? "unix:@weft-echo-%d" : "tcp:127.0.0.1:0", (int)getpid());
        WC_CHECKF((listener = weft_listen(address, 100)) >= 0, "%d", listener);
        if (!round) snprintf(address, sizeof address, "tcp:127.0.0.1:%d", port_of(listener));
        weft_waitgroup_go(&wg, accepts, NULL);
        for (int i = 0; i < CLIENTS; i++) {
            int fd = weft_dial(address, WEFT_NEVER);
            WC_CHECKF(fd >= 0, "%d", fd);
            weft_waitgroup_go(&wg, both, (void *)(intptr_t)fd);
        }
        weft_waitgroup_wait(&wg);
        WC_EQ(weft_close(listener), 0);
    }
    return 0;
}

/* ---- deadlines ---- */

enum { PAIRS = 30, NUMBERED = 400 / WC_SLOW };

static void numbered(void *arg) {
    int fd = (int)(intptr_t)arg;
    uint64_t r = seed + (uint64_t)fd;
    for (int i = 0; i < NUMBERED; i++) {
        char c = (char)i;
        weft_sleep((int64_t)(wc_rand(&r) % 100000));
        WC_EQ(weft_write(fd, &c, 1), 1);
    }
    WC_EQ(weft_close(fd), 0);
}

static void asks(void *arg) {
    int fd = (int)(intptr_t)arg, next = 0;
    uint64_t r = seed + (uint64_t)fd * 7;
    for (char c;;) {
        int64_t at = weft_now() + (int64_t)(wc_rand(&r) % 100000);
        int polls = wc_rand(&r) % 8 == 0;
        ssize_t n = polls ? weft_poll(fd, POLLIN, at) : weft_read_until(fd, &c, 1, at);
        if (n == -ETIMEDOUT) {
            WC_CHECK(weft_now() >= at);
        } else if (polls) {
            WC_CHECKF(n > 0 && (n & POLLIN), "%zd", n);
        } else if (n == 0) {
            break;
        } else {
            WC_EQ(n, 1);
            WC_EQ(c, (char)next++);
        }
    }
    WC_EQ(next, NUMBERED);
    WC_EQ(weft_close(fd), 0);
}

static int deadlines(void *arg) {
    (void)arg;
    seed = wc_seed();
    for (int i = 0; i < PAIRS; i++) {
        int fd[2];
        open_pair(fd);
        weft_waitgroup_go(&wg, numbered, (void *)(intptr_t)fd[0]);
        weft_waitgroup_go(&wg, asks, (void *)(intptr_t)fd[1]);
    }
    weft_waitgroup_wait(&wg);
    return 0;
}

WC_CASE(stress_net_close, .item = "stress", .main = closes, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_net_echo, .item = "stress", .main = echoes, .timeout_s = 60, .no_twin = "no output to compare");
WC_CASE(stress_net_deadlines, .item = "stress", .main = deadlines, .timeout_s = 60, .no_twin = "no output to compare");
