/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything at once, for as long as one likes.
 * Source:   the text: no growth in threads, descriptors, mappings and memory however long it runs.
 * Goal:     what the runtime takes, it takes once: the end of an hour looks as its beginning did.
 * Method:   Half of the time is one run, in rounds of 200 ms. A round has spinners that never call Weft, echo servers and their
 *           clients over TCP and unix sockets, timers of each kind, contexts, calls that block a thread, random selects with deadlines,
 *           storms of goroutines, and a foreign thread that posts; then all of it ends, which must leave one goroutine. The
 *           process is looked at in these quiet moments.
 *           The other half are runs of 10 to 40 ms with the same in them. Their main waits only for those that own something (descriptors,
 *           timers, threads) and returns, or somebody exits, over the heads of the rest.
 *           Each kind counts what it did, and what is received must be what was sent.
 *           WEFT_SOAK_SECONDS=3600 is an hour; 2 s by default (a fifth of the rounds is warm-up, but two at least, and three runs).
 * Expected: after the warm-up no more threads than the most in it and 64 (calls that block and goroutines that are preempted have
 *           one each, which stay a while), the same descriptors, mappings within 192, 24 MiB of resident memory. After the runs the same threads and
 *           descriptors, mappings within 16 (glibc is told not to keep stacks of threads), 16 MiB. Each kind did something. Exit 0.
 */
#include <limits.h>
#include <malloc.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>

#include "case.h"

enum { LEFT_MAPS = 40 }; /* what a run has mapped */
enum { TCP, UNIX, TIMERS, CONTEXTS, SLEEPS, CALLS, SELECTS, SPAWNS, SPINS, POSTS, KINDS };
static const char *const kinds[KINDS] = {"tcp", "unix", "timers", "contexts", "sleeps", "calls", "selects", "spawns", "spins", "posts"};
enum { CLIENTS = 4, SLEEPERS = 20, TIMING = 4, BLOCKING = 8, SELECTING = 8, CHANNELS = 4, CHILDREN = 200, SPINNING = 2, POSTING = 50 };

static atomic_int hang_up;       /* those that own something end */
static atomic_int stop;          /* the rest too */
static atomic_ulong did[KINDS];  /* ever */
static atomic_ulong sent, received; /* over `c`, in this run */
static weft_waitgroup owners, servers, rest, children;
static int listener[2];
static char address[2][64];
static weft_chan *c[CHANNELS];
static _Atomic uint64_t seed;

static uint64_t rnd(void) {
    uint64_t state = atomic_fetch_add(&seed, 0x9e3779b97f4a7c15u);
    return wc_rand(&state);
}

/* ---- sockets ---- */

static void serve(void *arg) {
    int fd = (int)(intptr_t)arg;
    char buf[256];
    for (ssize_t n; (n = weft_read(fd, buf, sizeof buf)) > 0;)
        if (weft_write(fd, buf, (size_t)n) != n) break;
    weft_close(fd);
}

static void accept_all(void *arg) {
    for (int fd; (fd = weft_accept(listener[(intptr_t)arg])) >= 0;) weft_waitgroup_go(&servers, serve, (void *)(intptr_t)fd);
}

static int say_something(int fd, int kind) {
    uint64_t out[8], in[8];
    for (int i = 0; i < 8; i++) out[i] = rnd();
    WC_EQ(weft_write(fd, out, sizeof out), sizeof out);
    for (size_t have = 0; have < sizeof in;) {
        ssize_t n = weft_read(fd, (char *)in + have, sizeof in - have);
        WC_CHECKF(n > 0, "read: %zd", n);
        have += (size_t)n;
    }
    WC_CHECK(memcmp(out, in, sizeof in) == 0);
    atomic_fetch_add(&did[kind], 1);
    return !atomic_load(&hang_up);
}

/* A unix client dials again and again; a TCP one doesn't, or an hour would use up the ports. */
static void client(void *arg) {
    int kind = (int)(intptr_t)arg, more = 1;
    do {
        int fd = weft_dial(address[kind], weft_now() + 10 * WC_SLOW * WC_SEC);
        WC_CHECKF(fd >= 0, "dial %s: %d", address[kind], fd);
        for (int i = 0; more && (kind == TCP || i < 20); i++) more = say_something(fd, kind);
        WC_EQ(weft_close(fd), 0);
    } while (more);
}

static void start_echo(void) {
    snprintf(address[UNIX], sizeof address[UNIX], "unix:@weft-soak-%d", (int)getpid());
    for (intptr_t k = TCP; k <= UNIX; k++) {
        listener[k] = weft_listen(k == TCP ? "tcp:127.0.0.1:0" : address[k], 0);
        WC_CHECKF(listener[k] >= 0, "listen: %d", listener[k]);
        weft_waitgroup_go(&servers, accept_all, (void *)k);
    }
    struct sockaddr_in a;
    socklen_t size = sizeof a;
    WC_EQ(getsockname(listener[TCP], (struct sockaddr *)&a, &size), 0);
    snprintf(address[TCP], sizeof address[TCP], "tcp:127.0.0.1:%d", ntohs(a.sin_port));
    for (intptr_t i = 0; i < CLIENTS; i++)
        for (intptr_t k = TCP; k <= UNIX; k++) weft_waitgroup_go(&owners, client, (void *)k);
}

/* ---- time ---- */

static void count(void *kind) { atomic_fetch_add(&did[(intptr_t)kind], 1); }

static void uses_timers(void *arg) {
    (void)arg;
    weft_timer *ticker = weft_ticker_new(300000), *once = weft_timer_new(1000 * WC_SEC);
    while (!atomic_load(&hang_up)) {
        weft_timer *call = weft_after_func((int64_t)(rnd() % 500000), count, (void *)(intptr_t)TIMERS);
        weft_timer_reset(once, (int64_t)(rnd() % 600000));
        struct weft_case cs[] = {{.chan = weft_timer_chan(ticker), .dir = WEFT_DIR_RECV}, {.chan = weft_timer_chan(once), .dir = WEFT_DIR_RECV}};
        weft_select(cs, 2);
        weft_timer_stop(once);
        if (rnd() % 2) weft_timer_stop(call);
        weft_timer_free(call);
        count((void *)(intptr_t)TIMERS);
    }
    weft_timer_free(ticker);
    weft_timer_free(once);
}

static void uses_contexts(void *arg) {
    (void)arg;
    while (!atomic_load(&hang_up)) {
        weft_context *up = weft_context_new(NULL), *down = weft_context_with_deadline(up, weft_now() + (int64_t)(rnd() % 500000));
        int cancel = rnd() % 4 == 0;
        if (cancel) weft_context_cancel(up);
        WC_EQ(weft_chan_recv(weft_context_done(down), NULL), 0);
        int err = weft_context_err(down);
        WC_CHECKF(err == -ETIMEDOUT || (cancel && err == -ECANCELED), "%d", err);
        weft_context_free(down);
        weft_context_free(up);
        count((void *)(intptr_t)CONTEXTS);
    }
}

static void sleeps(void *arg) {
    for (; !atomic_load(&stop); count(arg)) weft_sleep((int64_t)(rnd() % 2000000));
}

/* ---- threads ---- */

static intptr_t nap(void *arg) {
    struct timespec t = {0, (long)(rnd() % 3000000)};
    nanosleep(&t, NULL);
    return (intptr_t)arg;
}

static void calls(void *arg) {
    for (; !atomic_load(&stop); count(arg)) WC_EQ(weft_blocking(nap, arg), (intptr_t)arg);
}

/* Some 10 ms, then a pause, or nothing else would get far on one processor. */
static void spins(void *arg) {
    uint64_t x = seed | 1;
    for (; !atomic_load(&stop); count(arg)) {
        for (int i = 0; i < 8000000 / WC_SLOW && (i % 1024 || !atomic_load(&stop)); i++) x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        WC_CHECK(x);
        weft_sleep(20000000);
    }
}

static void *posts(void *arg) {
    for (int i = 0; i < POSTING; i++) WC_EQ(weft_post(count, arg), 0);
    return arg;
}

static intptr_t join(void *thread) { return pthread_join(*(pthread_t *)thread, NULL); }

static void foreign(void *arg) {
    while (!atomic_load(&hang_up)) {
        pthread_t t;
        WC_EQ(pthread_create(&t, NULL, posts, arg), 0);
        WC_EQ(weft_blocking(join, &t), 0);
        weft_sleep(5000000);
    }
}

/* ---- channels, goroutines ---- */

static void selects(void *arg) {
    for (; !atomic_load(&stop); count(arg)) {
        struct weft_case cs[CHANNELS];
        uint64_t out = rnd() % 1000, in[CHANNELS];
        for (int i = 0; i < CHANNELS; i++)
            cs[i] = rnd() % 2 ? (struct weft_case){.chan = c[i], .dir = WEFT_DIR_SEND, .elem = &out}
                              : (struct weft_case){.chan = c[i], .dir = WEFT_DIR_RECV, .elem = &in[i]};
        if (rnd() % 64 == 0) weft_sleep(200000); /* or the others get little */
        int got = weft_select_until(cs, CHANNELS, weft_now() + (int64_t)(rnd() % 200000));
        if (got < 0) continue;
        if (cs[got].dir == WEFT_DIR_SEND)
            atomic_fetch_add(&sent, out);
        else
            atomic_fetch_add(&received, in[got]);
    }
}

static void child(void *arg) {
    (void)arg;
    weft_yield();
    weft_waitgroup_done(&children);
}

static void spawns(void *arg) {
    for (; !atomic_load(&stop); count(arg)) {
        weft_waitgroup_add(&children, CHILDREN);
        for (int i = 0; i < CHILDREN; i++) weft_go(child, NULL);
        weft_waitgroup_wait(&children);
        weft_sleep(1000000);
    }
}

/* ---- rounds and runs ---- */

static void several(weft_waitgroup *wg, int n, weft_fn fn, intptr_t kind) {
    for (int i = 0; i < n; i++) weft_waitgroup_go(wg, fn, (void *)kind);
}

static void start(void) {
    atomic_store(&hang_up, 0);
    atomic_store(&stop, 0);
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    for (int i = 0; i < CHANNELS; i++) c[i] = weft_chan_new(sizeof(uint64_t), i);
    start_echo();
    several(&owners, TIMING, uses_timers, TIMERS);
    several(&owners, TIMING, uses_contexts, CONTEXTS);
    several(&owners, 1, foreign, POSTS);
    several(&rest, SLEEPERS, sleeps, SLEEPS);
    several(&rest, BLOCKING, calls, CALLS);
    several(&rest, SPINNING, spins, SPINS);
    several(&rest, SELECTING, selects, SELECTS);
    several(&rest, 1, spawns, SPAWNS);
}

static void end_owners(void) {
    atomic_store(&hang_up, 1);
    weft_waitgroup_wait(&owners);
    for (int k = TCP; k <= UNIX; k++) WC_EQ(weft_close(listener[k]), 0);
    weft_waitgroup_wait(&servers);
}

static void free_channels(void) {
    for (int i = 0; i < CHANNELS; i++) weft_chan_free(c[i]);
}

static void one_round(void) {
    start();
    weft_sleep(200000000);
    end_owners();
    atomic_store(&stop, 1);
    weft_waitgroup_wait(&rest);
    for (int i = 0; i < CHANNELS; i++)
        for (uint64_t v; weft_chan_try_recv(c[i], &v) == 1;) atomic_fetch_add(&received, v);
    WC_EQ(received, sent);
    free_channels();
    WC_UNTIL(weft_num_goroutines() == 1);
}

struct look {
    int threads, fds, maps;
    long rss;
};

static struct look look(void) { return (struct look){wc_threads(), wc_fds(), wc_maps(), wc_rss_kib()}; }

static void at_least(int *most, int seen) { *most = seen > *most ? seen : *most; }

/* Not where a sanitizer maps and keeps memory of its own. */
static void compare(const char *what, struct look was, struct look is, int threads, int maps, long rss) {
    int splits = getenv("WEFT_DEBUG") && strstr(getenv("WEFT_DEBUG"), "guard=mprotect"); /* each stack is two mappings */
    printf("soak: %s: %d threads, then %d; %d descriptors, %d; %ld KiB, %ld; %d mappings, %d of at most %d\n", what, was.threads, is.threads,
           was.fds, is.fds, was.rss, is.rss, was.maps, is.maps, WC_SLOW > 1 || splits ? INT_MAX : was.maps + maps); /* judge compares */
    fflush(stdout);
    WC_EQ(is.fds, was.fds);
    WC_CHECKF(is.threads <= was.threads + threads, "%d threads, then %d", was.threads, is.threads);
    WC_CHECKF(WC_SLOW > 1 || is.rss <= was.rss + rss, "%ld KiB, then %ld", was.rss, is.rss);
}

/* One run: as many rounds as half of the time has. */
static int long_run(void *seconds) {
    int64_t begin = weft_now(), length = (intptr_t)seconds * WC_SEC / 2;
    struct look was = {0}, is = {0};
    for (int i = 0; i < 4 || weft_now() < begin + length; i++) {
        one_round();
        is = look();
        if (i >= 2 && weft_now() >= begin + length / 5) continue;
        at_least(&was.threads, is.threads);
        at_least(&was.maps, is.maps);
        was.fds = is.fds;
        was.rss = is.rss > was.rss ? is.rss : was.rss;
    }
    compare("rounds", was, is, 64, 192, 24 * 1024);
    return 0;
}

static void exits(void *arg) { weft_exit((int)(intptr_t)arg); }

static int short_run(void *arg) {
    memset(&owners, 0, sizeof owners); /* what the last run left in them */
    memset(&servers, 0, sizeof servers);
    memset(&rest, 0, sizeof rest);
    memset(&children, 0, sizeof children);
    start();
    weft_sleep(10000000 + (int64_t)(rnd() % 30000000));
    end_owners();
    if (rnd() % 4 == 0) {
        weft_go(exits, arg);
        weft_select(NULL, 0);
    }
    return (int)(intptr_t)arg;
}

static struct look after_runs(void) {
    int threads = 2 /* main and the watchdog */ + WC_TSAN;
    for (int64_t end = weft_now() + 5 * WC_SEC; wc_threads() > threads && weft_now() < end;) usleep(1000);
    return look();
}

static int body(void) {
    const char *given = getenv("WEFT_SOAK_SECONDS");
    intptr_t seconds = given ? atoi(given) : 2;
    WC_CHECKF(seconds > 0 && seconds < 1000000, "WEFT_SOAK_SECONDS=%s", given);
    seed = wc_seed();
    mallopt(M_ARENA_MAX, 1); /* or glibc reserves 64 MiB for a thread's malloc, now or later */
    int64_t end = weft_now() + seconds * WC_SEC;
    WC_EQ(weft_run(long_run, (void *)seconds), 0);
    struct look was = {0};
    int runs = 0, keeps_stacks = !getenv("GLIBC_TUNABLES"); /* 40 MiB of them; by --case */
    for (; runs < 6 || weft_now() < end; runs++) {
        WC_EQ(weft_run(short_run, (void *)(intptr_t)(runs % 100)), runs % 100);
        free_channels();
        if (runs == 2) was = after_runs();
    }
    printf("soak: %d runs\n", runs);
    compare("runs", was, after_runs(), 0, keeps_stacks ? 400 : 16, 16 * 1024);
    for (int k = 0; k < KINDS; k++) {
        printf("soak: %lu %s\n", atomic_load(&did[k]), kinds[k]);
        WC_CHECKF(did[k] > 0, "%s", kinds[k]);
    }
    return 0;
}

/* A run may leave goroutines behind, and with them what it has mapped, where the machine gives a thread no core for 100 ms: one in 100. */
static const char *judge(const struct wc_result *r) {
    int left = wc_count(r->err, "weft: left to themselves at the end of the run: "), runs = 0;
    if (left != wc_count(r->err, "\n")) return wc_text("stderr: %.500s", r->err);
    if (wc_count(r->out, "soak: ") != 3 + KINDS) return "it did not come to its end";
    for (const char *at = r->out; (at = strstr(at, " mappings, ")); at++) {
        int is, most;
        if (sscanf(at, " mappings, %d of at most %d", &is, &most) != 2) return "mappings are not counted";
        if (is > most && is - most > left * LEFT_MAPS) return wc_text("%d mappings of at most %d, %d runs left goroutines behind", is, most, left);
    }
    for (const char *at = r->out; runs == 0 && (at = strstr(at, "soak: ")); at++) sscanf(at, "soak: %d runs", &runs);
    return left <= runs / 100 ? NULL : wc_text("%d runs of %d left goroutines behind", left, runs);
}

WC_CASE(stress_soak, .item = "stress", .proc = body, .any_err = 1, .check = judge, .timeout_s = 120, .longer_by = "WEFT_SOAK_SECONDS",
        .env = {"GLIBC_TUNABLES=glibc.pthread.stack_cache_size=0"},
        .no_twin = "a Go program starts its runtime once");
