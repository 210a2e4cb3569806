/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines: every _until call of channels, select and sync objects.
 * Source:   api.md: "_until calls return -ETIMEDOUT"; "An operation that is ready wins over a deadline that has passed".
 * Goal:     timeouts come, not early; a ready operation wins; what timed out leaves no trace behind (no ghost receiver
 *           that swallows a value, no ghost waiter that takes a wake-up); WEFT_NEVER waits.
 * Method:   deadlines in the past on ready and unready objects; deadlines of 2 ms on unready ones, where the time is read
 *           before and after; then the object is used normally and must behave as new.
 * Expected: exit 0 and silence. No upper bound in time: only "not early" is checked, and that needs none.
 */
#include "case.h"

static const int64_t past = 1;

#define TIMES_OUT(call)                                                             \
    do {                                                                            \
        int64_t until = weft_now() + 2 * WC_MS;                                     \
        WC_EQ((call), -ETIMEDOUT);                                                  \
        WC_CHECKF(weft_now() >= until, "%" PRId64 " ns early", until - weft_now()); \
    } while (0)

static int channels(void *arg) {
    (void)arg;
    int v = 4;
    weft_chan *c = wc_chan(sizeof v, 0), *b = wc_chan(sizeof v, 1);
    WC_EQ(weft_chan_send_until(b, &v, past), 0);
    WC_EQ(weft_chan_send_until(b, &v, past), -ETIMEDOUT);
    v = 0;
    WC_EQ(weft_chan_recv_until(b, &v, past), 1);
    WC_EQ(v, 4);
    WC_EQ(weft_chan_recv_until(b, &v, past), -ETIMEDOUT);
    for (int i = 0; i < 3; i++) {
        TIMES_OUT(weft_chan_send_until(c, &v, until));
        TIMES_OUT(weft_chan_recv_until(c, &v, until));
    }
    WC_EQ(weft_chan_try_send(c, &v), 0);
    WC_EQ(weft_chan_try_recv(c, &v), -EAGAIN);
    struct weft_case cases[2] = {{.chan = c, .dir = WEFT_DIR_RECV, .elem = &v},
                                 {.chan = b, .dir = WEFT_DIR_RECV, .elem = &v}};
    TIMES_OUT(weft_select_until(cases, 2, until));
    TIMES_OUT(weft_select_until(cases, 0, until));
    WC_EQ(weft_select_until(cases, 2, past), -ETIMEDOUT);
    weft_chan_send(b, &(int){6});
    WC_EQ(weft_select_until(cases, 2, past), 1);
    WC_EQ(v, 6);
    WC_EQ(weft_chan_try_send(c, &v), 0);
    weft_chan_close(c);
    WC_EQ(weft_select_until(cases, 2, past), 0);
    WC_EQ(cases[0].ok, 0);
    return 0;
}

static weft_chan *c0;
static void send_9(void *arg) {
    (void)arg;
    weft_sleep(WC_MS);
    weft_chan_send(c0, &(int){9});
}

static int never(void *arg) {
    int v = 0;
    c0 = wc_chan(sizeof v, 0);
    weft_go(send_9, arg);
    WC_EQ(weft_chan_recv_until(c0, &v, WEFT_NEVER), 1);
    WC_EQ(v, 9);
    weft_go(send_9, arg);
    WC_EQ(weft_chan_recv_until(c0, &v, weft_now() + 100 * WC_SEC), 1);
    struct weft_case cs = {.chan = c0, .dir = WEFT_DIR_RECV, .elem = &v};
    weft_go(send_9, arg);
    WC_EQ(weft_select_until(&cs, 1, WEFT_NEVER), 0);
    return 0;
}

static int sync_objects(void *arg) {
    (void)arg;
    weft_mutex m = {0}, held = {0};
    weft_cond cond = {0};
    weft_sema s = {0};
    weft_waitgroup wg = {0};
    WC_EQ(weft_mutex_lock_until(&m, past), 0);
    WC_EQ(weft_mutex_try_lock(&m), 0);
    WC_EQ(weft_mutex_lock_until(&m, past), -ETIMEDOUT);
    TIMES_OUT(weft_mutex_lock_until(&m, until));
    weft_mutex_unlock(&m);
    WC_EQ(weft_mutex_try_lock(&m), 1);
    weft_mutex_unlock(&m);
    WC_EQ(weft_mutex_lock_until(&m, WEFT_NEVER), 0);
    weft_mutex_unlock(&m);

    weft_mutex_lock(&held);
    TIMES_OUT(weft_cond_wait_until(&cond, &held, until));
    WC_EQ(weft_mutex_try_lock(&held), 0); /* locked either way */
    WC_EQ(weft_cond_wait_until(&cond, &held, past), -ETIMEDOUT);
    weft_mutex_unlock(&held);

    WC_EQ(weft_sema_acquire_until(&s, past), -ETIMEDOUT);
    TIMES_OUT(weft_sema_acquire_until(&s, until));
    weft_sema_release(&s, 1);
    WC_EQ(weft_sema_acquire_until(&s, past), 0);
    WC_EQ(weft_sema_try_acquire(&s), 0);

    WC_EQ(weft_waitgroup_wait_until(&wg, past), 0);
    weft_waitgroup_add(&wg, 1);
    WC_EQ(weft_waitgroup_wait_until(&wg, past), -ETIMEDOUT);
    TIMES_OUT(weft_waitgroup_wait_until(&wg, until));
    weft_waitgroup_done(&wg);
    WC_EQ(weft_waitgroup_wait_until(&wg, past), 0);
    return 0;
}

/* A waiter that timed out must not take the signal meant for the one behind it. */
static weft_mutex gm;
static weft_cond gc;
static weft_sema gs;
static weft_waitgroup gw;

static void wait_cond(void *arg) {
    (void)arg;
    weft_mutex_lock(&gm);
    weft_cond_wait(&gc, &gm);
    weft_mutex_unlock(&gm);
}

static void wait_cond_briefly(void *arg) {
    (void)arg;
    weft_mutex_lock(&gm);
    WC_EQ(weft_cond_wait_until(&gc, &gm, weft_now() + WC_MS), -ETIMEDOUT);
    weft_mutex_unlock(&gm);
    wc_await(1, "sync.Cond.Wait"); /* the other one */
    weft_cond_signal(&gc);
}

static void wait_sema(void *arg) {
    (void)arg;
    weft_sema_acquire(&gs);
}

static void wait_sema_briefly(void *arg) {
    (void)arg;
    WC_EQ(weft_sema_acquire_until(&gs, weft_now() + WC_MS), -ETIMEDOUT);
    weft_sema_release(&gs, 1);
}

static int no_ghosts(void *arg) {
    for (int i = 0; i < 10; i++) {
        weft_waitgroup_go(&gw, wait_cond_briefly, arg);
        weft_yield(); /* so that it is, as a rule, the first in line */
        weft_waitgroup_go(&gw, wait_cond, arg);
        weft_waitgroup_wait(&gw);
        weft_waitgroup_go(&gw, wait_sema_briefly, arg);
        weft_yield();
        weft_waitgroup_go(&gw, wait_sema, arg);
        weft_waitgroup_wait(&gw);
    }
    return 0;
}

/* Nobody else gets a turn meanwhile. */
static int turns;
static void takes_turns(void *arg) {
    while (turns >= 0) {
        turns++;
        weft_yield();
    }
    (void)arg;
}

#define AT_ONCE(expr)                    \
    do {                                 \
        turns = 0;                       \
        WC_EQ(expr, -ETIMEDOUT);         \
        WC_EQ(turns, 0);                 \
    } while (0)

static int at_once(void *arg) {
    static const int64_t past[] = {0, 1, -1, INT64_MIN};
    weft_mutex m = {0};
    weft_cond c = {0};
    weft_sema s = {0};
    weft_waitgroup wg = {0};
    weft_mutex_lock(&m);
    weft_waitgroup_add(&wg, 1);
    weft_go(takes_turns, arg);
    for (int i = 0; i < 4; i++) {
        AT_ONCE(weft_mutex_lock_until(&m, past[i]));
        AT_ONCE(weft_sema_acquire_until(&s, past[i]));
        AT_ONCE(weft_waitgroup_wait_until(&wg, past[i]));
        AT_ONCE(weft_cond_wait_until(&c, &m, past[i]));
    }
    weft_mutex_unlock(&m); /* and nothing is left of it */
    WC_EQ(weft_mutex_try_lock(&m), 1);
    turns = -1;
    return 0;
}

WC_CASE(api_until_at_once, .item = "api", .main = at_once, .procs = 1, .env = {"WEFT_DEBUG=slice=10000000"},
        .no_twin = "Go has no deadlines here");
WC_CASE(api_until_channels, .item = "api", .main = channels, .no_twin = "Go has no deadlines here");
WC_CASE(api_until_never, .item = "api", .main = never, .no_twin = "Go has no deadlines here");
WC_CASE(api_until_sync, .item = "api", .main = sync_objects, .no_twin = "Go has no deadlines here");
WC_CASE(api_until_no_ghosts, .item = "api", .main = no_ghosts, .no_twin = "Go has no deadlines here");
