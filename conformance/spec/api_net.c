/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_listen, weft_dial, weft_accept.
 * Source:   api.md; package net; ip(7), unix(7), tcp(7).
 * Goal:     addresses of all forms; what does not parse, is not found, is refused, in use or full says so; what Weft makes is
 *           non-blocking and close-on-exec, and TCP has no delay; without descriptors accept says -EMFILE and loses no connection; a
 *           reset is -ECONNRESET; an end behind data, urgent data, and data in pieces are all seen, though a short read is not tried again.
 * Method:   over the loopback; a goroutine at each end.
 * Expected: exit 0 and silence. No IPv6, or no localhost by name: those lines are left out.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "case.h"

static weft_waitgroup wg;

static int port_of(int fd) {
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    WC_EQ(getsockname(fd, (struct sockaddr *)&a, &n), 0);
    return a.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&a)->sin_port) : ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
}

static const char *at_port(const char *form, int port) {
    static char text[128];
    snprintf(text, sizeof text, form, port);
    return text;
}

static void made_by_weft(int fd, int tcp) {
    int on = 0;
    socklen_t n = sizeof on;
    WC_CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    WC_CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    if (!tcp) return;
    WC_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
    WC_CHECK(on);
}

/* A connection through listening socket l. */
static void talk(int l, const char *address, int tcp) {
    char b[8] = {0};
    int c = weft_dial(address, WEFT_NEVER);
    WC_CHECKF(c >= 0, "%s: %d", address, c);
    int s = weft_accept(l);
    WC_CHECKF(s >= 0, "%d", s);
    made_by_weft(c, tcp);
    made_by_weft(s, tcp);
    WC_EQ(weft_write(c, "ping", 4), 4);
    WC_EQ(weft_read(s, b, 8), 4);
    WC_EQ(weft_write(s, "pong!", 5), 5);
    WC_EQ(weft_read(c, b, 8), 5);
    WC_EQ(memcmp(b, "pong!", 5), 0);
    WC_EQ(weft_close(c), 0);
    WC_EQ(weft_read(s, b, 8), 0);
    WC_EQ(weft_close(s), 0);
}

static int addresses(void *arg) {
    char path[64], un[80];
    (void)arg;
    int l = weft_listen("tcp:127.0.0.1:0", 16), any = weft_listen("tcp::0", 0), six = weft_listen("tcp:[::1]:0", 0);
    WC_CHECK(l >= 0 && any >= 0);
    made_by_weft(l, 1);
    talk(l, at_port("tcp:127.0.0.1:%d", port_of(l)), 1);
    talk(any, at_port("tcp:127.0.0.1:%d", port_of(any)), 1);
    talk(any, at_port("tcp::%d", port_of(any)), 1);
    if (six >= 0) {
        talk(six, at_port("tcp:[::1]:%d", port_of(six)), 1);
        talk(any, at_port("tcp:[::1]:%d", port_of(any)), 1); /* any is both families */
        WC_EQ(weft_close(six), 0);
    }
    int named = weft_dial(at_port("tcp:localhost:%d", port_of(l)), WEFT_NEVER);
    if (named >= 0) {
        WC_EQ(weft_close(named), 0);
        WC_EQ(weft_close(weft_accept(l)), 0);
        talk(l, at_port("tcp:localhost:%d", port_of(l)), 1);
    }
    WC_EQ(weft_close(any), 0);
    WC_EQ(weft_close(l), 0);
    snprintf(path, sizeof path, "/tmp/weft-api-net-%d", (int)getpid());
    snprintf(un, sizeof un, "unix:%s", path);
    WC_CHECK((l = weft_listen(un, 4)) >= 0);
    talk(l, un, 0);
    WC_EQ(weft_listen(un, 4), -EADDRINUSE);
    WC_EQ(weft_close(l), 0);
    WC_EQ(weft_dial(un, WEFT_NEVER), -ECONNREFUSED);
    unlink(path);
    WC_EQ(weft_dial(un, WEFT_NEVER), -ENOENT);
    snprintf(un, sizeof un, "unix:@weft-api-net-%d", (int)getpid());
    WC_CHECK((l = weft_listen(un, 4)) >= 0);
    talk(l, un, 0);
    WC_EQ(weft_close(l), 0);
    return 0;
}

static int errors(void *arg) {
    static const char *const bad[] = {"",           "tcp",        "tcp:",         "tcp:127.0.0.1",  "tcp:127.0.0.1:", "tcp:127.0.0.1:65536",
                                      "tcp:a:-1",   "tcp:a:1x",   "tcp:::1:80",   "tcp:[::1:80",    "tcp:::1]:80",    "tcp:[::1]80",
                                      "tcp:[a]:80", "tcp:[]:80",  "udp:a:1",      "unix:",          "/a/path",        "tcp:[1.2.3.4]:80"};
    char deep[300] = "unix:";
    (void)arg;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        WC_CHECKF(weft_dial(bad[i], WEFT_NEVER) == -EINVAL, "%s", bad[i]);
        WC_CHECKF(weft_listen(bad[i], 0) == -EINVAL, "%s", bad[i]);
    }
    memset(deep + 5, 'a', sizeof deep - 6);
    WC_EQ(weft_dial(deep, WEFT_NEVER), -EINVAL);
    WC_EQ(weft_dial(NULL, WEFT_NEVER), -EINVAL);
    WC_EQ(weft_dial("tcp:no-such-name.invalid:80", WEFT_NEVER), -ENOENT);
    WC_EQ(weft_listen("tcp:no-such-name.invalid:80", 0), -ENOENT);
    int e = weft_dial("tcp:no-such-name.invalid:80", 0);
    WC_CHECKF(e == -ETIMEDOUT || e == -ENOENT, "%d", e); /* the answer may be there first */
    int l = weft_listen("tcp:127.0.0.1:0", 0), port = port_of(l);
    WC_EQ(weft_listen(at_port("tcp:127.0.0.1:%d", port), 0), -EADDRINUSE);
    WC_EQ(weft_close(l), 0);
    WC_EQ(weft_dial(at_port("tcp:127.0.0.1:%d", port), WEFT_NEVER), -ECONNREFUSED);
    WC_CHECK(weft_dial("tcp:localhost:0", WEFT_NEVER) < 0);
    return 0;
}

/* A backlog that is full: TCP drops, and the dial waits; a Unix socket says so at once, and the dial waits too. */
static int full(void *arg) {
    char un[64];
    const char *address[] = {"tcp:127.0.0.1:0", un};
    (void)arg;
    snprintf(un, sizeof un, "unix:@weft-api-net-full-%d", (int)getpid());
    for (int i = 0; i < 2; i++) {
        int l = weft_listen(address[i], 1), fd[16], n = 1;
        WC_CHECK(l >= 0);
        const char *to = i == 0 ? at_port("tcp:127.0.0.1:%d", port_of(l)) : address[i];
        WC_CHECK((fd[0] = weft_dial(to, WEFT_NEVER)) >= 0); /* there is room for one, however late the machine is */
        while (n < 16 && (fd[n] = weft_dial(to, weft_now() + 20 * WC_MS)) >= 0) n++;
        WC_CHECKF(n < 16, "%d", n);
        WC_EQ(fd[n], -ETIMEDOUT);
        WC_EQ(weft_close(weft_accept(l)), 0);
        while (n > 0) WC_EQ(weft_close(fd[--n]), 0);
        WC_EQ(weft_close(l), 0);
    }
    return 0;
}

/* ---- from a small goroutine ---- */

static char small_to[64];
static int small_fd;
static void dials(void *until) {
    small_fd = weft_dial(small_to, (intptr_t)until);
    weft_waitgroup_done(&wg);
}
static void listens(void *unused) {
    (void)unused;
    small_fd = weft_listen("tcp:127.0.0.1:0", 1);
    weft_waitgroup_done(&wg);
}
static int from_small(weft_fn fn, int64_t until) {
    struct weft_go_options o = {.small = 1};
    weft_waitgroup_add(&wg, 1);
    WC_EQ(weft_go_with(&o, fn, (void *)(intptr_t)until), 0);
    weft_waitgroup_wait(&wg);
    return small_fd;
}

static int small(void *arg) {
    (void)arg;
    int l = from_small(listens, 0), fd[16], n = 0, last;
    WC_CHECK(l >= 0);
    snprintf(small_to, sizeof small_to, "tcp:127.0.0.1:%d", port_of(l));
    while (n < 16 && (last = from_small(dials, weft_now() + 20 * WC_MS)) >= 0) fd[n++] = last;
    WC_CHECKF(n > 0 && n < 16, "%d", n);
    WC_EQ(last, -ETIMEDOUT); /* it waited, with all that is on its stack */
    while (n > 0) WC_EQ(weft_close(fd[--n]), 0);
    return weft_close(l);
}

/* ---- no descriptors left ---- */

static atomic_int accepted, full_times;

static void accept_all(void *arg) {
    int l = *(int *)arg;
    while (accepted < 4) {
        int s = weft_accept(l);
        if (s == -EMFILE) {
            full_times++;
            weft_yield();
            continue;
        }
        WC_CHECKF(s >= 0, "%d", s);
        accepted++;
        WC_EQ(weft_close(s), 0);
    }
}

static int no_descriptors(void *arg) {
    struct rlimit old, few;
    int l = weft_listen("tcp:127.0.0.1:0", 0), fd[4], port = port_of(l), spare;
    (void)arg;
    WC_EQ(weft_accept_until(l, 0), -ETIMEDOUT);
    for (int i = 0; i < 4; i++) WC_CHECK((fd[i] = weft_dial(at_port("tcp:127.0.0.1:%d", port), WEFT_NEVER)) >= 0);
    spare = dup(0);
    getrlimit(RLIMIT_NOFILE, &old);
    few = old;
    few.rlim_cur = (rlim_t)spare;
    close(spare); /* now the next number is the first beyond the limit */
    WC_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    WC_EQ(weft_accept(l), -EMFILE);
    WC_EQ(weft_dial(at_port("tcp:127.0.0.1:%d", port), WEFT_NEVER), -EMFILE);
    WC_EQ(weft_listen("tcp:127.0.0.1:0", 0), -EMFILE);
    weft_waitgroup_go(&wg, accept_all, &l);
    for (int i = 0; i < 10; i++) weft_yield();
    WC_UNTIL(full_times > 0);
    for (int i = 0; i < 100; i++) weft_yield();
    WC_EQ(setrlimit(RLIMIT_NOFILE, &old), 0);
    weft_waitgroup_wait(&wg);
    WC_EQ(accepted, 4);
    return 0;
}

/* ---- ends ---- */

static void pair_of(int l, int fd[2]) {
    WC_CHECK((fd[0] = weft_dial(at_port("tcp:127.0.0.1:%d", port_of(l)), WEFT_NEVER)) >= 0);
    WC_CHECK((fd[1] = weft_accept(l)) >= 0);
}

static void expect_text(void *arg) {
    int fd = *(int *)arg;
    char b[64];
    size_t n = 0;
    for (ssize_t r; (r = weft_read(fd, b + n, sizeof b - n)) != 0; n += (size_t)r) WC_CHECKF(r > 0, "%zd", r);
    WC_EQ(n, 11);
    WC_EQ(memcmp(b, "hello world", 11), 0);
}

static int ends(void *arg) {
    int l = weft_listen("tcp:127.0.0.1:0", 0), fd[2];
    struct linger hard = {1, 0};
    char b[16] = {0};
    (void)arg;
    for (int i = 0; i < 400 / WC_SLOW; i++) { /* data and the end in one edge, or in two, or around a read */
        pair_of(l, fd);
        weft_waitgroup_go(&wg, expect_text, &fd[1]);
        if (i % 2) wc_await(1, "IO wait");
        WC_EQ(weft_write(fd[0], "hello ", 6), 6);
        if (i % 3 == 0) wc_await(1, "IO wait");
        WC_EQ(weft_write(fd[0], "world", 5), 5);
        if (i % 5 == 0) weft_yield();
        WC_EQ(weft_close(fd[0]), 0);
        weft_waitgroup_wait(&wg);
        WC_EQ(weft_close(fd[1]), 0);
    }
    /* Urgent data cuts a read short, with more behind it. */
    pair_of(l, fd);
    weft_waitgroup_go(&wg, expect_text, &fd[1]);
    wc_await(1, "IO wait");
    WC_EQ(weft_write(fd[0], "hello", 5), 5);
    wc_await(1, "IO wait");
    WC_EQ(send(fd[0], " woX", 4, MSG_OOB), 4); /* X is the urgent byte, not in the stream */
    WC_EQ(weft_write(fd[0], "rld", 3), 3);
    WC_EQ(weft_close(fd[0]), 0);
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_close(fd[1]), 0);
    /* A reset. */
    pair_of(l, fd);
    WC_EQ(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    WC_EQ(weft_close(fd[0]), 0);
    WC_EQ(weft_read(fd[1], b, 16), -ECONNRESET);
    WC_EQ(weft_write(fd[1], b, 16), -EPIPE);
    WC_EQ(weft_close(fd[1]), 0);
    WC_EQ(weft_close(l), 0);
    return 0;
}

WC_CASE(api_net_addresses, .item = "api", .main = addresses, .no_twin = "no output to compare");
WC_CASE(api_net_errors, .item = "api", .main = errors, .timeout_s = 60, .no_twin = "other names of errors");
WC_CASE(api_net_full, .item = "api", .main = full, .no_twin = "no output to compare");
WC_CASE(api_net_small, .item = "api", .main = small, .no_twin = "Go has no small goroutines");
WC_CASE(api_net_no_descriptors, .item = "api", .main = no_descriptors, .no_twin = "no output to compare");
WC_CASE(api_net_ends, .item = "api", .main = ends, .no_twin = "no output to compare");
