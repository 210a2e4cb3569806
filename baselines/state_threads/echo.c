/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo in State Threads: a thread a connection, over epoll. bench/WORKLOADS.md#echo.
 */
#include "bench.h"
#include "chan.h"
#include "load.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

struct connection {
    st_netfd_t fd;
    uint64_t bytes; /* echoed */
};

static struct {
    struct group done;
    st_netfd_t listener;
    struct connection *connections;
} server;

/* The generator's stdout. */
static st_netfd_t generator;

static ssize_t read_generator(int fd, void *buf, size_t n) {
    if (!generator) generator = st_netfd_open(fd);
    return generator ? st_read(generator, buf, n, ST_UTIME_NO_TIMEOUT) : -1;
}

static int close_generator(int fd) {
    (void)fd;
    if (generator) st_netfd_close(generator);
    generator = NULL;
    return 0;
}

static const struct load_io io = {read_generator, close_generator, 1};

static void *serve(void *p) {
    struct connection *c = p;
    char buf[LOAD_BUFFER];
    for (ssize_t n; (n = st_read(c->fd, buf, sizeof buf, ST_UTIME_NO_TIMEOUT)) > 0; c->bytes += (uint64_t)n)
        if (st_write(c->fd, buf, (size_t)n, ST_UTIME_NO_TIMEOUT) != n) break;
    st_netfd_close(c->fd);
    group_done(&server.done);
    return NULL;
}

/* Until all have come, or it is interrupted. Whoever does not come has ended, too. */
static void *accept_all(void *count) {
    uint64_t left = (uintptr_t)count;
    for (; left; left--) {
        struct connection *c = &server.connections[left - 1];
        int on = 1;
        c->fd = st_accept(server.listener, NULL, NULL, ST_UTIME_NO_TIMEOUT);
        if (!c->fd) break;
        setsockopt(st_netfd_fileno(c->fd), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        task(serve, c);
    }
    for (; left; left--) group_done(&server.done);
    return NULL;
}

static void echo(struct bench *b) {
    struct load load;
    long count = b->def->arg;
    uint64_t bytes = 0;
    int fd = load_listen(b);
    if (fd < 0) return;
    int port = load_port(b, fd);
    server.connections = bench_alloc((size_t)count, sizeof *server.connections);
    server.listener = st_netfd_open_socket(fd);
    group_init(&server.done, (uint64_t)count);
    st_thread_t accepting = st_thread_create(accept_all, (void *)count, 1, 0);
    if (load_start(b, &load, &io, port, (int)count)) load_run(b, &load, b->n * 1000);
    load_stop(&load);
    st_thread_interrupt(accepting);
    st_thread_join(accepting, NULL);
    group_wait(&server.done);
    st_netfd_close(server.listener);
    for (long i = 0; i < count; i++) bytes += server.connections[i].bytes;
    free(server.connections);
    b->items = b->n * 1000;
    bench_check(b, "bytes echoed", bytes, (b->items + (uint64_t)count) * LOAD_MESSAGE);
}

const struct bench_def echo_defs[] = {
    {"echo/state_threads/procs:1/conns:64", echo, 1, BENCH_SAME_CORE, 64, NULL},
    {"echo/state_threads/procs:1/conns:1000", echo, 1, BENCH_SAME_CORE, 1000, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
