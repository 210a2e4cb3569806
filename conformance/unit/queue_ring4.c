/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime with rings of 4, so that overflow, stealing, visits and the global queue meet all the time.
 * Goal:   whatever way goroutines take through the queues, each runs once per start and wake, and 8 Ps agree on the sums.
 * Method: linked with the library that CMake builds with W_RUNQ_CAP=4. Rounds of random work on 1 to 8 Ps, seed printed: trees of
 *         goroutines, crowds that yield, crowds woken at once, values through channels, changes of the number of Ps meanwhile.
 *         Each goroutine adds its own number once; the sum is known. The counters tell that the queues did meet.
 */
#include <stdatomic.h>

#include "queue_test.h"

_Static_assert(W_RUNQ_CAP == 4, "linked with weft_ring4");

enum { ROUNDS = 40 / (SLOW > 1 ? 4 : 1), CROWD = 300, ENOUGH = 200 / SLOW };
static weft_waitgroup wg;
static atomic_ullong sum;
static weft_chan *c;
static struct weft_stats total;

/* 2^depth leaves, whose numbers are at .. at + 2^depth - 1. */
struct tree {
    uint32_t at, depth;
};
static void grow(void *arg)
{
    struct tree t = *(struct tree *)arg;
    if (t.depth == 0) {
        atomic_fetch_add_explicit(&sum, t.at, memory_order_relaxed);
        weft_waitgroup_done(&wg);
        return;
    }
    struct tree low = {t.at, t.depth - 1}, high = {t.at + (1u << (t.depth - 1)), t.depth - 1};
    weft_go_copy_(grow, &low, sizeof low);
    weft_go_copy_(grow, &high, sizeof high);
}

static uint64_t trees(uint64_t *r)
{
    uint32_t depth = 6 + draw(r, 5), n = 1u << depth, at = draw(r, 1000);
    struct tree t = {at, depth};
    weft_waitgroup_add(&wg, (int)n);
    weft_go_copy_(grow, &t, sizeof t);
    weft_waitgroup_wait(&wg);
    return (uint64_t)n * at + (uint64_t)n * (n - 1) / 2;
}

static void yields(void *arg)
{
    uint64_t r = (uint64_t)(uintptr_t)arg;
    for (uint32_t i = draw(&r, 40); i > 0; i--)
        weft_yield();
    atomic_fetch_add_explicit(&sum, (uint64_t)(uintptr_t)arg, memory_order_relaxed);
}

static uint64_t crowd_of(uint64_t *r, weft_fn fn)
{
    uint64_t want = 0;
    for (int i = 0; i < CROWD; i++) {
        uint64_t x = 1 + draw(r, 1000000);
        want += x;
        weft_waitgroup_go(&wg, fn, (void *)(uintptr_t)x);
    }
    return want;
}

/* All wake at one close: a batch into a ring of 4. */
static void waits(void *arg)
{
    weft_chan_recv(c, NULL);
    yields(arg);
}
static uint64_t woken(uint64_t *r)
{
    c = weft_chan_new(0, 0);
    uint64_t want = crowd_of(r, waits);
    for (uint32_t i = draw(r, 3) * CROWD; i > 0; i--)
        weft_yield();
    weft_chan_close(c);
    weft_waitgroup_wait(&wg);
    weft_chan_free(c);
    return want;
}

static uint64_t yielding(uint64_t *r)
{
    uint64_t want = crowd_of(r, yields);
    weft_waitgroup_wait(&wg);
    return want;
}

static void sends(void *arg)
{
    uint64_t x = (uint64_t)(uintptr_t)arg;
    for (int i = 0; i < 4; i++)
        weft_chan_send(c, &x);
}
static void receives(void *arg)
{
    uint64_t got = 0;
    weft_waitgroup *done = arg;
    for (uint64_t x; weft_chan_recv(c, &x) == 1;)
        got += x;
    atomic_fetch_add_explicit(&sum, got, memory_order_relaxed);
    weft_waitgroup_done(done);
}
static uint64_t values(uint64_t *r)
{
    weft_waitgroup done = {0};
    c = weft_chan_new(8, (ptrdiff_t)draw(r, 3));
    weft_waitgroup_add(&done, 16);
    for (int i = 0; i < 16; i++)
        weft_go(receives, &done);
    uint64_t want = 4 * crowd_of(r, sends);
    weft_waitgroup_wait(&wg);
    weft_chan_close(c);
    weft_waitgroup_wait(&done);
    weft_chan_free(c);
    return want;
}

/* Sleepers come back by way of the heaps, a batch at a time, whichever P finds them. */
static void sleeps(void *arg)
{
    weft_sleep((int64_t)((uintptr_t)arg % 300) * 1000);
    yields(arg);
}
static uint64_t sleeping(uint64_t *r)
{
    uint64_t want = crowd_of(r, sleeps);
    weft_waitgroup_wait(&wg);
    return want;
}

static int body(void *arg)
{
    static uint64_t (*const kinds[])(uint64_t *) = {trees, yielding, woken, values, sleeping};
    uint64_t *r = arg;
    int most = weft_procs(0);
    for (int round = 0; round < ROUNDS; round++) {
        atomic_store(&sum, 0);
        if (most > 1 && draw(r, 4) == 0)
            weft_procs(1 + (int)draw(r, (uint32_t)most));
        uint64_t want = kinds[round % 5](r);
        CHECK_EQ(atomic_load(&sum), want);
        weft_procs(most);
    }
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    while (weft_num_goroutines() > 1)
        weft_yield();
    total.steals += s.steals;
    total.overflows += s.overflows;
    total.global_gets += s.global_gets;
    return 0;
}

int main(void)
{
    static const int procs[] = {1, 2, 4, 8, 8};
    uint64_t s = seed();
    for (size_t i = 0; i < sizeof procs / sizeof *procs; i++)
        CHECK_EQ(run_at(procs[i], body, &s), 0);
    for (int64_t end = weft_now() + 60 * INT64_C(1000000000); total.steals < ENOUGH && weft_now() < end;)
        CHECK_EQ(run_at(8, body, &s), 0);
    printf("%llu steals, %llu overflows, %llu from the global queue\n", (unsigned long long)total.steals,
           (unsigned long long)total.overflows, (unsigned long long)total.global_gets);
    CHECK(total.steals >= ENOUGH && total.overflows >= 10 * ENOUGH && total.global_gets >= 10 * ENOUGH);
    return 0;
}
