/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ten thousand idle connections.
 * Source:   net; the claim that waiting for a descriptor holds no thread.
 * Goal:     a server and its client, a process each, hold 10,000 connections with a goroutine at each end that waits to read, on no more
 *           than P + 4 threads; then all of them carry a byte each way, and the ends are seen.
 * Method:   the client dials all, on several loopback addresses, and resets its connections at the end so that none lingers. The server
 *           counts its threads when all its readers wait. Slices are a second long, or a loaded machine has goroutines preempted, and each
 *           keeps its thread.
 * Expected: exit 0 and silence. Where fewer than 10,100 descriptors are allowed it is skipped.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "case.h"

enum { CONNECTIONS = 10000 / WC_SLOW, NEEDED = CONNECTIONS + 100, DIALLERS = 16 };

static weft_waitgroup wg;
static atomic_int connected, pinged, ended;
static int fds[CONNECTIONS], port;

/* ---- the client ---- */

static void one_client(void *arg) {
    int i = (int)(intptr_t)arg;
    char c;
    struct linger hard = {1, 0};
    WC_EQ(weft_read(fds[i], &c, 1), 1);
    WC_EQ(c, 'a');
    WC_EQ(weft_write(fds[i], "b", 1), 1);
    WC_EQ(weft_read(fds[i], &c, 1), 1);
    WC_EQ(setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &hard, sizeof hard), 0);
    WC_EQ(weft_close(fds[i]), 0);
}

static void dials(void *arg) {
    char address[64];
    for (int i; (i = atomic_fetch_add(&connected, 1)) < CONNECTIONS;) {
        snprintf(address, sizeof address, "tcp:127.0.0.%d:%d", 1 + i % 8, port);
        WC_CHECKF((fds[i] = weft_dial(address, WEFT_NEVER)) >= 0, "%d", fds[i]);
        weft_waitgroup_go(&wg, one_client, (void *)(intptr_t)i);
    }
    (void)arg;
}

static int client(void *arg) {
    (void)arg;
    for (int i = 0; i < DIALLERS; i++) weft_waitgroup_go(&wg, dials, NULL);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* ---- the server ---- */

static void one_server(void *arg) {
    int fd = fds[(intptr_t)arg];
    char c;
    WC_EQ(weft_read(fd, &c, 1), 1);
    WC_EQ(c, 'b');
    pinged++;
    ssize_t r = weft_read(fd, &c, 1);
    WC_CHECKF(r == 0 || r == -ECONNRESET, "%zd", r);
    ended++;
    WC_EQ(weft_close(fd), 0);
}

static int serve(void *arg) {
    int before = wc_fds(), l = *(int *)arg;
    for (int i = 0; i < CONNECTIONS; i++) {
        WC_CHECKF((fds[i] = weft_accept(l)) >= 0, "%d", fds[i]);
        weft_waitgroup_go(&wg, one_server, (void *)(intptr_t)i);
    }
    struct weft_stats s = {.size = sizeof s};
    WC_UNTIL((weft_stats_read(&s), s.waiting) == CONNECTIONS); /* nobody else is there to wait for anything else */
    wc_figure("connections", CONNECTIONS);
    wc_figure("extra", (double)s.threads - (double)s.procs);
    WC_CHECKF(s.threads <= s.procs + 4, "%llu threads for %llu processors; %llu idle, %llu preempted, %llu handed off", (unsigned long long)s.threads,
              (unsigned long long)s.procs, (unsigned long long)s.threads_idle, (unsigned long long)s.preemptions, (unsigned long long)s.handoffs);
    if (!WC_TSAN) WC_CHECKF(wc_threads() <= (int)s.procs + 5, "%d threads", wc_threads()); /* and the watchdog */
    for (int i = 0; i < CONNECTIONS; i++) WC_EQ(weft_write(fds[i], "a", 1), 1);
    WC_UNTIL(pinged == CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++) WC_EQ(weft_write(fds[i], "c", 1), 1);
    weft_waitgroup_wait(&wg);
    WC_EQ(ended, CONNECTIONS);
    WC_CHECK(wc_fds() <= before + 2); /* the poller's two */
    return 0;
}

static int body(void) {
    struct rlimit limit;
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t n = sizeof a;
    if (getenv("WC_PORT")) { /* the client is this case again, told where to connect */
        port = atoi(getenv("WC_PORT"));
        return weft_run(client, NULL);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < NEEDED) wc_skip("too few descriptors allowed");
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); /* a blocking one may keep its thread, which is then another */
    WC_EQ(bind(l, (struct sockaddr *)&a, sizeof a), 0);
    WC_EQ(listen(l, 1000), 0);
    WC_EQ(getsockname(l, (struct sockaddr *)&a, &n), 0);
    char text[16];
    snprintf(text, sizeof text, "%d", ntohs(a.sin_port));
    setenv("WC_PORT", text, 1);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "client", "--case", "stress_net_idle", (char *)NULL);
        _exit(99);
    }
    int status, r = weft_run(serve, &l);
    waitpid(pid, &status, 0);
    WC_EQ(status, 0);
    return r;
}

WC_CASE(stress_net_idle, .item = "stress", .proc = body, .timeout_s = 120, .may_skip = "needs 10,100 descriptors", .alone = 1,
        .env = {"WEFT_DEBUG=slice=1000000"},
        .no_twin = "no output to compare");
