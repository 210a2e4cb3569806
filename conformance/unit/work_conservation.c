/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No work stands while a processor is idle.
 * Item: B74
 * Goal:   a runnable goroutine in a queue beside an idle P, with nobody on the way to it, does not last: B74 says less than 1 ms.
 * Method: at P = 2 and 4 goroutines come in bursts by all ways (spawn, channel, sleep, timers that expire together, calls that
 *         block), now and then beside a loop of 200 ms, work for a random time and go. A thread that is not Weft's looks every 50 µs at the queues, the idle list and who
 *         spins, is being made or has been handed a P, and takes the time that the bad state has been seen without a break. Of the time
 *         before a look that itself came late nothing is counted: then the machine is busy. The bound is 100 ms, in place of
 *         1 ms: a thread that was woken may wait so long for a core; lost work stands until something else happens. A second in all;
 *         WC_LONG=600 makes it B74's ten minutes.
 */
#include <pthread.h>

#include "queue_test.h"

enum { LOOK_NS = 50000, LATE_NS = 2000000, BOUND_NS = 100000000, HANDS = 12 };

static au32 over;
static int64_t longest, looks;

/* Racy, as all looks from outside; a state that lasts is seen again. */
static bool bad_state(void)
{
    if (au32_load_rlx(&w_sched.nidle_p) == 0 || !w_work_stands())
        return false;
    bool none = true;
    w_lock(&w_sched.lock);
    none = au32_load_rlx(&w_sched.nspinning) == 0 && !w_sched.starting && au32_load_rlx(&w_sched.nidle_p) != 0; /* under lock */
    w_unlock(&w_sched.lock);
    return none && w_work_stands();
}

static void *look(void *arg)
{
    int64_t since = 0, last = w_os_now();
    while (!au32_load_acq(&over)) { /* nothing is handed over */
        struct timespec t = {.tv_nsec = LOOK_NS};
        nanosleep(&t, NULL);
        int64_t now = w_os_now();
        looks += now - last <= LATE_NS;
        if (!bad_state())
            since = 0;
        else if (since == 0)
            since = now;
        else if (now - last > LATE_NS)
            since += now - last;
        else if (now - since > longest)
            longest = now - since;
        last = now;
        CHECK(longest < (int64_t)BOUND_NS * SLOW);
    }
    return arg;
}

static weft_chan *work;
static weft_waitgroup wg;

static intptr_t nap(void *arg)
{
    struct timespec t = {.tv_nsec = (intptr_t)arg};
    return nanosleep(&t, NULL);
}

static void spin_for(uint64_t n)
{
    for (volatile uint64_t i = 0; i < n; i++) {
    }
}

static void some_work(void *arg)
{
    uint64_t s = (uint64_t)(uintptr_t)arg;
    switch (draw64(&s) % 4) {
    case 0:
        weft_sleep((int64_t)(draw64(&s) % 100000));
        break;
    case 1:
        weft_blocking(nap, (void *)(uintptr_t)(draw64(&s) % 100000));
        break;
    case 2:
        weft_yield();
    }
    spin_for(draw64(&s) % 20000);
}

/* Beside it work would stand until it ends, if nobody came for that. */
static void long_loop(void *ns)
{
    for (int64_t end = w_os_now() + (intptr_t)ns; w_os_now() < end;) {
    }
}

static void hand(void *unused)
{
    uint64_t n;
    while (weft_chan_recv(work, &n))
        spin_for(n);
    (void)unused;
}

static int body(void *arg)
{
    uint64_t *s = arg;
    int64_t end = w_os_now() + (getenv("WC_LONG") ? atoi(getenv("WC_LONG")) : 1) * INT64_C(500000000);
    pthread_t t;
    au32_store_rel(&over, 0); /* nothing is handed over */
    work = weft_chan_new(sizeof(uint64_t), 4);
    for (int i = 0; i < HANDS; i++)
        weft_waitgroup_go(&wg, hand, NULL);
    CHECK_EQ(pthread_create(&t, NULL, look, NULL), 0);
    for (int rounds = 0; w_os_now() < end; rounds++) {
        weft_waitgroup burst = {0};
        if (rounds % 500 == 10)
            weft_waitgroup_go(&burst, long_loop, (void *)(2 * (intptr_t)BOUND_NS));
        for (uint64_t n = draw64(s) % 16; n > 0; n--)
            weft_waitgroup_go(&burst, some_work, (void *)(uintptr_t)draw64(s));
        for (uint64_t n = draw64(s) % 16; n > 0; n--)
            weft_chan_send(work, &(uint64_t){draw64(s) % 10000});
        weft_waitgroup_wait(&burst);
        if (draw64(s) % 4 == 0)
            weft_sleep((int64_t)(draw64(s) % 200000));
    }
    au32_store_rel(&over, 1); /* nothing is handed over */
    pthread_join(t, NULL);
    weft_chan_close(work);
    weft_waitgroup_wait(&wg);
    weft_chan_free(work);
    return 0;
}

int main(void)
{
    uint64_t s = seed();
    CHECK_EQ(run_at(2, body, &s), 0);
    CHECK_EQ(run_at(4, body, &s), 0);
    CHECK(looks > 100);
    printf("figure: longest_us %lld\n", (long long)longest / 1000);
    printf("at most %lld us in %lld looks\n", (long long)longest / 1000, (long long)looks);
    return 0;
}
