/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose is an interrupt of the poller?
 * Goal:   a look that takes one which was meant for another gives it on, and so does a sleeper that is out while others are still meant;
 *         the last one leaves none.
 * Source: sched/netpoll.c, [interrupt].
 * Method: white-box, at one processor, whose only thread is the one that looks: it plays the waker, the look that takes the interrupt, and
 *         the sleeper that wants it. One goroutine waits for a socket, or nobody would look. sysmon may look as well: it gives on too.
 */
#include <sys/socket.h>

#include "poll/poll.h"
#include "queue_test.h"
#include "sched/netpoll.h"

enum { ROUNDS = 1000 / SLOW };
static int ends[2];
static struct w_poll_event event[W_POLL_BATCH];

static void reads(void *arg)
{
    char c;
    (void)arg;
    CHECK_EQ(weft_read(ends[0], &c, 1), 1);
}

/* Takes it. 10 s: ten thousand times what it may be in sysmon's hands. */
static void expect_interrupt(void)
{
    int64_t end = w_os_now() + INT64_C(10000000000), now;
    int n = 0;
    while (n == 0 && (now = w_os_now()) < end) /* a signal ends a wait */
        n = w_poll_wait(event, end - now);
    CHECK_EQ(n, 1);
    CHECK_EQ(event[0].token, W_POLL_INTERRUPT);
}

/* This thread looks, or sysmon does at that moment. */
static void look(struct w_m *m)
{
    uint64_t before = w_netpoll_polls();
    while (w_netpoll_polls() == before)
        CHECK(!w_netpoll_look(m));
}

static int body(void *unused)
{
    (void)unused;
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    weft_go(reads, NULL);
    while (w_netpoll_waiting() == 0)
        weft_yield();
    struct w_m *m = w_enter();
    while (w_poll_wait(event, 0) != 0) /* what came for its own sake: there is room in the socket */
        continue;
    for (int i = 0; i < ROUNDS; i++) {
        w_netpoll_target();
        w_poll_interrupt();
        look(m);
        expect_interrupt();
        w_netpoll_target(); /* a second sleeper */
        w_netpoll_left();
        expect_interrupt();
        w_netpoll_left();
        CHECK_EQ(w_poll_wait(event, 0), 0); /* the last one out */
    }
    w_leave(m);
    CHECK_EQ(write(ends[1], "x", 1), 1);
    while (weft_num_goroutines() > 1)
        weft_yield();
    return 0;
}

int main(void)
{
    CHECK_EQ(run_at(1, body, NULL), 0);
    return 0;
}
