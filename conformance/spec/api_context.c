/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts, sentence by sentence of weft.h.
 * Source:   package context (WithCancel, WithDeadline, Context.Done, Context.Err, Cause's "first cause").
 * Goal:     cancelling goes down and not up; the first cause stays; under a cancelled context one is cancelled at once; a deadline
 *           cancels at its time, the earlier of two, and not one that was cancelled or freed before; the channel is one, is closed
 *           once and wakes everyone; freeing cancels and sets free; depth costs no stack; what outlives a run.
 * Method:   programs that print err and whether the channel is closed, against Go; trees and chains whose every node is looked
 *           at. Times are compared with the clock read before and after.
 * Expected: stdout as at each case, else silence; exit 0.
 */
#include <stdatomic.h>

#include "case.h"

static weft_waitgroup wg;

static const char *word(int err) { return err == 0 ? "none" : err == -ECANCELED ? "canceled" : err == -ETIMEDOUT ? "deadline" : "?"; }
static int closed(weft_context *c) { return weft_chan_try_recv(weft_context_done(c), NULL) == 0; }
static void say(weft_context *c) { printf("%s %s\n", word(weft_context_err(c)), closed(c) ? "closed" : "open"); }

static int down(void *arg) {
    (void)arg;
    weft_context *root = weft_context_new(NULL), *a = weft_context_new(root), *b = weft_context_new(root);
    weft_context *a1 = weft_context_new(a), *a2 = weft_context_with_deadline(a, weft_now() + 3600 * WC_SEC);
    say(a1);
    weft_context_cancel(a);
    say(root), say(a), say(b), say(a1), say(a2);
    weft_context_cancel(a);
    weft_context_cancel(a1);
    weft_context *late = weft_context_new(a), *later = weft_context_with_deadline(late, weft_now() - 1);
    say(late), say(later);
    weft_context_cancel(root);
    say(root), say(b);
    weft_context *all[] = {a, root, later, a2, late, b, a1};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) weft_context_free(all[i]);
    weft_context_free(NULL);
    return 0;
}

static int deadlines(void *arg) {
    (void)arg;
    int64_t now = weft_now();
    weft_context *past = weft_context_with_deadline(NULL, now - 1);
    say(past);
    weft_context *early = weft_context_with_deadline(NULL, now + WC_MS), *inner = weft_context_with_deadline(early, now + 3600 * WC_SEC);
    weft_context *outer = weft_context_with_deadline(NULL, now + 3600 * WC_SEC), *sooner = weft_context_with_deadline(outer, now + WC_MS);
    weft_context *stopped = weft_context_with_deadline(NULL, now + 3600 * WC_SEC);
    weft_context_cancel(stopped);
    weft_chan_recv(weft_context_done(early), NULL);
    weft_chan_recv(weft_context_done(inner), NULL);
    weft_chan_recv(weft_context_done(sooner), NULL);
    say(early), say(inner), say(outer), say(sooner), say(stopped);
    weft_context_cancel(early);
    say(early);
    weft_context *all[] = {past, early, inner, sooner, outer, stopped};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) weft_context_free(all[i]);
    return 0;
}

/* Not early; the channel is the same each time, and never switches. A poller sees the deadline though it never parks. */
static int times(void *arg) {
    (void)arg;
    for (int ms = 0; ms < 5; ms++) {
        int64_t deadline = weft_now() + ms * WC_MS;
        weft_context *c = weft_context_with_deadline(NULL, deadline);
        WC_CHECK(weft_context_done(c) == weft_context_done(c));
        WC_EQ(weft_chan_recv(weft_context_done(c), NULL), 0);
        WC_CHECK(weft_now() >= deadline);
        WC_EQ(weft_context_err(c), -ETIMEDOUT);
        weft_context_free(c);
        deadline = weft_now() + ms * WC_MS;
        c = weft_context_with_deadline(NULL, deadline);
        weft_context *under = weft_context_new(c);
        while (weft_context_err(under) == 0) WC_CHECK(weft_now() < deadline + 10 * WC_SLOW * WC_SEC);
        WC_CHECK(weft_now() >= deadline);
        WC_CHECK(closed(under));
        WC_EQ(weft_context_err(c), -ETIMEDOUT);
        weft_context_free(c);
        weft_context_free(under);
    }
    int64_t deadline = weft_now() + WC_MS;
    weft_context *c = weft_context_with_deadline(NULL, deadline);
    weft_context_cancel(c);
    int cause = weft_context_err(c); /* the machine may have been late */
    WC_CHECK(cause == -ECANCELED || weft_now() >= deadline);
    while (weft_now() < deadline + WC_MS) weft_sleep(WC_MS);
    WC_EQ(weft_context_err(c), cause); /* stays */
    weft_context_free(c);
    weft_context *never = weft_context_with_deadline(NULL, WEFT_NEVER);
    WC_EQ(weft_context_err(never), 0);
    weft_context_free(never);
    return 0;
}

/* A deadline that has come is the cause of whose it was, too, whoever finds it first: a look at a child, or one that is made below. */
static int whose(void *arg) {
    for (int made = 0; made < 2; made++) {
        int64_t deadline = weft_now() + WC_MS;
        weft_context *top = weft_context_with_deadline(NULL, deadline), *mid = weft_context_new(top), *low = weft_context_new(mid);
        while (weft_now() <= deadline) {}
        weft_context *found = made ? weft_context_new(mid) : low;
        WC_EQ(weft_context_err(found), -ETIMEDOUT);
        weft_context_cancel(top);
        WC_EQ(weft_context_err(top), -ETIMEDOUT);
        WC_EQ(weft_context_err(mid), -ETIMEDOUT);
        WC_EQ(weft_context_err(low), -ETIMEDOUT);
        if (made) weft_context_free(found);
        weft_context_free(low);
        weft_context_free(mid);
        weft_context_free(top);
    }
    return arg != NULL;
}

/* Freeing: as cancelling; those under it go on without a parent, and can be given children. */
static int frees(void *arg) {
    (void)arg;
    weft_context *root = weft_context_new(NULL), *mid = weft_context_new(root), *leaf = weft_context_new(mid);
    weft_context *sibling = weft_context_new(root);
    weft_context_free(mid);
    WC_EQ(weft_context_err(leaf), -ECANCELED);
    WC_EQ(weft_context_err(root), 0);
    WC_EQ(weft_context_err(sibling), 0);
    weft_context *under = weft_context_new(leaf);
    WC_EQ(weft_context_err(under), -ECANCELED);
    weft_context_free(root);
    WC_EQ(weft_context_err(sibling), -ECANCELED);
    weft_context_cancel(sibling);
    weft_context_free(leaf);
    WC_CHECK(closed(under));
    weft_context_free(under);
    weft_context_free(sibling);
    for (int i = 0; i < 200; i++) { /* about to be due, or just firing elsewhere */
        weft_context *c = weft_context_with_deadline(NULL, weft_now() + i * 1000);
        weft_context *d = weft_context_with_deadline(c, weft_now() + 50 * 1000);
        if (i % 2) weft_yield();
        weft_context_free(c);
        WC_CHECK(weft_context_err(d) != 0);
        weft_context_free(d);
    }
    return 0;
}

static atomic_int woken;
static void receive(void *arg) {
    WC_EQ(weft_chan_recv(weft_context_done(arg), NULL), 0);
    WC_EQ(weft_context_err(arg), -ECANCELED);
    woken++;
}
static void select_it(void *arg) {
    struct weft_case cs[] = {{.chan = NULL, .dir = WEFT_DIR_RECV}, {.chan = weft_context_done(arg), .dir = WEFT_DIR_RECV}};
    WC_EQ(weft_select(cs, 2), 1);
    WC_EQ(cs[1].ok, 0);
    woken++;
}

static int wakes(void *arg) {
    (void)arg;
    weft_context *root = weft_context_new(NULL), *c[10];
    for (int i = 0; i < 10; i++) {
        c[i] = weft_context_new(i ? c[i / 2] : root);
        for (int k = 0; k < 10; k++) weft_waitgroup_go(&wg, k % 2 ? receive : select_it, c[i]);
    }
    wc_await(50, "chan receive");
    wc_await(50, "select");
    weft_context_cancel(root);
    for (int i = 0; i < 10; i++) WC_EQ(weft_context_err(c[i]), -ECANCELED); /* all of them, once it has returned */
    weft_waitgroup_wait(&wg);
    WC_EQ(woken, 100);
    for (int i = 0; i < 10; i++) weft_context_free(c[i]);
    weft_context_free(root);
    return 0;
}

/* A chain, and a node with as many children, from a small goroutine: no step of it may need stack for the depth. */
enum { DEEP = 100000 / WC_SLOW };
static weft_context *chain[DEEP];

static void deep(void *arg) {
    for (int wide = 0; wide < 2; wide++) {
        for (int i = 0; i < DEEP; i++) chain[i] = weft_context_new(i == 0 ? NULL : chain[wide ? 0 : i - 1]);
        weft_context_cancel(chain[0]);
        for (int i = 0; i < DEEP; i++) WC_EQ(weft_context_err(chain[i]), -ECANCELED);
        for (int i = 0; i < DEEP; i++) weft_context_free(chain[(int64_t)i * 7919 % DEEP]);
        for (int i = 0; i < DEEP; i++) chain[i] = weft_context_new(i == 0 ? NULL : chain[wide ? 0 : i - 1]);
        if (wide)
            for (int i = 0; i < DEEP; i++) weft_context_free(chain[(int64_t)i * 7919 % DEEP]); /* while they are in the tree */
        else
            for (int i = DEEP; i-- > 0;) weft_context_free(chain[i]);
    }
    weft_waitgroup_done(arg);
}

static int chains(void *arg) {
    (void)arg;
    struct weft_go_options small = {.small = 1};
    weft_waitgroup_add(&wg, 1);
    WC_EQ(weft_go_with(&small, deep, &wg), 0);
    weft_waitgroup_wait(&wg);
    return 0;
}

/* ---- other runs ---- */

static weft_context *left[6];
static int64_t due;

static int first_run(void *arg) {
    (void)arg;
    due = weft_now() + 100 * WC_MS;
    left[0] = weft_context_new(NULL);
    left[1] = weft_context_with_deadline(left[0], due);
    left[2] = weft_context_new(left[1]);
    left[3] = weft_context_with_deadline(left[0], weft_now() + 3600 * WC_SEC);
    left[4] = weft_context_with_deadline(left[3], weft_now() + 1800 * WC_SEC);
    left[5] = weft_context_new(NULL);
    woken = 0;
    for (int i = 0; i < 6; i++) {
        weft_go(receive, left[i]);
        weft_go(select_it, left[i]);
    }
    wc_await(6, "chan receive");
    wc_await(6, "select");
    return 0;
}

static int second_run(void *arg) {
    (void)arg;
    weft_chan_recv(weft_context_done(left[2]), NULL); /* its parent's deadline is kept in this run too */
    WC_CHECK(weft_now() >= due);
    WC_EQ(weft_context_err(left[2]), -ETIMEDOUT);
    WC_EQ(weft_context_err(left[1]), -ETIMEDOUT);
    WC_EQ(weft_context_err(left[0]), 0);
    weft_context_cancel(left[0]); /* 3 and 4 have not been touched in this run */
    WC_EQ(weft_context_err(left[4]), -ECANCELED);
    WC_EQ(woken, 0);
    weft_context_free(left[3]);
    return 0;
}

static int runs(void) {
    for (int i = 0; i < 3; i++) {
        WC_EQ(weft_run(first_run, NULL), 0);
        if (i < 2) WC_EQ(weft_run(second_run, NULL), 0);
        for (int k = 0; k < 6; k++)
            if (k != 3 || i == 2) weft_context_free(left[k]); /* out of a run */
    }
    return 0;
}

WC_CASE(api_context_down, .item = "api", .main = down,
        .out = "none open\nnone open\ncanceled closed\nnone open\ncanceled closed\ncanceled closed\ncanceled closed\n"
               "canceled closed\ncanceled closed\ncanceled closed\n",
        .twin = "api_context_down");
WC_CASE(api_context_deadlines, .item = "api", .main = deadlines,
        .out = "deadline closed\ndeadline closed\ndeadline closed\nnone open\ndeadline closed\ncanceled closed\ndeadline closed\n",
        .twin = "api_context_deadlines");
WC_CASE(api_context_times, .item = "api", .main = times, .no_twin = "no output to compare");
WC_CASE(api_context_whose, .item = "api", .main = whose, .procs = 1, .no_twin = "Go's deadline is its timer's");
WC_CASE(api_context_free, .item = "api", .main = frees, .no_twin = "Go frees no context");
WC_CASE(api_context_wakes, .item = "api", .main = wakes, .no_twin = "no output to compare");
WC_CASE(api_context_chain, .item = "api", .main = chains, .no_twin = "no output to compare", .timeout_s = 60);
WC_CASE(api_context_runs, .item = "api", .proc = runs, .no_twin = "Go has one run a process");
