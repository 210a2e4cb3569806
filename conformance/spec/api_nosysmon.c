/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=nosysmon=1: the monitor's thread does nothing of itself, so that instructions can be counted to the last.
 * Source:   base/knob.c; measuring takes instructions per operation as a slope, with this knob.
 * Goal:     no thread wakes while nothing is asked of it, where by default the monitor ticks; threads are still made, work still spreads
 *           to both processors, and signals still come.
 * Method:   2 processors, one idle; main computes for 200 ms, and the kernel counts how often threads of the process went to sleep of
 *           themselves meanwhile. Then two goroutines that each wait for the other's step, and a signal.
 * Expected: at most 5 with the knob (0 is usual); at least 10 without (500 is usual).
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>

#include "case.h"

static weft_waitgroup wg;
static atomic_int met;

/* Voluntary switches of all threads. */
static long sleeps(void) {
    char name[300], text[4096];
    long sum = 0;
    DIR *d = opendir("/proc/self/task");
    WC_CHECK(d != NULL);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "/proc/self/task/%s/status", e->d_name);
        int fd = open(name, O_RDONLY | O_CLOEXEC);
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
        close(fd);
        text[n > 0 ? n : 0] = 0;
        const char *at = strstr(text, "\nvoluntary_ctxt_switches:");
        sum += at ? strtol(strchr(at, ':') + 1, NULL, 10) : 0;
    }
    closedir(d);
    return sum;
}

static void some(void *arg) {
    (void)arg;
    for (int i = 0; i < 1000; i++) weft_yield();
}

static long in_200_ms(void) {
    weft_waitgroup_go(&wg, some, NULL); /* from here on there is a monitor */
    weft_waitgroup_wait(&wg);
    long before = sleeps();
    for (int64_t end = weft_now() + 200 * WC_MS; weft_now() < end;) { /* no yield: each would wake a thief */
    }
    return sleeps() - before;
}

static int ticks(void *arg) {
    (void)arg;
    long n = in_200_ms();
    WC_CHECKF(n >= 10, "%ld", n);
    return 0;
}

/* Without a call to Weft in between: only two threads can do it. */
static void meet(void *arg) {
    (void)arg;
    met++;
    while (met % 2 != 0) {
    }
}

static int quiet(void *arg) {
    (void)arg;
    int got = 0;
    weft_chan *c = wc_chan(sizeof(int), 1);
    long n = in_200_ms();
    WC_CHECKF(n <= 5, "%ld", n);
    weft_waitgroup_go(&wg, meet, NULL);
    weft_waitgroup_go(&wg, meet, NULL);
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_signal_notify(SIGUSR1, c), 0);
    kill(getpid(), SIGUSR1);
    weft_chan_recv(c, &got);
    WC_EQ(got, SIGUSR1);
    return 0;
}

WC_CASE(api_sysmon_ticks, .item = "api", .main = ticks, .procs = 2, .alone = 1, .no_twin = "Go's monitor is its own");
WC_CASE(api_nosysmon, .item = "api", .main = quiet, .procs = 2, .alone = 1, .env = {"WEFT_DEBUG=nosysmon=1"},
        .no_twin = "Go's monitor is its own");
