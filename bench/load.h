/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.h — echo's load, both sides: the messages, and how a server's body has the load generator run (load.c).
 *
 * The generator is a program of its own, weft_echo_load (echo_load.c), one for every runtime, so that all servers face the same
 * clients. It talks by lines:
 *   started as    weft_echo_load PORT CONNECTIONS CPU        CPU -1: where it likes
 *   it says       ready                                      every connection is open and has had one answer
 *   is told       N                                          on its stdin: N requests; the end of the file: stop
 *   it says       requests N hash H wall_ns W p50_ns A p90_ns B p99_ns C p999_ns D
 *   or            error TEXT                                 and ends
 * It ends with its stdin, and by itself after LOAD_SECONDS.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdint.h>
#include <sys/types.h>

#include "bench.h"

#define LOAD_MESSAGE 64                    /* bytes */
#define LOAD_BUFFER  512                   /* bytes that a server reads at once, at the most */
#define LOAD_WARM    (UINT64_C(1) << 63)   /* numbers of messages from here on are of the warm-up, one a connection */
#define LOAD_SECONDS 60

/* Word `word` of message `number`: splitmix64 of the two. */
static inline uint64_t load_word(uint64_t number, unsigned word) {
    uint64_t z = (number * 8 + word + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline void load_message(uint64_t number, uint64_t message[LOAD_MESSAGE / 8]) {
    for (unsigned i = 0; i < LOAD_MESSAGE / 8; i++) message[i] = load_word(number, i);
}

/* A message's share of the hash, which is a sum: answers come in any order. */
static inline uint64_t load_hash(const uint64_t message[LOAD_MESSAGE / 8]) {
    uint64_t h = 0;
    for (unsigned i = 0; i < LOAD_MESSAGE / 8; i++) h = (h ^ message[i]) * UINT64_C(0x100000001b3);
    return h;
}

/* How a body reads from the generator and closes: Weft's must not hold up its processor. */
struct load_io {
    ssize_t (*read)(int fd, void *buf, size_t n);
    int (*close)(int fd);
    int nonblocking; /* the descriptor that `read` gets */
};
extern const struct load_io load_plain;

struct load {
    const struct load_io *io;
    pid_t pid;
    int in, out; /* its stdin, its stdout */
    int connections;
    uint64_t requests; /* answered, the warm-up included */
    size_t used;
    char line[256];
};

/* A listening socket on a free port of 127.0.0.1, for servers that make theirs by hand; -1 and the benchmark failed. */
int load_listen(struct bench *b);
/* The port of a listening socket; and as many descriptors as the system lets this process have. */
int load_port(struct bench *b, int listener);
/* Start the generator on the benchmark's spare CPU; returns when every connection is open and answered. False: failed. */
int load_start(struct bench *b, struct load *l, const struct load_io *io, int port, int connections);
/* The timed region: so many requests. The figure is of the generator's own time; checks the hash, adds the percentiles. */
void load_run(struct bench *b, struct load *l, uint64_t requests);
/* End the generator, which closes the connections. Also after load_start failed. */
void load_stop(struct load *l);

#endif
