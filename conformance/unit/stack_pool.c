/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pool of stacks between processors that fill their caches and give back, and sysmon, which trims.
 * Goal:   each stack is in one place: none is handed out twice, none is lost.
 * Method: white-box, without a run. Threads with a cache each fill it in batches and give half of it back, all the time, and mark
 *         what they have as theirs; another takes what was given back, trims it and puts it on the pool's other list. In the end
 *         everything is taken out of the pool, and more, in steps of no more than a slab: as many as were ever carved, no two the same.
 */
#include <pthread.h>

#include "base/knob.h"
#include "queue_test.h"

enum { THREADS = 2, SPILLS = 200 / SLOW, BATCHES = 40 /* more than half of a cache */, TRIM = 64 };
enum { MOST_SLOTS = 4096 /* of a slab, as stack.c's head says */ };
static struct w_stack_cache cache[THREADS];
static const enum w_stack_class K = W_STACK_NORMAL;
static au32 stop;

/* In the page that every use touches, below the tail. */
static char **mark(char *s) { return (char **)(void *)(s + w_stack_usable[K] - W_STACK_TAIL - sizeof(char *)); }

static void *fills_and_spills(void *arg)
{
    struct w_stack_cache *c = arg;
    for (int i = 0; i < SPILLS; i++) {
        for (int k = 0; k < BATCHES; k++)
            CHECK_EQ(w_stack_refill(c, K), 0);
        for (char *s = c->free[K]; s; s = *w_stack_link(s, K))
            *mark(s) = (char *)c;
        for (char *s = c->free[K]; s; s = *w_stack_link(s, K))
            CHECK(*mark(s) == (char *)c);
        for (uint32_t n = 0; n != c->n[K];) { /* as often as it is too much */
            n = c->n[K];
            w_stack_spill(c, K);
        }
    }
    return NULL;
}

static void *trims(void *arg)
{
    while (!au32_load_acq(&stop)) {
        char *chain = w_stack_take_spilled(TRIM);
        if (chain)
            w_stack_trim(chain);
    }
    return arg;
}

static size_t take_out(struct w_stack_cache *c, char **to, size_t room)
{
    size_t n = 0;
    for (char *s; n < room && (s = w_stack_get(c, K)); n++)
        to[n] = s;
    return n;
}

int main(void)
{
    pthread_t t[THREADS], trimmer;
    uint64_t reserved, now;
    CHECK_EQ(w_stack_boot(W_STACK_MIN, W_GUARD_NONE), 0);
    const size_t slot = w_stack_usable[K] + w_os_page();
    CHECK_EQ(pthread_create(&trimmer, NULL, trims, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_create(&t[i], NULL, fills_and_spills, &cache[i]), 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    au32_store_rel(&stop, 1);
    CHECK_EQ(pthread_join(trimmer, NULL), 0);
    w_stack_usage(&reserved);
    const size_t all = reserved / slot, most = all + 3 * MOST_SLOTS;
    size_t n = 0;
    char **stack = calloc(most + W_STACK_BATCH, sizeof *stack);
    CHECK(stack != NULL);
    for (int i = 0; i < THREADS; i++)
        n += take_out(&cache[i], stack + n, most - n);
    while (n < most) {
        CHECK_EQ(w_stack_refill(&cache[0], K), 0);
        n += take_out(&cache[0], stack + n, most + W_STACK_BATCH - n);
        w_stack_usage(&now);
        CHECK(now == reserved || n >= all); /* it grows when none is left */
        CHECK(now - reserved <= MOST_SLOTS * slot);
        reserved = now;
    }
    qsort(stack, n, sizeof *stack, by_address);
    for (size_t i = 1; i < n; i++)
        CHECK(stack[i] >= stack[i - 1] + slot);
    printf("%zu stacks, then %zu\n", all, n);
    free(stack);
    w_stack_shutdown(false);
    return 0;
}
