/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux: system calls on descriptors. libc's functions and not syscall(2), so that sanitizers see what is written and that data
 * passed from one thread to another orders them. Sources: recv(2), send(2), preadv2(2), accept4(2), connect(2), sigtimedwait(2).
 */
#include "os/io.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The call's result, or -errno; again while a signal's handler interrupts it. */
#define CALL(type, call)            \
    type r_;                        \
    do                              \
        r_ = (call);                \
    while (r_ < 0 && errno == EINTR); \
    return r_ < 0 ? (type)-errno : r_

ssize_t w_os_recv(int fd, void *buf, size_t n) { CALL(ssize_t, recv(fd, buf, n, MSG_DONTWAIT)); }
ssize_t w_os_send(int fd, const void *buf, size_t n) { CALL(ssize_t, send(fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL)); }
ssize_t w_os_read(int fd, void *buf, size_t n) { CALL(ssize_t, read(fd, buf, n)); }
ssize_t w_os_write(int fd, const void *buf, size_t n) { CALL(ssize_t, write(fd, buf, n)); }

/* Old kernels and emulators know no preadv2, or no flags; EPERM: older seccomp filters. */
static ssize_t without(ssize_t r) { return r == -ENOSYS || r == -EPERM ? -EOPNOTSUPP : r; }

static ssize_t read_nowait(int fd, void *buf, size_t n)
{
    struct iovec v = {buf, n};
    CALL(ssize_t, preadv2(fd, &v, 1, -1, RWF_NOWAIT));
}

static ssize_t write_nowait(int fd, const void *buf, size_t n)
{
    struct iovec v = {(void *)(uintptr_t)buf, n};
    CALL(ssize_t, pwritev2(fd, &v, 1, -1, RWF_NOWAIT));
}

ssize_t w_os_read_now(int fd, void *buf, size_t n) { return without(read_nowait(fd, buf, n)); }
ssize_t w_os_write_now(int fd, const void *buf, size_t n) { return without(write_nowait(fd, buf, n)); }

/* Linux has given the number back by the time a close is interrupted: never again. */
int w_os_close(int fd) { return close(fd) == 0 || errno == EINTR ? 0 : -errno; }

static int poll_once(struct pollfd *p) { CALL(int, poll(p, 1, 0)); }

int w_os_poll_now(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    int r = poll_once(&p);
    return r < 0 ? r : p.revents & POLLNVAL ? -EBADF : p.revents;
}

int w_os_fd_kind(int fd)
{
    int type = 0, protocol = 0, flags = fcntl(fd, F_GETFL), kind = 0;
    socklen_t n = sizeof type;
    struct stat s;
    if (flags < 0)
        return -errno;
    if (flags & O_NONBLOCK)
        kind |= W_OS_NONBLOCK;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0) {
        n = sizeof protocol;
        bool tcp = type == SOCK_STREAM && getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &n) == 0 && protocol == IPPROTO_TCP;
        return kind | W_OS_SOCKET | (tcp ? W_OS_TCP : 0);
    }
    bool file = fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) || S_ISBLK(s.st_mode));
    return kind | (file ? W_OS_FILE : 0);
}

int w_os_accept(int fd) { CALL(int, accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)); }
int w_os_socket(int family, int type) { CALL(int, socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }
int w_os_bind(int fd, const struct sockaddr *a, socklen_t n) { CALL(int, bind(fd, a, n)); }
int w_os_listen(int fd, int backlog) { CALL(int, listen(fd, backlog)); }
int w_os_set(int fd, int level, int name, int value) { CALL(int, setsockopt(fd, level, name, &value, sizeof value)); }

/* Interrupted, it goes on by itself. */
int w_os_connect(int fd, const struct sockaddr *a, socklen_t n)
{
    return connect(fd, a, n) == 0 ? 0 : errno == EINTR ? -EINPROGRESS : -errno;
}

int w_os_connected(int fd)
{
    int e = 0;
    socklen_t n = sizeof e;
    struct sockaddr_storage peer;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &n) != 0)
        return -errno;
    if (e)
        return -e;
    n = sizeof peer;
    return getpeername(fd, (struct sockaddr *)&peer, &n) == 0 ? 0 : errno == ENOTCONN ? -EINPROGRESS : -errno;
}

static void set_port(struct w_os_address *a, uint16_t port)
{
    if (a->at.ss_family == AF_INET)
        ((struct sockaddr_in *)&a->at)->sin_port = htons(port);
    else
        ((struct sockaddr_in6 *)&a->at)->sin6_port = htons(port);
}

int w_os_lookup(const char *host, uint16_t port, bool numeric, struct w_os_address *out, int max)
{
    struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = numeric ? AI_NUMERICHOST : 0}, *list = NULL;
    int e = getaddrinfo(host, NULL, &want, &list), n = 0;
    if (e != 0)
        return e == EAI_MEMORY ? -ENOMEM : -ENOENT;
    for (struct addrinfo *a = list; a && n < max; a = a->ai_next) {
        if (a->ai_family != AF_INET && a->ai_family != AF_INET6)
            continue;
        out[n].len = a->ai_addrlen;
        memcpy(&out[n].at, a->ai_addr, a->ai_addrlen);
        set_port(&out[n++], port);
    }
    freeaddrinfo(list);
    return n ? n : -ENOENT;
}

enum { PIPE_BLOCKED = 1, PIPE_PENDING = 2 };

int w_os_sigpipe_begin(void)
{
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &set, &old);
    return (sigismember(&old, SIGPIPE) ? PIPE_BLOCKED : 0) | (sigismember(&pending, SIGPIPE) ? PIPE_PENDING : 0);
}

void w_os_sigpipe_end(int before)
{
    sigset_t set, pending;
    struct timespec none = {0};
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigpending(&pending);
    if (!(before & PIPE_PENDING) && sigismember(&pending, SIGPIPE))
        sigtimedwait(&set, NULL, &none);
    if (!(before & PIPE_BLOCKED))
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
