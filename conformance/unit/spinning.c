/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many threads look for work at a time.
 * Item: B75
 * Goal:   a thread without work begins to spin only while fewer than half of the busy ones do; with enough of them it goes to sleep.
 * Source: Go 1.22 proc.go: findRunnable, "Limit the number of spinning Ms to half the number of busy Ps".
 * Method: white-box, at 4 processors; main sleeps for short times, so that its thread runs out of work again and again. First somebody has
 *         to be seen spinning. Then as many spinners are made up as nobody could outnumber, and once those of before have left, no look
 *         from outside may find one more. What is seen between a thread's look and its count doesn't matter here, as it would to counting
 *         both: a thread that lost its core spins on while others go idle.
 */
#include <pthread.h>

#include "queue_test.h"

enum { MADE_UP = 1000, ROUNDS = 2000 / SLOW };
static au32 stop, most;

static void *looks(void *arg)
{
    while (!au32_load_acq(&stop)) {
        uint32_t n = au32_load_acq(&w_sched.nspinning);
        if (n > au32_load_acq(&most))
            au32_store_rel(&most, n);
    }
    return arg;
}

static void look_from(pthread_t *t)
{
    au32_store_rel(&stop, 0);
    au32_store_rel(&most, 0);
    CHECK_EQ(pthread_create(t, NULL, looks, NULL), 0);
}
static uint32_t look_to(pthread_t t)
{
    au32_store_rel(&stop, 1);
    CHECK_EQ(pthread_join(t, NULL), 0);
    return au32_load_acq(&most);
}

static int body(void *unused)
{
    pthread_t t;
    int64_t end = weft_now() + INT64_C(10000000000);
    (void)unused;
    look_from(&t);
    while (au32_load_acq(&most) == 0) {
        CHECK(weft_now() < end);
        weft_sleep(20000);
    }
    look_to(t);
    au32_add_sc(&w_sched.nspinning, MADE_UP);
    while (au32_load_acq(&w_sched.nspinning) != MADE_UP) {
        CHECK(weft_now() < end);
        weft_sleep(100000);
    }
    look_from(&t);
    for (int i = 0; i < ROUNDS; i++)
        weft_sleep(20000);
    uint32_t seen = look_to(t);
    au32_sub_sc(&w_sched.nspinning, MADE_UP);
    CHECK_EQ(seen, MADE_UP);
    return 0;
}

int main(void)
{
    CHECK_EQ(run_at(4, body, NULL), 0);
    return 0;
}
