/* SPDX-License-Identifier: Apache-2.0 */
/*
 * echo: a TCP server, a goroutine a connection, against the load generator. WORKLOADS.md#echo.
 */
#include "bench.h"
#include "load.h"

#include <stdlib.h>

#include "weft.h"

static const struct load_io io = {weft_read, weft_close, 1};

struct connection {
    int fd;
    uint64_t bytes; /* echoed */
};

static struct {
    weft_waitgroup done;
    int listener, count;
    struct connection *connections;
} server;

static void serve(void *arg) {
    struct connection *c = arg;
    char buf[LOAD_BUFFER];
    uint64_t bytes = 0;
    for (ssize_t n; (n = weft_read(c->fd, buf, sizeof buf)) > 0; bytes += (uint64_t)n)
        if (weft_write(c->fd, buf, (size_t)n) != n) break;
    weft_close(c->fd);
    c->bytes = bytes;
}

/* Until all have come, or the listener is closed. */
static void accept_all(void *arg) {
    (void)arg;
    for (int i = 0; i < server.count; i++) {
        struct connection *c = &server.connections[i];
        c->fd = weft_accept(server.listener);
        if (c->fd < 0) break;
        weft_waitgroup_go(&server.done, serve, c);
    }
}

static void echo(struct bench *b) {
    struct load load;
    uint64_t bytes = 0;
    server.count = (int)b->def->arg;
    server.connections = bench_alloc((size_t)server.count, sizeof *server.connections);
    server.listener = weft_listen("tcp:127.0.0.1:0", 0);
    if (server.listener < 0) {
        bench_fail(b, "weft_listen: %d", server.listener);
        return;
    }
    weft_waitgroup_go(&server.done, accept_all, NULL);
    if (load_start(b, &load, &io, load_port(b, server.listener), server.count)) load_run(b, &load, b->n * 1000);
    load_stop(&load);
    weft_close(server.listener);
    weft_waitgroup_wait(&server.done);
    for (int i = 0; i < server.count; i++) bytes += server.connections[i].bytes;
    free(server.connections);
    b->items = b->n * 1000;
    bench_check(b, "bytes echoed", bytes, load.requests * LOAD_MESSAGE);
}

const struct bench_def bench_weft_echo[] = {
    {"echo/weft/procs:1/conns:64", echo, 1, BENCH_SAME_CORE, 64, NULL},
    {"echo/weft/procs:2/conns:64", echo, 2, BENCH_ANYWHERE, 64, NULL},
    {"echo/weft/procs:1/conns:1000", echo, 1, BENCH_SAME_CORE, 1000, NULL},
    {"echo/weft/procs:2/conns:1000", echo, 2, BENCH_ANYWHERE, 1000, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
