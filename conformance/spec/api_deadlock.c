/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WEFT_DEBUG=deadlock: goroutines that wait for each other's locks are reported while others go on; ordinary use of locks is not.
 * Source:   weft.h, "Seeing"; runtime/sched/locks.h. Go has no such report.
 * Goal:     each kind of cycle is reported once, with who holds what, where it was locked and started and where it waits, within
 *           100 ms of its last wait, whether the others compute, yield or sleep; and nothing else is reported in 10^6 runs of locking.
 * Method:   stderr is a pipe that main reads while it goes on. The one who closes the cycle takes the time, by a thread beside the run
 *           that naps 10 ms at a time: ten naps are 100 ms, and on a machine that is loaded longer for that thread as for the monitor.
 *           Of five cycles the soonest has to be in time; 2 or 3 naps are expected, so all five late by chance was never seen.
 *           Ordinary use runs under deadlock=fatal, which would end it.
 * Expected: the report's lines, checked against the numbers that the goroutines have; exit 0; fatal: exit 2.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <time.h>

#include "case.h"

enum { ROUNDS = 5, IN_TIME = 10 /* naps */ };

struct pair {
    weft_mutex a, b, c;
    weft_rwmutex x, y;
    weft_once once;
    weft_chan *held, *go;
    _Atomic(int) closed_at; /* naps, just before the last wait */
    _Atomic(uint64_t) id[3];
};

static struct pair pairs[ROUNDS];
static _Atomic(int) naps;

static void *nap(void *arg) {
    (void)arg;
    for (;; naps++) nanosleep(&(struct timespec){.tv_nsec = 10 * WC_MS}, NULL);
    return NULL;
}

/* ---- what closes a cycle ---- */

/* Who has its first lock says so, and goes on when all have. */
static void meet(struct pair *p, int who) {
    p->id[who] = weft_id();
    weft_chan_send(p->held, NULL);
    weft_chan_recv(p->go, NULL);
    p->closed_at = naps;
}

static void holds_a(void *arg) {
    struct pair *p = arg;
    weft_mutex_lock(&p->a);
    meet(p, 0);
    weft_mutex_lock(&p->b);
    WC_CHECK(!"got b");
}

static void holds_b(void *arg) {
    struct pair *p = arg;
    weft_mutex_lock(&p->b);
    meet(p, 1);
    weft_mutex_lock(&p->a);
    WC_CHECK(!"got a");
}

static void holds_a_wants_x(void *arg) {
    struct pair *p = arg;
    WC_CHECK(weft_mutex_try_lock(&p->a));
    meet(p, 0);
    weft_rwmutex_lock(&p->x);
    WC_CHECK(!"got x");
}

static void reads_x_wants_y(void *arg) {
    struct pair *p = arg;
    weft_rwmutex_rlock(&p->x);
    meet(p, 1);
    weft_rwmutex_rlock(&p->y);
    WC_CHECK(!"got y");
}

static void writes_y_wants_a(void *arg) {
    struct pair *p = arg;
    weft_rwmutex_lock(&p->y);
    meet(p, 2);
    weft_mutex_lock(&p->a);
    WC_CHECK(!"got a");
}

static void writes_x_wants_a(void *arg) {
    struct pair *p = arg;
    WC_CHECK(weft_rwmutex_try_lock(&p->x));
    meet(p, 1);
    WC_CHECK(weft_mutex_lock_until(&p->a, WEFT_NEVER) == 0);
    WC_CHECK(!"got a");
}

static void reads_twice(void *arg) {
    struct pair *p = arg;
    WC_CHECK(weft_rwmutex_try_rlock(&p->x));
    meet(p, 0);
    wc_await((int)(p - pairs) + 1, "sync.RWMutex.Lock");
    p->closed_at = naps;
    weft_rwmutex_rlock(&p->x);
    WC_CHECK(!"got x again");
}

static void writes_between(void *arg) {
    struct pair *p = arg;
    meet(p, 1);
    weft_rwmutex_lock(&p->x);
    WC_CHECK(!"got x");
}

static void locks_twice(void *arg) {
    struct pair *p = arg;
    weft_mutex_lock(&p->a);
    meet(p, 0);
    weft_mutex_lock(&p->a);
    WC_CHECK(!"got a again");
}

static void again(void *arg) {
    struct pair *p = arg;
    meet(p, 0);
    weft_once_do(&p->once, again, p);
}
static void once_itself(void *arg) { weft_once_do(&((struct pair *)arg)->once, again, arg); }

/* ---- main, beside them ---- */

static char text[1 << 16];
static int report_fd, pipe_end, stderr_was;

static size_t pour(size_t have) {
    ssize_t n = read(report_fd, text + have, sizeof text - 1 - have);
    have += n > 0 ? (size_t)n : 0;
    text[have] = 0;
    return have;
}

/* A report is whole when it has said of n goroutines where they were started. */
static int whole(int n) { return wc_count(text, "created by ") >= n && strrchr(text, '\t') > strrchr(text, ' '); }

enum how { YIELDS, SLEEPS, COMPUTES };

static int until_report(struct pair *p, int n, enum how how) {
    size_t have = 0;
    int64_t end = weft_now() + 10 * WC_SLOW * WC_SEC;
    int seen = 0;
    text[0] = 0;
    while (!whole(n) && weft_now() < end) {
        if (how == YIELDS)
            weft_yield();
        else if (how == SLEEPS)
            weft_poll(report_fd, POLLIN, end);
        have = pour(have);
        if (have && !seen) seen = naps;
    }
    dup2(stderr_was, 2); /* for complaints */
    WC_CHECKF(whole(n), "no report within 10 s: \"%s\"", text);
    return seen - p->closed_at;
}

/* "goroutine W waits …, … goroutine H": that edge is said, and says what. */
static void check_edge(const struct pair *p, int waiter, const char *what, int holder) {
    char want[128], line[256];
    snprintf(want, sizeof want, "goroutine %llu %s 0x", (unsigned long long)p->id[waiter], what);
    const char *at = strstr(text, want);
    WC_CHECKF(at, "no \"%s\" in \"%s\"", want, text);
    snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
    snprintf(want, sizeof want, " goroutine %llu", (unsigned long long)p->id[holder]);
    size_t n = strlen(line), m = strlen(want);
    WC_CHECKF(n > m && strcmp(line + n - m, want) == 0, "\"%s\" does not end with \"%s\"", line, want);
}

static struct shape {
    int n;
    weft_fn fn[3];
    const char *waits[3]; /* for the next one */
    enum how how;
    const char *sites[3]; /* functions that are named as lockers */
    const char *frame;    /* that is named as waiting */
} *shape;

__attribute__((noinline)) static int one_round(struct pair *p) {
    p->held = wc_chan(0, 0);
    p->go = wc_chan(0, 0);
    dup2(pipe_end, 2);
    for (int i = 0; i < shape->n; i++) weft_go(shape->fn[i], p);
    for (int i = 0; i < shape->n; i++) weft_chan_recv(p->held, NULL);
    for (int i = 0; i < shape->n; i++) weft_chan_send(p->go, NULL);
    int took = until_report(p, shape->n, shape->how);
    WC_CHECKF(wc_count(text, "weft: deadlock of ") == 1, "\"%s\"", text);
    for (int i = 0; i < shape->n; i++) {
        check_edge(p, i, shape->waits[i], (i + 1) % shape->n);
        if (shape->sites[i]) WC_CHECKF(strstr(text, shape->sites[i]), "no \"%s\" in \"%s\"", shape->sites[i], text);
    }
    WC_CHECKF(wc_count(text, "created by one_round\n") == shape->n, "\"%s\"", text);
    WC_CHECKF(!shape->frame || strstr(text, shape->frame), "no \"%s\" in \"%s\"", shape->frame, text);
    return took;
}

static int rounds(void *arg) {
    int best = INT_MAX;
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        int took = one_round(&pairs[i]);
        if (took < best) best = took;
    }
    WC_CHECKF(best <= IN_TIME, "the soonest report came after %d naps of 10 ms", best);
    return 0;
}

static int captured(struct shape *s) {
    int p[2];
    stderr_was = dup(2);
    if (pipe(p) != 0 || fcntl(p[0], F_SETFL, O_NONBLOCK) != 0) return 1;
    report_fd = p[0];
    pipe_end = p[1];
    shape = s;
    pthread_t t;
    if (pthread_create(&t, NULL, nap, NULL) != 0) return 1;
    return weft_run(rounds, NULL);
}

#define CYCLE(id, ...)                                                                                                    \
    static int id(void) {                                                                                                 \
        static struct shape s = {__VA_ARGS__};                                                                            \
        return captured(&s);                                                                                              \
    }                                                                                                                     \
    WC_CASE(api_deadlock_##id, .item = "beyond", .proc = id, .alone = 1, .env = {"WEFT_DEBUG=deadlock=1", NULL}, \
            .no_twin = "Go reports a deadlock only when every goroutine is asleep")

#define MUTEX   "waits for mutex"
#define WRITE   "waits to write to rwmutex"
#define READ    "waits to read from rwmutex"
#define READERS "waits for the readers of rwmutex"
#define AB      {holds_a, holds_b}, {MUTEX, MUTEX}
#define AB_SITES {"locked by holds_a\n", "locked by holds_b\n"}, "holds_a(...)\n"
CYCLE(two, 2, AB, YIELDS, AB_SITES);
CYCLE(two_asleep, 2, AB, SLEEPS, AB_SITES);
CYCLE(two_busy, 2, AB, COMPUTES, AB_SITES);
CYCLE(three, 3, {holds_a_wants_x, reads_x_wants_y, writes_y_wants_a}, {READERS, READ, MUTEX}, YIELDS,
      {"locked by holds_a_wants_x\n", NULL, "locked by writes_y_wants_a\n"}, "reads_x_wants_y(...)\n");
CYCLE(writer, 2, {holds_a_wants_x, writes_x_wants_a}, {WRITE, MUTEX}, SLEEPS, {"locked by holds_a_wants_x\n"}, NULL);
CYCLE(reader_twice, 2, {reads_twice, writes_between}, {READ, READERS}, SLEEPS, {NULL}, NULL);
CYCLE(itself, 1, {locks_twice}, {MUTEX}, SLEEPS, {"locked by locks_twice\n"}, "locks_twice(...)\n");
CYCLE(once, 1, {once_itself}, {MUTEX}, YIELDS, {NULL}, NULL);

/* ---- fatal ---- */

static int fatal_body(void *arg) {
    struct pair *p = &pairs[0];
    (void)arg;
    p->held = wc_chan(0, 0);
    p->go = wc_chan(0, 0);
    weft_go(holds_a, p);
    weft_go(holds_b, p);
    for (int i = 0; i < 2; i++) weft_chan_recv(p->held, NULL);
    for (int i = 0; i < 2; i++) weft_chan_send(p->go, NULL);
    while (naps == 0) weft_yield(); /* the thread is not there */
    return 9;
}

WC_CASE(api_deadlock_fatal, .item = "beyond", .main = fatal_body, .exit = 2, .env = {"WEFT_DEBUG=deadlock=fatal", NULL},
        .err = "fatal error: deadlock of 2 goroutines, which wait for each other's locks while others go on",
        .no_twin = "Go reports a deadlock only when every goroutine is asleep");

/* ---- nothing false ---- */

enum { WORKERS = 16, LOCKS = 8 };
static const long RUNS = 1000000;

static weft_mutex locks[LOCKS], shared;
static weft_rwmutex rws[2];
static weft_cond cond;
static weft_waitgroup wg;
static long counter[LOCKS];
static uint64_t base_seed;
static _Atomic(long) runs, late, handed;

static void two_in_order(uint64_t *seed) {
    int i = (int)(wc_rand(seed) % LOCKS), j = (int)(wc_rand(seed) % LOCKS);
    weft_mutex_lock(&locks[i < j ? i : j]);
    if (i != j) weft_mutex_lock(&locks[i < j ? j : i]);
    counter[i]++;
    if (i != j) weft_mutex_unlock(&locks[j]);
    weft_mutex_unlock(&locks[i]);
}

/* In any order, but one gives up: looks like a cycle for as long as 20 ms, now and then. */
static void with_deadline(uint64_t *seed) {
    int i = (int)(wc_rand(seed) % LOCKS), j = (i + 1) % LOCKS;
    weft_mutex_lock(&locks[i]);
    if (i + 1 < LOCKS || weft_mutex_lock_until(&locks[j], weft_now() + (wc_rand(seed) % 64 == 0 ? 20 * WC_MS : WC_MS / 10)) == 0) {
        if (i + 1 < LOCKS) weft_mutex_lock(&locks[j]);
        weft_mutex_unlock(&locks[j]);
    } else {
        late++;
    }
    weft_mutex_unlock(&locks[i]);
}

static void reads_and_writes(uint64_t *seed) {
    weft_rwmutex *rw = &rws[wc_rand(seed) % 2];
    if (wc_rand(seed) % 4 == 0) {
        weft_rwmutex_lock(rw);
        if (wc_rand(seed) % 8 == 0) weft_yield();
        weft_rwmutex_unlock(rw);
    } else if (wc_rand(seed) % 4 || !weft_rwmutex_try_rlock(rw)) {
        weft_rwmutex_rlock(rw);
        weft_mutex_lock(&locks[LOCKS - 1]);
        weft_mutex_unlock(&locks[LOCKS - 1]);
        weft_rwmutex_runlock(rw);
    } else {
        weft_rwmutex_runlock(rw);
    }
}

static void signals(uint64_t *seed) {
    weft_mutex_lock(&locks[0]);
    if (wc_rand(seed) % 2)
        weft_cond_broadcast(&cond);
    else
        weft_cond_wait_until(&cond, &locks[0], weft_now() + WC_MS / 10);
    weft_mutex_unlock(&locks[0]);
}

static void work(void *arg) {
    uint64_t seed = base_seed + (uintptr_t)arg;
    for (; runs < RUNS / WC_SLOW; runs++) {
        uint64_t k = wc_rand(&seed) % 16;
        if (k < 9)
            two_in_order(&seed);
        else if (k < 11)
            with_deadline(&seed);
        else if (k < 15)
            reads_and_writes(&seed);
        else
            signals(&seed);
        if (k == 0) weft_yield();
    }
}

/* Holds one for long: all the others pile up in a convoy, looked at again and again. */
static void sits_on_one(void *arg) {
    (void)arg;
    while (runs < RUNS / WC_SLOW) {
        weft_mutex_lock(&locks[LOCKS / 2]);
        weft_sleep(30 * WC_MS);
        weft_mutex_unlock(&locks[LOCKS / 2]);
        weft_sleep(100 * WC_MS);
    }
}

/* As a semaphore: who locks it twice waits for another to unlock it. That it is used so is seen the first time. */
static weft_chan *locked, *unlocked;
static void opens(void *arg) {
    (void)arg;
    weft_chan_recv(locked, NULL);
    weft_mutex_unlock(&shared);
    weft_chan_send(unlocked, NULL);
    for (int i = 0; i < 3; i++) {
        wc_await(1, "sync.Mutex.Lock");
        weft_sleep(60 * WC_MS); /* some looks */
        weft_mutex_unlock(&shared);
        weft_chan_recv(locked, NULL);
    }
}
static void locks_twice_in_vain(void *arg) {
    (void)arg;
    weft_mutex_lock(&shared);
    weft_chan_send(locked, NULL);
    weft_chan_recv(unlocked, NULL);
    for (; handed < 3; handed++) {
        weft_mutex_lock(&shared);
        weft_mutex_lock(&shared);
        weft_mutex_unlock(&shared);
        weft_chan_send(locked, NULL);
    }
}

static int ordinary(void *arg) {
    (void)arg;
    base_seed = wc_seed();
    locked = wc_chan(0, 0);
    unlocked = wc_chan(0, 0);
    weft_waitgroup_go(&wg, opens, NULL);
    weft_waitgroup_go(&wg, locks_twice_in_vain, NULL);
    weft_waitgroup_wait(&wg);
    weft_waitgroup_go(&wg, sits_on_one, NULL);
    for (uintptr_t i = 0; i < WORKERS; i++) weft_waitgroup_go(&wg, work, (void *)(i + 1));
    weft_waitgroup_wait(&wg);
    WC_CHECK(handed == 3);
    return 0;
}

WC_CASE(api_deadlock_none, .item = "beyond", .main = ordinary, .env = {"WEFT_DEBUG=deadlock=fatal", NULL}, .timeout_s = 120,
        .no_twin = "Go reports a deadlock only when every goroutine is asleep");
