/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads without descriptors: goroutines, stacks, deadlines, threads, calls that block, preemption, the end of a run. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "works.h"

static weft_waitgroup wg;
static atomic_long sum;

/* Those that could be started come to their end. */
static void wait_all(void)
{
    wf_step("wait for all");
    WF_CHECK(weft_waitgroup_wait_until(&wg, weft_now() + 20 * WF_SEC) == 0);
}

static void start(const struct weft_go_options *o, weft_fn fn, void *arg)
{
    weft_waitgroup_add(&wg, 1);
    if (wf_try("go_with", weft_go_with(o, fn, arg)) != 0)
        weft_waitgroup_done(&wg);
}

/* ---- few: what every run has ---- */

static void adds(void *arg)
{
    atomic_fetch_add(&sum, (long)(intptr_t)arg);
    weft_yield();
    weft_waitgroup_done(&wg);
}

int wf_few(void *arg)
{
    (void)arg;
    wg = (weft_waitgroup){0};
    sum = 0;
    wf_beside_start();
    for (intptr_t i = 1; i <= 10; i++) {
        weft_waitgroup_add(&wg, 1);
        weft_go(adds, (void *)i);
    }
    wait_all();
    WF_CHECK(sum == 55);
    wf_beside_end();
    return 0;
}

void wf_default_procs(void) { unsetenv("WEFT_PROCS"); }

/* ---- many: descriptors, stacks of each kind, small objects, the global queue, deadlines ---- */

/* Uses n KiB of stack. */
static __attribute__((noinline)) long deep(int n)
{
    volatile char page[1024];
    memset((char *)page, n, sizeof page);
    long below = n > 1 ? deep(n - 1) : 0;
    return below + page[n % 1024];
}

static void goes_deep(void *arg)
{
    deep((int)(intptr_t)arg);
    weft_yield();
    weft_waitgroup_done(&wg);
}

static void sleeps(void *arg)
{
    (void)arg;
    weft_sleep(3 * WF_MS);
    weft_waitgroup_done(&wg);
}

static void copied(void *arg)
{
    const char *p = arg;
    WF_CHECK(p[0] == 7 && p[4999] == 7);
    weft_yield();
    WF_CHECK(p[0] == 7 && p[4999] == 7);
    weft_waitgroup_done(&wg);
}

int wf_many(void *arg)
{
    char bytes[5000];
    (void)arg;
    wg = (weft_waitgroup){0};
    memset(bytes, 7, sizeof bytes);
    wf_beside_start();
    wf_step("goroutines");
    for (int i = 0; i < 900; i++)
        start(NULL, i % 3 ? sleeps : goes_deep, (void *)(intptr_t)20);
    for (int i = 0; i < 40; i++)
        start(&(struct weft_go_options){.small = 1}, sleeps, NULL);
    for (int i = 0; i < 3; i++)
        start(&(struct weft_go_options){.stack_size = 8 << 20, .name = "deep"}, goes_deep, (void *)(intptr_t)4000);
    for (int i = 0; i < 3; i++)
        start(&(struct weft_go_options){.copy = bytes, .copy_size = sizeof bytes}, copied, NULL);
    wait_all();
    wf_beside_end();
    return 0;
}

/* ---- procs: more and fewer ---- */

int wf_procs(void *arg)
{
    (void)arg;
    wg = (weft_waitgroup){0};
    wf_beside_start();
    for (int n = 1; n <= 5; n++) {
        wf_step("procs");
        weft_procs(n);
        for (int i = 0; i < 50; i++)
            start(NULL, adds, NULL);
        wait_all();
    }
    weft_procs(2);
    wf_beside_end();
    return 0;
}

/* ---- post: from a thread that is not the run's ---- */

static void *posts(void *arg)
{
    (void)arg;
    weft_hold();
    for (int i = 0; i < 600; i++)
        if (wf_try("post", weft_post(adds, NULL)) != 0)
            weft_waitgroup_done(&wg); /* misuse from here, but nobody waits yet */
    weft_release();
    return NULL;
}

int wf_post(void *arg)
{
    pthread_t t;
    (void)arg;
    wg = (weft_waitgroup){0};
    weft_waitgroup_add(&wg, 600);
    WF_CHECK(pthread_create(&t, NULL, posts, NULL) == 0);
    WF_CHECK(pthread_join(t, NULL) == 0);
    wait_all();
    return 0;
}

/* ---- objects: what users make and free ---- */

static void panics(void *arg) { weft_panic("caught %d", (int)(intptr_t)arg); }
static void nothing(void *arg) { (void)arg; }

static void defers(void *arg)
{
    weft_defer(nothing, NULL);
    WF_CHECK(weft_pcall(panics, arg) != NULL);
    weft_waitgroup_done(&wg);
}

int wf_objects(void *arg)
{
    (void)arg;
    wg = (weft_waitgroup){0};
    weft_chan *c = weft_chan_new(8, 100);
    weft_timer *t = weft_timer_new(WF_MS), *tick = weft_ticker_new(WF_MS), *later = weft_after_func(WF_MS, nothing, NULL);
    weft_context *x = weft_context_with_deadline(NULL, weft_now() + 5 * WF_MS), *y = weft_context_new(x);
    for (intptr_t i = 0; i < 20; i++) {
        weft_waitgroup_add(&wg, 1);
        weft_go(defers, (void *)i);
    }
    wf_step("timers");
    WF_CHECK(weft_chan_recv(weft_timer_chan(t), NULL) == 1 && weft_chan_recv(weft_timer_chan(tick), NULL) == 1);
    WF_CHECK(weft_chan_recv(weft_context_done(y), NULL) == 0 && weft_context_err(y) == -ETIMEDOUT);
    wait_all();
    weft_timer_free(t);
    weft_timer_free(tick);
    weft_timer_free(later);
    weft_context_free(y);
    weft_context_free(x);
    weft_chan_free(c);
    return 0;
}

/* ---- calls: threads come, block, idle, end; goroutines with a thread of their own ---- */

static intptr_t naps(void *arg)
{
    struct timespec left = {.tv_nsec = (long)(intptr_t)arg * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
    return 5;
}

static void blocks(void *arg)
{
    for (int i = 0; i < 3; i++)
        WF_CHECK(weft_blocking(naps, arg) == 5);
    weft_waitgroup_done(&wg);
}

static void locked(void *arg)
{
    (void)arg;
    weft_lock_thread();
    for (int i = 0; i < 5; i++)
        weft_sleep(WF_MS / 5);
    weft_waitgroup_done(&wg); /* its thread ends with it */
}

int wf_calls(void *arg)
{
    (void)arg;
    wg = (weft_waitgroup){0};
    wf_beside_start();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 6; i++)
            start(NULL, blocks, (void *)(intptr_t)1500);
        for (int i = 0; i < 3; i++)
            start(NULL, locked, NULL);
        wait_all();
        weft_sleep(30 * WF_MS); /* idle threads retire meanwhile (retire=5) */
    }
    wf_beside_end();
    return 0;
}

/* ---- hogs: more goroutines that compute than processors ---- */

static void computes(void *arg)
{
    struct timespec t, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    long until = end.tv_sec * 1000000000L + end.tv_nsec + (long)(intptr_t)arg;
    do
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    while (t.tv_sec * 1000000000L + t.tv_nsec < until);
    weft_waitgroup_done(&wg);
}

/* Sleeps in the kernel without saying so: its processor is wanted by others. */
static void sleeps_there(void *arg)
{
    naps(arg);
    weft_waitgroup_done(&wg);
}

int wf_hogs(void *arg)
{
    (void)arg;
    wg = (weft_waitgroup){0};
    wf_beside_start();
    for (int i = 0; i < 5; i++)
        start(NULL, computes, (void *)(intptr_t)(8 * WF_MS));
    for (int i = 0; i < 2; i++)
        start(NULL, sleeps_there, (void *)(intptr_t)8000);
    wait_all();
    wf_beside_end();
    return 0;
}

/* ---- rest: stacks that were deep and then stand idle give their pages back ---- */

int wf_rest(void *arg)
{
    wf_many(arg);
    wg = (weft_waitgroup){0};
    for (int i = 0; i < 50; i++)
        start(NULL, goes_deep, (void *)(intptr_t)200);
    wait_all();
    wf_step("rest");
    for (int i = 0; i < 20; i++)
        weft_sleep(60 * WF_MS);
    return 0;
}

/* ---- end: beside goroutines that do not come ---- */

static atomic_int inside;

static void spins(void *arg)
{
    (void)arg;
    atomic_fetch_add(&inside, 1);
    for (;;)
        atomic_load_explicit(&sum, memory_order_relaxed);
}

static intptr_t waits(void *arg)
{
    struct timespec t = {.tv_sec = 1000};
    (void)arg;
    atomic_fetch_add(&inside, 1);
    while (nanosleep(&t, &t) != 0)
        continue;
    return 0;
}
static void waits_there(void *arg) { weft_blocking(waits, arg); }

int wf_end(void *arg)
{
    (void)arg;
    inside = 0;
    weft_go(spins, NULL);
    weft_go(waits_there, NULL);
    int64_t end = weft_now() + 20 * WF_SEC;
    while (inside < 2 && weft_now() < end)
        weft_sleep(WF_MS);
    WF_CHECK(inside == 2);
    return 0;
}

/* ---- overflows: the guard page is there ---- */

static void overflows(void *arg)
{
    (void)arg;
    deep(1 << 20);
}

int wf_overflows(void *arg)
{
    weft_go(overflows, arg);
    weft_sleep(20 * WF_SEC);
    return 1;
}
