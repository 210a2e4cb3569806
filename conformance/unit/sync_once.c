/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Once. Goal: fn runs once and everybody returns after it has ended, by return, panic or goexit; a run that ends amid fn
 * leaves a usable object. Method: counters; the panic's words; the same object in the next run.
 */
#include "sync_test.h"

static weft_once once;
static weft_waitgroup wg;
static int calls;
static atomic_int returned;

static void slow_once(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20; i++)
        weft_yield();
    calls++;
}
static void use(void *arg)
{
    (void)arg;
    weft_once_do(&once, slow_once, NULL);
    CHECK(calls == 1);
    atomic_fetch_add(&returned, 1);
}

static int together(void *arg)
{
    (void)arg;
    for (int round = 0; round < 50; round++) {
        memset(&once, 0, sizeof once);
        calls = 0;
        atomic_store(&returned, 0);
        for (int i = 0; i < 64; i++)
            weft_waitgroup_go(&wg, use, NULL);
        weft_waitgroup_wait(&wg);
        CHECK(calls == 1 && atomic_load(&returned) == 64);
    }
    return 0;
}

static void boom(void *arg)
{
    (void)arg;
    calls++;
    weft_panic("boom %d", 42);
}
static void once_boom(void *arg) { weft_once_do(arg, boom, NULL); }
static void leave(void *arg)
{
    (void)arg;
    calls++;
    weft_goexit();
}
static void once_leave(void *arg)
{
    weft_once_do(arg, leave, NULL);
    CHECK(0);
}

static int endings(void *arg)
{
    (void)arg;
    calls = 0;
    weft_once o = {0};
    const char *text = weft_pcall(once_boom, &o);
    CHECK(text && strcmp(text, "boom 42") == 0);
    weft_once_do(&o, boom, NULL);
    CHECK(calls == 1);
    weft_once e = {0};
    weft_waitgroup_go(&wg, once_leave, &e);
    weft_waitgroup_wait(&wg);
    CHECK(calls == 2);
    weft_once_do(&e, boom, NULL);
    CHECK(calls == 2);
    return 0;
}

static weft_once other;
static void nested(void *arg)
{
    (void)arg;
    weft_once_do(&other, slow_once, NULL);
}
static int nests(void *arg)
{
    (void)arg;
    memset(&once, 0, sizeof once);
    memset(&other, 0, sizeof other);
    calls = 0;
    weft_once_do(&once, nested, NULL);
    weft_once_do(&other, boom, NULL);
    CHECK(calls == 1);
    return 0;
}

static const struct test tests[] = {{"together", together}, {"endings", endings}, {"nests", nests}};

static void sleep_for_ever(void *arg)
{
    (void)arg;
    weft_select(NULL, 0);
}
static void once_sleep(void *arg)
{
    (void)arg;
    weft_once_do(&once, sleep_for_ever, NULL);
}
static int leave_amid(void *arg)
{
    (void)arg;
    memset(&once, 0, sizeof once);
    weft_go(once_sleep, NULL);
    until_asleep(1, "select (no cases)");
    weft_go(once_sleep, NULL);
    until_asleep(1, "sync.Mutex.Lock");
    return 0;
}

/* The same object, as the former run left it. */
static int again(void *arg)
{
    (void)arg;
    calls = 0;
    atomic_store(&returned, 0);
    for (int i = 0; i < 64; i++)
        weft_waitgroup_go(&wg, use, NULL);
    weft_waitgroup_wait(&wg);
    CHECK(calls == 1 && atomic_load(&returned) == 64);
    return 0;
}

int main(int argc, char **argv)
{
    run_tests(tests, sizeof tests / sizeof *tests, argc, argv);
    for (int i = 0; i < 10; i++) {
        CHECK(run_at(2, leave_amid, NULL) == 0);
        CHECK(run_at(2, again, NULL) == 0);
    }
    return 0;
}
