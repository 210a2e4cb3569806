/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For unit tests whose subject ends the process: run a function in a forked child and look at what it wrote and how it ended.
 * EXPECT reports and counts; a test's main returns done().
 */
#ifndef UNIT_CHILD_H
#define UNIT_CHILD_H

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "include/weft.h"

enum { CHILD_TEXT = 1 << 20 };
struct child {
    int status; /* exit status, or 128 + signal */
    char out[CHILD_TEXT], err[CHILD_TEXT];
    double seconds;
};

static int failures;
#define EXPECT(x, c)                                                                                               \
    do {                                                                                                           \
        if (!(x)) {                                                                                                \
            const struct child *c_ = (c);                                                                          \
            failures++;                                                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                                \
            if (c_) fprintf(stderr, "status %d\nstdout: %.400s\nstderr: %.1500s\n", c_->status, c_->out, c_->err); \
        }                                                                                                          \
    } while (0)

/* Goroutines that wait. From any thread. */
static inline uint64_t waiting(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.waiting;
}
/* On a goroutine: until n wait, 10 s at the most. */
static inline void await_waiting(uint64_t n) {
    for (int ms = 0; waiting() < n && ms < 10000; ms++) weft_sleep(1000000);
}

static inline int done(void) {
    if (failures == 0) printf("ok\n");
    return failures != 0;
}

static inline double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline size_t pour(int fd, char *to, size_t n) {
    ssize_t k = read(fd, to + n, CHILD_TEXT - 1 - n);
    return k > 0 ? n + (size_t)k : (size_t)-1;
}

/* The child's exit status is fn's result. Killed after 60 s. */
static inline const struct child *in_child(int (*fn)(void *), void *arg) {
    static struct child c;
    int out[2], err[2], status = 0;
    size_t nout = 0, nerr = 0;
    memset(&c, 0, sizeof c);
    fflush(NULL);
    if (pipe(out) != 0 || pipe(err) != 0) abort();
    double start = seconds_now();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        close(out[0]), close(out[1]), close(err[0]), close(err[1]);
        alarm(60);
        exit(fn(arg));
    }
    close(out[1]), close(err[1]);
    struct pollfd p[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
    while (p[0].fd >= 0 || p[1].fd >= 0) {
        poll(p, 2, -1);
        if (p[0].fd >= 0 && p[0].revents && (nout = pour(out[0], c.out, nout)) == (size_t)-1) p[0].fd = -1;
        if (p[1].fd >= 0 && p[1].revents && (nerr = pour(err[0], c.err, nerr)) == (size_t)-1) p[1].fd = -1;
    }
    close(out[0]), close(err[0]);
    waitpid(pid, &status, 0);
    c.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    c.seconds = seconds_now() - start;
    return &c;
}

struct in_run {
    int (*fn)(void *);
    void *arg;
};
static inline int run_it(void *p) {
    struct in_run *r = p;
    return weft_run(r->fn, r->arg);
}
/* The same with fn as the main goroutine. */
static inline const struct child *in_weft(int (*fn)(void *), void *arg) {
    return in_child(run_it, &(struct in_run){fn, arg});
}

static inline int starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }
static inline int has(const char *text, const char *what) { return strstr(text, what) != NULL; }
static inline int times(const char *text, const char *what) {
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what)) n++;
    return n;
}

#endif
