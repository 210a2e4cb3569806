/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read-write mutex. Goal: exclusion, readers together, neither side starves, hand-over in Go's order, objects of a former
 * run. Method: counts of who is inside; an order that each step proves by sleepers' wait reasons.
 */
#include "sync_test.h"

static weft_rwmutex rw;
static weft_waitgroup wg;
static atomic_int readers, writers, most;
static long value, copy;

static void read_many(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    for (int i = 0; i < 1000; i++) {
        weft_rwmutex_rlock(&rw);
        int n = atomic_fetch_add(&readers, 1) + 1;
        CHECK(atomic_load(&writers) == 0 && value == copy);
        if (n > atomic_load(&most))
            atomic_store(&most, n);
        if (draw(&seed, 4) == 0)
            weft_yield();
        atomic_fetch_sub(&readers, 1);
        weft_rwmutex_runlock(&rw);
        if (draw(&seed, 8) == 0)
            weft_yield();
    }
}
static void write_many(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    for (int i = 0; i < 500; i++) {
        if (draw(&seed, 8) || !weft_rwmutex_try_lock(&rw))
            weft_rwmutex_lock(&rw);
        CHECK(atomic_fetch_add(&writers, 1) == 0 && atomic_load(&readers) == 0);
        value++;
        if (draw(&seed, 4) == 0)
            weft_yield();
        copy++;
        atomic_fetch_sub(&writers, 1);
        weft_rwmutex_unlock(&rw);
        if (draw(&seed, 8) == 0)
            weft_yield();
    }
}

static int exclusion(void *arg)
{
    (void)arg;
    value = copy = 0;
    atomic_store(&most, 0);
    for (uintptr_t i = 0; i < 48; i++)
        weft_waitgroup_go(&wg, read_many, (void *)(i + 1));
    for (uintptr_t i = 0; i < 16; i++)
        weft_waitgroup_go(&wg, write_many, (void *)(i + 100));
    weft_waitgroup_wait(&wg);
    CHECK(value == 16 * 500 && copy == value && atomic_load(&most) > 1);
    CHECK(weft_rwmutex_try_lock(&rw) == 1);
    CHECK(weft_rwmutex_try_rlock(&rw) == 0 && weft_rwmutex_try_lock(&rw) == 0);
    weft_rwmutex_unlock(&rw);
    CHECK(weft_rwmutex_try_rlock(&rw) == 1 && weft_rwmutex_try_rlock(&rw) == 1);
    CHECK(weft_rwmutex_try_lock(&rw) == 0);
    weft_rwmutex_runlock(&rw);
    weft_rwmutex_runlock(&rw);
    return 0;
}

static char steps[32];
static atomic_int nsteps;
static void writer(void *arg)
{
    weft_rwmutex_lock(&rw);
    steps[atomic_fetch_add(&nsteps, 1)] = (char)(intptr_t)arg;
    weft_yield();
    weft_rwmutex_unlock(&rw);
}
static void reader(void *arg)
{
    weft_rwmutex_rlock(&rw);
    steps[atomic_fetch_add(&nsteps, 1)] = (char)(intptr_t)arg;
    weft_yield();
    weft_rwmutex_runlock(&rw);
}

/* A waiting writer holds readers back; it goes first, then all readers that waited, then the next writer. */
static int order(void *arg)
{
    (void)arg;
    memset(steps, 0, sizeof steps);
    atomic_store(&nsteps, 0);
    weft_rwmutex_rlock(&rw);
    weft_waitgroup_go(&wg, writer, (void *)(intptr_t)'W');
    until_asleep(1, "sync.RWMutex.Lock");
    CHECK(weft_rwmutex_try_rlock(&rw) == 0);
    weft_waitgroup_go(&wg, writer, (void *)(intptr_t)'X');
    until_asleep(1, "sync.Mutex.Lock");
    for (int i = 0; i < 5; i++)
        weft_waitgroup_go(&wg, reader, (void *)(intptr_t)'r');
    until_asleep(5, "sync.RWMutex.RLock");
    weft_rwmutex_runlock(&rw);
    weft_waitgroup_wait(&wg);
    CHECK(strcmp(steps, "WrrrrrX") == 0);
    return 0;
}

static atomic_int stop;
static void overlap(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        weft_rwmutex_rlock(&rw);
        weft_yield();
        weft_rwmutex_runlock(&rw);
    }
}
static void write_on(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        weft_rwmutex_lock(&rw);
        weft_yield();
        weft_rwmutex_unlock(&rw);
    }
}

/* Readers that always overlap do not keep a writer out; writers that always wait do not keep a reader out. */
static int starvation(void *arg)
{
    (void)arg;
    atomic_store(&stop, 0);
    for (int i = 0; i < 8; i++)
        weft_waitgroup_go(&wg, overlap, NULL);
    for (int i = 0; i < 200; i++) {
        weft_rwmutex_lock(&rw);
        weft_rwmutex_unlock(&rw);
        weft_yield();
    }
    for (int i = 0; i < 4; i++)
        weft_waitgroup_go(&wg, write_on, NULL);
    for (int i = 0; i < 200; i++) {
        weft_rwmutex_rlock(&rw);
        weft_rwmutex_runlock(&rw);
        weft_yield();
    }
    atomic_store(&stop, 1);
    weft_waitgroup_wait(&wg);
    return 0;
}

static const struct test tests[] = {{"exclusion", exclusion}, {"order", order}, {"starvation", starvation}};

/* A run ends with a reader inside, a writer that waits for it, one behind that, and readers held back. */
static int leave_waiters(void *arg)
{
    (void)arg;
    weft_rwmutex_rlock(&rw);
    weft_go(writer, NULL);
    until_asleep(1, "sync.RWMutex.Lock");
    weft_go(writer, NULL);
    until_asleep(1, "sync.Mutex.Lock");
    for (int i = 0; i < 5; i++)
        weft_go(reader, NULL);
    until_asleep(5, "sync.RWMutex.RLock");
    return 0;
}
static int go_on(void *arg)
{
    int *round = arg;
    if (*round % 3 == 0)
        CHECK(weft_rwmutex_try_lock(&rw) == 0);
    if (*round % 3 == 1)
        CHECK(weft_rwmutex_try_rlock(&rw) == 1);
    weft_rwmutex_runlock(&rw);
    if (*round % 3 == 1)
        weft_rwmutex_runlock(&rw);
    weft_rwmutex_lock(&rw);
    weft_rwmutex_unlock(&rw);
    return 0;
}
/* With the writer's lock held by the main goroutine, which carries on in the next run. */
static int leave_writing(void *arg)
{
    (void)arg;
    weft_rwmutex_lock(&rw);
    weft_go(writer, NULL);
    until_asleep(1, "sync.Mutex.Lock");
    weft_go(reader, NULL);
    until_asleep(1, "sync.RWMutex.RLock");
    return 0;
}
static int unlock_first(void *arg)
{
    (void)arg;
    weft_rwmutex_unlock(&rw);
    CHECK(weft_rwmutex_try_lock(&rw) == 1);
    weft_rwmutex_unlock(&rw);
    return 0;
}

int main(int argc, char **argv)
{
    run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
    for (int i = 0; i < 10; i++) {
        CHECK(run_at(2, leave_waiters, NULL) == 0);
        CHECK(run_at(2, go_on, &i) == 0);
        CHECK(run_at(1, leave_writing, NULL) == 0);
        CHECK(run_at(2, unlock_first, NULL) == 0);
    }
    return 0;
}
