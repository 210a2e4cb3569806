/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Condition variable. Goal: FIFO, one signal wakes one, broadcast wakes all, a time-out swallows no signal, copies are found.
 * Method: order written down under the mutex; a token a signal, consumed only by who was woken.
 */
#include "sync_test.h"

static weft_mutex mu;
static weft_cond cond;
static weft_waitgroup wg;
static int order[128], norder, queued;

static void queue_up(void *arg)
{
    weft_mutex_lock(&mu);
    queued++;
    weft_cond_wait(&cond, &mu);
    order[norder++] = (int)(intptr_t)arg;
    weft_mutex_unlock(&mu);
}

static int count_of(int *v)
{
    weft_mutex_lock(&mu);
    int n = *v;
    weft_mutex_unlock(&mu);
    return n;
}

static int fifo(void *arg)
{
    (void)arg;
    memset(&cond, 0, sizeof cond);
    norder = queued = 0;
    weft_cond_signal(&cond); /* nobody: forgotten */
    for (intptr_t i = 0; i < 100; i++) {
        weft_waitgroup_go(&wg, queue_up, (void *)i);
        while (count_of(&queued) != (int)i + 1)
            weft_yield();
    }
    until_asleep(100, "sync.Cond.Wait");
    for (int i = 0; i < 60; i++) {
        if (i % 2)
            weft_mutex_lock(&mu);
        weft_cond_signal(&cond);
        if (i % 2)
            weft_mutex_unlock(&mu);
        while (count_of(&norder) != i + 1)
            weft_yield();
        CHECK(order[i] == i);
        CHECK(asleep("sync.Cond.Wait") == 99 - i);
    }
    weft_cond_broadcast(&cond);
    weft_waitgroup_wait(&wg);
    CHECK(norder == 100);
    return 0;
}

static int turns, players = 8, next_turn;
static void play(void *arg)
{
    int me = (int)(intptr_t)arg;
    weft_mutex_lock(&mu);
    while (turns > 0) {
        if (next_turn == me) {
            next_turn = (me + 1) % players;
            turns--;
            weft_cond_broadcast(&cond);
        } else {
            weft_cond_wait(&cond, &mu);
        }
    }
    weft_cond_broadcast(&cond);
    weft_mutex_unlock(&mu);
}

/* Eight goroutines in turn, the mutex contended: the long way of waiting. */
static int rounds(void *arg)
{
    (void)arg;
    memset(&cond, 0, sizeof cond);
    turns = 20000;
    next_turn = 0;
    for (intptr_t i = 0; i < players; i++)
        weft_waitgroup_go(&wg, play, (void *)i);
    weft_waitgroup_wait(&wg);
    CHECK(turns == 0);
    return 0;
}

static int token, patient_waits;
static atomic_int stop;
static atomic_long woken, late;
static void patient(void *arg)
{
    (void)arg;
    weft_mutex_lock(&mu);
    while (!atomic_load(&stop)) {
        patient_waits = 1;
        weft_cond_wait(&cond, &mu);
        patient_waits = 0;
        token = 0;
    }
    weft_mutex_unlock(&mu);
}
static void hasty(void *arg)
{
    uint64_t seed = (uint64_t)(uintptr_t)arg;
    while (!atomic_load(&stop)) {
        weft_mutex_lock(&mu);
        int r = weft_cond_wait_until(&cond, &mu, weft_now() + (int64_t)draw(&seed, 20) * US);
        CHECK(r == 0 || r == -ETIMEDOUT);
        if (r == 0)
            token = 0;
        CHECK(weft_mutex_try_lock(&mu) == 0);
        weft_mutex_unlock(&mu);
        atomic_fetch_add(r ? &late : &woken, 1);
    }
}

/* One who waits for ever is queued, so each signal must come through, however many hasty ones time out at that moment. */
static int races(void *arg)
{
    (void)arg;
    memset(&cond, 0, sizeof cond);
    token = patient_waits = 0;
    atomic_store(&stop, 0);
    atomic_store(&woken, 0);
    atomic_store(&late, 0);
    weft_waitgroup_go(&wg, patient, NULL);
    for (uintptr_t i = 0; i < 6; i++)
        weft_waitgroup_go(&wg, hasty, (void *)(i + 1));
    for (int i = 0; i < 5000; i++) {
        while (!count_of(&patient_waits))
            weft_yield();
        weft_mutex_lock(&mu);
        int queued_there = patient_waits;
        token = queued_there;
        weft_mutex_unlock(&mu);
        if (queued_there)
            weft_cond_signal(&cond);
        int64_t end = weft_now() + 10000 * MS;
        while (count_of(&token)) {
            CHECK(weft_now() < end); /* swallowed */
            weft_yield();
        }
    }
    atomic_store(&stop, 1);
    for (int64_t end = weft_now() + 10000 * MS; weft_waitgroup_wait_until(&wg, weft_now() + MS) != 0;) {
        weft_cond_broadcast(&cond);
        CHECK(weft_now() < end);
    }
    fprintf(stderr, "  %ld woken, %ld late\n", atomic_load(&woken), atomic_load(&late));
    return 0;
}

static void use_copy(void *arg) { weft_cond_signal(arg); }
static int copies(void *arg)
{
    (void)arg;
    memset(&cond, 0, sizeof cond);
    weft_cond_signal(&cond);
    weft_cond copy;
    memcpy(&copy, &cond, sizeof copy);
    const char *text = weft_pcall(use_copy, &copy);
    CHECK(text && strcmp(text, "sync.Cond is copied") == 0);
    return 0;
}

static int leave_waiters(void *arg)
{
    (void)arg;
    memset(&cond, 0, sizeof cond);
    queued = norder = 0;
    for (int i = 0; i < 5; i++)
        weft_go(queue_up, NULL);
    until_asleep(5, "sync.Cond.Wait");
    return 0;
}
static int signal_them(void *arg)
{
    (void)arg;
    weft_waitgroup_go(&wg, queue_up, NULL);
    until_asleep(1, "sync.Cond.Wait");
    weft_cond_signal(&cond);
    weft_waitgroup_wait(&wg);
    CHECK(norder == 1);
    weft_cond_broadcast(&cond);
    return 0;
}

static const struct test tests[] = {{"fifo", fifo}, {"rounds", rounds}, {"races", races}, {"copies", copies}};

int main(int argc, char **argv)
{
    run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
    for (int i = 0; i < 20; i++) {
        CHECK(run_at(2, leave_waiters, NULL) == 0);
        CHECK(run_at(2, signal_them, NULL) == 0);
    }
    return 0;
}
