/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims 9, 31, 62: what more threads than cores bring, what a thread's switch has to keep, how long opening a file takes.
 * Source:   seeds 000, 002, 003.
 * Goal:     figures: the processor time of the same computing with four times as many processors as CPUs, as a share of that with as many, and for threads;
 *           the machine words that the kernel saves of a thread; the median and the 99th percentile of 300 opens in microseconds.
 * Method:   64 pieces of a fixed loop, five times each way, in turn, the medians. Words: general registers, and what CPUID says that XSAVE
 *           stores (x86), or those of the architecture's manual (aarch64). Opens: this program, announced as calls that may block.
 * Expected: times are no verdict here. More words than fifty. Exit 0.
 */
#include <fcntl.h>
#include <pthread.h>
#include <time.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "case.h"

enum { PIECES = 64, TIMES = 5, OPENS = 300 };

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double median(double *of, size_t n) {
    qsort(of, n, sizeof *of, compare);
    return of[n / 2];
}

static void computes(void *arg) {
    for (volatile int i = 0; i < 400000 / WC_SLOW; i++) {}
    (void)arg;
}

/* Processor time, which other processes do not lengthen. */
static double own_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double by_goroutines(int procs) {
    weft_waitgroup wg = {0};
    weft_procs(procs);
    double begin = own_ns();
    for (int i = 0; i < PIECES; i++) weft_waitgroup_go(&wg, computes, NULL);
    weft_waitgroup_wait(&wg);
    return own_ns() - begin;
}

static void *share(void *arg) {
    for (int i = 0; i < (int)(intptr_t)arg; i++) computes(NULL);
    return NULL;
}

static double by_threads(int n) {
    pthread_t t[PIECES];
    double begin = own_ns();
    for (int i = 0; i < n; i++) WC_EQ(pthread_create(&t[i], NULL, share, (void *)(intptr_t)(PIECES / n)), 0);
    for (int i = 0; i < n; i++) pthread_join(t[i], NULL);
    return own_ns() - begin;
}

static int more(void *arg) {
    double same[TIMES], four[TIMES], t_same[TIMES], t_four[TIMES];
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
    (void)arg;
    cpus = cpus > PIECES / 4 ? PIECES / 4 : cpus;
    for (int i = 0; i < TIMES; i++) {
        same[i] = by_goroutines(cpus);
        four[i] = by_goroutines(4 * cpus);
        t_same[i] = by_threads(cpus);
        t_four[i] = by_threads(4 * cpus);
    }
    wc_figure("time_share", median(four, TIMES) / median(same, TIMES));
    wc_figure("pthread.time_share", median(t_four, TIMES) / median(t_same, TIMES));
    return 0;
}

static int words(void) {
#if defined(__x86_64__)
    unsigned a, bytes = 512, c, d;
    if (__get_cpuid_count(0xd, 0, &a, &bytes, &c, &d) == 0) bytes = 512; /* FXSAVE */
    double n = 18 + bytes / 8.0;                                         /* with rip and rflags */
#else
    double n = 34 + 64 + 2; /* x0 to x30, sp, pc, pstate; 32 vectors of two words; fpsr, fpcr */
#endif
    WC_CHECK(n > 50);
    wc_figure("pthread.words", n);
    return 0;
}

static intptr_t opens(void *arg) { return open(arg, O_RDONLY | O_CLOEXEC); }

static int files(void *arg) {
    static double us[OPENS];
    (void)arg;
    for (int i = 0; i < OPENS; i++) {
        int64_t begin = weft_now();
        int fd = (int)weft_blocking(opens, "/proc/self/exe");
        us[i] = (double)(weft_now() - begin) / 1000;
        WC_CHECK(fd >= 0);
        close(fd);
    }
    double middle = median(us, OPENS);
    wc_figure("open_us", middle);
    wc_figure("p99_us", us[OPENS * 99 / 100]);
    return 0;
}

WC_CASE(claim_more, .item = "claim 9", .main = more, .procs = 2, .alone = 1, .not_under = WC_NOT_ASAN | WC_NOT_TSAN,
        .not_why = "its times are what it is for", .twin = "claim_more");
WC_CASE(claim_words, .item = "claim 31", .proc = words, .procs = 1, .no_twin = "it is about threads");
WC_CASE(claim_open, .item = "claim 62", .main = files, .procs = 1, .alone = 1, .not_under = WC_NOT_ASAN | WC_NOT_TSAN,
        .not_why = "its times are what it is for", .twin = "claim_open");
