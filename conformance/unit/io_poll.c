/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The poller by itself.
 * Goal:   what is ready is reported once, with its token, and nothing is written beyond; more than one batch comes in several; an interrupt
 *         ends a wait that is on, or the next one.
 * Method: white-box, without a run: pairs of sockets, a word behind the last event, a thread that waits.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "poll/poll.h"
#include "queue_test.h"

enum { PAIRS = W_POLL_BATCH + W_POLL_BATCH / 2 };
#define UNTOUCHED ((struct w_poll_event){UINT64_C(0x5a5a5a5a5a5a5a5a), 0x5a5a5a5a})
static struct w_poll_event event[W_POLL_BATCH + 1];
static int fd[PAIRS][2];
static uint32_t seen[PAIRS];

/* One look, which returns how many; each is in `seen` from now on. */
static int look(int64_t ns)
{
    for (int i = 0; i <= W_POLL_BATCH; i++)
        event[i] = UNTOUCHED;
    int n = w_poll_wait(event, ns);
    CHECK(n >= 0 && n <= W_POLL_BATCH);
    for (int i = 0; i < n; i++) {
        CHECK(event[i].token < PAIRS);
        seen[event[i].token] |= event[i].what;
    }
    for (int i = n; i <= W_POLL_BATCH; i++)
        CHECK(event[i].token == UNTOUCHED.token && event[i].what == UNTOUCHED.what);
    return n;
}

static void all_with(uint32_t what)
{
    CHECK_EQ(look(0), W_POLL_BATCH);
    CHECK_EQ(look(0), PAIRS - W_POLL_BATCH);
    CHECK_EQ(look(0), 0);
    for (int i = 0; i < PAIRS; i++) {
        CHECK_EQ(seen[i], what);
        seen[i] = 0;
    }
}

static au32 waits, out;
static void *waiter(void *arg)
{
    static struct w_poll_event e[W_POLL_BATCH];
    au32_store_rel(&waits, (uint32_t)w_os_thread_id());
    int n;
    do
        n = w_poll_wait(e, -1);
    while (n == 0);
    CHECK(n == 1 && e[0].token == W_POLL_INTERRUPT);
    au32_store_rel(&out, 1);
    return arg;
}

static void interrupts(void)
{
    pthread_t t;
    CHECK_EQ(pthread_create(&t, NULL, waiter, NULL), 0);
    until_thread_sleeps(&waits);
    w_poll_interrupt();
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(au32_load_acq(&out), 1);

    w_poll_interrupt();
    w_poll_interrupt();
    CHECK(w_poll_wait(event, 10000000000) == 1 && event[0].token == W_POLL_INTERRUPT); /* 10 s: it does not last */
    CHECK_EQ(w_poll_wait(event, 0), 0);
}

int main(void)
{
    struct rlimit files;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 2 * PAIRS + 32) {
        printf("no more than %d descriptors\n", (int)files.rlim_cur);
        return 77;
    }
    CHECK_EQ(w_poll_open(), 0);
    for (int i = 0; i < PAIRS; i++) {
        CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd[i]), 0);
        CHECK_EQ(w_poll_add(fd[i][0], (uint64_t)i), 0);
    }
    all_with(W_POLL_WRITE); /* there is room */
    CHECK_EQ(write(fd[7][1], "x", 1), 1);
    CHECK_EQ(look(10000000000), 1);
    CHECK(seen[7] & W_POLL_READ);
    seen[7] = 0;
    CHECK_EQ(look(0), 0); /* an edge is told once */
    for (int i = 0; i < PAIRS; i++)
        CHECK_EQ(close(fd[i][1]), 0);
    all_with(W_POLL_READ | W_POLL_WRITE | W_POLL_END);
    interrupts();
    w_poll_del(fd[0][0]);
    CHECK_EQ(w_poll_add(fd[0][0], 0), 0); /* as a new one */
    CHECK_EQ(look(0), 1);
    CHECK(seen[0] & W_POLL_END);
    w_poll_close();
    for (int i = 0; i < PAIRS; i++)
        CHECK_EQ(close(fd[i][0]), 0);
    return 0;
}
