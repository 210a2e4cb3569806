/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels biased to a processor.
 * Goal:   a channel becomes its only user's after 64 uses in a row and not before, and is nobody's again when another P uses it,
 *         whatever the operation is; over thousands of such changes no value is lost, doubled or out of order.
 * Method: chan.h's fields are looked at. Another P: a goroutine that is started while this one keeps its own P busy, so that
 *         it is stolen; its token is compared. Changes are provoked by setting `streak` under the channel's lock. Values are
 *         tokens that workers pass around by every kind of operation and count at the end, and numbers between two. Revocations
 *         are counted, and each goes on until there were thousands; a loaded machine may cut it short. Procs 1, 2, 4, 8; seed
 *         printed.
 */
#include "chan/chan.h"

#include <errno.h>
#include <stdatomic.h>

#include "queue_test.h"

enum { BIAS = 64 };
#define SECOND INT64_C(1000000000)
static weft_waitgroup wg;

static uint32_t my_token(void) { return w_self()->p->token; }
static uint32_t owner(const weft_chan *c) { return au32_load_acq(&c->owner); }

/* Use c n times in a row, from this P: nothing here switches. */
static void use(weft_chan *c, int n)
{
    int64_t v = 7, back = 0;
    for (int i = 0; i < n; i++) {
        if (weft_chan_len(c) == 0)
            CHECK_EQ(weft_chan_try_send(c, &v), 1);
        else
            CHECK(weft_chan_try_recv(c, &back) == 1 && back == 7);
    }
}

static weft_chan *biased(int64_t values)
{
    weft_chan *c = weft_chan_new(8, 4);
    use(c, BIAS + 2);
    CHECK_EQ(owner(c), my_token());
    CHECK_EQ(weft_chan_len(c), 0);
    for (int64_t v = 0; v < values; v++)
        weft_chan_send(c, &v);
    CHECK_EQ(owner(c), my_token());
    return c;
}

/* ---- becoming biased, and back ---- */

static int becomes(void *arg)
{
    (void)arg;
    for (int blocking = 0; blocking < 2; blocking++) {
        weft_chan *c = weft_chan_new(8, 4);
        int64_t v = 7;
        for (int i = 0; i < BIAS; i++) {
            if (!blocking)
                use(c, 1);
            else if (i % 2)
                weft_chan_recv(c, &v);
            else
                weft_chan_send(c, &v);
            CHECK_EQ(owner(c), w_sched.shared);
        }
        use(c, 1);
        CHECK_EQ(owner(c), my_token());
        use(c, 101);
        CHECK_EQ(owner(c), my_token());
        CHECK_EQ(v, 7);
        weft_chan_free(c);
    }
    return 0;
}

static struct elsewhere {
    weft_chan *c[3];
    void (*fn)(weft_chan **c);
    uint32_t token;
    struct w_g *g;
    au32 state; /* 1 runs, 2 done */
} there;

static void go_there(void *arg)
{
    (void)arg;
    there.token = my_token();
    there.g = w_self()->g;
    au32_store_rel(&there.state, 1);
    there.fn(there.c);
    au32_store_rel(&there.state, 2);
}

/* Run fn on another P until it is done, or (parks) waits. This P is kept busy with `meanwhile`, which does not switch. */
static void elsewhere(void (*fn)(weft_chan **), bool parks, void (*meanwhile)(void))
{
    int64_t end = weft_now() + 60 * SLOW * SECOND;
    there.fn = fn;
    au32_store_rlx(&there.state, 0);
    weft_go(go_there, NULL);
    for (;;) {
        uint32_t s = au32_load_acq(&there.state);
        if (s == 2 || (parks && s == 1 && w_g_status(there.g) == W_G_WAITING))
            break;
        CHECK(weft_now() < end);
        meanwhile();
    }
    CHECK(there.token != my_token());
}

static void do_send(weft_chan **c) { weft_chan_send(c[0], &(int64_t){5}); }
static void do_recv(weft_chan **c)
{
    int64_t v = -1;
    CHECK(weft_chan_recv(c[0], &v) == 1 && v == 0);
}
static void do_try_send(weft_chan **c) { CHECK_EQ(weft_chan_try_send(c[0], &(int64_t){5}), 1); }
static void do_try_recv(weft_chan **c)
{
    int64_t v = -1;
    CHECK(weft_chan_try_recv(c[0], &v) == 1 && v == 0);
}
static void do_close(weft_chan **c) { weft_chan_close(c[0]); }
static void do_until(weft_chan **c)
{
    int64_t v = -1;
    CHECK(weft_chan_recv_until(c[0], &v, weft_now() + 1000000) == 1 && v == 0);
}
static void do_try_select(weft_chan **c)
{
    int64_t v[3] = {-1, -1, -1};
    struct weft_case k[3];
    for (int i = 0; i < 3; i++)
        k[i] = (struct weft_case){.chan = c[i], .dir = WEFT_DIR_RECV, .elem = &v[i]};
    int i = weft_try_select(k, 3);
    CHECK(i == 0 && v[0] == 0 && k[0].ok == 1);
}

static void revokes(void (*fn)(weft_chan **), size_t len_after)
{
    for (int i = 0; i < 3; i++)
        there.c[i] = biased(i == 0);
    elsewhere(fn, false, w_cpu_relax);
    CHECK_EQ(owner(there.c[0]), w_sched.shared);
    CHECK_EQ(weft_chan_len(there.c[0]), len_after);
    for (int i = 0; i < 3; i++)
        weft_chan_free(there.c[i]);
}

static int64_t chosen;
static void do_select(weft_chan **c)
{
    int64_t v[3] = {-1, -1, -1};
    struct weft_case k[3];
    for (int i = 0; i < 3; i++)
        k[i] = (struct weft_case){.chan = c[i], .dir = WEFT_DIR_RECV, .elem = &v[i]};
    int i = weft_select(k, 3);
    CHECK_EQ(i, 1);
    chosen = v[i];
}

static void wait_done(void)
{
    while (au32_load_acq(&there.state) != 2)
        weft_yield();
}

/* A select that has to wait takes all three from their owner; a send wakes it. */
static void selects(void)
{
    for (int i = 0; i < 3; i++)
        there.c[i] = biased(0);
    elsewhere(do_select, true, w_cpu_relax);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(owner(there.c[i]), w_sched.shared);
    weft_chan_send(there.c[1], &(int64_t){77});
    wait_done();
    CHECK_EQ(chosen, 77);
    for (int i = 0; i < 3; i++)
        weft_chan_free(there.c[i]);
}

/* Waiters that parked without a lock, since the channel was their P's, are woken by another P's close. */
static _Atomic int closed_for;
static void waiter(void *arg)
{
    int64_t v = -1;
    CHECK(weft_chan_recv(arg, &v) == 0 && v == 0);
    atomic_fetch_add(&closed_for, 1);
}
static void closes(void)
{
    there.c[0] = biased(0);
    closed_for = 0;
    for (int i = 0; i < 5; i++)
        weft_waitgroup_go(&wg, waiter, there.c[0]);
    while (!aptr_load_rlx(&there.c[0]->recvq))
        weft_yield();
    elsewhere(do_close, false, w_cpu_relax);
    weft_waitgroup_wait(&wg);
    CHECK_EQ(closed_for, 5);
    weft_chan_free(there.c[0]);
}

static int is_revoked(void *arg)
{
    (void)arg;
    for (int i = 0; i < 20; i++) {
        revokes(do_send, 2);
        revokes(do_recv, 0);
        revokes(do_try_send, 2);
        revokes(do_try_recv, 0);
        revokes(do_close, 1);
        revokes(do_until, 0);
        revokes(do_try_select, 0);
        selects();
        closes();
    }
    return 0;
}

/* ---- many changes ---- */

static _Atomic long revoked, became;

/* The next use from this P makes c its own. Counts what happened since the last time. */
static void provoke(weft_chan *c)
{
    struct w_m *m = w_enter();
    uint32_t o = au32_load_acq(&c->owner);
    if (o == m->p->token) {
        atomic_fetch_add_explicit(&became, 1, memory_order_relaxed);
    } else if (o <= w_sched.shared && w_spin_try(&c->lock)) {
        if (au32_load_acq(&c->owner) == w_sched.shared) { /* nobody's: the lock's holder has it */
            if (c->streak < -BIAS)
                atomic_fetch_add_explicit(&revoked, 1, memory_order_relaxed);
            c->last = m->p->token;
            c->streak = BIAS;
        }
        w_spin_unlock(&c->lock);
    }
    w_leave(m);
}

static void think(uint64_t *r)
{
    if (draw(r, 32) == 0)
        for (int64_t end = weft_now() + draw(r, 20000); weft_now() < end;)
            w_cpu_relax();
}

enum { WORKERS = 8, CHANNELS = 5, TOKENS = 32, STEPS = 2000 / SLOW, ENOUGH = 3000 / SLOW };
static weft_chan *pipe_of[CHANNELS];
static _Atomic int seen[TOKENS];
static uint64_t storm_seed;

struct worker {
    uint64_t r;
    int64_t hand[TOKENS];
    int n;
};

static int by_select(struct worker *w)
{
    struct weft_case k[CHANNELS];
    int64_t in[CHANNELS], out = w->n ? w->hand[w->n - 1] : -1;
    int n = 1 + (int)draw(&w->r, CHANNELS);
    for (int i = 0; i < n; i++) {
        bool send = w->n && draw(&w->r, 2);
        in[i] = -7;
        k[i] = (struct weft_case){.chan = pipe_of[draw(&w->r, CHANNELS)], .dir = send ? WEFT_DIR_SEND : WEFT_DIR_RECV};
        k[i].elem = send ? &out : &in[i];
    }
    int got = draw(&w->r, 2) ? weft_try_select(k, (size_t)n) : weft_select_until(k, (size_t)n, weft_now() + draw(&w->r, 50000));
    if (got < 0) {
        CHECK(got == -EAGAIN || got == -ETIMEDOUT);
        return 0;
    }
    if (k[got].dir == WEFT_DIR_RECV)
        w->hand[w->n++] = in[got];
    return k[got].dir == WEFT_DIR_SEND ? -1 : 0;
}

static void worker_step(struct worker *w)
{
    weft_chan *c = pipe_of[draw(&w->r, CHANNELS)];
    int64_t deadline = weft_now() + draw(&w->r, 20000), *top = &w->hand[w->n], in = -7;
    int how = (int)draw(&w->r, 5), e = 0;
    if (draw(&w->r, 4) == 0)
        provoke(c);
    if (how == 0) {
        w->n += by_select(w);
    } else if (how == 1 && w->n) {
        w->n -= weft_chan_try_send(c, top - 1);
    } else if (how == 2 && w->n) {
        e = weft_chan_send_until(c, top - 1, deadline);
        w->n -= e == 0;
    } else if (how == 3) {
        e = weft_chan_try_recv(c, &in);
    } else {
        e = weft_chan_recv_until(c, &in, deadline);
    }
    CHECK(e == 0 || e == 1 || e == -EAGAIN || e == -ETIMEDOUT);
    if (e == 1) {
        CHECK(in >= 0 && in < TOKENS);
        w->hand[w->n++] = in;
    }
    think(&w->r);
}

static void work(void *arg)
{
    int me = (int)(intptr_t)arg;
    struct worker w = {.r = storm_seed + (uint64_t)me, .n = TOKENS / WORKERS};
    for (int i = 0; i < w.n; i++)
        w.hand[i] = me * w.n + i;
    for (int i = 0; i < STEPS; i++) {
        worker_step(&w);
        CHECK(w.n >= 0 && w.n <= TOKENS);
    }
    for (int i = 0; i < w.n; i++)
        atomic_fetch_add(&seen[w.hand[i]], 1);
}

static void one_storm(void)
{
    static const ptrdiff_t caps[CHANNELS] = {0, 0, 1, 4, 16};
    memset((void *)seen, 0, sizeof seen);
    for (int i = 0; i < CHANNELS; i++)
        pipe_of[i] = weft_chan_new(8, caps[i]);
    for (intptr_t i = 0; i < WORKERS; i++)
        weft_waitgroup_go(&wg, work, (void *)i);
    weft_waitgroup_wait(&wg);
    for (int i = 0; i < CHANNELS; i++) {
        int64_t v;
        while (weft_chan_try_recv(pipe_of[i], &v) == 1)
            atomic_fetch_add(&seen[v], 1);
        CHECK(!aptr_load_rlx(&pipe_of[i]->recvq) && !aptr_load_rlx(&pipe_of[i]->sendq));
        weft_chan_free(pipe_of[i]);
    }
    for (int i = 0; i < TOKENS; i++)
        CHECK_EQ(seen[i], 1);
}

static int storm(void *arg)
{
    storm_seed = *(uint64_t *)arg;
    int64_t end = weft_now() + 2 * SECOND;
    atomic_store(&revoked, 0);
    atomic_store(&became, 0);
    do {
        one_storm();
        storm_seed += 1000;
    } while (weft_procs(0) > 1 && atomic_load(&revoked) < ENOUGH && (weft_now() < end || atomic_load(&revoked) == 0));
    printf("procs %d: %ld revocations seen\n", weft_procs(0), atomic_load(&revoked));
    CHECK(atomic_load(&became) > 0);
    CHECK(weft_procs(0) > 1 || atomic_load(&revoked) == 0);
    return 0;
}

/* ---- an owner who never leaves it alone ---- */

enum { TAKEN = 20000 / SLOW };
static int64_t sent, taken;

/* A long section, in which a visitor has to wait: nothing of a channel that is ours changes. */
static void dwell(weft_chan *c)
{
    struct w_m *m = w_enter();
    if (w_chan_is_own(m, c)) {
        uint64_t len = au64_load_rlx(&c->len);
        for (int64_t end = weft_now() + 10000; weft_now() < end;) {
            CHECK_EQ(au32_load_rlx(&c->owner), m->p->token);
            CHECK_EQ(au64_load_rlx(&c->len), len);
        }
    }
    w_leave(m);
}

static void keep_sending(void)
{
    static uint32_t turn;
    if (++turn % 8 == 0)
        dwell(there.c[0]);
    for (int i = 0; i < 50; i++) {
        if (owner(there.c[0]) != my_token())
            provoke(there.c[0]);
        sent += weft_chan_try_send(there.c[0], &sent);
    }
}
static void take_in_order(weft_chan **c)
{
    int64_t v, end = weft_now() + SECOND / 2; /* on a loaded machine a value costs two of its time slices */
    for (taken = 0; taken < TAKEN && (weft_now() < end || taken == 0);) {
        int e = weft_chan_try_recv(c[0], &v);
        CHECK(e == -EAGAIN || (e == 1 && v == taken));
        taken += e == 1;
    }
}

static int besieged(void *arg)
{
    (void)arg;
    static const ptrdiff_t caps[] = {1, 3, 64};
    for (int i = 0; i < 3; i++) {
        atomic_store(&revoked, 0);
        sent = 0;
        there.c[0] = weft_chan_new(8, caps[i]);
        elsewhere(take_in_order, false, keep_sending);
        CHECK_EQ((int64_t)weft_chan_len(there.c[0]), sent - taken);
        printf("procs %d, capacity %td: %lld values, %ld revocations seen\n", weft_procs(0), caps[i], (long long)taken,
               atomic_load(&revoked));
        weft_chan_free(there.c[0]);
    }
    return 0;
}

/* ---- in order, between two ---- */

enum { NUMBERS = 60000 / SLOW };
struct line {
    weft_chan *c;
    uint64_t r;
    int64_t end, sent;
};
static void numbers(void *arg)
{
    struct line *l = arg;
    uint64_t r = l->r;
    for (; l->sent < NUMBERS && weft_now() < l->end; l->sent++) {
        if (draw(&r, 64) == 0)
            provoke(l->c);
        weft_chan_send(l->c, &l->sent);
        think(&r);
    }
    weft_chan_close(l->c);
}

static int in_order(void *arg)
{
    uint64_t r = *(uint64_t *)arg;
    for (ptrdiff_t cap = 0; cap <= 128; cap = cap ? cap * 128 : 1) {
        struct line l = {weft_chan_new(8, cap), r + 1, weft_now() + SECOND, 0};
        int64_t v, next = 0;
        weft_waitgroup_go(&wg, numbers, &l);
        while (weft_chan_recv(l.c, &v) == 1) {
            CHECK_EQ(v, next++);
            if (draw(&r, 64) == 0)
                provoke(l.c);
            think(&r);
        }
        weft_waitgroup_wait(&wg);
        CHECK_EQ(next, l.sent);
        weft_chan_free(l.c);
    }
    return 0;
}

int main(void)
{
    static const int procs[] = {1, 2, 4, 8};
    uint64_t s = seed();
    setvbuf(stdout, NULL, _IOLBF, 0);
    CHECK_EQ(run_quiet(1, becomes, NULL), 0);
    setenv("WEFT_DEBUG", "slice=1000000000", 1); /* a P is kept busy until another comes for its work: no preemption */
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(run_at(procs[i], becomes, NULL), 0);
        if (procs[i] > 1) {
            CHECK_EQ(run_at(procs[i], is_revoked, NULL), 0);
            CHECK_EQ(run_at(procs[i], besieged, NULL), 0);
        }
        CHECK_EQ(run_at(procs[i], storm, &s), 0);
        CHECK_EQ(run_at(procs[i], in_order, &s), 0);
    }
    return 0;
}
