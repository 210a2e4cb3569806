/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving back stacks' pages beside goroutines that are woken at any moment.
 * Goal:   no byte of a live frame is lost, however a wake-up falls between the steps of sched/trim.c; stacks in caches go through
 *         the pool's list of trimmed ones and come back; the table of high water keeps the most of each function.
 * Method: white-box: trimming without waiting for a second, all the time. 1. Goroutines that go down to random depths, fill each frame
 *         with a pattern of its own, yield, sleep, send and receive at random depths, and check every frame on the way up. 2. Short
 *         deep goroutines in bursts, so that caches fill and empty. 3. The table alone: more functions than places; two threads at one.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "queue_test.h"
#include "stack/high.h"

enum { GS = 24, TURNS = 400 / SLOW, DEEPEST = 40 };
static weft_chan *c;
static weft_waitgroup wg;
static atomic_int ended;

static void pause_a_while(uint64_t *r)
{
    int v = 0;
    switch (draw(r, 8)) {
    case 0: weft_sleep(draw(r, 300000)); break;
    case 1: weft_chan_try_send(c, &v); break;
    case 2: weft_chan_recv_until(c, &v, weft_now() + draw(r, 200000)); break;
    case 3: weft_chan_send_until(c, &v, weft_now() + draw(r, 200000)); break;
    default: weft_yield();
    }
}

/* Every frame keeps its pattern until it returns. */
__attribute__((noinline)) static void down(int depth, uint64_t *r)
{
    volatile uint32_t frame[700];
    uint32_t mark = (uint32_t)draw64(r);
    for (uint32_t i = 0; i < 700; i++)
        frame[i] = mark + i;
    if (depth == 0 || draw(r, 30) == 0)
        pause_a_while(r);
    if (depth > 0)
        down(depth - 1, r);
    if (depth > 0 && draw(r, 60) == 0)
        pause_a_while(r);
    for (uint32_t i = 0; i < 700; i++)
        CHECK(frame[i] == mark + i);
}

static void wanders(void *arg)
{
    uint64_t r = *(uint64_t *)arg;
    for (int i = 0; i < TURNS; i++) {
        down((int)draw(&r, DEEPEST), &r);
        pause_a_while(&r);
    }
    ended++;
    weft_waitgroup_done(&wg);
}

static int wander(void *arg)
{
    c = weft_chan_new(sizeof(int), 0);
    weft_waitgroup_add(&wg, GS);
    for (int i = 0; i < GS; i++) {
        uint64_t r = draw64(arg);
        struct weft_go_options o = {.copy = &r, .copy_size = sizeof r, .stack_size = i % 4 ? 0 : 1 << 20};
        CHECK_EQ(weft_go_with(&o, wanders, NULL), 0);
    }
    weft_waitgroup_wait(&wg);
    weft_chan_free(c);
    return 0;
}

static void deep_once(void *arg)
{
    down(DEEPEST, arg);
    weft_waitgroup_done(&wg);
}

static int bursts(void *arg)
{
    static uint64_t r[300];
    c = weft_chan_new(sizeof(int), 0);
    for (int i = 0; i < 20 / SLOW + 2; i++) {
        for (int k = 0; k < 300; k++) {
            r[k] = draw64(arg);
            weft_waitgroup_add(&wg, 1);
            weft_go(deep_once, &r[k]);
        }
        weft_waitgroup_wait(&wg);
        weft_sleep(draw(arg, 3000000));
    }
    weft_chan_free(c);
    return 0;
}

static char function[2][3000];

/* More functions than places, in a table without one. */
static void crowds(const char *of)
{
    size_t kept = 0;
    for (int round = 1; round <= 2; round++)
        for (size_t i = 0; i < 3000; i++) {
            w_high_note((char *)of + i, 4096 * (i + 1));
            w_high_note((char *)of + i, 4096 * round);
        }
    for (size_t i = 0; i < 3000; i++) {
        size_t high = w_high_of(of + i);
        CHECK(high == 0 || high == 4096 * (i + 1) || (i == 0 && high == 8192));
        kept += high != 0;
    }
    CHECK(kept >= 900 && kept <= 1024);
    w_high_reset();
    CHECK_EQ(w_high_of(of), 0);
}

static void table(void)
{
    w_high_reset();
    crowds(function[0]);
    crowds(function[1]); /* the first ones' places are free again */
}

/* Two raise the number of one function in turn: neither ever finds less than what it noted. */
static void *raises(void *arg)
{
    for (size_t bytes = 2 + (size_t)(uintptr_t)arg; bytes < 2000000 / SLOW; bytes += 2) {
        w_high_note(function, bytes);
        CHECK(w_high_of(function) >= bytes);
    }
    return arg;
}
static void raised_by_two(void)
{
    pthread_t other;
    w_high_reset();
    CHECK_EQ(pthread_create(&other, NULL, raises, (void *)1), 0);
    raises(NULL);
    CHECK_EQ(pthread_join(other, NULL), 0);
    w_high_reset();
}

int main(void)
{
    uint64_t r = seed();
    w_trim_pace = (struct w_trim_pace){.age_ns = 0, .free_ns = 200000, .walk_ns = 1, .busy_ns = 1};
    for (int procs = 1; procs <= 4; procs *= 2) {
        CHECK_EQ(run_at(procs, wander, &r), 0);
        CHECK_EQ(run_at(procs, bursts, &r), 0);
    }
    table();
    raised_by_two();
    return 0;
}
