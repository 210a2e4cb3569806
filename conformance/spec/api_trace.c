/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_trace_start, weft_trace_stop.
 * Source:   weft.h; harness/trace_check.h has the rules.
 * Goal:     what is recorded is complete from the start to the end, and shows a scheduler that keeps its rules; a trace that does
 *           not is refused.
 * Method:   traces of a load of channels, select, sleeps, calls, a mutex, locked threads and loops without a call: the whole of it;
 *           pieces out of its midst, begun and ended while all run; and one that the run's end ends. Then a good trace is spoilt in
 *           one way for each rule. The results of wrong calls.
 * Expected: exit 0 and silence on stderr.
 */
#include "trace_check.h"

#include <time.h>

#include "case.h"

enum { ROUNDS = 60, PAIRS = 4, PIECES = 8 };

static weft_waitgroup all;
static char path[64];
static weft_mutex mutex;

/* ---- the load ---- */

struct pair {
    weft_chan *a, *b;
};

static void ping(void *arg) {
    struct pair *p = arg;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        weft_chan_send(p->a, &i);
        weft_chan_recv(p->b, &i);
    }
}
static void pong(void *arg) {
    struct pair *p = arg;
    uint64_t x;
    for (int i = 0; i < ROUNDS; i++) {
        weft_chan_recv(p->a, &x);
        weft_chan_send(p->b, &x);
    }
}
static void locked_ping(void *arg) {
    weft_lock_thread();
    ping(arg);
    weft_unlock_thread();
}
static void selects(void *arg) {
    struct pair *p = arg;
    uint64_t x = 0, y = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct weft_case c[] = {{.chan = p->a, .dir = WEFT_DIR_RECV, .elem = &x}, {.chan = p->b, .dir = WEFT_DIR_SEND, .elem = &y}};
        weft_select_until(c, 2, weft_now() + WC_MS / 10);
    }
}
static void sleeps(void *arg) {
    (void)arg;
    for (int i = 0; i < ROUNDS / 6; i++) weft_sleep(WC_MS / 5);
}
static intptr_t nap(void *arg) {
    struct timespec ts = {0, (long)(intptr_t)arg};
    nanosleep(&ts, NULL);
    return 0;
}
static void calls(void *arg) {
    (void)arg;
    for (int i = 0; i < ROUNDS / 6; i++) weft_blocking(nap, (void *)(intptr_t)(i % 2 ? 1000 : 400000));
}
static void locks(void *arg) {
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        weft_mutex_lock(&mutex);
        weft_yield();
        weft_mutex_unlock(&mutex);
    }
}
static void computes(void *arg) { /* some 15 ms, without a call, so that it can be stopped anywhere */
    (void)arg;
    for (volatile int i = 0; i < 10000000; i++) continue;
}
static void tree(void *arg) {
    intptr_t depth = (intptr_t)arg;
    if (depth == 0) return;
    for (int i = 0; i < 2; i++) weft_waitgroup_go(&all, tree, (void *)(depth - 1));
}

static void start_load(struct pair *p) {
    for (int i = 0; i < PAIRS; i++) {
        p[i] = (struct pair){wc_chan(8, i % 2 ? 0 : 3), wc_chan(8, i % 2 ? 0 : 3)};
        weft_waitgroup_go(&all, i == 3 ? locked_ping : ping, &p[i]);
        weft_waitgroup_go(&all, pong, &p[i]);
    }
    p[PAIRS] = (struct pair){wc_chan(8, 1), wc_chan(8, 1)};
    p[PAIRS + 1] = (struct pair){p[PAIRS].b, p[PAIRS].a};
    weft_waitgroup_go(&all, selects, &p[PAIRS]);
    weft_waitgroup_go(&all, selects, &p[PAIRS + 1]);
    for (int i = 0; i < 2; i++) {
        weft_waitgroup_go(&all, sleeps, NULL);
        weft_waitgroup_go(&all, calls, NULL);
        weft_waitgroup_go(&all, locks, NULL);
        weft_waitgroup_go(&all, computes, NULL);
    }
    weft_waitgroup_go(&all, tree, (void *)6);
}

/* ---- spoiling ---- */

static struct wc_slice *pair_of(struct wc_slice *s, size_t n, const char *end) {
    for (size_t i = 0; i + 1 < n; i++)
        if (s[i].who == s[i + 1].who && s[i + 1].to > s[i + 1].from && (!end || strcmp(s[i].end, end) == 0)) return &s[i];
    return NULL;
}

/* Loads the trace, spoils it, and wants the rule's name in front of what is said. */
static void refused(const char *rule, void (*spoil)(struct wc_trace *t)) {
    struct wc_trace t;
    WC_CHECK(wc_trace_load(&t, path) == NULL);
    WC_CHECK(wc_trace_check(&t, 1) == NULL); /* sorts */
    spoil(&t);
    const char *why = wc_trace_check(&t, 1);
    WC_CHECKF(why && strncmp(why, rule, strlen(rule)) == 0, "%s: spoilt, but %s", rule, why ? why : "accepted");
    wc_trace_free(&t);
}

static int by_g(const void *a, const void *b) {
    const struct wc_slice *x = a, *y = b;
    return x->who != y->who ? (x->who < y->who ? -1 : 1) : x->from < y->from ? -1 : x->from > y->from;
}
static struct wc_slice *parked_twice(struct wc_trace *t) {
    qsort(t->g, t->ng, sizeof *t->g, by_g);
    struct wc_slice *s = pair_of(t->g, t->ng, "park");
    WC_CHECK(s);
    return s;
}
static struct wc_wake *wake_after(struct wc_trace *t, const struct wc_slice *s) {
    for (size_t i = 0; i < t->nwake; i++)
        if (t->wake[i].g == s->who && t->wake[i].at >= s->to) return &t->wake[i];
    WC_CHECK(!"no wake-up");
    return NULL;
}

static void in_two_places(struct wc_trace *t) {
    struct wc_slice *s = parked_twice(t);
    s->to = s[1].to;
}
static void two_on_one_m(struct wc_trace *t) {
    struct wc_slice s = *parked_twice(t);
    s.who = UINT64_C(1) << 60;
    strcpy(s.end, "exit");
    t->g = realloc(t->g, (t->ng + 1) * sizeof s);
    WC_CHECK(t->g);
    t->g[t->ng++] = s;
}
static void wake_lost(struct wc_trace *t) { *wake_after(t, parked_twice(t)) = t->wake[--t->nwake]; }
static void wake_twice(struct wc_trace *t) {
    struct wc_wake *w = wake_after(t, parked_twice(t));
    struct wc_wake *other = w == t->wake ? w + 1 : t->wake;
    *other = *w;
}
static void run_lost(struct wc_trace *t) {
    struct wc_slice *s = parked_twice(t);
    memmove(s + 1, s + 2, (size_t)(t->g + t->ng - s - 2) * sizeof *s);
    t->ng--;
}
static void wake_early(struct wc_trace *t) {
    struct wc_slice *s = parked_twice(t);
    wake_after(t, s)->at = s->from + (s->to - s->from) / 2;
}
static void runs_dead(struct wc_trace *t) {
    struct wc_slice *s = parked_twice(t);
    strcpy(s->end, "exit");
}
static void p_of_two(struct wc_trace *t) {
    struct wc_slice s = t->p[0];
    s.m = 999;
    t->p = realloc(t->p, (t->np + 1) * sizeof s);
    WC_CHECK(t->p);
    t->p[t->np++] = s;
}
static void without_p(struct wc_trace *t) {
    for (size_t i = 0; i < t->ng; i++)
        if (t->g[i].p >= 0) {
            t->g[i].p = 777;
            return;
        }
}
static void too_many(struct wc_trace *t) {
    if (!t->nsteal) t->steal = calloc(1, sizeof *t->steal), t->nsteal = 1;
    t->steal[t->nsteal - 1] = (struct wc_steal){4, 6};
}

static void spoilt(void) {
    refused("one place: goroutine", in_two_places);
    refused("one place: M", two_on_one_m);
    refused("wake-ups", wake_lost);
    refused("wake-ups", wake_twice);
    refused("wake-ups", run_lost);
    refused("wake-ups", wake_early);
    refused("wake-ups", runs_dead);
    refused("owners", p_of_two);
    refused("owners", without_p);
    refused("half", too_many);
}

/* ---- the cases ---- */

static void new_path(void) {
    strcpy(path, "/tmp/weft_trace_XXXXXX");
    int fd = mkstemp(path);
    WC_CHECK(fd >= 0);
    close(fd);
}

static void check_file(int quiet, struct wc_trace *t) {
    const char *why = wc_trace_load(t, path);
    if (!why) why = wc_trace_check(t, quiet);
    if (why && getenv("WEFT_KEEP_TRACE")) fprintf(stderr, "kept: %s\n", path);
    else if (why) unlink(path);
    WC_CHECKF(!why, "%s", why);
}

static int whole(void *arg) {
    static struct pair p[PAIRS + 2];
    struct wc_trace t;
    (void)arg;
    new_path();
    WC_EQ(weft_trace_start(path), 0);
    start_load(p);
    weft_waitgroup_wait(&all);
    wc_await_goroutines(1);
    WC_EQ(weft_trace_stop(), 0);
    check_file(1, &t);
    WC_CHECK(t.nwake > 4 * ROUNDS && t.ng > 8 * ROUNDS && t.nsyscalls == 2 * (ROUNDS / 6));
    wc_trace_free(&t);
    spoilt();
    unlink(path);
    return 0;
}

static int pieces(void *arg) {
    static struct pair p[PAIRS + 2];
    struct wc_trace t;
    (void)arg;
    new_path();
    start_load(p);
    for (int i = 0; i < PIECES; i++) {
        WC_EQ(weft_trace_start(path), 0);
        for (int j = 0; j < 20 * i; j++) weft_yield();
        WC_EQ(weft_trace_stop(), 0);
        check_file(0, &t);
        wc_trace_free(&t);
    }
    weft_waitgroup_wait(&all);
    unlink(path);
    return 0;
}

static int until_end(void *arg) {
    static struct pair p[PAIRS + 2];
    (void)arg;
    start_load(p);
    WC_EQ(weft_trace_start(path), 0);
    weft_sleep(2 * WC_MS);
    return 0;
}
static int run_ends(void) {
    struct wc_trace t;
    new_path();
    WC_EQ(weft_run(until_end, NULL), 0);
    check_file(0, &t);
    WC_CHECK(t.ng > 0 && t.np > 0);
    wc_trace_free(&t);
    unlink(path);
    return 0;
}

static void from_small(void *arg) {
    (void)arg;
    WC_EQ(weft_trace_start(path), 0);
    WC_EQ(weft_trace_stop(), 0);
}

static int wrong(void *arg) {
    (void)arg;
    new_path();
    WC_EQ(weft_trace_stop(), -ESRCH);
    WC_EQ(weft_trace_start("/nowhere/at/all"), -ENOENT);
    WC_EQ(weft_trace_start(path), 0);
    WC_EQ(weft_trace_start(path), -EBUSY);
    WC_EQ(weft_trace_stop(), 0);
    WC_EQ(weft_trace_stop(), -ESRCH);
    WC_EQ(weft_trace_start("/dev/full"), 0);
    WC_EQ(weft_trace_stop(), -ENOSPC);
    struct weft_go_options small = {.small = 1};
    WC_EQ(weft_go_with(&small, from_small, NULL), 0);
    wc_await_goroutines(1);
    unlink(path);
    return 0;
}

#define NO_TWIN .no_twin = "Go's execution trace is another format, and Go checks no such rules"
WC_CASE(api_trace_whole, .item = "api", .main = whole, NO_TWIN);
WC_CASE(api_trace_pieces, .item = "api", .main = pieces, NO_TWIN);
WC_CASE(api_trace_run_ends, .item = "api", .proc = run_ends, NO_TWIN);
WC_CASE(api_trace_results, .item = "api", .main = wrong, NO_TWIN);
