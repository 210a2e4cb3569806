/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Select: which case, how fairly, and that the cases not chosen stay as if nothing had been.
 * Source:   Go spec, "Select statements" ("a single one that can proceed is chosen via a uniform pseudo-random selection");
 *           runtime/select.go.
 * Goal:     closed and NULL channels, both directions on one channel, the same channel twice, default; uniform choice;
 *           one winner when several counterparts come at once; nothing lost on the losing cases.
 * Method:   per case. Uniformity: 20000 choices among 4 closed channels; each share is within 5 standard deviations
 *           (61 each) of 5000, which a fair choice misses once in half a million runs.
 * Expected: stdout where one is written, or the four counts, judged by the bound above for Go as well; else silence.
 */
#include <stdatomic.h>
#include <sys/resource.h>

#include "case.h"

static struct weft_case receive(weft_chan *c, void *elem) {
    return (struct weft_case){.chan = c, .dir = WEFT_DIR_RECV, .elem = elem};
}
static struct weft_case send(weft_chan *c, void *elem) {
    return (struct weft_case){.chan = c, .dir = WEFT_DIR_SEND, .elem = elem};
}

static int closed(void *arg) {
    (void)arg;
    int one = 1;
    weft_chan *open = wc_chan(sizeof(int), 0), *shut = wc_chan(sizeof(int), 0);
    weft_chan_close(shut);
    for (int i = 0; i < 3; i++) {
        int v = 7;
        struct weft_case cs[] = {receive(NULL, &v), receive(open, &v), receive(shut, &v)};
        cs[2].ok = 5;
        WC_EQ(weft_select(cs, 3), 2);
        printf("closed %d %s\n", v, cs[2].ok ? "true" : "false");
    }
    struct weft_case cs[] = {receive(open, NULL), send(NULL, &one)};
    if (weft_try_select(cs, 2) == -EAGAIN) printf("default\n");
    WC_EQ(weft_try_select(cs, 0), -EAGAIN);
    WC_EQ(weft_try_select(NULL, 0), -EAGAIN);
    return 0;
}

static int self(void *arg) {
    (void)arg;
    int one = 1, v;
    weft_chan *c = wc_chan(sizeof(int), 0), *b = wc_chan(sizeof(int), 1);
    struct weft_case cs[] = {send(c, &one), receive(c, &v)};
    int got = weft_try_select(cs, 2);
    printf(got == 0 ? "sent to itself\n" : got == 1 ? "received from itself\n" : "default\n");
    for (int i = 0; i < 4; i++) {
        struct weft_case bs[] = {send(b, &i), receive(b, &v)};
        if (weft_select(bs, 2) == 0)
            printf("sent %d\n", i);
        else
            printf("received %d\n", v);
    }
    return 0;
}

enum { CASES = 4, ROUNDS = 20000 };

static int all_ready(void *arg) {
    (void)arg;
    int count[CASES] = {0};
    struct weft_case cs[CASES];
    for (int i = 0; i < CASES; i++) {
        cs[i] = receive(wc_chan(0, 0), NULL);
        weft_chan_close(cs[i].chan);
    }
    for (int i = 0; i < ROUNDS; i++) count[weft_select(cs, CASES)]++;
    printf("%d %d %d %d\n", count[0], count[1], count[2], count[3]);
    return 0;
}

static const char *uniform(const struct wc_result *r) {
    int n[CASES];
    if (sscanf(r->out, "%d %d %d %d", &n[0], &n[1], &n[2], &n[3]) != CASES) return "stdout is not four counts";
    for (int i = 0; i < CASES; i++)
        if (n[i] < ROUNDS / CASES - 307 || n[i] > ROUNDS / CASES + 307)
            return wc_text("case %d was chosen %d times of %d", i, n[i], ROUNDS);
    return n[0] + n[1] + n[2] + n[3] == ROUNDS ? NULL : "they do not add up";
}

/* A parked select over the same channel twice, and over two directions, is woken once. */
static weft_waitgroup wg;
static weft_chan *a, *b;
static atomic_int taken, chosen[2];

static void parked(void *arg) {
    (void)arg;
    int v = 0;
    struct weft_case cs[] = {receive(a, &v), receive(a, &v), receive(b, &v), send(b, &v)};
    int got = weft_select(cs, 4);
    WC_CHECKF(got == 0 || got == 1, "case %d", got);
    WC_EQ(v, 42);
    WC_EQ(cs[got].ok, 1);
    atomic_fetch_add(&taken, 1);
    atomic_fetch_add(&chosen[got], 1);
}

static int same_twice(void *arg) {
    a = wc_chan(sizeof(int), 0);
    b = wc_chan(sizeof(int), 0);
    for (int i = 1; i <= 200; i++) {
        weft_waitgroup_go(&wg, parked, arg);
        wc_await(1, "select");
        WC_EQ(weft_chan_try_send(a, &(int){42}), 1);
        WC_EQ(weft_chan_try_send(a, &(int){43}), 0); /* its other case is gone */
        weft_waitgroup_wait(&wg);
        WC_EQ(weft_chan_try_send(b, &(int){44}), 0);
        WC_EQ(weft_chan_try_recv(b, NULL), -EAGAIN);
        WC_EQ(taken, i);
    }
    WC_CHECKF(chosen[0] > 0 && chosen[1] > 0, "%d and %d times", chosen[0], chosen[1]); /* once in 2^199 runs by chance */
    return 0;
}

/* Two senders and a closer race for one parked select: one wins, the other's value is still there. */
static void send_one(void *arg) { weft_chan_send(arg, &(int){1}); }

static int one_winner(void *arg) {
    (void)arg;
    for (int round = 0; round < 500; round++) {
        int v = 0, w = 0;
        weft_chan *x = weft_chan_new(sizeof(int), 0), *y = weft_chan_new(sizeof(int), 0);
        struct weft_case cs[] = {receive(x, &v), receive(y, &w)};
        weft_go(send_one, x);
        weft_go(send_one, y);
        int got = weft_select(cs, 2);
        WC_EQ(v + w, 1);
        WC_EQ(got, w);
        WC_EQ(weft_chan_recv(got ? x : y, &v), 1);
        WC_EQ(weft_chan_try_recv(x, &v), -EAGAIN);
        WC_EQ(weft_chan_try_recv(y, &v), -EAGAIN);
        weft_chan_free(x);
        weft_chan_free(y);
    }
    return 0;
}

/* Two buffers that always have something: neither is starved, and what is taken is the oldest of its own. */
static int fairness(void *arg) {
    (void)arg;
    enum { ROOM = 8, N = 10000 };
    weft_chan *c[2];
    int count[2] = {0}, next[2] = {ROOM, ROOM}, v[2];
    for (int k = 0; k < 2; k++) {
        c[k] = wc_chan(sizeof(int), ROOM);
        for (int i = 0; i < ROOM; i++) weft_chan_send(c[k], &i);
    }
    for (int i = 0; i < N; i++) {
        struct weft_case cs[] = {receive(c[0], &v[0]), receive(c[1], &v[1])};
        int k = weft_select(cs, 2);
        WC_EQ(v[k], count[k]);
        count[k]++;
        weft_chan_send(c[k], &next[k]);
        next[k]++;
    }
    /* Half each; five standard deviations of 50. */
    WC_CHECKF(count[0] > N / 2 - 250 && count[1] > N / 2 - 250, "%d against %d", count[0], count[1]);
    return 0;
}

/* Many cases, more than any fixed array inside could hold. */
static int many(void *arg) {
    (void)arg;
    enum { N = 1000 };
    static struct weft_case cs[N];
    static int v[N];
    for (int i = 0; i < N; i++) cs[i] = receive(wc_chan(sizeof(int), 0), &v[i]);
    for (int i = 0; i < N; i += 37) {
        weft_go(send_one, cs[i].chan);
        WC_EQ(weft_select(cs, N), i);
        WC_EQ(v[i], 1);
    }
    WC_EQ(weft_try_select(cs, N), -EAGAIN);
    return 0;
}

/* A large select takes memory, 1.6 KiB here, which a panic on its way out must not keep. */
enum { LARGE = 32, PANICS = 50000 };
static long most_kib(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}
static struct weft_case large[LARGE];
static void selects_closed(void *arg) {
    (void)arg;
    weft_select(large, LARGE);
}
static int panics_give_back(void *arg) {
    int v = 0;
    (void)arg;
    for (int i = 0; i < LARGE; i++) large[i] = i ? receive(wc_chan(sizeof(int), 0), &v) : send(wc_chan(sizeof(int), 0), &v);
    weft_chan_close(large[0].chan);
    long before = 0;
    for (int i = 0; i < PANICS; i++) {
        if (i == PANICS / 10) before = most_kib();
        WC_CHECK(weft_pcall(selects_closed, NULL) != NULL);
    }
    WC_CHECKF(most_kib() - before < 10000, "%ld KiB more", most_kib() - before);
    return 0;
}

/* Who was served last frees the channel, before who waited has run again. */
static void serves(void *arg) {
    int v = 7;
    WC_EQ(weft_chan_send_until(arg, &v, weft_now() + 100 * WC_SEC), 0);
}
static void selects(void *arg) {
    int v = 7;
    struct weft_case cases[] = {{.dir = WEFT_DIR_SEND, .chan = arg, .elem = &v}, {.dir = WEFT_DIR_RECV, .chan = NULL}};
    WC_EQ(weft_select(cases, 2), 0);
}
static int frees_it(void *arg) {
    for (int i = 0; i < 20; i++) {
        int v = 0;
        weft_chan *reply = weft_chan_new(sizeof v, 0);
        weft_go(i % 2 ? serves : selects, reply);
        wc_await(1, i % 2 ? "chan send" : "select");
        WC_EQ(weft_chan_recv(reply, &v), 1);
        WC_EQ(v, 7);
        weft_chan_free(reply);
        wc_await_goroutines(1);
    }
    return arg != NULL;
}

WC_CASE(api_select_served_frees, .item = "api", .main = frees_it, .no_twin = "Go frees no channel");
WC_CASE(api_select_closed, .item = "api", .main = closed,
        .out = "closed 0 false\nclosed 0 false\nclosed 0 false\ndefault\n", .twin = "api_select_closed");
WC_CASE(api_select_self, .item = "api", .main = self, .out = "default\nsent 0\nreceived 0\nsent 2\nreceived 2\n",
        .twin = "api_select_self");
WC_CASE(api_select_all_ready, .item = "api", .main = all_ready, .check = uniform, .twin = "api_select_all_ready");
WC_CASE(api_select_same_twice, .item = "api", .main = same_twice, .no_twin = "Go does not show who waits");
WC_CASE(api_select_one_winner, .item = "api", .main = one_winner, .no_twin = "no output to compare");
WC_CASE(api_select_fairness, .item = "api", .main = fairness, .no_twin = "no output to compare");
WC_CASE(api_select_panics, .item = "api", .main = panics_give_back, .timeout_s = 60, .not_under = WC_NOT_ASAN, .not_why = "it keeps what is freed", .no_twin = "Go has a collector");
WC_CASE(api_select_many, .item = "api", .main = many, .no_twin = "Go's select is fixed at compile time");
