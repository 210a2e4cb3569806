/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_post, weft_hold and weft_release from foreign threads.
 * Source:   api.md, "A foreign thread may still post".
 * Goal:     what threads post runs, all of it and once each, also while every processor is idle; -ESRCH after the run.
 * Method:   4 plain threads post 2000 functions each while main sleeps on a WaitGroup under a hold; each adds its number.
 *           A thread posts into an idle runtime, one at a time, and waits for each to have run.
 * Expected: the sum; exit 0.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "case.h"

enum { THREADS = 4, POSTS = 2000 / WC_SLOW };
static weft_waitgroup wg;
static _Atomic long sum;

static void add(void *arg) {
    sum += (long)(intptr_t)arg;
    weft_waitgroup_done(&wg);
}

static void *poster(void *arg) {
    for (intptr_t i = 1; i <= POSTS; i++) WC_EQ(weft_post(add, (void *)i), 0);
    return arg;
}

static int many(void *arg) {
    pthread_t t[THREADS];
    weft_hold();
    weft_waitgroup_add(&wg, THREADS * POSTS);
    for (int i = 0; i < THREADS; i++) WC_EQ(pthread_create(&t[i], NULL, poster, arg), 0);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < THREADS; i++) pthread_join(t[i], NULL);
    weft_release();
    WC_EQ(sum, (long)THREADS * POSTS * (POSTS + 1) / 2);
    return 0;
}

static sem_t ran;

static void tell(void *arg) {
    (void)arg;
    sem_post(&ran);
}

static void wake_main(void *arg) { weft_chan_close(arg); }

static void *one_by_one(void *arg) {
    for (int i = 0; i < 200; i++) {
        WC_EQ(weft_post(tell, NULL), 0);
        sem_wait(&ran);
    }
    WC_EQ(weft_post(wake_main, arg), 0);
    return NULL;
}

static int idle(void *arg) {
    (void)arg;
    pthread_t t;
    weft_chan *c = wc_chan(1, 0);
    sem_init(&ran, 0, 0);
    weft_hold();
    WC_EQ(pthread_create(&t, NULL, one_by_one, c), 0);
    weft_chan_recv(c, NULL);
    pthread_join(t, NULL);
    weft_release();
    return 0;
}

WC_CASE(api_post_many, .item = "api", .main = many, .no_twin = "Go has no foreign threads without cgo");
WC_CASE(api_post_idle, .item = "api", .main = idle, .no_twin = "Go has no foreign threads without cgo");
