/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of contexts that grow, are cancelled, come due and are freed by many goroutines at once.
 * Source:   package context: a context is cancelled when its parent is, once, by the first cause.
 * Goal:     none is missed: what is under a cancelled context is cancelled when the call returns, also if it was being made
 *           meanwhile; every waiter wakes; a cause never changes; freed memory is nobody's.
 * Method:   8 goroutines each grow a random tree under one shared root, with deadlines of 0 to 100 us on some nodes, waiters on some,
 *           and cancel or free random nodes of their own; the root is cancelled halfway by one of them. Parents are known
 *           to the test, so after each cancel every node under it is looked at. At the end all waiters have woken.
 * Expected: exit 0; silence but for the seed.
 */
#include <stdatomic.h>

#include "case.h"

enum { WORKERS = 8, NODES = 64, STEPS = 4000 / WC_SLOW };

struct node {
    weft_context *c;
    int parent; /* index, or -1: the root; -2: none any more */
    int err;    /* seen */
};

static weft_context *root;
static atomic_int root_cancelled, waiting, woken;
static weft_waitgroup wg;
static uint64_t seed;

static void await(void *arg) {
    weft_chan_recv(arg, NULL);
    woken++;
}

/* A cause that was seen stays; one under a cancelled node has one. */
static void look(struct node *n, int i) {
    int err = weft_context_err(n[i].c);
    if (n[i].err) WC_EQ(err, n[i].err);
    if (n[i].parent >= 0 && n[n[i].parent].err) WC_CHECK(err != 0);
    n[i].err = err;
}

static int under(const struct node *n, int i, int top) {
    while (i >= 0 && i != top) i = n[i].parent;
    return i == top;
}

static void check_under(struct node *n, int top) {
    for (int i = 0; i < NODES; i++)
        if (n[i].c && under(n, i, top)) {
            look(n, i);
            WC_CHECK(n[i].err != 0);
        }
}

static void add(struct node *n, int i, uint64_t *r) {
    int p = (int)(wc_rand(r) % NODES), cancelled = root_cancelled;
    if (!n[p].c) p = -1;
    weft_context *parent = p < 0 ? root : n[p].c;
    int64_t deadline = weft_now() + (int64_t)(wc_rand(r) % 100) * 1000;
    n[i] = (struct node){wc_rand(r) % 3 ? weft_context_new(parent) : weft_context_with_deadline(parent, deadline), p, 0};
    look(n, i);
    if (p < 0 && cancelled) WC_CHECK(n[i].err != 0);
}

/* Waits on a channel that its node's owner may free: so only for those that are cancelled before they are freed, and waited for. */
static void wait_and_cancel(struct node *n, int i, uint64_t *r) {
    weft_waitgroup mine = {0};
    int k = (int)(wc_rand(r) % 4);
    waiting += k;
    for (int w = 0; w < k; w++) weft_waitgroup_go(&mine, await, weft_context_done(n[i].c));
    if (wc_rand(r) % 2) weft_yield();
    weft_context_cancel(n[i].c);
    weft_waitgroup_wait(&mine);
}

static void drop(struct node *n, int i) {
    weft_context_free(n[i].c);
    n[i].c = NULL;
    for (int k = 0; k < NODES; k++)
        if (n[k].c && n[k].parent == i) {
            n[k].parent = -2;
            look(n, k);
            WC_CHECK(n[k].err != 0);
        }
}

static void worker(void *arg) {
    struct node *n = calloc(NODES, sizeof *n);
    int me = (int)(intptr_t)arg;
    uint64_t r = seed + (uint64_t)me;
    for (int step = 0; step < STEPS; step++) {
        int i = (int)(wc_rand(&r) % NODES);
        if (!n[i].c) {
            add(n, i, &r);
            continue;
        }
        switch (wc_rand(&r) % 8) {
        case 0:
        case 1:
            drop(n, i);
            break;
        case 2:
            weft_context_cancel(n[i].c);
            check_under(n, i);
            break;
        case 3:
            wait_and_cancel(n, i, &r);
            check_under(n, i);
            break;
        case 4:
            weft_yield();
            break;
        default:
            look(n, i);
        }
        if (me == 0 && step == STEPS / 2) {
            weft_context_cancel(root);
            root_cancelled = 1;
        }
    }
    if (me == 0) {
        weft_context_cancel(root);
        for (int i = 0; i < NODES; i++)
            if (n[i].c && under(n, i, -1)) WC_CHECK(weft_context_err(n[i].c) != 0);
    }
    for (int i = 0; i < NODES; i++) weft_context_free(n[i].c);
    free(n);
}

static int trees(void *arg) {
    (void)arg;
    seed = wc_seed();
    root = weft_context_new(NULL);
    for (intptr_t i = 0; i < WORKERS; i++) weft_waitgroup_go(&wg, worker, (void *)i);
    weft_waitgroup_wait(&wg);
    WC_EQ(woken, waiting);
    WC_CHECK(waiting > 0);
    weft_context_free(root);
    return 0;
}

WC_CASE(stress_context_trees, .item = "stress", .main = trees, .timeout_s = 60, .no_twin = "no output to compare");
