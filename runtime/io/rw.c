/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_read, weft_write, weft_accept, weft_poll: the system call first, and only if it would block a wait for the next edge
 * (io/fd.h, n1 to n3). A server's request is one read and one write: what came short on TCP is not tried again before an edge.
 *
 * A descriptor's flags are not Weft's to change, so what is tried must not block by itself: recv and send with MSG_DONTWAIT for
 * sockets, read and write where O_NONBLOCK is set, preadv2 and pwritev2 with RWF_NOWAIT where that works (pipes since Linux 6.5), else a
 * look with poll(2) and, if that says ready, the call handed over as one that may block: another process may have been faster.
 * Regular files are handed over at once.
 *
 * On goroutines' stacks, outside the owner's section. Source: Go 1.22 internal/poll fd_unix.go.
 */
#include <errno.h>
#include <poll.h>

#include "io/fd.h"
#include "os/io.h"

enum { PIPE_ATOMIC = 4096 }; /* a pipe that is ready for writing has room for so much (pipe(7)) */

/* ---- handed over ---- */

struct handed {
    int fd;
    void *buf;
    size_t n;
};

static intptr_t read_there(void *p)
{
    struct handed *h = p;
    return w_os_read(h->fd, h->buf, h->n);
}
static intptr_t write_there(void *p)
{
    struct handed *h = p;
    return w_os_write(h->fd, h->buf, h->n);
}
static intptr_t accept_there(void *p) { return w_os_accept(((struct handed *)p)->fd); }

static w_noinline ssize_t hand_over(intptr_t (*fn)(void *), int fd, const void *buf, size_t n)
{
    struct handed h = {fd, (void *)(uintptr_t)buf, n};
    return weft_blocking(fn, &h);
}

/* The same once poll(2) says ready, or -EAGAIN. */
static ssize_t hand_over_if(short events, intptr_t (*fn)(void *), int fd, const void *buf, size_t n)
{
    int r = w_os_poll_now(fd, events);
    return r > 0 ? hand_over(fn, fd, buf, n) : r == 0 ? -EAGAIN : r;
}

/* The same for a read or accept; -EALREADY: another goroutine is at it. */
static ssize_t hand_over_turn(struct w_fd *f, intptr_t (*fn)(void *), int fd, void *buf, size_t n)
{
    if (!w_fd_begin_read(f))
        return -EALREADY;
    ssize_t r = hand_over_if(POLLIN, fn, fd, buf, n);
    w_fd_end_read(f);
    return r;
}

/* ---- one try ---- */

static w_noinline ssize_t try_read_other(int fd, struct w_fd *f, uint32_t marks, void *buf, size_t n)
{
    if (marks & W_FD_FILE)
        return hand_over(read_there, fd, buf, n);
    if (marks & W_FD_NONBLOCK)
        return w_os_read(fd, buf, n);
    if (!(marks & W_FD_NO_READ_NOW)) {
        ssize_t r = w_os_read_now(fd, buf, n);
        if (r != -EOPNOTSUPP)
            return r;
        w_fd_mark(f, W_FD_NO_READ_NOW);
    }
    return hand_over_turn(f, read_there, fd, buf, n);
}

/* read(2) of nothing waits for nothing and takes no datagram; recv(2) would. */
static ssize_t try_read(int fd, struct w_fd *f, uint32_t marks, void *buf, size_t n)
{
    if (w_unlikely(n == 0))
        return w_os_read(fd, buf, 0);
    return w_likely(marks & W_FD_SOCKET) ? w_os_recv(fd, buf, n) : try_read_other(fd, f, marks, buf, n);
}

static w_noinline ssize_t try_write_other(int fd, struct w_fd *f, uint32_t marks, const void *buf, size_t n)
{
    if (marks & W_FD_FILE)
        return hand_over(write_there, fd, buf, n);
    if (marks & W_FD_NONBLOCK)
        return w_os_write(fd, buf, n);
    if (!(marks & W_FD_NO_WRITE_NOW)) {
        ssize_t r = w_os_write_now(fd, buf, n);
        if (r != -EOPNOTSUPP)
            return r;
        w_fd_mark(f, W_FD_NO_WRITE_NOW);
    }
    return hand_over_if(POLLOUT, write_there, fd, buf, n < PIPE_ATOMIC ? n : PIPE_ATOMIC);
}

static ssize_t try_write(int fd, struct w_fd *f, uint32_t marks, const void *buf, size_t n)
{
    return w_likely(marks & W_FD_SOCKET) ? w_os_send(fd, buf, n) : try_write_other(fd, f, marks, buf, n);
}

/* A connection that was broken before it was accepted is passed over. */
static int try_accept(int fd, struct w_fd *f, uint32_t marks)
{
    for (;;) {
        int r = marks & W_FD_NONBLOCK ? w_os_accept(fd) : (int)hand_over_turn(f, accept_there, fd, NULL, 0);
        if (r != -ECONNABORTED)
            return r;
    }
}

/* ---- a wait between tries ---- */

struct waits {
    int64_t deadline;
    bool again, last; /* has waited · the deadline has passed: one more try, since what is ready wins */
};

static bool must_wait(ssize_t r) { return r == -EAGAIN || r == -EALREADY; }

/* A try said r, -EAGAIN or -EALREADY. 0: another; or the call's result. */
static int wait_for(struct waits *s, ssize_t r, int fd, struct w_fd *f, int side, uint32_t seq)
{
    if (s->last)
        return -ETIMEDOUT;
    if (au32_load_rlx(&f->marks) & W_FD_FILE) /* non-blocking, and yet not to be waited for */
        return -EAGAIN;
    int e = r == -EALREADY ? w_fd_wait_read(f, s->deadline, s->again) : w_fd_wait(fd, f, side, seq, s->deadline, s->again);
    s->last = e == -ETIMEDOUT;
    s->again |= e == 1;
    return e > 0 || e == -ETIMEDOUT || e == -EPERM ? 0 : e;
}

/* ---- public ---- */

ssize_t weft_read_until(int fd, void *buf, size_t n, int64_t deadline)
{
    struct w_fd *f;
    struct waits s = {.deadline = deadline};
    ssize_t r = w_fd_get(fd, &f);
    if (w_unlikely(r != 0))
        return r;
    for (;;) {
        enum { DRAINS = W_FD_TCP | W_FD_POLLED };
        uint32_t seq = au32_load_acq(&f->seq[W_FD_READ]), marks = au32_load_acq(&f->marks); /* [edge] n1; marks after seq */
        bool drains = (marks & (DRAINS | W_FD_ENDED)) == DRAINS;
        r = drains && !s.last && n && au32_load_rlx(&f->drained) == seq ? -EAGAIN : try_read(fd, f, marks, buf, n); /* a cut short cut */
        if (w_likely(!must_wait(r))) {
            if (drains && r > 0 && (size_t)r < n)
                au32_store_rlx(&f->drained, seq); /* says of itself as of when */
            break;
        }
        if ((r = wait_for(&s, r, fd, f, W_FD_READ, seq)) != 0)
            break;
    }
    w_fd_pass(f, W_FD_READ);
    w_fd_put(f);
    return r;
}

ssize_t weft_read(int fd, void *buf, size_t n) { return weft_read_until(fd, buf, n, WEFT_NEVER); }

ssize_t weft_write_until(int fd, const void *buf, size_t n, int64_t deadline)
{
    struct w_fd *f;
    struct waits s = {.deadline = deadline};
    ssize_t r = w_fd_get_writer(fd, &f, deadline);
    size_t done = 0;
    if (w_unlikely(r != 0))
        return r;
    do {
        uint32_t seq = au32_load_acq(&f->seq[W_FD_WRITE]), marks = au32_load_acq(&f->marks); /* [edge] n1 */
        r = try_write(fd, f, marks, (const char *)buf + done, n - done);
        if (w_unlikely(r == -EAGAIN))
            r = wait_for(&s, r, fd, f, W_FD_WRITE, seq);
        else if (w_unlikely(r == 0 && n))
            r = -EIO; /* no progress and no reason */
        if (r > 0)
            done += (size_t)r;
    } while (r >= 0 && done < n);
    w_fd_put_writer(f);
    return r >= 0 || (r == -ETIMEDOUT && done) ? (ssize_t)done : r;
}

ssize_t weft_write(int fd, const void *buf, size_t n) { return weft_write_until(fd, buf, n, WEFT_NEVER); }

/* Not of the run any more: the number is given back. */
static int adopted(int fd, uint32_t marks)
{
    int e = fd < 0 ? 0 : w_fd_adopt(fd, marks);
    if (e)
        w_os_close(fd);
    return e ? e : fd;
}

int weft_accept_until(int fd, int64_t deadline)
{
    struct w_fd *f;
    struct waits s = {.deadline = deadline};
    int r = w_fd_get(fd, &f);
    if (r)
        return r;
    uint32_t marks = au32_load_acq(&f->marks);
    for (;;) {
        uint32_t seq = au32_load_acq(&f->seq[W_FD_READ]); /* [edge] n1 */
        r = marks & W_FD_SOCKET ? try_accept(fd, f, marks) : -ENOTSOCK;
        if (!must_wait(r) || (r = wait_for(&s, r, fd, f, W_FD_READ, seq)) != 0)
            break;
    }
    w_fd_pass(f, W_FD_READ);
    w_fd_put(f);
    return adopted(r, W_FD_SOCKET | (marks & W_FD_TCP));
}

int weft_accept(int fd) { return weft_accept_until(fd, WEFT_NEVER); }

int weft_poll(int fd, short events, int64_t deadline)
{
    struct w_fd *f;
    struct waits s = {.deadline = deadline};
    int r = w_fd_get(fd, &f);
    if (r)
        return r;
    for (;;) {
        uint32_t seq = au32_load_acq(&f->seq[W_FD_POLL]); /* [edge] n1 */
        r = w_os_poll_now(fd, events);
        if (r != 0 || (r = wait_for(&s, -EAGAIN, fd, f, W_FD_POLL, seq)) != 0)
            break;
    }
    w_fd_put(f);
    return r;
}

int weft_close(int fd)
{
    int e = w_fd_close(fd);
    __asm__ volatile("" : "+r"(e)); /* so that the call is no jump: a report of its misuse names this function by its frame */
    return e;
}
