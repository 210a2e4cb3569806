/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a case's process: the table of cases, the watchdog thread and the helpers for bodies. Nothing here knows
 * the runner. The watchdog is a plain thread that Weft does not know: on SIGQUIT, which the runner sends at the time-out,
 * or on its own later clock, it dumps the goroutines and ends the process with status 124.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>

#include "harness.h"

/* ---- The table ---------------------------------------------------------------------------------------------------- */

enum { CASES_MAX = 512 };
static const struct wc_case *table[CASES_MAX];
static size_t table_n;

void wc_register(const struct wc_case *c) {
    if (table_n == CASES_MAX) abort();
    size_t i = table_n++;
    for (; i > 0 && strcmp(table[i - 1]->name, c->name) > 0; i--) table[i] = table[i - 1];
    table[i] = c;
}

const struct wc_case *const *wc_cases(size_t *n) {
    *n = table_n;
    return table;
}

const struct wc_case *wc_find(const char *name) {
    for (size_t i = 0; i < table_n; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}

/* ---- One case ----------------------------------------------------------------------------------------------------- */

static void *watchdog(void *arg) {
    const struct wc_case *c = arg;
    sigset_t quit;
    sigemptyset(&quit);
    sigaddset(&quit, SIGQUIT);
    /* Later than the runner's, which knows how loaded it is; this one is for a case started by hand. */
    struct timespec limit = {.tv_sec = 3 * wc_timeout_s(c)};
    while (sigtimedwait(&quit, NULL, &limit) < 0 && errno == EINTR) {}
    dprintf(2, "\nwatchdog: %s did not end in time; its goroutines:\n", c->name);
    weft_dump(2);
    _exit(124);
}

static void watchdog_start(const struct wc_case *c) {
    sigset_t quit;
    sigemptyset(&quit);
    sigaddset(&quit, SIGQUIT);
    pthread_sigmask(SIG_BLOCK, &quit, NULL);
    pthread_t t;
    if (pthread_create(&t, NULL, watchdog, (void *)c) == 0) pthread_detach(t);
}

int wc_run_case(const char *name) {
    const struct wc_case *c = wc_find(name);
    if (!c || c->exec) {
        fprintf(stderr, "weft_conformance: no case %s to run here\n", name);
        return 2;
    }
    if (!wc_sim) watchdog_start(c); /* there it would be a thread that the simulation does not know */
    if (c->proc) return c->proc();
    int rc = weft_run(c->main, NULL);
    wc_free_owned();
    fflush(stdout);
    if (rc < 0) {
        dprintf(2, "weft_run: %s\n", strerror(-rc));
        return 1;
    }
    return rc;
}

/* ---- Helpers for bodies -------------------------------------------------------------------------------------------- */

void wc_fail(const char *file, int line, const char *expr, const char *fmt, ...) {
    const char *base = strrchr(file, '/');
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    dprintf(2, "FAILED %s:%d: %s: %s\n", base ? base + 1 : file, line, expr, text);
    weft_dump(2);
    _exit(1);
}

void wc_skip(const char *why) {
    dprintf(1, "skipped: %s\n", why);
    _exit(77);
}

enum { OWNED_MAX = 4096 };
static weft_chan *owned[OWNED_MAX];
static atomic_int owned_n;

weft_chan *wc_chan(size_t elem_size, ptrdiff_t capacity) {
    int i = atomic_fetch_add(&owned_n, 1);
    WC_CHECK(i < OWNED_MAX);
    return owned[i] = weft_chan_new(elem_size, capacity);
}

void wc_free_owned(void) {
    for (int i = 0; i < owned_n; i++) weft_chan_free(owned[i]);
}

enum { INFO_MAX = 512 }; /* 28 KiB of the caller's stack */

int wc_waiting(const char *reason) {
    struct weft_goroutine_info info[INFO_MAX];
    size_t n = weft_goroutines(info, INFO_MAX);
    int count = 0;
    for (size_t i = 0; i < n && i < INFO_MAX; i++) {
        if (!info[i].wait_reason[0]) continue;
        count += !reason || strcmp(info[i].wait_reason, reason) == 0;
    }
    return count;
}

void wc_await(int n, const char *reason) { WC_UNTIL(wc_waiting(reason) >= n); }
void wc_await_goroutines(int n) { WC_UNTIL(weft_num_goroutines() == n); }

uint64_t wc_rand(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t wc_seed(void) {
    const char *given = getenv("WC_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : (uint64_t)weft_now();
    printf("seed: %" PRIu64 "\n", seed);
    fflush(stdout);
    return seed;
}

static int count_dir(const char *path) {
    DIR *d = opendir(path);
    if (!d) return -1;
    int n = 0;
    for (struct dirent *e; (e = readdir(d));) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

int wc_fds(void) { return count_dir("/proc/self/fd"); }
void wc_on_one_cpu(cpu_set_t *all) {
    cpu_set_t one;
    int first = 0;
    WC_EQ(sched_getaffinity(0, sizeof *all, all), 0);
    while (!CPU_ISSET(first, all)) first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    WC_EQ(sched_setaffinity(0, sizeof one, &one), 0);
}
int wc_threads(void) { return count_dir("/proc/self/task"); }

int wc_maps(void) {
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), n = 0;
    if (fd < 0) return -1;
    char buf[4096];
    for (ssize_t got; (got = read(fd, buf, sizeof buf)) > 0;)
        for (ssize_t i = 0; i < got; i++) n += buf[i] == '\n';
    close(fd);
    return n;
}

static long status_kib(const char *key) {
    char buf[8192];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t n = read(fd, buf, sizeof buf - 1);
    close(fd);
    if (n <= 0) return -1;
    buf[n] = 0;
    const char *at = strstr(buf, key);
    return at ? strtol(at + strlen(key), NULL, 10) : -1;
}

long wc_vm_kib(void) { return status_kib("VmSize:"); }
long wc_rss_kib(void) { return status_kib("VmRSS:"); }

int wc_no_guard(void) {
    const char *debug = getenv("WEFT_DEBUG");
    return debug && strstr(debug, "guard=none") != NULL;
}

int wc_procs(void) {
    const char *p = getenv("WEFT_PROCS");
    return p ? atoi(p) : 0;
}
