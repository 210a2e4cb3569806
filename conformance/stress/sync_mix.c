/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync objects under random use.
 * Source:   sync's documentation; api.md.
 * Goal:     a bounded buffer of mutex and two conds, a rwmutex and a WaitGroup keep their invariants; a count of values in
 *           and out agrees.
 * Method:   8 producers and 8 consumers over a ring of 5 guarded by mutex and conds, with signal and, sometimes, broadcast;
 *           every 16th step takes a rwmutex and checks that two variables that writers change together agree.
 * Expected: the sums agree; exit 0; silence but for the seed.
 */
#include "case.h"

enum { SIDE = 8, EACH = 3000 / WC_SLOW, RING = 5 };
static weft_mutex m;
static weft_cond not_full, not_empty;
static weft_rwmutex rw;
static weft_waitgroup wg;
static int64_t ring[RING], put_sum, got_sum;
static int head, used, twin_a, twin_b;
static uint64_t seed;

static void wake(weft_cond *c, uint64_t *r) {
    if (wc_rand(r) % 16 == 0)
        weft_cond_broadcast(c);
    else
        weft_cond_signal(c);
}

static void look(uint64_t *r) {
    if (wc_rand(r) % 4 == 0) {
        weft_rwmutex_lock(&rw);
        twin_a++;
        if (wc_rand(r) % 4 == 0) weft_yield();
        twin_b++;
        weft_rwmutex_unlock(&rw);
    } else {
        weft_rwmutex_rlock(&rw);
        WC_EQ(twin_a, twin_b);
        if (wc_rand(r) % 4 == 0) weft_yield();
        WC_EQ(twin_a, twin_b);
        weft_rwmutex_runlock(&rw);
    }
}

static void producer(void *arg) {
    uint64_t r = seed + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < EACH; i++) {
        int64_t v = (int64_t)(wc_rand(&r) >> 24);
        weft_mutex_lock(&m);
        while (used == RING) weft_cond_wait(&not_full, &m);
        ring[(head + used++) % RING] = v;
        put_sum += v;
        wake(&not_empty, &r);
        weft_mutex_unlock(&m);
        if (i % 16 == 0) look(&r);
    }
}

static void consumer(void *arg) {
    uint64_t r = seed + 500 + (uint64_t)(intptr_t)arg;
    for (int i = 0; i < EACH; i++) {
        weft_mutex_lock(&m);
        while (used == 0) weft_cond_wait(&not_empty, &m);
        got_sum += ring[head];
        head = (head + 1) % RING;
        used--;
        wake(&not_full, &r);
        weft_mutex_unlock(&m);
        if (i % 16 == 0) look(&r);
    }
}

static int body(void *arg) {
    (void)arg;
    seed = wc_seed();
    for (intptr_t i = 0; i < SIDE; i++) {
        weft_waitgroup_go(&wg, producer, (void *)i);
        weft_waitgroup_go(&wg, consumer, (void *)i);
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(put_sum, got_sum);
    WC_EQ(used, 0);
    WC_EQ(twin_a, twin_b);
    return 0;
}

WC_CASE(stress_sync_mix, .item = "stress", .main = body, .timeout_s = 60, .no_twin = "no output to compare");
