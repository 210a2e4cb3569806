/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_stats_read, weft_goroutines, weft_dump.
 * Source:   api.md, "Seeing"; Go's wait reasons (runtime/runtime2.go).
 * Goal:     the numbers add up, every way of waiting has Go's word, a dump has a header for each goroutine, also from a
 *           foreign thread.
 * Method:   one goroutine parked in each way; the table of reasons; counters before and after known work.
 * Expected: exit 0 and silence on stderr.
 */
#include <pthread.h>

#include "case.h"

static weft_mutex m;
static weft_rwmutex rr, rw;
static weft_cond cond;
static weft_sema sema;
static weft_waitgroup wg, never;
static weft_chan *c;

static void on_recv(void *a) { (void)a, weft_chan_recv(c, NULL); }
static void on_send(void *a) { (void)a, weft_chan_send(c, ""); }
static void on_recv_nil(void *a) { (void)a, weft_chan_recv(NULL, NULL); }
static void on_send_nil(void *a) { (void)a, weft_chan_send(NULL, ""); }
static void on_select(void *a) {
    (void)a;
    struct weft_case cs = {.chan = NULL, .dir = WEFT_DIR_RECV};
    weft_select(&cs, 1);
}
static void on_no_cases(void *a) { (void)a, weft_select(NULL, 0); }
static void on_sleep(void *a) { (void)a, weft_sleep(1000 * WC_SEC); }
static void on_mutex(void *a) { (void)a, weft_mutex_lock(&m); }
static void on_rlock(void *a) { (void)a, weft_rwmutex_rlock(&rw); }
static void on_lock(void *a) { (void)a, weft_rwmutex_lock(&rr); }
static void on_sema(void *a) { (void)a, weft_sema_acquire(&sema); }
static void on_waitgroup(void *a) { (void)a, weft_waitgroup_wait(&never); }
static void on_cond(void *a) {
    static weft_mutex own;
    (void)a;
    weft_mutex_lock(&own);
    weft_cond_wait(&cond, &own);
}

static const struct {
    weft_fn fn;
    const char *reason;
} ways[] = {
    {on_recv, "chan receive"},     {on_recv_nil, "chan receive (nil chan)"}, {on_send_nil, "chan send (nil chan)"},
    {on_select, "select"},         {on_no_cases, "select (no cases)"},       {on_sleep, "sleep"},
    {on_mutex, "sync.Mutex.Lock"}, {on_rlock, "sync.RWMutex.RLock"},         {on_lock, "sync.RWMutex.Lock"},
    {on_cond, "sync.Cond.Wait"},   {on_waitgroup, "sync.WaitGroup.Wait"},    {on_sema, "semacquire"},
};
enum { WAYS = sizeof ways / sizeof *ways };

static void park_all(void) {
    c = weft_chan_new(1, 0);
    weft_mutex_lock(&m);
    weft_rwmutex_rlock(&rr);
    weft_rwmutex_lock(&rw);
    weft_waitgroup_add(&never, 1);
    for (int i = 0; i < WAYS; i++) {
        char name[40];
        snprintf(name, sizeof name, "way %d", i);
        struct weft_go_options o = {.name = name};
        WC_EQ(weft_go_with(&o, ways[i].fn, NULL), 0);
        wc_await(1, ways[i].reason);
    }
}

static int reasons(void *arg) {
    (void)arg;
    struct weft_goroutine_info info[WAYS + 8];
    park_all();
    WC_EQ(weft_goroutines(info, WAYS + 8), WAYS + 1);
    WC_EQ(weft_goroutines(info, 2), WAYS + 1);
    WC_EQ(weft_goroutines(NULL, 0), WAYS + 1);
    weft_sleep(2 * WC_MS);
    weft_goroutines(info, WAYS + 8);
    int found = 0, mains = 0;
    for (int i = 0; i <= WAYS; i++) {
        if (info[i].id == 1) {
            mains++;
            WC_CHECKF(strcmp(info[i].state, "running") == 0, "main is %s", info[i].state);
            WC_CHECK(info[i].wait_reason[0] == 0);
            WC_EQ(info[i].waiting_ns, 0);
            continue;
        }
        int n = -1;
        WC_EQ(sscanf(info[i].name, "way %d", &n), 1);
        WC_CHECK(n >= 0 && n < WAYS);
        WC_CHECKF(strcmp(info[i].wait_reason, ways[n].reason) == 0, "[%s] for [%s]", info[i].wait_reason,
                  ways[n].reason);
        WC_CHECKF(strcmp(info[i].state, "waiting") == 0, "%s", info[i].state);
        WC_CHECK(info[i].entry == (void *)(uintptr_t)ways[n].fn);
        WC_CHECK(info[i].spawned_at != NULL);
        WC_CHECKF(info[i].waiting_ns >= 2 * WC_MS - 10 * WC_MS && info[i].waiting_ns < 100 * WC_SEC, "%" PRId64,
                  info[i].waiting_ns);
        found++;
    }
    WC_EQ(mains, 1);
    WC_EQ(found, WAYS);
    weft_go(on_send, NULL); /* meets on_recv: one waiter less */
    wc_await_goroutines(WAYS);
    return 0;
}

/* Who comes back from a long call, to a processor that was idle all the while, and then waits, has not waited since before it. */
enum { CALL_MS = 300 };
static int64_t came_back;
static intptr_t naps(void *arg) { return (void)arg, usleep(CALL_MS * 1000); }
static void waits_after(void *c) {
    weft_blocking(naps, NULL);
    came_back = weft_now();
    weft_chan_send(((weft_chan **)c)[0], NULL);
    weft_chan_recv(((weft_chan **)c)[1], NULL);
}
static int since_when(void *arg) {
    weft_chan *c[2] = {wc_chan(0, 0), wc_chan(0, 0)};
    struct weft_goroutine_info info[2];
    (void)arg;
    weft_go(waits_after, c);
    WC_EQ(weft_chan_recv(c[0], NULL), 1);
    wc_await(1, "chan receive");
    WC_EQ(weft_goroutines(info, 2), 2);
    int64_t now = weft_now();
    for (int i = 0; i < 2; i++)
        WC_CHECKF(info[i].waiting_ns <= now - came_back + CALL_MS * WC_MS / 2, "%" PRId64 " ns, %" PRId64 " since the call",
                  info[i].waiting_ns, now - came_back);
    weft_chan_close(c[1]);
    wc_await_goroutines(1);
    return 0;
}

static void *dump_thread(void *arg) {
    weft_dump(*(int *)arg);
    return NULL;
}

static int count_headers(int fd) {
    static char text[1 << 20];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = 0;
    return wc_headers(text);
}

static int dumps(void *arg) {
    (void)arg;
    park_all();
    FILE *f = tmpfile(), *g = tmpfile();
    WC_CHECK(f && g);
    weft_dump(fileno(f));
    WC_EQ(count_headers(fileno(f)), WAYS + 1);
    int fd = fileno(g);
    pthread_t t;
    WC_EQ(pthread_create(&t, NULL, dump_thread, &fd), 0);
    pthread_join(t, NULL);
    WC_EQ(count_headers(fd), WAYS + 1);
    fclose(f);
    fclose(g);
    return 0;
}

static void yields(void *arg) {
    for (intptr_t i = 0; i < (intptr_t)arg; i++) weft_yield();
}

static int counters(void *arg) {
    struct weft_stats s = {.size = sizeof s}, t = {.size = sizeof t};
    (void)arg;
    weft_stats_read(&s);
    WC_EQ(s.goroutines, 1);
    WC_EQ(s.running, 1);
    WC_EQ(s.procs, wc_procs());
    WC_CHECK(s.threads >= 1);
    for (int i = 0; i < 100; i++) weft_waitgroup_go(&wg, yields, (void *)10);
    weft_waitgroup_wait(&wg);
    wc_await_goroutines(1);
    weft_stats_read(&t);
    WC_EQ(t.created - s.created, 100);
    WC_CHECKF(t.yields - s.yields + (uint64_t)wc_procs() >= 1000, "%" PRIu64 " yields", t.yields - s.yields); /* less those under way */
    WC_CHECK(t.switches > s.switches);
    c = weft_chan_new(1, 0);
    for (int i = 0; i < 50; i++) weft_go(on_recv, NULL);
    wc_await(50, "chan receive");
    WC_UNTIL((weft_stats_read(&s), s.parks >= t.parks + 50)); /* counted a moment after the state */
    WC_EQ(s.waiting, 50);
    WC_EQ(s.goroutines, 51);
    WC_CHECK(s.stacks >= 51 && s.stack_bytes >= s.stacks * 4096);
    struct weft_stats old = {.size = offsetof(struct weft_stats, created)};
    old.created = 12345;
    weft_stats_read(&old);
    WC_EQ(old.goroutines, 51);
    WC_EQ(old.created, 12345);
    return 0;
}

/* One with a stack of its own is gone when it has ended, though nobody has come by to give the stack back. */
static weft_waitgroup ending;
static void ends(void *arg) {
    (void)arg;
    weft_waitgroup_done(&ending);
}
static int gone(void *arg) {
    struct weft_goroutine_info info[8];
    struct weft_go_options o = {.stack_size = 1 << 20};
    (void)arg;
    for (int i = 0; i < 20; i++) {
        weft_waitgroup_add(&ending, 1);
        WC_EQ(weft_go_with(&o, ends, NULL), 0);
        weft_waitgroup_wait(&ending);
        WC_EQ(weft_goroutines(info, 8), 1);
    }
    return 0;
}

WC_CASE(api_waiting_since, .item = "api", .main = since_when, .no_twin = "Go tells minutes alone");
WC_CASE(api_wait_reasons, .item = "api", .main = reasons, .no_twin = "Go shows them in dumps alone");
WC_CASE(api_dump, .item = "api", .main = dumps, .no_twin = "Go shows them in dumps alone");
WC_CASE(api_stats, .item = "api", .main = counters, .no_twin = "counters of Weft's own");
WC_CASE(api_seeing_since_when, .item = "api", .main = since_when, .no_twin = "Go tells minutes alone");
WC_CASE(api_seeing_gone, .item = "api", .main = gone, .procs = 1, .env = {"WEFT_DEBUG=nosysmon=1", NULL}, .no_twin = "Go's stacks have no sizes");
