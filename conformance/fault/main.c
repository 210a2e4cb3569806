/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_faults: every call to the system that the runtime makes fails, the first time, the n-th, from there on and every time, and what
 * comes of it is held against table.c. This file: the command line, and children, some at a time, each with a time limit.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner.h"

enum { JOBS_MAX = 16, GRACE_MS = 3000 };

static const char usage[] =
    "usage: weft_faults [--sample] [--filter RE] [--jobs N] [--seed N] [--verbose] [--list] [--sites] [--work NAME]\n"
    "\n"
    "Every call to the system in Weft's runtime fails, as conformance/fault/table.c says it may; what comes of it must be what that\n"
    "table promises, nothing hangs, nothing is lost. The last line counts.\n"
    "  --sample    one case a site, of the workloads that are not slow\n"
    "  --filter RE only cases whose name this finds: FILE:FUNCTION:CALL#SITE/ERROR/MODE\n"
    "  --jobs N    so many at once (default 2)\n"
    "  --seed N    which n-th calls fail (default 1)\n"
    "  --verbose   a line a case\n"
    "  --list      the cases; --sites: every site, how often its workload calls it, its entry\n"
    "  --work NAME a workload without faults, and how often it calls each site\n"
    "\n"
    "exit status: 0 no failure, 1 failures, 2 bad usage\n";

struct wf_options wf_options = {.jobs = 2, .seed = 1};

/* ---- a child ---- */

struct job {
    struct wf_case *c;
    struct wf_shared *shared;
    pid_t pid;
    int err;
    int64_t began;
    int asked; /* SIGQUIT was sent: dump the goroutines */
};
static struct job job[JOBS_MAX];

/* Time that the runner saw pass, looking once a second at least: a machine that stood still is no hang. */
static int64_t now_ms(void)
{
    static int64_t seen, last;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t now = t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000, step = now - last;
    last = now;
    return seen += step < 1500 ? step : 1500;
}

static void start(struct job *j, struct wf_case *c)
{
    if (!j->shared)
        j->shared = mmap(NULL, sizeof *j->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(j->shared, 0, sizeof *j->shared);
    j->shared->plan = c->plan;
    j->c = c;
    j->err = memfd_create("stderr", MFD_CLOEXEC);
    j->began = now_ms();
    j->asked = 0;
    fflush(NULL);
    j->pid = fork();
    if (j->pid != 0)
        return;
    int null = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    dup2(null, 0), dup2(null, 1), dup2(j->err, 2);
    close(null);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    wf_shared = j->shared;
    exit(wf_child(c->work, c->entry));
}

static void finish(struct job *j, int status)
{
    static char text[65536];
    ssize_t n = pread(j->err, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    close(j->err);
    kill(-j->pid, SIGKILL);
    j->c->ms = (int)(now_ms() - j->began);
    struct wf_end end = {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), j->asked, text, j->shared};
    j->pid = 0;
    wf_judge(j->c, &end);
    if (wf_options.verbose) {
        char name[200];
        wf_name(j->c, name, sizeof name);
        printf("%-7s %s: struck %d (%d ms)\n", j->c->why[0] ? "wrong" : j->c->again ? "again" : "ok", name, j->c->struck, j->c->ms);
    }
}

/* Too late: first a dump, then the end. Returns ms until the next limit. */
static int64_t limits(void)
{
    int64_t next = 1000, now = now_ms();
    for (int i = 0; i < wf_options.jobs; i++) {
        struct job *j = &job[i];
        int64_t left = j->began + WF_TIMEOUT_MS + (j->asked ? GRACE_MS : 0) - now;
        if (j->pid && left <= 0) {
            kill(j->asked ? -j->pid : j->pid, j->asked ? SIGKILL : SIGQUIT);
            j->asked++;
            left = GRACE_MS;
        }
        if (j->pid && left < next)
            next = left;
    }
    return next;
}

/* Until one has ended. */
static void wait_for_one(void)
{
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);
        for (int i = 0; pid > 0 && i < wf_options.jobs; i++)
            if (job[i].pid == pid) {
                finish(&job[i], status);
                return;
            }
        int64_t ms = limits();
        struct timespec t = {ms / 1000, ms % 1000 * 1000000};
        if (pid <= 0)
            sigtimedwait(&chld, NULL, &t);
    }
}

void wf_run_all(struct wf_case *cases, size_t n)
{
    size_t next = 0, running = 0;
    while (next < n || running) {
        for (int i = 0; i < wf_options.jobs && next < n; i++)
            if (!job[i].pid) {
                start(&job[i], &cases[next++]);
                running++;
            }
        wait_for_one();
        running--;
    }
}

/* ---- the command line ---- */

static int number(const char *text, long least, long most, long *to)
{
    char *end;
    *to = strtol(text, &end, 10);
    return *text && !*end && *to >= least && *to <= most;
}

static int parse(int argc, char **argv)
{
    struct wf_options *o = &wf_options;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
        long x;
        if (strcmp(a, "--help") == 0)
            fputs(usage, stdout), exit(0);
        if (strcmp(a, "--sample") == 0)
            o->sample = 1;
        else if (strcmp(a, "--verbose") == 0)
            o->verbose = 1;
        else if (strcmp(a, "--list") == 0)
            o->list = 1;
        else if (strcmp(a, "--sites") == 0)
            o->sites = 1;
        else if (strcmp(a, "--filter") == 0 && regcomp(&o->re, value, REG_EXTENDED | REG_NOSUB) == 0 && ++i)
            o->filter = value;
        else if (strcmp(a, "--jobs") == 0 && number(value, 1, JOBS_MAX, &x) && ++i)
            o->jobs = (int)x;
        else if (strcmp(a, "--seed") == 0 && number(value, 0, INT32_MAX, &x) && ++i)
            o->seed = (unsigned)x;
        else if (strcmp(a, "--work") == 0 && wf_work(value) && ++i)
            o->work = value;
        else
            return fprintf(stderr, "weft_faults: bad argument '%s' (--help)\n", a), 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int bad = parse(argc, argv);
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    return bad ? bad : wf_cases();
}
