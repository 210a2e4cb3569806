/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the sync_*.c programs: checks, runs at several processor counts, and "is asleep" by looking, not by waiting. */
#ifndef SYNC_TEST_H
#define SYNC_TEST_H

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/weft.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define UNUSED __attribute__((unused))

#define CHECK(x)                                                                        \
    do {                                                                                \
        if (!(x)) {                                                                     \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);             \
            _Exit(1);                                                                   \
        }                                                                               \
    } while (0)

UNUSED static int run_at(int procs, int (*fn)(void *), void *arg)
{
    struct weft_config c;
    weft_config_init(&c);
    c.procs = procs;
    return weft_run_config(&c, fn, arg);
}

/* Each test at 1, 2 and 4 processors; argv[1] picks one test by name. */
struct test {
    const char *name;
    int (*fn)(void *);
};
UNUSED static int run_tests(const struct test *t, size_t n, int argc, char **argv)
{
    static const int procs[] = {1, 2, 4};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < sizeof procs / sizeof *procs; k++) {
            if (argc > 1 && strcmp(argv[1], t[i].name) != 0)
                continue;
            if (argc > 2 && atoi(argv[2]) != procs[k])
                continue;
            fprintf(stderr, "%s procs:%d\n", t[i].name, procs[k]);
            CHECK(run_at(procs[k], t[i].fn, NULL) == 0);
        }
    return 0;
}

/* Goroutines that wait for this reason now. */
UNUSED static int asleep(const char *reason)
{
    static struct weft_goroutine_info info[512];
    size_t n = weft_goroutines(info, 512);
    int found = 0;
    for (size_t i = 0; i < n && i < 512; i++)
        found += strcmp(info[i].wait_reason, reason) == 0;
    return found;
}
UNUSED static void until_asleep(int n, const char *reason)
{
    int64_t end = weft_now() + 10000 * MS;
    while (asleep(reason) != n) {
        CHECK(weft_now() < end);
        weft_yield();
    }
}

/* A small generator per goroutine, so that a run's choices do not depend on the others. */
UNUSED static uint32_t draw(uint64_t *s, uint32_t below)
{
    *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*s >> 33) % below;
}

/* Work that no compiler removes. */
UNUSED static void spin_ns(int64_t ns)
{
    for (int64_t end = weft_now() + ns; weft_now() < end;)
        continue;
}

#endif
