/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of descriptors, and weft_close beside those who wait.
 * Source:   api.md; net.Conn.SetDeadline; internal/poll (ErrFileClosing).
 * Goal:     -ETIMEDOUT neither early nor when the call could go on; one that has passed still allows one try; a write says how much went;
 *           closing wakes everybody with -EBADF, in all functions, and a second close says so too; the number works for its next
 *           descriptor.
 * Method:   pipes, socket pairs and listening sockets; closers find the waiters by their reason, "IO wait". One who accepts without end
 *           beside one whose deadline comes about when a connection does, 300 times.
 * Expected: exit 0 and silence.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "case.h"

enum { BIG = 4 << 20 };
static char big[BIG];
static weft_waitgroup wg;

static int until(void *arg) {
    int fd[2], l = weft_listen("tcp:127.0.0.1:0", 0);
    char b[16];
    (void)arg;
    WC_CHECK(l >= 0);
    for (int kind = 0; kind < 2; kind++) {
        if (kind == 0)
            WC_EQ(pipe(fd), 0);
        else
            WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
        WC_EQ(weft_read_until(fd[0], b, 16, 0), -ETIMEDOUT);
        WC_EQ(weft_read_until(fd[0], b, 16, INT64_MIN), -ETIMEDOUT);
        for (int i = 1; i <= 5; i++) {
            int64_t at = weft_now() + i * WC_MS / 2;
            WC_EQ(weft_read_until(fd[0], b, 16, at), -ETIMEDOUT);
            WC_CHECK(weft_now() >= at);
        }
        WC_EQ(weft_write_until(fd[1], "abc", 3, 0), 3); /* could go on */
        WC_EQ(weft_read_until(fd[0], b, 16, 0), 3);
        ssize_t n = weft_write_until(fd[1], big, BIG, weft_now() + 2 * WC_MS);
        WC_CHECKF(n > 0 && n < BIG, "%zd", n);
        WC_EQ(weft_write_until(fd[1], big, BIG, weft_now() + 2 * WC_MS), -ETIMEDOUT);
        WC_EQ(weft_write_until(fd[1], big, BIG, 0), -ETIMEDOUT);
        for (ssize_t r; n > 0; n -= r) WC_CHECK((r = weft_read(fd[0], big, BIG)) > 0);
        WC_EQ(n, 0);
        WC_EQ(weft_read_until(fd[0], b, 16, weft_now() + WC_MS), -ETIMEDOUT);
        WC_EQ(weft_close(fd[0]), 0);
        WC_EQ(weft_close(fd[1]), 0);
    }
    WC_EQ(weft_accept_until(l, 0), -ETIMEDOUT);
    WC_EQ(weft_accept_until(l, weft_now() + 2 * WC_MS), -ETIMEDOUT);
    WC_EQ(weft_close(l), 0);
    return 0;
}

/* A writer waits for its turn no longer than its deadline. */
static void write_big(void *arg) { WC_EQ(weft_write(*(int *)arg, big, BIG), BIG); }

static int turns(void *arg) {
    int fd[2];
    (void)arg;
    WC_EQ(pipe(fd), 0);
    weft_waitgroup_go(&wg, write_big, &fd[1]);
    wc_await(1, "IO wait");
    WC_EQ(weft_write_until(fd[1], "x", 1, weft_now() + WC_MS), -ETIMEDOUT);
    WC_EQ(weft_write_until(fd[1], "x", 1, 0), -ETIMEDOUT);
    for (ssize_t n = 0, r; n < BIG; n += r) WC_CHECK((r = weft_read(fd[0], big, BIG)) > 0);
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_write_until(fd[1], "x", 1, 0), 1);
    WC_EQ(weft_close(fd[0]), 0);
    WC_EQ(weft_close(fd[1]), 0);
    return 0;
}

/* ---- nothing is asked for ---- */

/* The last read came short, so that the next one need not ask the system; one of no bytes waits for nothing all the same. */
static int reads_nothing(void *arg) {
    char address[64], b[16];
    struct sockaddr_in at;
    socklen_t size = sizeof at;
    int l = weft_listen("tcp:127.0.0.1:0", 0);
    (void)arg;
    WC_CHECK(l >= 0);
    WC_EQ(getsockname(l, (struct sockaddr *)&at, &size), 0);
    snprintf(address, sizeof address, "tcp:127.0.0.1:%d", ntohs(at.sin_port));
    int c = weft_dial(address, WEFT_NEVER), s = weft_accept(l);
    WC_CHECK(c >= 0 && s >= 0);
    WC_EQ(weft_read_until(s, b, 16, weft_now() + WC_MS), -ETIMEDOUT); /* the poller knows it */
    WC_EQ(weft_write(c, "x", 1), 1);
    WC_EQ(weft_read(s, b, 16), 1);
    WC_EQ(weft_read_until(s, b, 16, 0), -ETIMEDOUT);
    int64_t late = weft_now() + 10 * WC_SEC;
    WC_EQ(weft_read_until(s, b, 0, late), 0);
    WC_CHECK(weft_now() < late); /* not what a last try at the deadline found */
    WC_CHECK(weft_close(s) == 0 && weft_close(c) == 0 && weft_close(l) == 0);
    return 0;
}

/* ---- who leaves with nothing while another waits for his turn ---- */

enum { LEAVINGS = 300 };
static int door;
static atomic_int entered;

static void enters(int r) {
    WC_CHECKF(r >= 0, "%d", r);
    WC_EQ(weft_close(r), 0);
    entered++;
}
static void stays(void *arg) {
    (void)arg;
    for (int r; (r = weft_accept(door)) != -EBADF;) enters(r);
}
static void leaves(void *until) {
    int r = weft_accept_until(door, (intptr_t)until);
    if (r != -ETIMEDOUT) enters(r);
}

/* On a socket that may block one looks at a time: who comes meanwhile waits for that one, and an edge that wakes him then is spent. */
static int last_turn(void *arg) {
    char address[64];
    uint64_t r = wc_seed();
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    (void)arg;
    snprintf(address, sizeof address, "unix:@weft-last-turn-%d", (int)getpid());
    int n = snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "%s", address + 6);
    WC_CHECK((door = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
    WC_EQ(bind(door, (struct sockaddr *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n)), 0);
    WC_EQ(listen(door, 16), 0);
    weft_waitgroup_go(&wg, stays, NULL);
    for (int i = 1; i <= LEAVINGS; i++) {
        int64_t until = weft_now() + (int64_t)(wc_rand(&r) % 400000), end = until + 10 * WC_SEC;
        weft_waitgroup gone = {0};
        weft_waitgroup_go(&gone, leaves, (void *)(intptr_t)until);
        weft_sleep((int64_t)(wc_rand(&r) % 500000));
        int c = weft_dial(address, WEFT_NEVER);
        WC_CHECKF(c >= 0, "%d", c);
        while (entered < i) {
            WC_CHECKF(weft_now() < end, "the connection of round %d waits, and somebody for it", i);
            weft_sleep(20000);
        }
        weft_waitgroup_wait(&gone);
        WC_EQ(weft_close(c), 0);
    }
    WC_EQ(weft_close(door), 0);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* ---- close ---- */

enum { EACH = 3 };
static int pair[2], listener;
static atomic_int closed;

static void is_closed(ssize_t r) {
    WC_EQ(r, -EBADF);
    closed++;
}
static void reads(void *arg) { is_closed(weft_read(pair[0], arg, 16)); }
static void reads_until(void *arg) { is_closed(weft_read_until(pair[0], arg, 16, weft_now() + 1000 * WC_SEC)); }
static void writes(void *arg) { (void)arg, is_closed(weft_write(pair[0], big, BIG)); }
static void waits(void *arg) { (void)arg, is_closed(weft_poll(pair[0], POLLIN, WEFT_NEVER)); }
static void waits_until(void *arg) { (void)arg, is_closed(weft_poll(pair[0], POLLIN, weft_now() + 1000 * WC_SEC)); }
static void accepts(void *arg) { (void)arg, is_closed(weft_accept(listener)); }

static void close_once(void *arg) {
    int r = weft_close(pair[0]);
    WC_CHECKF(r == 0 || r == -EBADF, "%d", r);
    if (r == 0) (*(int *)arg)++;
}

static int wakes_all(void *arg) {
    static char b[6][EACH][16];
    weft_fn all[] = {reads, reads_until, writes, waits, waits_until, accepts};
    (void)arg;
    for (int round = 0; round < 20; round++) {
        int was, times = 0;
        closed = 0;
        WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        WC_CHECK((listener = weft_listen("tcp:127.0.0.1:0", 0)) >= 0);
        for (int i = 0; i < 6; i++)
            for (int k = 0; k < EACH; k++) weft_waitgroup_go(&wg, all[i], b[i][k]);
        wc_await(6 * EACH, "IO wait");
        was = pair[0];
        for (int k = 0; k < EACH; k++) weft_waitgroup_go(&wg, close_once, &times);
        WC_EQ(weft_close(listener), 0);
        weft_waitgroup_wait(&wg);
        WC_EQ(closed, 6 * EACH);
        WC_EQ(times, 1);
        WC_EQ(weft_close(was), -EBADF);
        WC_EQ(weft_close(pair[1]), 0);
        /* The numbers' next descriptors. */
        WC_EQ(pipe(pair), 0);
        WC_EQ(weft_write(pair[1], "abc", 3), 3);
        WC_EQ(weft_read(pair[0], big, 16), 3);
        WC_EQ(weft_read_until(pair[0], big, 16, 0), -ETIMEDOUT);
        WC_EQ(weft_close(pair[0]), 0);
        WC_EQ(weft_close(pair[1]), 0);
    }
    return 0;
}

/* What waits when a run ends is forgotten; the descriptors stay open, and work in the next run. */
static void read_one(void *arg) {
    char c;
    WC_EQ(weft_read(*(int *)arg, &c, 1), 1);
}

static int left_open(void *arg) {
    int *fd = arg;
    weft_waitgroup_go(&wg, read_one, &fd[0]);
    wc_await(1, "IO wait");
    WC_EQ(weft_write(fd[1], "x", 1), 1);
    weft_waitgroup_wait(&wg);
    weft_go(reads, big); /* is there when the run ends */
    wc_await(1, "IO wait");
    return 5;
}

static int runs(void) {
    int before = wc_fds();
    WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    for (int i = 0; i < 50; i++) WC_EQ(weft_run(left_open, pair), 5);
    close(pair[0]);
    close(pair[1]);
    WC_EQ(wc_fds(), before);
    return 0;
}

WC_CASE(api_io_until, .item = "api", .main = until, .no_twin = "no output to compare");
WC_CASE(api_io_turns, .item = "api", .main = turns, .no_twin = "no output to compare");
WC_CASE(api_io_reads_nothing, .item = "api", .main = reads_nothing, .no_twin = "no output to compare");
WC_CASE(api_io_last_turn, .item = "api", .main = last_turn, .timeout_s = 40, .no_twin = "no output to compare");
WC_CASE(api_io_close, .item = "api", .main = wakes_all, .no_twin = "no output to compare");
WC_CASE(api_io_runs, .item = "api", .proc = runs, .no_twin = "a Go program starts its runtime once");
