/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign threads post without a pause while runs start and stop.
 * Source:   api.md: main is 1; weft_post outside a run: -ESRCH; "Clean shutdown".
 * Goal:     a post that comes while a run starts or ends belongs to that run or to none: it takes neither main's number nor
 *           a spinner's place in the next run.
 * Method:   three threads in a loop of weft_post, a thousand short runs meanwhile; in each main looks at its number, waits for
 *           a few goroutines and looks at the number of spinning threads.
 * Expected: 1; at most as many spinning threads as there are threads; a post never gives anything but 0 or -ESRCH; exit 0, silence.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "case.h"

enum { THREADS = 3, RUNS = 1000 / WC_SLOW };
static atomic_int stop;

static void nothing(void *a) { (void)a; }
static void *posts(void *a) {
    while (!stop) {
        int e = weft_post(nothing, NULL);
        WC_CHECK(e == 0 || e == -ESRCH);
    }
    return a;
}

static void done(void *wg) { weft_waitgroup_done(wg); }
static int main_fn(void *arg) {
    (void)arg;
    WC_EQ(weft_id(), 1);
    weft_waitgroup wg = {0};
    for (int i = 0; i < 8; i++) {
        weft_waitgroup_add(&wg, 1);
        weft_go(done, &wg);
    }
    weft_waitgroup_wait(&wg);
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    WC_CHECK(s.threads_spinning <= s.threads);
    return 0;
}

static int body(void) {
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) WC_EQ(pthread_create(&t[i], NULL, posts, NULL), 0);
    for (int i = 0; i < RUNS; i++) WC_EQ(weft_run(main_fn, NULL), 0);
    stop = 1;
    for (int i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    return 0;
}

WC_CASE(stress_post_storm, .item = "stress", .proc = body, .timeout_s = 120, .no_twin = "Go has no foreign threads without cgo");
