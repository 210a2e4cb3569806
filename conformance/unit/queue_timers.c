/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap of deadlines.
 * Goal:   take gives what is due, earliest first, up to as many as it may, and nothing else; add says whether it is the earliest;
 *         del takes out what is pending, says false for what is not, and waits while it fires; remove does not wait, and says so;
 *         the hint is the earliest deadline. The heap's structure holds throughout, its arrays grow, and slots are used again.
 * Method: 100,000 random operations on 400 nodes against a sorted array, seed printed, many deadlines equal; the heap is walked
 *         now and then. Then a thread that deletes while this one fires.
 */
#include <pthread.h>

#include "os/lock.h"
#include "queue_test.h"

enum { NODES = 400, OPS = 100000 / SLOW, WALK_EVERY = 16 };

static struct w_timers heap;
static struct w_timer node[NODES];

/* The model: pending nodes, by deadline; equal ones in no order. */
static struct w_timer *sorted[NODES];
static uint32_t nsorted;

static void model_add(struct w_timer *t)
{
    uint32_t i = nsorted++;
    for (; i > 0 && sorted[i - 1]->when > t->when; i--)
        sorted[i] = sorted[i - 1];
    sorted[i] = t;
}

static bool model_del(const struct w_timer *t)
{
    uint32_t i = 0;
    while (i < nsorted && sorted[i] != t)
        i++;
    if (i == nsorted)
        return false;
    memmove(sorted + i, sorted + i + 1, (--nsorted - i) * sizeof *sorted);
    return true;
}

static void walk(void)
{
    for (uint32_t i = 0; i < heap.n; i++) {
        struct w_due e = heap.heap[i];
        const struct w_timer *t = heap.node[e.slot];
        CHECK_EQ(au32_load_rlx(&t->state), W_TIMER_PENDING);
        CHECK(t->in == &heap && t->slot == e.slot && t->when == e.when);
        CHECK_EQ(heap.at[e.slot], i);
        CHECK(i == 0 || heap.heap[(i - 1) / 4].when <= e.when);
    }
    uint32_t free = 0;
    for (uint32_t slot = heap.free; slot != UINT32_MAX; slot = heap.at[slot])
        free++;
    CHECK_EQ(heap.n + free, heap.used);
    CHECK(heap.used <= heap.cap && heap.used <= NODES);
    CHECK(heap.cap == 0 || (uintptr_t)(heap.heap + 1) % 64 == 0); /* siblings share a line */
}

static void check(bool deep)
{
    CHECK_EQ(heap.n, nsorted);
    CHECK_EQ(w_timers_next(&heap), nsorted ? sorted[0]->when : INT64_MAX);
    if (deep)
        walk();
}

static void add(struct w_timer *t, int64_t when)
{
    if (au32_load_rlx(&t->state) != W_TIMER_IDLE)
        return;
    bool first = nsorted == 0 || when < sorted[0]->when, tie = nsorted && when == sorted[0]->when;
    t->when = when;
    bool said = w_timers_add(&heap, t);
    CHECK(said == first || tie);
    model_add(t);
}

static void del(struct w_timer *t)
{
    bool was = model_del(t);
    CHECK_EQ(w_timers_del(t), was);
    CHECK_EQ(au32_load_rlx(&t->state), W_TIMER_IDLE);
    CHECK(!w_timers_del(t)); /* deleted, fired, never added: there is nothing to delete */
}

static uint32_t take(int64_t now, uint32_t max)
{
    struct w_timer *due[NODES];
    uint32_t n = 0, k;
    while ((k = w_timers_take(&heap, now, due, max, true))) {
        CHECK(k <= max);
        for (uint32_t i = 0; i < k; i++) {
            struct w_timer *t = due[i];
            CHECK(nsorted > 0 && t->when <= now);
            CHECK_EQ(t->when, sorted[0]->when);
            CHECK(model_del(t));
            CHECK_EQ(au32_load_rlx(&t->state), W_TIMER_FIRING);
            CHECK_EQ(w_timers_remove(t), W_TIMER_FIRING);
            w_timer_done(t);
        }
        n += k;
    }
    CHECK(nsorted == 0 || sorted[0]->when > now);
    return n;
}

static void model(uint64_t *s)
{
    int64_t now = 0;
    uint32_t taken = 0;
    w_timers_init(&heap);
    CHECK_EQ(take(INT64_MAX - 1, NODES), 0);
    for (int i = 0; i < OPS; i++) {
        struct w_timer *t = &node[draw(s, NODES)];
        uint32_t what = draw(s, 100), spread = draw(s, 16) ? 1000 : 3;
        if (what < 60)
            add(t, now + draw(s, spread));
        else if (what < 90)
            del(t);
        else
            taken += take(now += draw(s, 40), 1 + draw(s, 8));
        check(i % WALK_EVERY == 0);
    }
    printf("%u taken\n", taken);
    CHECK(taken > OPS / 100);
    taken = nsorted;
    CHECK_EQ(take(INT64_MAX - 1, NODES), taken);
    CHECK(heap.cap > 128); /* it grew */
    check(true);
    add(&node[0], 5);
    w_spin_lock(&heap.lock); /* as if another were at it */
    struct w_timer *due;
    CHECK_EQ(w_timers_take(&heap, 5, &due, 1, false), 0);
    w_spin_unlock(&heap.lock);
    del(&node[0]);
}

/* ---- del of one that fires ---- */

enum { DUELS = 20000 / SLOW };
static au32 turn; /* 2k: the firer's, 2k+1: the deleter's */
static bool fired[DUELS], deleted[DUELS];
static struct w_timer frame;
static int64_t frame_in_use; /* plain: what the deleter's frame stands for */

static void *deleter(void *arg)
{
    for (uint32_t k = 0; k < DUELS; k++) {
        uint32_t n = 0;
        while (au32_load_acq(&turn) != 2 * k + 1)
            w_backoff(&n);
        deleted[k] = w_timers_del(&frame);
        frame_in_use = 0; /* the frame is gone: TSan sees a callback that still uses it, and so does the check below */
        frame = (struct w_timer){0};
        au32_store_rel(&turn, 2 * k + 2);
    }
    return arg;
}

static void duels(uint64_t *s)
{
    pthread_t t;
    uint32_t won = 0;
    CHECK(pthread_create(&t, NULL, deleter, NULL) == 0);
    for (uint32_t k = 0; k < DUELS; k++) {
        uint32_t n = 0;
        while (au32_load_acq(&turn) != 2 * k)
            w_backoff(&n);
        frame_in_use = k + 1;
        frame.when = k;
        CHECK(w_timers_add(&heap, &frame));
        au32_store_rel(&turn, 2 * k + 1);
        for (uint32_t wait = draw(s, 60); wait > 0; wait--)
            w_cpu_relax();
        struct w_timer *due;
        if (w_timers_take(&heap, k, &due, 1, draw(s, 2))) {
            fired[k] = true;
            for (uint32_t wait = draw(s, 200); wait > 0; wait--)
                w_cpu_relax();
            CHECK_EQ(frame_in_use, k + 1);
            CHECK_EQ(due->when, k);
            w_timer_done(due);
        }
    }
    pthread_join(t, NULL);
    for (uint32_t k = 0; k < DUELS; k++) {
        CHECK(fired[k] != deleted[k]); /* exactly one of the two */
        won += deleted[k];
    }
    printf("%u of %d deleted in time\n", won, DUELS);
}

int main(void)
{
    uint64_t s = seed();
    model(&s);
    duels(&s);
    return 0;
}
