/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written of a descriptor by several at once, and by the poller.
 * Goal:   no mark is lost beside others that are set and cleared at the same moment; an edge of one side counts for that side, and for those
 *         who wait for any; the mark of those who wait goes with the last; number 0 is a descriptor as any other; a close begins under the
 *         lock.
 * Method: white-box. 1. While one goroutine's first wait makes a descriptor known to the poller, another begins and ends reads of it; each
 *         looks whether its own mark stands. 2. A byte is written: once the side's count has grown, so has that of all. 3. A reader that has
 *         waited. 4. What is accepted as number 0 is known to be Weft's own. 5. The lock is held for 20 ms beside a close, which can only
 *         fail to see a bug.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "io/fd.h"
#include "queue_test.h"

enum { PAIRS = 400 / SLOW };
static struct w_fd *f;
static au32 reads, stop;
static weft_waitgroup wg;

static void open_pair(int fd[2])
{
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
    CHECK_EQ(w_fd_get(fd[0], &f), 0);
}
static void close_pair(const int fd[2])
{
    w_fd_put(f);
    CHECK_EQ(weft_close(fd[0]), 0);
    CHECK_EQ(close(fd[1]), 0);
}

/* It comes to know the poller, and does not wait: its time is over. */
static void make_known(int fd)
{
    CHECK_EQ(w_fd_wait(fd, f, W_FD_READ, au32_load_acq(&f->seq[W_FD_READ]), 1, false), -ETIMEDOUT);
    CHECK(au32_load_acq(&f->marks) & W_FD_POLLED);
}

static void begins_and_ends(void *unused)
{
    (void)unused;
    do {
        CHECK(w_fd_begin_read(f));
        CHECK(au32_load_acq(&f->marks) & W_FD_READING);
        w_fd_end_read(f);
        CHECK(!(au32_load_acq(&f->marks) & W_FD_READING));
        au32_store_rel(&reads, 1);
    } while (!au32_load_acq(&stop));
}

static int marks(void *unused)
{
    int fd[2];
    (void)unused;
    for (int i = 0; i < PAIRS; i++) {
        open_pair(fd);
        au32_store_rel(&reads, 0);
        au32_store_rel(&stop, 0);
        weft_waitgroup_go(&wg, begins_and_ends, NULL);
        while (!au32_load_acq(&reads))
            weft_yield();
        make_known(fd[0]);
        au32_store_rel(&stop, 1);
        weft_waitgroup_wait(&wg);
        CHECK(au32_load_acq(&f->marks) & W_FD_POLLED);
        close_pair(fd);
    }
    return 0;
}

/* Until the poller has seen an edge of this side beyond `seen`, 10 s at the most; then the count of all edges. */
static uint32_t edges_when(int side, uint32_t seen)
{
    for (int ms = 0; au32_load_acq(&f->seq[side]) == seen; ms++) {
        CHECK(ms < 10000);
        weft_sleep(1000000);
    }
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    uint32_t all = au32_load_rlx(&f->seq[W_FD_POLL]); /* under the lock */
    w_spin_unlock(&f->lock);
    w_leave(m);
    return all;
}

static int edges(void *unused)
{
    int fd[2];
    (void)unused;
    open_pair(fd);
    uint32_t to_write = au32_load_acq(&f->seq[W_FD_WRITE]), to_read = au32_load_acq(&f->seq[W_FD_READ]);
    make_known(fd[0]);
    uint32_t all = edges_when(W_FD_WRITE, to_write); /* there is room, as the poller says at once */
    CHECK_EQ(au32_load_acq(&f->seq[W_FD_READ]), to_read);
    CHECK_EQ(write(fd[1], "x", 1), 1);
    CHECK(edges_when(W_FD_READ, to_read) != all);
    close_pair(fd);
    return 0;
}

static void reads_one(void *fd)
{
    char b;
    CHECK_EQ(weft_read((int)(intptr_t)fd, &b, 1), 1);
}

static int mark_of_waiters(void *unused)
{
    enum { WAITS = W_FD_WAITS << W_FD_READ };
    int fd[2];
    (void)unused;
    open_pair(fd);
    weft_waitgroup_go(&wg, reads_one, (void *)(intptr_t)fd[0]);
    for (int ms = 0; !(au32_load_acq(&f->marks) & WAITS); ms++) {
        CHECK(ms < 10000);
        weft_sleep(1000000);
    }
    CHECK_EQ(write(fd[1], "x", 1), 1);
    weft_waitgroup_wait(&wg);
    CHECK(!(au32_load_acq(&f->marks) & WAITS));
    close_pair(fd);
    return 0;
}

static int number_zero(void *unused)
{
    char address[64];
    int spare = open("/dev/null", O_RDONLY | O_CLOEXEC); /* 0 is taken now, if it was not */
    (void)unused;
    snprintf(address, sizeof address, "unix:@weft-io-marks-%d", (int)getpid());
    int l = weft_listen(address, 1), c = weft_dial(address, WEFT_NEVER);
    CHECK(spare >= 0 && l > 0 && c > 0);
    CHECK_EQ(close(0), 0);
    CHECK_EQ(weft_accept(l), 0);
    CHECK_EQ(w_fd_get(0, &f), 0);
    CHECK(au32_load_acq(&f->marks) & W_FD_OURS);
    w_fd_put(f);
    CHECK(weft_close(0) == 0 && weft_close(c) == 0 && weft_close(l) == 0);
    return 0;
}

static au32 begun, go;
static void closes(void *fd)
{
    au32_store_rel(&begun, 1);
    while (!au32_load_acq(&go))
        continue;
    CHECK_EQ(weft_close((int)(intptr_t)fd), 0);
}

static int close_waits(void *unused)
{
    int fd[2];
    (void)unused;
    open_pair(fd);
    weft_waitgroup_go(&wg, closes, (void *)(intptr_t)fd[0]);
    while (!au32_load_acq(&begun))
        weft_yield();
    struct w_m *m = w_enter();
    w_spin_lock(&f->lock);
    au32_store_rel(&go, 1);
    for (int64_t end = w_os_now() + 20000000; w_os_now() < end;)
        CHECK(!(au32_load_acq(&f->refs) & W_FD_CLOSING));
    w_spin_unlock(&f->lock);
    w_leave(m);
    w_fd_put(f);
    weft_waitgroup_wait(&wg);
    CHECK_EQ(close(fd[1]), 0);
    return 0;
}

int main(void)
{
    CHECK_EQ(run_at(2, marks, NULL), 0);
    CHECK_EQ(run_at(1, edges, NULL), 0);
    CHECK_EQ(run_at(1, mark_of_waiters, NULL), 0);
    CHECK_EQ(run_at(1, number_zero, NULL), 0);
    CHECK_EQ(run_at(2, close_waits, NULL), 0);
    return 0;
}
