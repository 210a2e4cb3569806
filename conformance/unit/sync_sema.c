/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Semaphore. Goal: never more holders than units, no unit lost or made, FIFO, deadlines that race releases. Method: holders
 * counted by an atomic, units counted at the end, sleepers found by their wait reason.
 */
#include "sync_test.h"

static weft_sema s;
static weft_waitgroup wg;
static atomic_int holders, most;

static void hold(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    for (int i = 0; i < 1000; i++) {
        weft_sema_acquire(&s);
        int n = atomic_fetch_add(&holders, 1) + 1;
        CHECK(n <= 3);
        if (n > atomic_load(&most))
            atomic_store(&most, n);
        if (draw(&seed, 4) == 0)
            weft_yield();
        atomic_fetch_sub(&holders, 1);
        weft_sema_release(&s, 1);
    }
}

static void check_units(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        CHECK(weft_sema_try_acquire(&s) == 1);
    CHECK(weft_sema_try_acquire(&s) == 0);
    CHECK(asleep("semacquire") == 0);
}

static int bounded(void *arg)
{
    (void)arg;
    weft_sema_init(&s, 3);
    atomic_store(&most, 0);
    for (uintptr_t i = 0; i < 64; i++)
        weft_waitgroup_go(&wg, hold, (void *)(i + 1));
    weft_waitgroup_wait(&wg);
    CHECK(atomic_load(&most) == 3);
    check_units(3);
    return 0;
}

static atomic_int order[256], norder; /* order: 1 + who, 0: not there yet */
static void queue_up(void *arg)
{
    weft_sema_acquire(&s);
    atomic_store(&order[atomic_fetch_add(&norder, 1)], (int)(intptr_t)arg + 1);
}

/* Units go to waiters in the order they came, one by one and in batches; a newcomer does not overtake. */
static int fifo(void *arg)
{
    (void)arg;
    memset(&s, 0, sizeof s);
    atomic_store(&norder, 0);
    for (int i = 0; i < 256; i++)
        atomic_store(&order[i], 0);
    for (intptr_t i = 0; i < 100; i++) {
        weft_waitgroup_go(&wg, queue_up, (void *)i);
        until_asleep((int)i + 1, "semacquire");
    }
    for (int i = 0; i < 50; i++) {
        weft_sema_release(&s, 1);
        CHECK(weft_sema_try_acquire(&s) == 0);
        until_asleep(99 - i, "semacquire");
        while (atomic_load(&order[i]) == 0)
            weft_yield();
        CHECK(atomic_load(&order[i]) == i + 1);
    }
    weft_sema_release(&s, 57);
    weft_waitgroup_wait(&wg);
    long sum = 0;
    for (int i = 50; i < 100; i++)
        sum += atomic_load(&order[i]) - 1;
    CHECK(sum == (50 + 99) * 25);
    check_units(7);
    return 0;
}

static atomic_long got, late;
static void acquire_in_time(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    for (int i = 0; i < 500; i++) {
        int r = weft_sema_acquire_until(&s, weft_now() + (int64_t)draw(&seed, 30) * US);
        CHECK(r == 0 || r == -ETIMEDOUT);
        atomic_fetch_add(r ? &late : &got, 1);
        if (draw(&seed, 4) == 0)
            weft_yield();
    }
}
static atomic_int stop;
static long released;
static void release_some(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    while (!atomic_load(&stop)) {
        unsigned n = draw(&seed, 4);
        weft_sema_release(&s, n);
        released += n;
        if (draw(&seed, 4) == 0)
            spin_ns(10 * US);
        weft_yield();
    }
}
static void acquire_plain(void *arg)
{
    (void)arg;
    for (int i = 0; i < 500; i++) {
        weft_sema_acquire(&s);
        atomic_fetch_add(&got, 1);
    }
}

/* Releases equal acquisitions plus what is left, whatever timed out. */
static int races(void *arg)
{
    (void)arg;
    weft_waitgroup producer = {0};
    memset(&s, 0, sizeof s);
    released = 0;
    atomic_store(&stop, 0);
    atomic_store(&got, 0);
    atomic_store(&late, 0);
    weft_waitgroup_go(&producer, release_some, (void *)7);
    for (uintptr_t i = 0; i < 32; i++)
        weft_waitgroup_go(&wg, i % 8 ? acquire_in_time : acquire_plain, (void *)(i + 1));
    weft_waitgroup_wait(&wg);
    atomic_store(&stop, 1);
    weft_waitgroup_wait(&producer);
    fprintf(stderr, "  %ld in time, %ld late, %ld released\n", atomic_load(&got), atomic_load(&late), released);
    CHECK(released >= atomic_load(&got));
    check_units((unsigned)(released - atomic_load(&got)));
    return 0;
}

static int deadlines(void *arg)
{
    (void)arg;
    weft_sema_init(&s, 1);
    CHECK(weft_sema_acquire_until(&s, 0) == 0);
    CHECK(weft_sema_acquire_until(&s, 0) == -ETIMEDOUT);
    int64_t end = weft_now() + 2 * MS;
    CHECK(weft_sema_acquire_until(&s, end) == -ETIMEDOUT);
    CHECK(weft_now() >= end);
    weft_sema_release(&s, 1);
    check_units(1);
    return 0;
}

/* Waiters of a run that has ended take nothing. */
static int leave_waiters(void *arg)
{
    (void)arg;
    weft_sema_init(&s, 0);
    for (int i = 0; i < 5; i++)
        weft_go(queue_up, NULL);
    until_asleep(5, "semacquire");
    return 0;
}
static int take_them(void *arg)
{
    (void)arg;
    weft_sema_release(&s, 2);
    check_units(2);
    return 0;
}

static const struct test tests[] = {{"bounded", bounded}, {"fifo", fifo}, {"races", races}, {"deadlines", deadlines}};

int main(int argc, char **argv)
{
    run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
    for (int i = 0; i < 20; i++) {
        CHECK(run_at(2, leave_waiters, NULL) == 0);
        CHECK(run_at(2, take_them, NULL) == 0);
    }
    return 0;
}
