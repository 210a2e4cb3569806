/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync objects, short.
 * Goal:   one at a time in a mutex, no wake-up lost in a cond, readers and writers apart, once once, a count that comes
 *         to zero wakes all.
 * Method: `inside` counts who is in; a yield in the midst lets the others come. A lost wake-up is a deadlock.
 */
#include "meet.h"

enum { ROUNDS = 3 };
static weft_mutex m;
static weft_cond not_full, not_empty;
static weft_rwmutex rw;
static weft_waitgroup wg, gate;
static weft_sema sema;
static weft_once once;
static int inside, readers, used, put, got, inits;

static void locker(void *arg) {
    meet(3);
    for (int i = 0; i < ROUNDS; i++) {
        if (arg && weft_mutex_lock_until(&m, weft_now() + 2000) != 0) continue;
        if (!arg) weft_mutex_lock(&m);
        WC_EQ(inside++, 0);
        weft_yield();
        WC_EQ(--inside, 0);
        weft_mutex_unlock(&m);
    }
}
static int mutex(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < 4; i++) weft_waitgroup_go(&wg, locker, (void *)(i & 1));
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_mutex_try_lock(&m), 1);
    return 0;
}
WC_CASE(sim_mutex, .item = "sim", .main = mutex, .no_twin = "no output to compare");

static void producer(void *arg) {
    (void)arg;
    meet(3);
    for (int i = 0; i < ROUNDS; i++) {
        weft_mutex_lock(&m);
        while (used == 1) weft_cond_wait(&not_full, &m);
        used++;
        put++;
        weft_cond_signal(&not_empty);
        weft_mutex_unlock(&m);
    }
}
static void consumer(void *arg) {
    (void)arg;
    meet(3);
    for (int i = 0; i < ROUNDS; i++) {
        weft_mutex_lock(&m);
        while (used == 0) weft_cond_wait(&not_empty, &m);
        used--;
        got++;
        weft_cond_signal(&not_full);
        weft_mutex_unlock(&m);
    }
}
static int cond(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) {
        weft_waitgroup_go(&wg, producer, NULL);
        weft_waitgroup_go(&wg, consumer, NULL);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(put, 2 * ROUNDS);
    WC_EQ(got, 2 * ROUNDS);
    return 0;
}
WC_CASE(sim_cond, .item = "sim", .main = cond, .no_twin = "no output to compare");

static void reader(void *arg) {
    (void)arg;
    meet(3);
    for (int i = 0; i < ROUNDS; i++) {
        weft_rwmutex_rlock(&rw);
        readers++;
        WC_EQ(inside, 0);
        weft_yield();
        WC_EQ(inside, 0);
        readers--;
        weft_rwmutex_runlock(&rw);
    }
}
static void writer(void *arg) {
    (void)arg;
    meet(3);
    for (int i = 0; i < ROUNDS; i++) {
        weft_rwmutex_lock(&rw);
        WC_EQ(inside++ + readers, 0);
        weft_yield();
        WC_EQ(--inside + readers, 0);
        weft_rwmutex_unlock(&rw);
    }
}
static int rwmutex(void *arg) {
    (void)arg;
    for (int i = 0; i < 2; i++) {
        weft_waitgroup_go(&wg, reader, NULL);
        weft_waitgroup_go(&wg, writer, NULL);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_rwmutex_try_lock(&rw), 1);
    return 0;
}
WC_CASE(sim_rwmutex, .item = "sim", .main = rwmutex, .no_twin = "no output to compare");

static void init(void *arg) {
    (void)arg;
    weft_yield();
    inits++;
}
static void takes_part(void *arg) {
    meet(4);
    weft_once_do(&once, init, NULL);
    WC_EQ(inits, 1);
    if (!arg) {
        weft_sema_acquire(&sema);
    } else if (weft_sema_acquire_until(&sema, weft_now() + 3000) != 0) {
        weft_waitgroup_done(&gate);
        return;
    }
    WC_CHECK(++inside <= 2);
    weft_yield();
    inside--;
    weft_sema_release(&sema, 1);
    weft_waitgroup_done(&gate);
    weft_waitgroup_add(&gate, 0); /* changes nothing, also while those who wait are let go */
}
static void waits(void *arg) {
    (void)arg;
    weft_waitgroup_wait(&gate);
    WC_EQ(inside, 0);
}
static int rest(void *arg) {
    (void)arg;
    weft_sema_init(&sema, 2);
    weft_waitgroup_add(&gate, 5);
    for (int i = 0; i < 2; i++) weft_waitgroup_go(&wg, waits, NULL);
    for (intptr_t i = 0; i < 5; i++) weft_go(takes_part, (void *)(i & 1));
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_sema_try_acquire(&sema) + weft_sema_try_acquire(&sema) + weft_sema_try_acquire(&sema), 2);
    return 0;
}
WC_CASE(sim_sema_once_waitgroup, .item = "sim", .main = rest, .no_twin = "no output to compare");
