/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A case's process: a run of the workload with the plan armed, one without faults after it, which has to be wholly right, and after
 * each of them a look at what was left behind: descriptors, threads, mappings, handlers, the mask, the alternate stack.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

/* ---- what a workload says ---- */

void wf_step(const char *what) { snprintf(wf_shared->step, sizeof wf_shared->step, "%s", what); }

static int run_number;
static const struct wf_entry *entry; /* NULL: nothing fails */

int64_t wf_patience(void) { return run_number == 0 && entry && entry->gives && strstr(entry->gives, "ETIMEDOUT") ? 300 * WF_MS : 20 * WF_SEC; }

long wf_try(const char *call, long result)
{
    if (result >= 0)
        return result;
    while (atomic_exchange(&wf_shared->lock, 1))
        continue;
    struct wf_note new = {.error = (int)-result, .run = run_number};
    snprintf(new.call, sizeof new.call, "%s", call);
    int i = 0;
    while (i < wf_shared->notes && memcmp(&wf_shared->note[i], &new, sizeof new) != 0)
        i++;
    if (i < WF_NOTES_MAX) {
        wf_shared->note[i] = new;
        if (i == wf_shared->notes)
            wf_shared->notes++;
    }
    atomic_store(&wf_shared->lock, 0);
    return result;
}

void wf_wrong(const char *file, int line, const char *what)
{
    const char *slash = strrchr(file, '/');
    snprintf(wf_shared->wrong, sizeof wf_shared->wrong, "%s:%d: %s (run %d, after: %s)", slash ? slash + 1 : file, line, what, run_number,
             wf_shared->step);
    _exit(1);
}

/* ---- bystanders ---- */

static weft_waitgroup beside;
static weft_mutex mutex;
static atomic_int enough;
static weft_chan *there, *back;

/* A token goes round; a deadline, so that its end is seen whatever became of the other. */
static void passes(void *arg)
{
    weft_chan *in = arg ? there : back, *out = arg ? back : there;
    int n;
    if (!arg)
        weft_chan_send(out, &(int){0});
    while (weft_chan_recv_until(in, &n, weft_now() + 20 * WF_SEC) == 1 && n >= 0) {
        weft_mutex_lock(&mutex);
        n = !arg && enough ? -1 : n + 1;
        weft_mutex_unlock(&mutex);
        weft_chan_send(out, &n);
        if (n < 0)
            return;
    }
    WF_CHECK(enough);
}

static void ticks(void *arg)
{
    (void)arg;
    do
        weft_sleep(WF_MS / 4);
    while (!enough);
}

void wf_beside_start(void)
{
    enough = 0;
    beside = (weft_waitgroup){0};
    mutex = (weft_mutex){0};
    there = weft_chan_new(sizeof(int), 1);
    back = weft_chan_new(sizeof(int), 1);
    weft_waitgroup_go(&beside, passes, NULL);
    weft_waitgroup_go(&beside, passes, &beside);
    weft_waitgroup_go(&beside, ticks, NULL);
}

void wf_beside_end(void)
{
    enough = 1;
    WF_CHECK(weft_waitgroup_wait_until(&beside, weft_now() + 20 * WF_SEC) == 0);
    weft_chan_free(there);
    weft_chan_free(back);
}

/* ---- what is left ---- */

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGURG, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE};
enum { SIGNALS = sizeof signals / sizeof *signals, SA_RESTORER_OF_LIBC = 0x04000000 };

struct left {
    int fds, threads;
    long mapped;
    struct sigaction action[SIGNALS];
    sigset_t mask;
    stack_t alternate;
};

static int entries(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n;
}

static void look(struct left *l)
{
    memset(l, 0, sizeof *l);
    l->fds = entries("/proc/self/fd");
    l->threads = entries("/proc/self/task");
    l->mapped = wf_bytes_mapped();
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], NULL, &l->action[i]);
    pthread_sigmask(SIG_SETMASK, NULL, &l->mask);
    sigaltstack(NULL, &l->alternate);
}

static void differs(const char *what, long before, long after)
{
    snprintf(wf_shared->wrong, sizeof wf_shared->wrong, "%s: %ld before run %d, %ld after it", what, before, run_number, after);
    _exit(1);
}

static void compare(const struct left *b)
{
    struct left a;
    look(&a);
    for (int i = 0; i < 2000 && a.threads > b->threads; i++) { /* one that was joined may stand in /proc for a moment */
        usleep(1000);
        look(&a);
    }
    if (a.threads != b->threads)
        differs("threads", b->threads, a.threads);
    if (a.fds != b->fds)
        differs("descriptors", b->fds, a.fds);
    if (a.mapped != b->mapped && !(run_number == 0 && entry && entry->lost))
        differs("bytes mapped", b->mapped, a.mapped);
    for (int i = 0; i < SIGNALS; i++)
        if (a.action[i].sa_handler != b->action[i].sa_handler || ((a.action[i].sa_flags ^ b->action[i].sa_flags) & ~SA_RESTORER_OF_LIBC))
            differs("handler of signal", signals[i], a.action[i].sa_flags);
    if (memcmp(&a.mask, &b->mask, sizeof a.mask) != 0)
        differs("the signal mask", 0, 1);
    if (a.alternate.ss_sp != b->alternate.ss_sp || a.alternate.ss_flags != b->alternate.ss_flags)
        differs("the alternate stack", b->alternate.ss_flags, a.alternate.ss_flags);
}

/* ---- the process ---- */

static void users_own(int signo) { (void)signo; }

static void one_run(const struct wf_work *w)
{
    struct left before;
    wf_step("start");
    look(&before);
    if (w->before)
        w->before();
    atomic_store(&wf_shared->armed, run_number == 0);
    int r = weft_run(w->main, NULL);
    atomic_store(&wf_shared->armed, 0);
    wf_try("run", r);
    wf_step("end of the run");
    if (r > 0)
        wf_wrong(__FILE__, __LINE__, "the main goroutine's result is not 0");
    if (w->after)
        w->after();
    compare(&before);
}

/* Handlers of the process's own, which a run that fails must not take away either. */
int wf_child(const struct wf_work *w, const struct wf_entry *e)
{
    static char alternate[65536];
    struct sigaction own = {.sa_handler = users_own, .sa_flags = SA_RESTART};
    for (int i = 0; i < SIGNALS; i++)
        if (signals[i] != SIGQUIT && signals[i] != SIGPIPE)
            sigaction(signals[i], &own, NULL);
    entry = e;
    sigaltstack(&(stack_t){.ss_sp = alternate, .ss_size = sizeof alternate}, NULL);
    setenv("WEFT_DEBUG", w->debug ? w->debug : "", 1);
    setenv("WEFT_PROCS", "2", 1);
    for (run_number = 0; run_number < 2; run_number++)
        one_run(w);
    return 0;
}
