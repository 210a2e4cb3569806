/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the queue_*.c programs: checks, a printed seed, and made-up goroutines that may stand in a ring but never run.
 *
 * A test that looks into a P does so in that P's section. `quiet` gives runs in which nobody else touches a queue: no stealing, no
 * sysmon's ticks, and the Ps but the first idle.
 */
#ifndef QUEUE_TEST_H
#define QUEUE_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sched/fast.h"

#define UNUSED __attribute__((unused))
#define CHECK(x)                                                            \
    do {                                                                    \
        if (!(x)) {                                                         \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x); \
            _Exit(1);                                                       \
        }                                                                   \
    } while (0)
#define CHECK_EQ(a, b)                                                                                           \
    do {                                                                                                         \
        long long a_ = (long long)(a), b_ = (long long)(b);                                                      \
        if (a_ != b_) {                                                                                          \
            fprintf(stderr, "%s:%d: failed: %s == %s: %lld, %lld\n", __FILE__, __LINE__, #a, #b, a_, b_);        \
            _Exit(1);                                                                                            \
        }                                                                                                        \
    } while (0)

enum { SLOW = W_ASAN || W_TSAN ? 10 : 1 };

UNUSED static int run_at(int procs, int (*fn)(void *), void *arg)
{
    struct weft_config c;
    weft_config_init(&c);
    c.procs = procs;
    return weft_run_config(&c, fn, arg);
}

UNUSED static int run_quiet(int procs, int (*fn)(void *), void *arg)
{
    setenv("WEFT_DEBUG", "nosteal=1,nosysmon=1", 1);
    int rc = run_at(procs, fn, arg);
    unsetenv("WEFT_DEBUG");
    return rc;
}

/* WC_SEED, which the runner sets, or the clock; printed, and `WC_SEED=n program` repeats it. */
UNUSED static uint64_t seed(void)
{
    const char *given = getenv("WC_SEED");
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t s = given ? strtoull(given, NULL, 10) : (uint64_t)t.tv_sec * 1000003u + (uint64_t)t.tv_nsec;
    printf("seed: %llu\n", (unsigned long long)s);
    fflush(stdout);
    return s;
}

/* splitmix64 */
UNUSED static uint64_t draw64(uint64_t *s)
{
    uint64_t x = *s += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}
UNUSED static uint32_t draw(uint64_t *s, uint32_t below) { return (uint32_t)(draw64(s) >> 33) % below; }

/* For qsort and bsearch of pointers. */
UNUSED static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

/* Until *word is no longer 0, 10 s at the most. Outside of runs. */
UNUSED static void until_set(au32 *word)
{
    for (int ms = 0; !au32_load_acq(word); ms++) {
        CHECK(ms < 10000);
        usleep(1000);
    }
}
/* Until the thread whose number will be in *id is asleep in the kernel, as long. */
UNUSED static void until_thread_sleeps(au32 *id)
{
    until_set(id);
    for (int ms = 0; !w_os_thread_sleeps((int32_t)au32_load_acq(id)); ms++) {
        CHECK(ms < 10000);
        usleep(1000);
    }
}

/* The nth made-up goroutine; its number is n. */
UNUSED static struct w_g *fake(uint32_t n)
{
    static struct w_g all[1024];
    return &all[n];
}
UNUSED static uint32_t number(const struct w_g *g) { return (uint32_t)(g - fake(0)); }

/* In p's section: the ring from the next turn on. Every start is a legal one, since the indices only ever grow. */
UNUSED static void ring_start(struct w_p *p, uint32_t at)
{
    CHECK(au32_load_rlx(&p->q.head) == au32_load_rlx(&p->q.tail));
    au32_store_rlx(&p->q.head, at);
    au32_store_rlx(&p->q.tail, at);
}
UNUSED static uint32_t ring_len(const struct w_p *p) { return au32_load_rlx(&p->q.tail) - au32_load_rlx(&p->q.head); }

#endif
