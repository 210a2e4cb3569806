/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_echo_load PORT CONNECTIONS CPU — echo's clients: one epoll loop on one thread; load.h says how it is talked to.
 *
 * Each connection has one request under way: it sends a message, waits for all of its bytes, checks them, and takes the next
 * message's number. So there are always as many requests under way as connections, and a server is never flooded.
 * A request's latency runs from before its write to the return of the wait that brought its answer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "histogram.h"
#include "load.h"

#define EVENTS 256

struct client {
    int fd;
    unsigned have; /* bytes of the answer */
    uint64_t number;
    int64_t sent;
    uint64_t answer[LOAD_MESSAGE / 8];
};

static struct client *clients;
static int connections, poller;
static struct histogram latencies;

static void say(const char *fmt, ...) {
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text - 1, fmt, ap);
    va_end(ap);
    n = n < (int)sizeof text - 1 ? n : (int)sizeof text - 2;
    text[n++] = '\n';
    if (write(1, text, (size_t)n) != n) exit(1);
}

static _Noreturn void fail(const char *what) {
    say("error %s: %s", what, errno ? strerror(errno) : "not what was sent");
    exit(1);
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void request(struct client *c, uint64_t number, int64_t when) {
    uint64_t message[LOAD_MESSAGE / 8];
    load_message(number, message);
    c->number = number;
    c->have = 0;
    c->sent = when;
    errno = 0;
    if (write(c->fd, message, sizeof message) != sizeof message) fail("write"); /* the buffer is empty: all or nothing */
}

/* Take what has come. 1: the answer is whole, and right. */
static int answered(struct client *c) {
    errno = 0;
    ssize_t n = read(c->fd, (char *)c->answer + c->have, sizeof c->answer - c->have);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n <= 0) {
        if (n == 0) errno = ECONNRESET;
        fail("read");
    }
    c->have += (unsigned)n;
    if (c->have < sizeof c->answer) return 0;
    uint64_t message[LOAD_MESSAGE / 8];
    load_message(c->number, message);
    errno = 0;
    if (memcmp(message, c->answer, sizeof message) != 0) fail("answer");
    return 1;
}

/* Send messages from `first` on, each number once, until n are answered. Returns the hash of the answers. */
static uint64_t exchange(uint64_t first, uint64_t n) {
    uint64_t next = 0, done = 0, hash = 0;
    struct epoll_event events[EVENTS];
    int64_t when = now();
    for (; next < n && next < (uint64_t)connections; next++) request(&clients[next], first + next, when);
    while (done < n) {
        int ready = epoll_wait(poller, events, EVENTS, -1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        when = now();
        for (int i = 0; i < ready; i++) {
            struct client *c = events[i].data.ptr;
            if (!c) exit(0); /* stdin has ended: whoever wanted this is gone */
            if (!answered(c)) continue;
            histogram_add(&latencies, when - c->sent);
            hash += load_hash(c->answer);
            done++;
            if (next < n) request(c, first + next++, now());
        }
    }
    return hash;
}

static void open_connections(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    clients = calloc((size_t)connections, sizeof *clients);
    if (!clients || poller < 0) fail("setting up");
    for (int i = 0; i < connections; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &clients[i]};
        int fd = clients[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a)) fail("connect");
        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) || fcntl(fd, F_SETFL, O_NONBLOCK) ||
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e))
            fail("a connection");
    }
}

static void place(int cpu) {
    cpu_set_t set;
    if (cpu < 0) return;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: weft_echo_load PORT CONNECTIONS CPU, as bench/load.h says\n");
        return 2;
    }
    connections = atoi(argv[2]);
    if (connections < 1 || connections > 100000) return 2;
    place(atoi(argv[3]));
    alarm(LOAD_SECONDS);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    poller = epoll_create1(0);
    open_connections(atoi(argv[1]));
    exchange(LOAD_WARM, (uint64_t)connections);
    /* A stdin that ends tells that the server's process is gone; while requests are under way nothing comes there. */
    struct epoll_event gone = {.events = EPOLLRDHUP, .data.ptr = NULL};
    epoll_ctl(poller, EPOLL_CTL_ADD, 0, &gone);
    say("ready");
    uint64_t n;
    while (scanf("%" SCNu64, &n) == 1) {
        latencies = (struct histogram){0};
        int64_t start = now();
        uint64_t hash = exchange(0, n);
        int64_t wall = now() - start;
        say("requests %" PRIu64 " hash %" PRIu64 " wall_ns %" PRId64 " p50_ns %.0f p90_ns %.0f p99_ns %.0f p999_ns %.0f", latencies.count,
            hash, wall, histogram_quantile(&latencies, 0.5), histogram_quantile(&latencies, 0.9), histogram_quantile(&latencies, 0.99),
            histogram_quantile(&latencies, 0.999));
    }
    return 0;
}
