/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo with pthreads. bench/WORKLOADS.md#echo.
 * `epoll`            an event loop on a core, level-triggered: read, write at once, and only what the socket doesn't take waits for
 *                    room. The floor: nothing is between it and the system calls. Two cores: a loop on each, to which the first
 *                    deals the connections in turn.
 * `thread_per_conn`  a thread for each connection, which blocks in read and write.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "load.h"
#include "task.h"

#define EVENTS 256

struct connection {
    int fd;
    unsigned from, to; /* what is left in buf to be written; a loop reads no more until it is */
    uint64_t bytes;    /* echoed */
    char buf[LOAD_BUFFER];
};

struct loop {
    int poller, stop; /* an eventfd */
    pthread_t thread;
    struct server *server;
};

struct server {
    struct bench *b;
    int listener, count, accepted;
    struct connection *connections;
    pthread_t *threads, acceptor;
    struct loop loops[2];
    int loop_count;
};

static int accept_next(struct server *s, int flags) {
    struct connection *c = &s->connections[s->accepted];
    int one = 1;
    do c->fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | flags);
    while (c->fd < 0 && errno == EINTR);
    if (c->fd < 0) return 0;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    s->accepted++;
    return 1;
}

/* ---- event loops ---- */

static void watch(int poller, int how, int fd, uint32_t events, void *what) {
    struct epoll_event e = {.events = events, .data.ptr = what};
    epoll_ctl(poller, how, fd, &e);
}

/* Write what is there, then wait for the next of: room, input. */
static void flush(struct loop *l, struct connection *c, int waited) {
    while (c->from < c->to) {
        ssize_t n = send(c->fd, c->buf + c->from, c->to - c->from, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            if (!waited) watch(l->poller, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
            return;
        }
        if (n < 0) c->to = c->from; /* the peer is gone; the next read says so */
        if (n > 0) c->from += (unsigned)n, c->bytes += (uint64_t)n;
    }
    if (waited) watch(l->poller, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
}

static void take(struct loop *l, struct connection *c) {
    ssize_t n = read(c->fd, c->buf, sizeof c->buf);
    if (n > 0) {
        c->from = 0;
        c->to = (unsigned)n;
        flush(l, c, 0);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(c->fd); /* which takes it from the poller */
        c->fd = -1;
    }
}

static void *run_loop(void *arg) {
    struct loop *l = arg;
    struct server *s = l->server;
    struct epoll_event events[EVENTS];
    for (;;) {
        int ready = epoll_wait(l->poller, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if ((void *)c == (void *)l) return NULL; /* the eventfd */
            if ((void *)c == (void *)s) {            /* the listener, which blocks: one at a time */
                if (s->accepted < s->count && accept_next(s, SOCK_NONBLOCK)) {
                    c = &s->connections[s->accepted - 1];
                    watch(s->loops[s->accepted % s->loop_count].poller, EPOLL_CTL_ADD, c->fd, EPOLLIN, c);
                }
            } else if (events[i].events & EPOLLOUT) {
                flush(l, c, 1);
            } else {
                take(l, c);
            }
        }
    }
}

static int start_loops(struct server *s) {
    s->loop_count = s->b->def->place == BENCH_CROSS_CORE ? 2 : 1;
    for (int i = 0; i < s->loop_count; i++) {
        struct loop *l = &s->loops[i];
        *l = (struct loop){epoll_create1(EPOLL_CLOEXEC), eventfd(0, EFD_CLOEXEC), 0, s};
        watch(l->poller, EPOLL_CTL_ADD, l->stop, EPOLLIN, l);
        if (i == 0) watch(l->poller, EPOLL_CTL_ADD, s->listener, EPOLLIN, s);
    }
    for (int i = 0; i < s->loop_count; i++)
        if (!task_start(s->b, &s->loops[i].thread, (unsigned)i, run_loop, &s->loops[i])) exit(1);
    return 1;
}

static void stop_loops(struct server *s) {
    uint64_t one = 1;
    for (int i = 0; i < s->loop_count; i++) {
        struct loop *l = &s->loops[i];
        if (write(l->stop, &one, sizeof one) != sizeof one) abort();
        pthread_join(l->thread, NULL);
        close(l->poller);
        close(l->stop);
    }
    for (int i = 0; i < s->accepted; i++) /* ends that no loop has seen yet */
        if (s->connections[i].fd >= 0) close(s->connections[i].fd);
}

/* ---- a thread a connection ---- */

static void *serve(void *arg) {
    struct connection *c = arg;
    for (ssize_t n; (n = read(c->fd, c->buf, sizeof c->buf)) > 0; c->bytes += (uint64_t)n)
        if (send(c->fd, c->buf, (size_t)n, MSG_NOSIGNAL) != n) break; /* blocking: all or an error */
    close(c->fd);
    return NULL;
}

static void *accept_all(void *arg) {
    struct server *s = arg;
    while (s->accepted < s->count && accept_next(s, 0)) {
        unsigned i = (unsigned)s->accepted - 1;
        if (!task_start(s->b, &s->threads[i], i, serve, &s->connections[i])) exit(1);
    }
    return NULL;
}

static int start_threads(struct server *s) {
    s->threads = bench_alloc((size_t)s->count, sizeof *s->threads);
    return task_start(s->b, &s->acceptor, 0, accept_all, s);
}

static void stop_threads(struct server *s) {
    shutdown(s->listener, SHUT_RDWR); /* an acceptor that still waits is let go */
    pthread_join(s->acceptor, NULL);
    for (int i = 0; i < s->accepted; i++) pthread_join(s->threads[i], NULL);
    free(s->threads);
}

/* ---- both ---- */

static const struct way {
    int (*start)(struct server *s);
    void (*stop)(struct server *s);
} epoll = {start_loops, stop_loops}, thread_per_conn = {start_threads, stop_threads};

static void echo(struct bench *b) {
    const struct way *way = b->def->way;
    struct server s = {.b = b, .count = (int)b->def->arg};
    struct load load;
    uint64_t bytes = 0;
    s.connections = bench_alloc((size_t)s.count, sizeof *s.connections);
    s.listener = load_listen(b);
    if (s.listener < 0) return;
    int port = load_port(b, s.listener);
    if (!way->start(&s)) return;
    if (load_start(b, &load, &load_plain, port, s.count)) load_run(b, &load, b->n * 1000);
    load_stop(&load);
    way->stop(&s);
    close(s.listener);
    for (int i = 0; i < s.count; i++) bytes += s.connections[i].bytes;
    free(s.connections);
    b->items = b->n * 1000;
    bench_check(b, "bytes echoed", bytes, load.requests * LOAD_MESSAGE);
}

#define WITH(way, conns)                                                                                       \
    {"echo/pthread/" #way "/same_core/conns:" #conns, echo, 0, BENCH_SAME_CORE, conns, &way},                  \
        {"echo/pthread/" #way "/cross_core/conns:" #conns, echo, 0, BENCH_CROSS_CORE, conns, &way}

const struct bench_def bench_pthread_echo[] = {
    WITH(epoll, 64),
    WITH(thread_per_conn, 64),
    WITH(epoll, 1000),
    WITH(thread_per_conn, 1000),
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
