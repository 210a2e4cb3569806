/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_read, weft_write, weft_poll and weft_close on pipes, sockets and files that Weft did not make.
 * Source:   read(2), write(2), poll(2), pipe(7); api.md; internal/poll.
 * Goal:     the goroutine parks and not the thread, whatever the descriptor and its flags; flags stay; files and devices work; all of a
 *           write is written, in one piece beside other writers; ends, errors and descriptors that are not open are told as the header
 *           says; SIGPIPE is never seen, and the caller's mask is as before.
 * Method:   what would block the thread instead of the goroutine hangs at one processor: the peer is another goroutine.
 *           api_io_old_kernel is the same under a filter (seccomp) that knows neither preadv2, pwritev2 nor epoll_pwait2. There
 *           api_io_old_turns has four read one pipe, each after a look at it: were they not to take turns, one would soon stand in
 *           the system call for what another took, and not all would wait for readiness again.
 * Expected: exit 0 and silence.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "case.h"

enum { BIG = 1 << 20, CLOSED_FD = 9999 };

static weft_waitgroup wg;
static char big[BIG];

static void open_pair(int kind, int fd[2]) {
    if (kind == 0) WC_EQ(pipe(fd), 0);
    if (kind == 1) WC_EQ(pipe2(fd, O_NONBLOCK), 0);
    if (kind == 2) WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    if (kind == 3) WC_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
}
enum { KINDS = 4 };

static void close_pair(int fd[2]) {
    WC_EQ(weft_close(fd[0]), 0);
    WC_EQ(weft_close(fd[1]), 0);
}

struct job {
    int fd;
    char *at;
    size_t n;
};

static void write_all(void *arg) {
    struct job *j = arg;
    WC_EQ(weft_write(j->fd, j->at, j->n), j->n);
}

static void one_kind(int kind) {
    static char got[BIG];
    int fd[2];
    open_pair(kind, fd);
    int flags[2] = {fcntl(fd[0], F_GETFL), fcntl(fd[1], F_GETFL)};
    /* The reader waits first. */
    char c = 0;
    struct job one = {fd[1], "x", 1}, all = {fd[1], big, BIG};
    weft_waitgroup_go(&wg, write_all, &one);
    WC_EQ(weft_read(fd[0], &c, 1), 1);
    WC_EQ(c, 'x');
    weft_waitgroup_wait(&wg);
    /* The writer waits, many times. */
    for (int i = 0; i < BIG; i++) big[i] = (char)(i * 7 + kind);
    weft_waitgroup_go(&wg, write_all, &all);
    for (size_t n = 0; n < BIG;) {
        ssize_t r = weft_read(fd[0], got + n, BIG - n);
        WC_CHECKF(r > 0, "%zd", r);
        n += (size_t)r;
    }
    weft_waitgroup_wait(&wg);
    WC_EQ(memcmp(got, big, BIG), 0);
    WC_EQ(weft_read(fd[0], got, 0), 0);
    WC_EQ(fcntl(fd[0], F_GETFL), flags[0]);
    WC_EQ(fcntl(fd[1], F_GETFL), flags[1]);
    /* The end, seen by one who waits for it. */
    struct weft_stats s = {.size = sizeof s};
    WC_EQ(weft_close(fd[1]), 0);
    WC_EQ(weft_read(fd[0], got, 10), 0);
    WC_EQ(weft_read(fd[0], got, 10), 0);
    WC_EQ(weft_close(fd[0]), 0);
    weft_stats_read(&s);
    WC_CHECK(s.polls > 0);
}

static int kinds(void *arg) {
    (void)arg;
    for (int kind = 0; kind < KINDS; kind++) one_kind(kind);
    return 0;
}

/* ---- files and devices ---- */

static int files(void *arg) {
    char path[] = "/tmp/weft-api-io-XXXXXX", b[8] = "";
    int fd = mkstemp(path), null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), ev = eventfd(0, 0);
    uint64_t v = 5;
    (void)arg;
    WC_CHECK(fd >= 0 && null >= 0 && zero >= 0 && ev >= 0);
    unlink(path);
    WC_EQ(weft_write(fd, "abcdef", 6), 6);
    WC_EQ(lseek(fd, 2, SEEK_SET), 2);
    WC_EQ(weft_read(fd, b, sizeof b), 4);
    WC_EQ(memcmp(b, "cdef", 4), 0);
    WC_EQ(weft_read(fd, b, sizeof b), 0);
    WC_EQ(weft_poll(fd, POLLIN, 0), POLLIN);
    WC_EQ(weft_poll(fd, POLLOUT, WEFT_NEVER), POLLOUT);
    WC_EQ(weft_close(fd), 0);
    WC_EQ(weft_write(null, b, 5), 5);
    WC_EQ(weft_read(null, b, 5), 0);
    WC_EQ(weft_read(zero, b, 5), 5);
    WC_EQ(weft_close(null), 0);
    WC_EQ(weft_close(zero), 0);
    struct job add = {ev, (char *)&v, sizeof v};
    uint64_t got = 0;
    weft_waitgroup_go(&wg, write_all, &add);
    WC_EQ(weft_read(ev, &got, sizeof got), 8);
    WC_EQ(got, 5);
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_write(ev, &v, sizeof v), 8);
    WC_EQ(weft_read(ev, &got, 4), -EINVAL);
    WC_EQ(weft_close(ev), 0);
    return 0;
}

/* ---- not open ---- */

static int not_open(void *arg) {
    int bad[] = {-1, INT32_MIN, CLOSED_FD, INT32_MAX, 0}, fd[2];
    char b[4] = {0};
    (void)arg;
    open_pair(2, fd);
    bad[4] = fd[0];
    WC_EQ(weft_close(fd[0]), 0);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        WC_EQ(weft_read(bad[i], b, 4), -EBADF);
        WC_EQ(weft_read(bad[i], b, 0), -EBADF);
        WC_EQ(weft_write(bad[i], b, 4), -EBADF);
        WC_EQ(weft_read_until(bad[i], b, 4, 0), -EBADF);
        WC_EQ(weft_write_until(bad[i], b, 4, 0), -EBADF);
        WC_EQ(weft_accept(bad[i]), -EBADF);
        WC_EQ(weft_accept_until(bad[i], 0), -EBADF);
        WC_EQ(weft_poll(bad[i], POLLIN, WEFT_NEVER), -EBADF);
        WC_EQ(weft_close(bad[i]), -EBADF);
    }
    WC_EQ(weft_accept(fd[1]), -EINVAL); /* not listening */
    WC_EQ(weft_close(fd[1]), 0);
    open_pair(0, fd);
    WC_EQ(weft_accept(fd[0]), -ENOTSOCK);
    WC_EQ(weft_write(fd[0], b, 1), -EBADF); /* not open for writing */
    close_pair(fd);
    return 0;
}

/* ---- broken pipes ---- */

static void write_until_broken(void *arg) {
    struct job *j = arg;
    WC_EQ(weft_write(j->fd, j->at, j->n), -EPIPE);
}

static int broken(void *arg) {
    (void)arg;
    for (int kind = 0; kind < KINDS; kind++) {
        int fd[2];
        open_pair(kind, fd);
        struct job all = {fd[1], big, BIG};
        weft_waitgroup_go(&wg, write_until_broken, &all);
        wc_await(1, "IO wait");
        WC_EQ(weft_close(fd[0]), 0);
        weft_waitgroup_wait(&wg);
        WC_EQ(weft_write(fd[1], "x", 1), -EPIPE);
        WC_EQ(weft_close(fd[1]), 0);
    }
    return 0;
}

static int sigpipe(void) {
    sigset_t before, after, pending;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    WC_EQ(sigismember(&before, SIGPIPE), 0);
    WC_EQ(weft_run(broken, NULL), 0);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    sigpending(&pending);
    WC_EQ(sigismember(&after, SIGPIPE), 0);
    WC_EQ(sigismember(&pending, SIGPIPE), 0);
    /* One that the caller had pending stays. */
    sigaddset(&before, SIGPIPE);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    WC_EQ(raise(SIGPIPE), 0);
    WC_EQ(weft_run(broken, NULL), 0);
    sigpending(&pending);
    WC_EQ(sigismember(&pending, SIGPIPE), 1);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    WC_EQ(sigismember(&after, SIGPIPE), 1);
    return 0;
}

/* ---- several on one descriptor ---- */

enum { WRITERS = 8, PIECE = 100000, READERS = 16, BYTES = 2000 };

static void write_piece(void *arg) {
    struct job *j = arg;
    static char piece[WRITERS][PIECE];
    memset(piece[j->n], (int)('a' + j->n), PIECE);
    WC_EQ(weft_write(j->fd, piece[j->n], PIECE), PIECE);
}

/* Each piece arrives whole, though each takes many system calls. */
static int pieces(void *arg) {
    static char got[WRITERS * PIECE];
    struct job j[WRITERS];
    (void)arg;
    for (int kind = 0; kind < KINDS; kind++) {
        int fd[2];
        open_pair(kind, fd);
        for (size_t i = 0; i < WRITERS; i++) {
            j[i] = (struct job){fd[1], NULL, i};
            weft_waitgroup_go(&wg, write_piece, &j[i]);
        }
        for (size_t n = 0; n < sizeof got;) {
            ssize_t r = weft_read(fd[0], got + n, sizeof got - n);
            WC_CHECKF(r > 0, "%zd", r);
            n += (size_t)r;
        }
        weft_waitgroup_wait(&wg);
        for (size_t i = 0; i < sizeof got; i++) WC_EQ(got[i], got[i / PIECE * PIECE]);
        close_pair(fd);
    }
    return 0;
}

static int bytes_read[READERS];

static void read_bytes(void *arg) {
    struct job *j = arg;
    char c;
    while (weft_read(j->fd, &c, 1) == 1) bytes_read[j->n]++;
}

/* One edge may be for many bytes, each for another reader; the end is for all of them. */
static int readers(void *arg) {
    struct job j[READERS];
    (void)arg;
    for (int kind = 0; kind < KINDS; kind++) {
        int fd[2], sum = 0;
        open_pair(kind, fd);
        memset(bytes_read, 0, sizeof bytes_read);
        for (size_t i = 0; i < READERS; i++) {
            j[i] = (struct job){fd[0], NULL, i};
            weft_waitgroup_go(&wg, read_bytes, &j[i]);
        }
        wc_await(READERS, "IO wait");
        for (int n = 0; n < BYTES; n += READERS) {
            WC_EQ(weft_write(fd[1], big, READERS), READERS);
            if (n % 3 == 0) wc_await(READERS, "IO wait"); /* all have been woken, read and come back */
        }
        WC_EQ(weft_close(fd[1]), 0);
        weft_waitgroup_wait(&wg);
        for (int i = 0; i < READERS; i++) sum += bytes_read[i];
        WC_EQ(sum, BYTES);
        WC_EQ(weft_close(fd[0]), 0);
    }
    return 0;
}

/* ---- weft_poll ---- */

static void poll_out(void *arg) {
    struct job *j = arg;
    WC_EQ(weft_poll(j->fd, POLLOUT, WEFT_NEVER), POLLOUT);
}

static void poll_in(void *arg) {
    struct job *j = arg;
    WC_EQ(weft_poll(j->fd, POLLIN, WEFT_NEVER), POLLIN);
}

static int polls(void *arg) {
    int fd[2];
    char b[64];
    (void)arg;
    open_pair(2, fd);
    struct job j = {fd[0], NULL, 0};
    WC_EQ(weft_poll(fd[0], POLLIN | POLLOUT, WEFT_NEVER), POLLOUT);
    WC_EQ(weft_poll(fd[0], POLLIN, weft_now()), -ETIMEDOUT);
    WC_EQ(weft_poll(fd[0], POLLIN, weft_now() + WC_MS), -ETIMEDOUT);
    for (int i = 0; i < 3; i++) weft_waitgroup_go(&wg, poll_in, &j);
    wc_await(3, "IO wait");
    WC_EQ(weft_write(fd[1], "abc", 3), 3);
    weft_waitgroup_wait(&wg); /* nobody has read: all three see it */
    WC_EQ(weft_poll(fd[0], POLLIN, 0), POLLIN);
    WC_EQ(weft_read(fd[0], b, sizeof b), 3);
    while (weft_write_until(fd[0], big, BIG, 0) > 0) {}
    WC_EQ(weft_poll(fd[0], POLLOUT, weft_now() + WC_MS), -ETIMEDOUT);
    weft_waitgroup_go(&wg, poll_out, &j);
    wc_await(1, "IO wait");
    while (weft_read_until(fd[1], big, BIG, 0) > 0) {}
    weft_waitgroup_wait(&wg);
    WC_EQ(shutdown(fd[1], SHUT_WR), 0);
    WC_EQ(weft_poll(fd[0], POLLRDHUP, WEFT_NEVER), POLLRDHUP);
    WC_EQ(weft_close(fd[1]), 0);
    WC_CHECK(weft_poll(fd[0], POLLIN, WEFT_NEVER) & POLLHUP);
    WC_CHECK(weft_poll(fd[0], 0, WEFT_NEVER) & POLLHUP);
    WC_EQ(weft_close(fd[0]), 0);
    return 0;
}

/* ---- an older kernel ---- */

static int filtered(void) {
#if defined(__x86_64__)
    enum { ARCH = AUDIT_ARCH_X86_64 };
#else
    enum { ARCH = AUDIT_ARCH_AARCH64 };
#endif
    enum { PWAIT2 = 441 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_preadv2, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pwritev2, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PWAIT2, 2, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    struct sock_fprog prog = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0;
}

static int old_kernel(void) {
    if (!filtered()) wc_skip("no seccomp filter to be had");
    WC_EQ(syscall(SYS_preadv2, -1, NULL, 0, 0, 0, 0), -1);
    WC_EQ(errno, EOPNOTSUPP);
    WC_EQ(weft_run(kinds, NULL), 0);
    WC_EQ(weft_run(files, NULL), 0);
    WC_EQ(weft_run(broken, NULL), 0);
    WC_EQ(weft_run(pieces, NULL), 0);
    WC_EQ(weft_run(readers, NULL), 0);
    WC_EQ(weft_run(polls, NULL), 0);
    return 0;
}

static void read_for_ever(void *arg) {
    char c;
    while (weft_read(*(int *)arg, &c, 1) == 1) {}
}

static int take_turns(void *arg) {
    enum { TAKERS = 4, ROUNDS = 3000 / WC_SLOW };
    int fd[2];
    (void)arg;
    open_pair(0, fd);
    for (int i = 0; i < TAKERS; i++) weft_waitgroup_go(&wg, read_for_ever, &fd[0]);
    for (int i = 0; i < ROUNDS; i++) {
        wc_await(TAKERS, "IO wait");
        WC_EQ(weft_write(fd[1], big, TAKERS), TAKERS);
    }
    WC_EQ(weft_close(fd[1]), 0);
    weft_waitgroup_wait(&wg);
    WC_EQ(weft_close(fd[0]), 0);
    return 0;
}

static int old_turns(void) {
    if (!filtered()) wc_skip("no seccomp filter to be had");
    return weft_run(take_turns, NULL);
}

WC_CASE(api_io_kinds, .item = "api", .main = kinds, .no_twin = "no output to compare");
WC_CASE(api_io_files, .item = "api", .main = files, .no_twin = "no output to compare");
WC_CASE(api_io_not_open, .item = "api", .main = not_open, .no_twin = "no output to compare");
WC_CASE(api_io_sigpipe, .item = "api", .proc = sigpipe, .no_twin = "Go's own SIGPIPE rules differ by descriptor");
WC_CASE(api_io_pieces, .item = "api", .main = pieces, .no_twin = "no output to compare");
WC_CASE(api_io_readers, .item = "api", .main = readers, .no_twin = "no output to compare");
WC_CASE(api_io_poll, .item = "api", .main = polls, .no_twin = "Go has no such call");
WC_CASE(api_io_old_kernel, .item = "api", .proc = old_kernel, .may_skip = "a sandbox may forbid filters",
        .no_twin = "no output to compare");
WC_CASE(api_io_old_turns, .item = "api", .proc = old_turns, .may_skip = "a sandbox may forbid filters", .no_twin = "no output to compare");
