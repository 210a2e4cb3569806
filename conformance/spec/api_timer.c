/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers, tickers and functions that start later, sentence by sentence of weft.h.
 * Source:   package time of Go 1.23 and later (Timer, Ticker, AfterFunc, and the release notes on timer channels).
 * Goal:     what stop and reset say and drop; the time that is sent; len and cap; no stale value; a ticker's multiples and dropped
 *           ticks; due values that appear when somebody looks, by every operation; waiting receivers and selects; functions in
 *           goroutines of their own; freeing at any time; what outlives a run.
 * Method:   programs that print, against Go; times are compared with the clock read before and after, never with a wished-for
 *           duration. "Due" is made sure of by the clock: the clock is past the timer's time.
 * Expected: stdout as at each case, else silence; exit 0.
 */
#include <stdatomic.h>
#include <time.h>

#include "case.h"

static void say(int yes) { printf(yes ? "true\n" : "false\n"); }
static int64_t in_ms(int64_t ms) { return ms * WC_MS; }

/* Until the clock is past what was due ns after before. */
static void let_pass(int64_t ns) {
    int64_t end = weft_now() + ns;
    while (weft_now() <= end) weft_sleep(ns);
}

static int try_recv(weft_timer *t) { return weft_chan_try_recv(weft_timer_chan(t), NULL); }

/* ---- stop and reset ---- */

static int stop_reset(void *arg) {
    (void)arg;
    weft_timer *t = weft_timer_new(3600 * WC_SEC);
    printf("%zu %zu\n", weft_chan_len(weft_timer_chan(t)), weft_chan_cap(weft_timer_chan(t)));
    say(weft_timer_stop(t)); /* pending */
    say(weft_timer_stop(t)); /* stopped */
    say(weft_timer_reset(t, WC_MS));
    let_pass(WC_MS);
    printf("%zu\n", weft_chan_len(weft_timer_chan(t))); /* due, but len does not show it */
    say(weft_timer_stop(t));                            /* due and not received: counts as pending */
    say(try_recv(t) == 1);                              /* and is dropped */
    say(weft_timer_reset(t, 0));
    say(weft_timer_reset(t, 3600 * WC_SEC)); /* the same by reset */
    say(try_recv(t) == 1);
    say(weft_timer_reset(t, 0));
    say(weft_chan_recv(weft_timer_chan(t), NULL) == 1);
    say(weft_timer_stop(t)); /* received */
    say(weft_timer_reset(t, WC_MS));
    say(weft_chan_recv(weft_timer_chan(t), NULL) == 1);
    weft_timer_free(t);
    t = weft_ticker_new(WC_MS);
    weft_chan_recv(weft_timer_chan(t), NULL);
    say(weft_timer_stop(t));
    say(weft_timer_reset(t, 3600 * WC_SEC));
    say(try_recv(t) == 1);
    say(weft_timer_reset(t, WC_MS));
    say(weft_chan_recv(weft_timer_chan(t), NULL) == 1);
    weft_timer_free(t);
    weft_timer_free(NULL);
    return 0;
}

/*
 * A value that is in the channel: a select that another case had decided was still queued when the timer fired. That comes about when
 * a round that looks at the deadlines falls between the two, so every distance to the next such round is tried.
 */
static weft_timer *contested;
static weft_chan *other;

static void lose_or_win(void *arg) {
    struct weft_case cs[] = {{.chan = weft_timer_chan(contested), .dir = WEFT_DIR_RECV}, {.chan = other, .dir = WEFT_DIR_RECV}};
    atomic_store((atomic_int *)arg, weft_select(cs, 2));
}

static int dropped(void *arg) {
    (void)arg;
    other = wc_chan(0, 0);
    for (int i = 0; i < 400; i++) {
        atomic_int won = -1;
        contested = weft_timer_new(20000);
        weft_go(lose_or_win, &won);
        for (int k = 0; k < i % 70; k++) weft_yield();
        int sent = weft_chan_try_send(other, NULL);
        int64_t due = weft_now() + 30000;
        while (weft_now() < due) {}
        WC_UNTIL(won >= 0);
        WC_CHECK(!sent || won == 1);
        if (won == 0) WC_CHECK(!sent);
        WC_EQ(i % 2 ? weft_timer_stop(contested) : weft_timer_reset(contested, 3600 * WC_SEC), won == 1);
        WC_EQ(try_recv(contested), -EAGAIN);
        weft_timer_free(contested);
    }
    return 0;
}

/* ---- what is sent, and when ---- */

static void call_nothing(void *arg) { (void)arg; }

static int times(void *arg) {
    (void)arg;
    struct weft_stats before = {.size = sizeof before}, after = {.size = sizeof after};
    static const int64_t ns[] = {0, -1, INT64_MIN, 1, 1000, WC_MS, 5 * WC_MS};
    for (size_t i = 0; i < sizeof ns / sizeof *ns; i++)
        for (int late = 0; late < 2; late++) {
            int64_t wait = ns[i] > 0 ? ns[i] : 0, v = -1, t0 = weft_now();
            weft_timer *t = weft_timer_new(ns[i]);
            int64_t t1 = weft_now();
            if (late) let_pass(wait + WC_MS);
            WC_EQ(weft_chan_recv(weft_timer_chan(t), &v), 1);
            WC_CHECK(v >= t0 + wait && v <= t1 + wait && v <= weft_now()); /* when it was due */
            WC_EQ(try_recv(t), -EAGAIN);                                  /* once */
            weft_timer_free(t);
        }
    int64_t end = weft_now() + 10 * WC_SLOW * WC_SEC;
    do { /* nothing of this switches: until no preemption, and no thread that went to sleep meanwhile, is in the counts */
        weft_stats_read(&before);
        weft_timer *t = weft_timer_new(INT64_MAX);
        WC_EQ(try_recv(t), -EAGAIN);
        WC_EQ(weft_timer_reset(t, INT64_MAX - 1), 1);
        WC_EQ(weft_timer_stop(t), 1);
        weft_timer_free(t);
        weft_timer_free(weft_ticker_new(INT64_MAX));
        weft_timer_free(weft_after_func(INT64_MAX, call_nothing, NULL));
        weft_stats_read(&after);
        WC_CHECK(weft_now() < end);
    } while (after.parks != before.parks || after.yields != before.yields);
    return 0;
}

/* Every tick is the start and a multiple of the period; those missed are gone. */
static int ticker(void *arg) {
    (void)arg;
    const int64_t period = WC_MS;
    int64_t t0 = weft_now(), v = 0, first = 0, last = 0;
    weft_timer *t = weft_ticker_new(period);
    int64_t t1 = weft_now();
    for (int i = 0; i < 60; i++) {
        if (i % 3 == 0) let_pass(3 * period);
        int64_t looked = weft_now();
        WC_EQ(weft_chan_recv(weft_timer_chan(t), &v), 1);
        if (i == 0) first = v;
        WC_CHECK(v <= weft_now());
        WC_EQ((v - first) % period, 0);
        WC_CHECK(i == 0 || v > last); /* what was due when the one before was received is dropped */
        last = looked;
    }
    WC_CHECK(first >= t0 + period && first <= t1 + period);
    WC_EQ(weft_timer_reset(t, 5 * period), 1);
    int64_t t2 = weft_now();
    WC_EQ(weft_chan_recv(weft_timer_chan(t), &v), 1);
    WC_CHECK(v >= t0 + 5 * period && v <= t2 + 5 * period);
    last = v;
    WC_EQ(weft_chan_recv(weft_timer_chan(t), &v), 1);
    WC_EQ((v - last) % (5 * period), 0);
    weft_timer_free(t);
    return 0;
}

/* ---- every way to receive ---- */

static int ways(void *arg) {
    (void)arg;
    weft_timer *t = weft_timer_new(0), *u = weft_timer_new(3600 * WC_SEC);
    struct weft_case cs[] = {{.chan = weft_timer_chan(u), .dir = WEFT_DIR_RECV}, {.chan = weft_timer_chan(t), .dir = WEFT_DIR_RECV}};
    int64_t v = 0;
    WC_EQ(try_recv(t), 1);
    WC_EQ(try_recv(t), -EAGAIN);
    WC_EQ(weft_timer_reset(t, 0), 0);
    WC_EQ(weft_chan_recv_until(weft_timer_chan(t), &v, 0), 1); /* due wins over a passed deadline */
    WC_EQ(weft_chan_recv_until(weft_timer_chan(t), &v, 0), -ETIMEDOUT);
    WC_EQ(weft_chan_recv_until(weft_timer_chan(t), &v, weft_now() + WC_MS), -ETIMEDOUT);
    WC_EQ(weft_timer_reset(t, 0), 0);
    WC_EQ(weft_try_select(cs, 2), 1);
    WC_EQ(cs[1].ok, 1);
    WC_EQ(weft_try_select(cs, 2), -EAGAIN);
    WC_EQ(weft_timer_reset(t, WC_MS), 0);
    WC_EQ(weft_select(cs, 2), 1);
    WC_EQ(weft_timer_reset(t, WC_MS), 0);
    WC_EQ(weft_select_until(cs, 2, weft_now() + 3600 * WC_SEC), 1);
    WC_EQ(weft_select_until(cs, 2, weft_now() + WC_MS), -ETIMEDOUT);
    WC_EQ(weft_timer_reset(t, WC_MS), 0);
    WC_EQ(weft_chan_recv_until(weft_timer_chan(t), &v, weft_now() + 3600 * WC_SEC), 1);
    struct weft_case twice[] = {cs[1], cs[1], cs[1]};
    WC_EQ(weft_timer_reset(t, WC_MS), 0);
    WC_CHECK(weft_select(twice, 3) >= 0);
    WC_EQ(try_recv(t), -EAGAIN);
    weft_timer_free(t);
    weft_timer_free(u);
    return 0;
}

/* A due timer is as likely to be chosen as another ready case: the first look counts it as ready. */
static int fair(void *arg) {
    (void)arg;
    weft_chan *open = wc_chan(0, 0);
    int timers = 0;
    weft_chan_close(open);
    for (int i = 0; i < 2000; i++) {
        weft_timer *t = weft_timer_new(0);
        struct weft_case cs[] = {{.chan = open, .dir = WEFT_DIR_RECV}, {.chan = weft_timer_chan(t), .dir = WEFT_DIR_RECV}};
        timers += weft_select(cs, 2);
        weft_timer_free(t);
    }
    WC_CHECKF(timers > 1000 - 160 && timers < 1000 + 160, "%d of 2000", timers); /* 7 standard deviations */
    return 0;
}

static weft_waitgroup wg;
static atomic_int got;

static void receive_one(void *arg) {
    WC_EQ(weft_chan_recv(arg, NULL), 1);
    got++;
}
static void select_one(void *arg) {
    struct weft_case cs[] = {{.chan = NULL, .dir = WEFT_DIR_RECV}, {.chan = arg, .dir = WEFT_DIR_RECV}};
    WC_EQ(weft_select(cs, 2), 1);
    got++;
}

/* Those who wait get a tick each; one timer serves one of them. Reset while they wait, to earlier and later. */
static int waiters(void *arg) {
    (void)arg;
    weft_timer *t = weft_ticker_new(WC_MS);
    for (int i = 0; i < 10; i++) weft_waitgroup_go(&wg, i % 2 ? receive_one : select_one, weft_timer_chan(t));
    weft_waitgroup_wait(&wg);
    WC_EQ(got, 10);
    weft_timer_free(t);
    t = weft_timer_new(3600 * WC_SEC);
    for (int i = 0; i < 2; i++) weft_waitgroup_go(&wg, i % 2 ? receive_one : select_one, weft_timer_chan(t));
    wc_await(1, "chan receive");
    wc_await(1, "select");
    WC_EQ(weft_timer_reset(t, 7200 * WC_SEC), 1);
    WC_EQ(weft_timer_reset(t, 0), 1);
    WC_UNTIL(got == 11);
    WC_EQ(weft_timer_reset(t, 3600 * WC_SEC), 0);
    WC_EQ(weft_timer_stop(t), 1);
    WC_EQ(weft_timer_reset(t, WC_MS), 0);
    weft_waitgroup_wait(&wg);
    WC_EQ(got, 12);
    weft_timer_free(t);
    return 0;
}

/* ---- functions ---- */

static atomic_int calls;
static weft_timer *_Atomic self;
static weft_chan *gate;
static uint64_t caller;

static void call(void *arg) {
    (void)arg;
    calls++;
}
static void block_in(void *arg) {
    (void)arg;
    WC_CHECK(weft_id() != caller);
    calls++;
    weft_chan_recv(gate, NULL);
    calls++;
}
static void frees_itself(void *arg) {
    (void)arg;
    WC_UNTIL(self != NULL);
    weft_timer_free(self);
    calls++;
}

static int functions(void *arg) {
    (void)arg;
    caller = weft_id();
    gate = wc_chan(1, 0);
    weft_timer *t = weft_after_func(0, call, NULL);
    WC_CHECK(weft_timer_chan(t) == NULL);
    WC_UNTIL(calls == 1);
    say(weft_timer_stop(t)); /* it has run */
    say(weft_timer_reset(t, 3600 * WC_SEC));
    say(weft_timer_reset(t, 3600 * WC_SEC)); /* pending */
    say(weft_timer_stop(t));
    say(weft_timer_reset(t, -5));
    WC_UNTIL(calls == 2); /* reset starts it again */
    weft_timer_free(t);
    t = weft_after_func(WC_MS, block_in, NULL);
    WC_UNTIL(calls == 3);
    say(weft_timer_stop(t)); /* a function that has started goes on */
    weft_timer_free(t);      /* also without its timer */
    weft_chan_send(gate, "");
    WC_UNTIL(calls == 4);
    self = weft_after_func(WC_MS, frees_itself, NULL);
    WC_UNTIL(calls == 5);
    weft_timer_free(weft_after_func(3600 * WC_SEC, call, NULL));
    WC_EQ(calls, 5);
    wc_await_goroutines(1);
    return 0;
}

static int nil_function(void *arg) {
    (void)arg;
    weft_after_func(0, NULL, NULL);
    return 9;
}

/* In the order of their times, and no sooner. At one processor, which is kept until all are due, so that the heap alone decides. When
 * each is due is known up to the time its making took. */
enum { MANY = 300 };
static int order[MANY];
static int64_t due[MANY], due_by[MANY];
static void note(void *arg) {
    int n = (int)(intptr_t)arg;
    WC_CHECK(weft_now() >= due[n]);
    order[atomic_fetch_add(&calls, 1)] = n;
}

static int in_order(void *arg) {
    (void)arg;
    int64_t base = weft_now() + 20 * WC_MS;
    weft_timer *t[MANY];
    for (int i = 0; i < MANY; i++) {
        int n = i * 173 % MANY;
        due[n] = base + n * 10000;
        int64_t before = weft_now();
        t[n] = weft_after_func(due[n] - before, note, (void *)(intptr_t)n);
        int64_t now = weft_now(), latest = due[n] + now - before;
        due_by[n] = latest > now ? latest : now; /* set too late, on a machine that stood still: others were before it */
    }
    while (weft_now() < base + MANY * 10000 + WC_MS) {}
    WC_UNTIL(calls == MANY);
    for (int i = 0; i < MANY; i++)
        for (int k = i + 1; k < MANY; k++) WC_CHECKF(due_by[order[k]] >= due[order[i]], "%d before %d", order[i], order[k]);
    for (int i = 0; i < MANY; i++) weft_timer_free(t[i]);
    return 0;
}

/* ---- other runs ---- */

static weft_timer *left[4];

static int first_run(void *arg) {
    (void)arg;
    left[0] = weft_timer_new(3600 * WC_SEC);
    left[1] = weft_ticker_new(WC_MS);
    left[2] = weft_after_func(3600 * WC_SEC, call, NULL);
    left[3] = weft_after_func(WC_MS, call, NULL);
    for (int i = 0; i < 2; i++) weft_go(receive_one, weft_timer_chan(left[0]));
    weft_go(select_one, weft_timer_chan(left[0]));
    wc_await(2, "chan receive");
    wc_await(1, "select");
    WC_UNTIL(calls == 1);
    return 0;
}

static int second_run(void *arg) {
    (void)arg;
    WC_EQ(weft_timer_reset(left[0], WC_MS), 1); /* a channel's goes on */
    WC_EQ(weft_chan_recv(weft_timer_chan(left[0]), NULL), 1);
    WC_EQ(weft_chan_recv(weft_timer_chan(left[1]), NULL), 1);
    WC_EQ(weft_timer_stop(left[2]), 0); /* a function's does not */
    WC_EQ(weft_timer_reset(left[3], 0), 0);
    WC_UNTIL(calls == 2);
    WC_EQ(weft_timer_reset(left[2], 3600 * WC_SEC), 0);
    WC_EQ(weft_timer_reset(left[0], 3600 * WC_SEC), 0);
    weft_go(receive_one, weft_timer_chan(left[0]));
    wc_await(1, "chan receive");
    return 0;
}

static int third_run(void *arg) {
    (void)arg;
    weft_timer_free(left[0]); /* was in the heap of the second run, with a waiter */
    weft_timer_free(left[3]);
    return 0;
}

static int runs(void) {
    for (int i = 0; i < 3; i++) {
        calls = got = 0;
        WC_EQ(weft_run(first_run, NULL), 0);
        WC_EQ(weft_run(second_run, NULL), 0);
        WC_EQ(weft_run(third_run, NULL), 0);
        weft_timer_free(left[1]);
        weft_timer_free(left[2]);
        WC_EQ(got, 0);
    }
    return 0;
}

/* ---- beside those who keep the processor ---- */

static weft_chan *ping, *pong;
static atomic_int over;

static void hog(void *arg) {
    weft_chan *to = arg ? ping : pong, *from = arg ? pong : ping;
    char v = 0;
    if (arg) weft_chan_send(to, &v);
    while (!over) {
        weft_chan_recv(from, &v);
        weft_chan_send(to, &v);
    }
}
static void yielder(void *arg) {
    (void)arg;
    while (!over) weft_yield();
}

static int64_t cpu_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * WC_SEC + t.tv_nsec;
}

/*
 * 20 ms; the bound is ten times that, in processor time, which the hogs use up for as long as the timer is late, however loaded the
 * machine is: that of two processors.
 */
static void check_took(const char *what, int64_t from, int64_t cpu) {
    int64_t took = weft_now() - from, used = cpu_now() - cpu;
    WC_CHECKF(took >= in_ms(20) && used < 2 * in_ms(200) * WC_SLOW, "%s: %" PRId64 " us, of a processor %" PRId64 " us", what,
              took / 1000, used / 1000);
}

static int beside(void (*start)(void)) {
    start();
    int64_t from = weft_now(), cpu = cpu_now(), v;
    weft_timer *t = weft_timer_new(in_ms(20));
    weft_chan_recv(weft_timer_chan(t), &v);
    check_took("channel", from, cpu);
    weft_timer_free(t);
    from = weft_now();
    cpu = cpu_now();
    t = weft_after_func(in_ms(20), call, NULL);
    while (calls == 0) weft_sleep(WC_MS);
    check_took("function", from, cpu);
    weft_timer_free(t);
    over = 1;
    return 0;
}

static void start_pair(void) {
    ping = wc_chan(1, 1);
    pong = wc_chan(1, 1);
    weft_go(hog, &ping);
    weft_go(hog, NULL);
}
static void start_yielders(void) {
    for (int i = 0; i < 4; i++) weft_go(yielder, NULL);
}
static int hogs(void *arg) { return (void)arg, beside(start_pair); }
static int yielders(void *arg) { return (void)arg, beside(start_yielders); }

/* Rounds of 3 ms: a deadline does not wait until 61 of them have gone by. Counted in rounds, since a slow machine slows these, too. */
enum { SLEEPS = 10, MOST_ROUNDS = 30 };
static int rounds, coarse_over;
static void coarse(void *arg) {
    while (!coarse_over) {
        int64_t from = cpu_now();
        while (cpu_now() - from < 3 * WC_MS) {}
        rounds++;
        weft_yield();
    }
    (void)arg;
}
static int beside_coarse(void *arg) {
    weft_go(coarse, arg);
    weft_go(coarse, arg);
    weft_yield();
    rounds = 0;
    for (int i = 0; i < SLEEPS; i++) weft_sleep(WC_MS);
    WC_CHECKF(rounds <= SLEEPS * MOST_ROUNDS, "%d rounds for %d sleeps", rounds, SLEEPS);
    coarse_over = 1;
    wc_figure("rounds", rounds);
    return 0;
}

WC_CASE(api_timer_beside_coarse, .item = "api", .main = beside_coarse, .procs = 1, .alone = 1, .not_under = WC_NOT_TSAN,
        .not_why = "a loop without calls is never preempted there", .no_twin = "no output to compare");
WC_CASE(api_timer_stop_reset, .item = "api", .main = stop_reset,
        .out = "0 0\ntrue\nfalse\nfalse\n0\ntrue\nfalse\nfalse\ntrue\n"
               "false\ntrue\ntrue\nfalse\nfalse\ntrue\ntrue\nfalse\nfalse\ntrue\ntrue\n",
        .twin = "api_timer_stop_reset", .go_since = 23);
WC_CASE(api_timer_dropped, .item = "api", .main = dropped, .no_twin = "no output to compare");
WC_CASE(api_timer_times, .item = "api", .main = times, .no_twin = "Go's times do not show the monotonic clock");
WC_CASE(api_timer_ticker, .item = "api", .main = ticker, .no_twin = "Go's times do not show the monotonic clock");
WC_CASE(api_timer_ways, .item = "api", .main = ways, .no_twin = "no output to compare");
WC_CASE(api_timer_fair, .item = "api", .main = fair, .no_twin = "no output to compare");
WC_CASE(api_timer_waiters, .item = "api", .main = waiters, .no_twin = "no output to compare");
WC_CASE(api_timer_functions, .item = "api", .main = functions, .out = "false\nfalse\ntrue\ntrue\nfalse\nfalse\n",
        .twin = "api_timer_functions");
WC_CASE(api_timer_nil_function, .item = "api", .main = nil_function, .err = "fatal error: go of nil func value",
        .reason = "running", .exit = 2, .no_twin = "Go finds out when it starts");
WC_CASE(api_timer_order, .item = "api", .main = in_order, .procs = 1, .no_twin = "no output to compare");
WC_CASE(api_timer_runs, .item = "api", .proc = runs, .no_twin = "Go has one run a process");
WC_CASE(api_timer_beside_hogs, .item = "api", .main = hogs, .alone = 1, .no_twin = "no output to compare");
WC_CASE(api_timer_beside_yielders, .item = "api", .main = yielders, .alone = 1, .no_twin = "no output to compare");
