/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B68, B69 and claim 58: what happens beside blocking calls, and how many threads they take.
 * Source:   runtime/proc.go:entersyscall, retake, handoffp, startm.
 * Goal:     at P = 1 the others go on during a call; a call that blocks takes one thread, a sleeper none; threads of one burst of
 *           calls serve the next.
 * Method:   B68: main yields while another goroutine's call of 200 ms lasts, and counts. B69: 100 goroutines read from a pipe
 *           until all are in their calls; 10,000 sleep until all are seen asleep; then the threads of the process are
 *           counted (the watchdog is one, TSan has another). Claim 58: two such bursts; each goroutine of the second notes its
 *           thread, which must have been there after the first.
 * Expected: B68 more than 100,000 yields (a tenth of that under ASan, a hundredth under TSan), a hand-off and one goroutine in a call; B69
 *           from 100 to 100 + P + 6 threads, and 8 at the most for the sleepers at P = 2; claim 58: no new thread, but for one a
 *           processor that looks for work in between. Exit 0.
 */
#include <dirent.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>

#include "case.h"

static struct weft_stats stats(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s;
}

/* ---- B68 ---- */

static atomic_int over;

/* SIGURG may interrupt it, as in Go: a nanosleep is not restarted by the kernel. */
static intptr_t nap(void *arg) {
    struct timespec t = {.tv_nsec = (intptr_t)arg};
    while (nanosleep(&t, &t) != 0) {}
    return 0;
}

static void caller(void *arg) {
    WC_EQ(weft_blocking(nap, arg), 0);
    over = 1;
}

static int progress(void *arg) {
    (void)arg;
    uint64_t n = 0, seen = 0;
    weft_go(caller, (void *)(intptr_t)(200 * WC_MS));
    for (; !over; n++) {
        weft_yield();
        if (n % 1000 == 500 && !seen) seen = stats().in_syscall;
    }
    WC_CHECKF(n > 100000 / (WC_TSAN ? 100 : WC_SLOW), "%" PRIu64 " yields", n);
    WC_EQ(seen, 1);
    WC_CHECK(stats().handoffs > 0);
    WC_EQ(stats().in_syscall, 0);
    wc_figure("yields", (double)n);
    wc_figure("handoffs", (double)stats().handoffs);
    return 0;
}

/* ---- B69 ---- */

enum { CALLS = 100, SLEEPERS = 10000 / WC_SLOW };
static int ends[2];
static pid_t tids[CALLS];
static weft_waitgroup wg;

static intptr_t read_one(void *arg) { return read(ends[0], arg, 1); }

static void reader(void *arg) {
    char c;
    WC_EQ(weft_blocking(read_one, &c), 1);
    if (arg) *(pid_t *)arg = (pid_t)syscall(SYS_gettid);
}

/* All 100 in their calls, then let go; the most threads there were. */
static int burst(pid_t *note) {
    char bytes[CALLS] = {0};
    for (int i = 0; i < CALLS; i++) weft_waitgroup_go(&wg, reader, note ? &note[i] : NULL);
    WC_UNTIL(stats().in_syscall == CALLS);
    int threads = wc_threads();
    WC_EQ(write(ends[1], bytes, CALLS), CALLS);
    weft_waitgroup_wait(&wg);
    return threads;
}

static int hundred_calls(void *arg) {
    (void)arg;
    WC_EQ(pipe(ends), 0);
    int threads = burst(NULL), most = CALLS + wc_procs() + 6;
    WC_CHECKF(threads >= CALLS && threads <= most, "%d threads", threads);
    wc_figure("threads", threads - 1); /* without the watchdog */
    return 0;
}

static void sleeper(void *arg) {
    (void)arg;
    weft_sleep(1000 * WC_SEC);
}

static int many_sleepers(void *arg) {
    for (int i = 0; i < SLEEPERS; i++) weft_go(sleeper, arg);
    WC_UNTIL(stats().waiting == SLEEPERS);
    int threads = wc_threads();
    struct weft_stats s = stats();
    wc_figure("threads", threads - 1);
    WC_CHECKF(threads <= 8, "%d threads: %d by the statistics, %d idle, %d preemptions, %d hand-offs", threads,
              (int)s.threads, (int)s.threads_idle, (int)s.preemptions, (int)s.handoffs);
    return 0;
}

/* ---- claim 58 ---- */

enum { TIDS_MAX = 1000 };

static int list_tids(pid_t *to) {
    DIR *d = opendir("/proc/self/task");
    int n = 0;
    WC_CHECK(d != NULL);
    for (struct dirent *e; (e = readdir(d)) && n < TIDS_MAX;)
        if (e->d_name[0] != '.') to[n++] = atoi(e->d_name);
    closedir(d);
    return n;
}

static int reused(void *arg) {
    static pid_t before[TIDS_MAX];
    int fresh = 0;
    (void)arg;
    WC_EQ(pipe(ends), 0);
    burst(NULL);
    WC_UNTIL(stats().threads_idle >= CALLS - 1); /* a thread whose goroutine has gone on elsewhere may still be on its way */
    int n = list_tids(before);
    burst(tids);
    for (int i = 0; i < CALLS; i++) {
        int known = 0;
        for (int k = 0; k < n; k++) known |= before[k] == tids[i];
        fresh += !known;
    }
    wc_figure("fresh", fresh);
    WC_CHECKF(fresh <= wc_procs(), "%d of 100 calls on new threads", fresh);
    return 0;
}

/* A time slice of 10 s: a goroutine that a loaded machine has preempted keeps a thread, too. */
#define CALM .env = {"WEFT_DEBUG=slice=10000000"}
WC_CASE(b68_progress, .item = "B68", .main = progress, .procs = 1, .alone = 1, .twin = "b68_progress");
WC_CASE(b69_hundred_calls, .item = "B69", .main = hundred_calls, CALM, .twin = "b69_hundred_calls");
WC_CASE(b69_sleepers, .item = "B69", .main = many_sleepers, .procs = 2, CALM, .twin = "b69_sleepers");
WC_CASE(b69_threads_reused, .item = "claim 58", .main = reused, CALM, .no_twin = "a count of the runtime's own threads");
