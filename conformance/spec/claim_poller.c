/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 64 to 69: waiting for input.
 * Source:   seeds 000, 002, 003; runtime/netpoll.go, proc.go:findRunnable.
 * Goal:     figures: threads that were seen in epoll_wait, and how many of these were seen running goroutines; descriptors of the kind
 *           eventpoll; turns of another goroutine while one reads standard input; what share of its pace a computing one keeps beside 400
 *           that wait for sockets.
 * Method:   P = 2, a thread that is not Weft's (in Go, a goroutine) reads /proc/self/task/N/syscall until it finds one in the poller, then writes to
 *           the socket that a goroutine waits for, which notes the thread that it goes on with; 30 times. Standard input is a pipe, P = 1, and
 *           the other has to count to 1000 before something is written. The pace: pieces of 10 ms of processor time with and without, in turn, their medians.
 * Expected: the poller's threads run goroutines; the count is reached. Exit 0; a declared skip where /proc does not tell.
 */
#include <pthread.h>
#include <dirent.h>
#include <time.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "case.h"

static int tid(void) { return (int)syscall(SYS_gettid); }

/* ---- who polls ---- */

enum { ROUNDS = 30, MOST = 64 };
static int pair[2], pollers[MOST], npollers, runners[MOST], nrunners;
static atomic_int ready, unreadable;

static int add(int *list, int n, int what) {
    for (int i = 0; i < n; i++)
        if (list[i] == what) return n;
    if (n < MOST) list[n++] = what;
    return n;
}

static int in_poller(const char *task) {
    char path[300], text[64] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/syscall", task);
    FILE *f = fopen(path, "r");
    int got = f && fgets(text, sizeof text, f);
    if (f) fclose(f);
    if (!got && f) unreadable = 1;
    long nr = strtol(text, NULL, 10);
    int is = text[0] >= '0' && text[0] <= '9' &&
             (nr == SYS_epoll_pwait
#ifdef SYS_epoll_wait
              || nr == SYS_epoll_wait
#endif
#ifdef SYS_epoll_pwait2
              || nr == SYS_epoll_pwait2
#endif
             );
    return is;
}

/* 1 once one is seen, 0 after 200 ms. */
static int look(void) {
    for (int64_t end = weft_now() + 200 * WC_MS; weft_now() < end; usleep(200)) {
        DIR *d = opendir("/proc/self/task");
        int found = 0;
        for (struct dirent *e; d && (e = readdir(d));)
            if (e->d_name[0] != '.' && in_poller(e->d_name)) {
                npollers = add(pollers, npollers, atoi(e->d_name));
                found = 1;
            }
        if (d) closedir(d);
        if (found) return 1;
    }
    return 0;
}

static void *looks(void *arg) {
    for (int i = 0; i < ROUNDS; i++) {
        while (ready <= i) usleep(50);
        look();
        WC_EQ(write(pair[1], "x", 1), 1);
    }
    return arg;
}

static int eventpolls(void) {
    char path[300], to[64];
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "/proc/self/fd/%s", e->d_name);
        ssize_t k = readlink(path, to, sizeof to - 1);
        to[k > 0 ? k : 0] = 0;
        n += strstr(to, "eventpoll") != NULL;
    }
    if (d) closedir(d);
    return n;
}

static int who(void *arg) {
    pthread_t t;
    char c;
    int both = 0;
    (void)arg;
    WC_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    WC_EQ(pthread_create(&t, NULL, looks, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        ready = i + 1;
        WC_EQ(weft_read(pair[0], &c, 1), 1);
        nrunners = add(runners, nrunners, tid());
    }
    int polls = eventpolls();
    pthread_join(t, NULL);
    if (!npollers && unreadable) wc_skip("/proc/self/task/N/syscall cannot be read");
    for (int i = 0; i < npollers; i++) both += add(runners, nrunners, pollers[i]) == nrunners;
    WC_CHECK(npollers > 0 && both > 0 && polls == 1);
    wc_figure("pollers", npollers);
    wc_figure("pollers_that_ran", both);
    wc_figure("eventpolls", polls);
    return 0;
}

/* ---- standard input ---- */

static atomic_long turns;
static atomic_int over;

static void counts(void *arg) {
    int *ends = arg;
    for (; !over; weft_yield())
        if (++turns == 1000) WC_EQ(write(ends[1], "x", 1), 1);
}

static int input(void *arg) {
    int ends[2];
    char c;
    (void)arg;
    WC_EQ(pipe(ends), 0);
    WC_EQ(dup2(ends[0], 0), 0);
    weft_go(counts, ends);
    WC_EQ(weft_read(0, &c, 1), 1);
    WC_CHECK(turns >= 1000);
    wc_figure("turns", (double)turns);
    over = 1;
    return 0;
}

/* ---- the pace beside waiting ones ---- */

enum { WAITERS = 400, PIECES = 5, PIECE_NS = 10000000 };
static int fds[WAITERS][2];

static uint64_t waiting(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.waiting;
}

static void reads_one(void *arg) {
    char c;
    weft_read(fds[(intptr_t)arg][0], &c, 1);
}

/* By processor time, which other processes do not lengthen. */
static int64_t own_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * WC_SEC + t.tv_nsec;
}

static double pace(void) {
    int64_t begin = own_ns(), now;
    long n = 0;
    while ((now = own_ns()) - begin < PIECE_NS)
        for (int i = 0; i < 100; i++, n++) weft_yield();
    return (double)n / (double)(now - begin);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int beside(void *arg) {
    double with[PIECES], without[PIECES];
    static weft_waitgroup wg;
    (void)arg;
    for (int i = 0; i < WAITERS; i++)
        WC_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds[i]), 0);
    for (int k = 0; k < PIECES; k++) {
        without[k] = pace();
        for (intptr_t i = 0; i < WAITERS; i++) weft_waitgroup_go(&wg, reads_one, (void *)i);
        WC_UNTIL(waiting() == WAITERS);
        with[k] = pace();
        for (int i = 0; i < WAITERS; i++) WC_EQ(write(fds[i][1], "x", 1), 1);
        weft_waitgroup_wait(&wg);
    }
    qsort(with, PIECES, sizeof *with, compare);
    qsort(without, PIECES, sizeof *without, compare);
    wc_figure("share", with[PIECES / 2] / without[PIECES / 2]);
    return 0;
}

WC_CASE(claim_poller, .item = "claim 66", .main = who, .procs = 2, .alone = 1, .may_skip = "/proc does not tell",
        .twin = "claim_poller");
WC_CASE(claim_input, .item = "claim 64", .main = input, .procs = 1, .twin = "claim_input");
WC_CASE(claim_beside, .item = "claim 69", .main = beside, .procs = 1, .alone = 1,
        .not_under = WC_NOT_ASAN | WC_NOT_TSAN, .not_why = "its times are what it is for", .twin = "claim_beside");
