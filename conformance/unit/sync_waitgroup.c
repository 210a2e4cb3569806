/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WaitGroup. Goal: nobody returns early or sleeps on, misuse panics with Go's words, one on a stack may go as soon as wait
 * returns. Method: counters read after wait; memory overwritten after wait and looked at again later.
 */
#include "sync_test.h"

static weft_waitgroup wg;
static atomic_long sum;

static void count(void *arg)
{
    for (int i = 0; i < 3; i++)
        weft_yield();
    atomic_fetch_add(&sum, (long)(intptr_t)arg);
}
static void done_only(void *arg) { weft_waitgroup_done(arg); }

static int batches(void *arg)
{
    (void)arg;
    for (int round = 0; round < 200; round++) {
        atomic_store(&sum, 0);
        for (intptr_t i = 1; i <= 64; i++)
            weft_waitgroup_go(&wg, count, (void *)i);
        weft_waitgroup_wait(&wg);
        CHECK(atomic_load(&sum) == 64 * 65 / 2);
    }
    weft_waitgroup_wait(&wg); /* at 0: at once */
    return 0;
}

static weft_waitgroup gate, finished;
static atomic_int open_, passed;
static void pass(void *arg)
{
    (void)arg;
    weft_waitgroup_wait(&gate);
    CHECK(atomic_load(&open_) == 1);
    atomic_fetch_add(&passed, 1);
}

/* Many waiters go on together, none before the last done. */
static int many_waiters(void *arg)
{
    (void)arg;
    atomic_store(&passed, 0);
    atomic_store(&open_, 0);
    weft_waitgroup_add(&gate, 2);
    for (int i = 0; i < 64; i++)
        weft_waitgroup_go(&finished, pass, NULL);
    until_asleep(64, "sync.WaitGroup.Wait");
    weft_waitgroup_done(&gate);
    CHECK(asleep("sync.WaitGroup.Wait") == 64);
    atomic_store(&open_, 1);
    weft_waitgroup_done(&gate);
    weft_waitgroup_wait(&finished);
    CHECK(atomic_load(&passed) == 64);
    return 0;
}

static _Atomic(weft_waitgroup *) shared;
static void on_stack(void *arg)
{
    (void)arg;
    for (int i = 0; i < 2000; i++) {
        struct {
            weft_waitgroup w;
        } frame = {0};
        weft_waitgroup_add(&frame.w, 2);
        weft_go(done_only, &frame.w);
        if (i % 3 == 0)
            weft_yield();
        weft_go(done_only, &frame.w);
        if (i % 5 == 0)
            while (weft_waitgroup_wait_until(&frame.w, weft_now() + US) != 0)
                continue;
        else
            weft_waitgroup_wait(&frame.w);
        memset(&frame, 0x5a, sizeof frame);
        atomic_store(&shared, &frame.w); /* escapes, so that the bytes are real */
        for (int k = 0; k < i % 4; k++)
            weft_yield();
        for (size_t b = 0; b < sizeof frame; b++)
            CHECK(((volatile unsigned char *)&frame)[b] == 0x5a);
    }
}
static int freeing(void *arg)
{
    (void)arg;
    for (int i = 0; i < 16; i++)
        weft_waitgroup_go(&wg, on_stack, NULL);
    weft_waitgroup_wait(&wg);
    return 0;
}

/*
 * The narrow case: someone timed out, so the last done takes the long way; the counter is seen at 0 while it is still in there.
 * wait must not return before the done is through, or what is written next would be overwritten.
 */
static atomic_int stop;
static void done_when_told(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        weft_waitgroup *w = atomic_exchange(&shared, NULL);
        if (w)
            weft_waitgroup_done(w);
        else
            weft_yield();
    }
}
static int narrow(void *arg)
{
    (void)arg;
    if (weft_procs(0) == 1)
        return 0;
    atomic_store(&shared, NULL);
    atomic_store(&stop, 0);
    weft_waitgroup_go(&wg, done_when_told, NULL);
    for (int round = 0; round < 20000; round++) {
        struct {
            weft_waitgroup w;
        } frame = {0};
        weft_waitgroup_add(&frame.w, 1);
        CHECK(weft_waitgroup_wait_until(&frame.w, 0) == -ETIMEDOUT);
        atomic_store(&shared, &frame.w);
        for (int i = 0; i < 10000 && __atomic_load_n(&frame.w.state_, __ATOMIC_RELAXED) >> 32 != 0; i++)
            continue;
        weft_waitgroup_wait(&frame.w);
        memset(&frame, 0x5a, sizeof frame);
        spin_ns(200);
        for (size_t b = 0; b < sizeof frame; b++)
            CHECK(((volatile unsigned char *)&frame)[b] == 0x5a);
    }
    atomic_store(&stop, 1);
    weft_waitgroup_wait(&wg);
    return 0;
}

static void leave_by_goexit(void *arg)
{
    (void)arg;
    weft_goexit();
}
static void negative(void *arg) { weft_waitgroup_add(arg, -1); }
static void add_after_done(void *arg)
{
    weft_waitgroup_done(arg);
    weft_waitgroup_add(arg, 1);
}
static void reuse(void *arg)
{
    weft_waitgroup *w = arg;
    weft_waitgroup_add(w, 1);
    weft_go(add_after_done, w);
    weft_waitgroup_wait(w);
}

static int misuse(void *arg)
{
    (void)arg;
    weft_waitgroup_go(&wg, leave_by_goexit, NULL);
    weft_waitgroup_wait(&wg);
    weft_waitgroup w = {0};
    const char *text = weft_pcall(negative, &w);
    CHECK(text && strcmp(text, "sync: negative WaitGroup counter") == 0);
    if (weft_procs(0) == 1) {
        weft_waitgroup r = {0};
        text = weft_pcall(reuse, &r);
        CHECK(text && strcmp(text, "sync: WaitGroup is reused before previous Wait has returned") == 0);
    }
    return 0;
}

static int deadlines(void *arg)
{
    (void)arg;
    weft_waitgroup w = {0};
    CHECK(weft_waitgroup_wait_until(&w, 0) == 0);
    weft_waitgroup_add(&w, 1);
    CHECK(weft_waitgroup_wait_until(&w, 0) == -ETIMEDOUT);
    int64_t end = weft_now() + 2 * MS;
    CHECK(weft_waitgroup_wait_until(&w, end) == -ETIMEDOUT);
    CHECK(weft_now() >= end);
    weft_waitgroup_done(&w);
    CHECK(weft_waitgroup_wait_until(&w, 0) == 0);
    return 0;
}

static const struct test tests[] = {{"batches", batches}, {"many_waiters", many_waiters}, {"freeing", freeing},
                                    {"narrow", narrow},   {"misuse", misuse},             {"deadlines", deadlines}};

static weft_waitgroup old;
static void wait_old(void *arg)
{
    (void)arg;
    weft_waitgroup_wait(&old);
}
static int leave_waiters(void *arg)
{
    (void)arg;
    weft_waitgroup_add(&old, 1);
    for (int i = 0; i < 5; i++)
        weft_go(wait_old, NULL);
    until_asleep(5, "sync.WaitGroup.Wait");
    return 0;
}
static int finish_them(void *arg)
{
    (void)arg;
    weft_waitgroup_go(&wg, wait_old, NULL);
    until_asleep(1, "sync.WaitGroup.Wait");
    weft_waitgroup_done(&old);
    weft_waitgroup_wait(&wg);
    return 0;
}

int main(int argc, char **argv)
{
    run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
    for (int i = 0; i < 20; i++) {
        CHECK(run_at(2, leave_waiters, NULL) == 0);
        CHECK(run_at(2, finish_them, NULL) == 0);
    }
    return 0;
}
