/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Descriptors as goroutines use them: who uses one, who waits on it, which edges came, and its end. One w_fd for each number, in a
 * table that lives as long as the run; a descriptor that nobody has used yet is all zeros, so none needs to be announced.
 *
 * No edge is lost. seq counts a side's edges. A call that must not lose one
 *      n1 reads seq (acquire)                      e1 the poller: something arrived at the descriptor, then
 *      n2 makes the system call: -EAGAIN           e2 under lock: seq++, the first waiter of the side is taken out
 *      n3 under lock: seq is as in n1? waits           and made ready
 *                    (otherwise: again from n1)
 *   Excluded: asleep beside what has arrived. What arrives after n2 brings an e2 after n2: either before n3, which then sees another
 *   seq, or after it, and then it finds the waiter. (An exact wrap of 2^32 edges between n1 and n3 is not excluded.)
 *   An edge wakes one waiter of the side, since most are alone; who then gets anything but -EAGAIN, or leaves with it, wakes the next:
 *   there may be more. Who gets -EAGAIN goes back to the front.
 * drained is the seq as of which a TCP socket is known to have nothing to read, because a read came short: as n2's -EAGAIN, without the
 * system call. It is not believed from the first edge with W_POLL_END on (an end makes no second edge, and urgent data cuts reads).
 *
 * Use and end. refs counts the calls in progress, so that a number is not given back, and taken by another descriptor, under a call's
 * feet; and it has four bits. It changes by read-modify-writes, CLOSING and QUEUED under the lock; with CLOSING set and a count of 0
 * nobody but the closer writes it, so from c3 on stores will do.
 *      use                                          weft_close
 *   u1 CLOSING: -EBADF. Otherwise count + 1      c1 under lock: CLOSING; all waiters are taken out with -EBADF
 *   u2 … calls, n3 looks at CLOSING too …        c2 under lock: until count is 0: wait in `turn`
 *   u3 count - 1; 0 beside CLOSING: under        c3 CLOSED: close(2), handed over: it may linger
 *      lock, wake who waits in `turn`            c4 under lock: as new; who waits in `turn` tries again
 *   Excluded: a wait that c1 misses: n3 and c1 are under the lock, and the later one sees the other. A closer that sleeps on: u3's
 *   lock comes after its count, so either c2 sees 0 or u3 finds the closer. Between c3 and c4 the number may be someone else's already:
 *   users that find CLOSED wait in `turn` for c4. [fd]
 * WRITER: one call at a time writes, so that what is written in pieces stays together; others queue in `turn`, first come first
 * served, with QUEUED set, and are handed WRITER.
 *
 * Source: Go 1.22 internal/poll fd_mutex.go, fd_unix.go; runtime netpoll.go. Differs in that there is no object but the number, and in
 * drained.
 */
#ifndef W_FD_H
#define W_FD_H

#include "sched/netpoll.h"

/* Sides. */
enum { W_FD_READ, W_FD_WRITE, W_FD_POLL, W_FD_SIDES };

/* refs */
#define W_FD_CLOSING (1u << 31)
#define W_FD_CLOSED  (1u << 30)
#define W_FD_WRITER  (1u << 29)
#define W_FD_QUEUED  (1u << 28)
#define W_FD_COUNT   (W_FD_QUEUED - 1)

/* marks, all written under lock; 0: nobody has looked at this descriptor yet. */
enum {
    W_FD_KNOWN = 1,
    W_FD_SOCKET = 2,
    W_FD_TCP = 4,
    W_FD_NONBLOCK = 8,    /* its flags say so */
    W_FD_FILE = 16,       /* never to be waited for: its calls are handed over */
    W_FD_OURS = 32,       /* Weft made it */
    W_FD_NO_READ_NOW = 64,   /* no RWF_NOWAIT: wait for readiness, then hand over */
    W_FD_NO_WRITE_NOW = 128,
    W_FD_POLLED = 256,    /* the poller reports it */
    W_FD_ENDED = 512,     /* W_POLL_END was reported */
    W_FD_READING = 1024,  /* a read or an accept that may block is under way (w_fd_begin_read) */
    W_FD_WAITS = 2048,    /* << side: someone may wait on that side */
};

struct w_fd {
    au32 lock;            /* rank waiters */
    au32 refs;            /* [fd] W_FD_COUNT and the bits above it */
    au32 marks;           /* under lock; read without it */
    uint32_t gen;         /* under lock: tells a descriptor from the next one with its number */
    au32 seq[W_FD_SIDES]; /* [edge] under lock; POLL counts all edges */
    au32 drained;         /* read: nothing is there as of this seq */
    struct weft_waitq_ q[W_FD_SIDES]; /* under lock (not their own) */
    struct weft_waitq_ turn;          /* under lock: writers, or a closer, or who wants a number that is being closed */
};
_Static_assert(sizeof(struct w_fd) == 128, "two cache lines: those of a read, and the rest");

/* Begin to use fd: 0 and *f, which is known; or -EBADF, -ENOMEM. May switch. */
int w_fd_get(int fd, struct w_fd **f);
void w_fd_put(struct w_fd *f);
/* The same as the one writer; waits for its turn: -ETIMEDOUT. */
int w_fd_get_writer(int fd, struct w_fd **f, int64_t deadline);
void w_fd_put_writer(struct w_fd *f);
/* Weft just made fd. 0, -ENOMEM. May switch. */
int w_fd_adopt(int fd, uint32_t marks);

/*
 * n3: 0 or, after a wait, 1, and the call is to be made again; -EBADF: closed; -ETIMEDOUT; -EPERM: it can't be waited for, and is
 * marked as W_FD_FILE; or what epoll_ctl(2) says. `again`: this call has waited before, so it goes to the front. May switch.
 */
int w_fd_wait(int fd, struct w_fd *f, int side, uint32_t seq, int64_t deadline, bool again);
/*
 * A read that may block, as nothing else is to be had: one at a time, between a look at the descriptor and the end of the call, so
 * that no other goroutine takes what the look saw. false: another's turn; then wait, as w_fd_wait does. Who had the turn and got
 * something, or leaves without, passes it on by w_fd_pass: an edge that came meanwhile woke somebody who found the turn taken. Who got
 * -EAGAIN and waits need not, since the next edge wakes whoever is first.
 */
bool w_fd_begin_read(struct w_fd *f);
void w_fd_end_read(struct w_fd *f);
int w_fd_wait_read(struct w_fd *f, int64_t deadline, bool again);
/* A call ends, with something or at its deadline: the next waiter of this side may find more, or have its turn. */
void w_fd_pass_slow(struct w_fd *f, int side);
static inline void w_fd_pass(struct w_fd *f, int side)
{
    if (w_unlikely(au32_load_rlx(&f->marks) & (uint32_t)W_FD_WAITS << side)) /* who waits since before the edge is seen */
        w_fd_pass_slow(f, side);
}
void w_fd_mark(struct w_fd *f, uint32_t marks);
int w_fd_close(int fd);

#endif
