/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c — the server's side of echo's load: start the generator, have it run, judge what it says.
 */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

const struct load_io load_plain = {read, close, 0};

int load_listen(struct bench *b) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
    bench_fail(b, "a listening socket: %s", strerror(errno));
    if (fd >= 0) close(fd);
    return -1;
}

int load_port(struct bench *b, int listener) {
    struct rlimit files;
    struct sockaddr_in a = {0};
    socklen_t size = sizeof a;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (getsockname(listener, (struct sockaddr *)&a, &size)) bench_fail(b, "getsockname: %s", strerror(errno));
    return ntohs(a.sin_port);
}

/* weft_echo_load lies beside this program, or in bench/ beside a peer's folder in baselines/. */
static int find_program(char *path, size_t size) {
    static const char *const names[] = {"weft_echo_load", "../../bench/weft_echo_load"};
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    char *slash = strrchr(path, '/');
    for (int i = 0; slash && i < 2; i++) {
        size_t room = size - (size_t)(slash + 1 - path);
        if ((size_t)snprintf(slash + 1, room, "%s", names[i]) < room && access(path, X_OK) == 0) return 1;
    }
    return 0;
}

static int spawn(struct bench *b, struct load *l, int port, int connections) {
    char path[4096], a1[16], a2[16], a3[16];
    int to[2], from[2];
    if (!find_program(path, sizeof path)) {
        bench_fail(b, "weft_echo_load is not where this program looks");
        return 0;
    }
    snprintf(a1, sizeof a1, "%d", port);
    snprintf(a2, sizeof a2, "%d", connections);
    snprintf(a3, sizeof a3, "%d", b->spare);
    char *argv[] = {path, a1, a2, a3, NULL};
    if (pipe2(to, O_CLOEXEC)) {
        bench_fail(b, "pipe: %s", strerror(errno));
        return 0;
    }
    if (pipe2(from, O_CLOEXEC)) {
        bench_fail(b, "pipe: %s", strerror(errno));
        close(to[0]);
        close(to[1]);
        return 0;
    }
    if (l->io->nonblocking) fcntl(from[0], F_SETFL, O_NONBLOCK);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none); /* a runtime may block signals on its threads */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int rc = posix_spawn(&l->pid, path, &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(to[0]);
    close(from[1]);
    l->in = to[1];
    l->out = from[0];
    if (rc) {
        l->pid = 0;
        bench_fail(b, "%s: %s", path, strerror(rc));
    }
    return rc == 0;
}

/* Its next line, without the newline; NULL: there is none. */
static const char *next_line(struct load *l) {
    for (l->used = 0; l->used < sizeof l->line;) {
        ssize_t n = l->io->read(l->out, l->line + l->used, sizeof l->line - l->used);
        if (n <= 0) return NULL;
        l->used += (size_t)n;
        if (l->line[l->used - 1] == '\n') {
            l->line[l->used - 1] = 0;
            return l->line;
        }
    }
    return NULL;
}

int load_start(struct bench *b, struct load *l, const struct load_io *io, int port, int connections) {
    *l = (struct load){.io = io, .in = -1, .out = -1, .connections = connections};
    if (!spawn(b, l, port, connections)) return 0;
    const char *line = next_line(l);
    if (!line || strcmp(line, "ready") != 0) {
        bench_fail(b, "the load generator: %s", line ? line : "ended early");
        return 0;
    }
    l->requests = (uint64_t)connections;
    return 1;
}

static uint64_t expected_hash(uint64_t requests) {
    uint64_t sum = 0, message[LOAD_MESSAGE / 8];
    for (uint64_t i = 0; i < requests; i++) {
        load_message(i, message);
        sum += load_hash(message);
    }
    return sum;
}

void load_run(struct bench *b, struct load *l, uint64_t requests) {
    char text[32];
    int n = snprintf(text, sizeof text, "%" PRIu64 "\n", requests);
    bench_start(b);
    ssize_t wrote = write(l->in, text, (size_t)n); /* a few bytes into an empty pipe: doesn't block */
    const char *line = wrote == n ? next_line(l) : NULL;
    bench_stop(b);
    uint64_t did, hash, wall, p50, p90, p99, p999;
    if (!line || sscanf(line,
                        "requests %" SCNu64 " hash %" SCNu64 " wall_ns %" SCNu64 " p50_ns %" SCNu64 " p90_ns %" SCNu64 " p99_ns %" SCNu64
                        " p999_ns %" SCNu64,
                        &did, &hash, &wall, &p50, &p90, &p99, &p999) != 7) {
        bench_fail(b, "the load generator: %s", line ? line : "ended early");
        return;
    }
    l->requests += did;
    bench_check(b, "requests", did, requests);
    bench_check(b, "the answers' hash", hash, expected_hash(requests));
    bench_count(b, (int64_t)wall);
    bench_extra(b, "request_p50_ns", (double)p50);
    bench_extra(b, "request_p90_ns", (double)p90);
    bench_extra(b, "request_p99_ns", (double)p99);
    if (did >= 1000) bench_extra(b, "request_p999_ns", (double)p999); /* as histogram.h does */
}

void load_stop(struct load *l) {
    if (l->in >= 0) close(l->in);
    if (l->pid > 0) {
        while (next_line(l)) {} /* it ends: no wait below, which would hold up a thread */
        while (waitpid(l->pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    if (l->out >= 0) l->io->close(l->out);
}
