/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The poller on Linux: epoll, edge-triggered. An eventfd interrupts a wait; edge-triggered too, so that it need never be read: each
 * write is an edge, which stays until a wait has taken it. Source: epoll(7); Go 1.22 netpoll_epoll.go.
 */
#include "poll/poll.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/atom.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441 /* Linux 5.11: nanoseconds */
#endif

static int ep = -1, wake = -1;
static au32 whole_ms; /* 1: no epoll_pwait2, times are rounded up; a hint */

int w_poll_open(void)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = W_POLL_INTERRUPT};
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (ep < 0)
        return -errno;
    wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, wake, &e) == 0)
        return 0;
    int error = -errno;
    w_poll_close();
    return error;
}

void w_poll_close(void)
{
    if (wake >= 0)
        close(wake);
    if (ep >= 0)
        close(ep);
    ep = wake = -1;
}

int w_poll_add(int fd, uint64_t token)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET, .data.u64 = token};
    if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) == 0)
        return 0;
    if (errno == EEXIST && epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e) == 0)
        return 0;
    return -errno;
}

void w_poll_del(int fd) { epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL); }

static int wait_ms(struct epoll_event *e, int64_t ns)
{
    int64_t ms = ns < 0 ? -1 : ns / 1000000 + (ns % 1000000 != 0);
    return epoll_wait(ep, e, W_POLL_BATCH, ms > INT_MAX ? INT_MAX : (int)ms);
}

static int wait_ns(struct epoll_event *e, int64_t ns)
{
    struct timespec ts = {ns / 1000000000, ns % 1000000000};
    int n = (int)syscall(SYS_epoll_pwait2, ep, e, W_POLL_BATCH, &ts, NULL, (size_t)0);
    if (n >= 0 || (errno != ENOSYS && errno != EPERM)) /* EPERM: what older seccomp filters say to a call that they do not know */
        return n;
    au32_store_rlx(&whole_ms, 1); /* a hint */
    return wait_ms(e, ns);
}

static uint32_t meaning(uint32_t e)
{
    uint32_t end = e & (EPOLLHUP | EPOLLERR);
    return (e & (EPOLLIN | EPOLLPRI | EPOLLRDHUP) || end ? W_POLL_READ : 0) | (e & EPOLLOUT || end ? W_POLL_WRITE : 0) |
           (e & (EPOLLRDHUP | EPOLLPRI) || end ? W_POLL_END : 0);
}

int w_poll_wait(struct w_poll_event *events, int64_t ns)
{
    struct epoll_event e[W_POLL_BATCH];
    int n = ns <= 0 || au32_load_rlx(&whole_ms) ? wait_ms(e, ns) : wait_ns(e, ns);
    for (int i = 0; i < n; i++)
        events[i] = (struct w_poll_event){e[i].data.u64, meaning(e[i].events)};
    return n > 0 ? n : 0;
}

void w_poll_interrupt(void)
{
    uint64_t one = 1;
    if (write(wake, &one, sizeof one) < 0)
        return; /* the counter is full: it is readable, and an edge has been given for it */
}
