/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The poller: which descriptors became ready? A port is one file that has these. It yields tokens and never schedules; it knows
 * neither goroutines nor what a token means.
 *
 * Edges. A descriptor is added once, for both directions, and then reported when something arrives, room appears, or an end
 * comes: at least once after each such change (and at once for what is there when it is added), maybe together with others
 * and maybe for nothing. So who wants to wait must have seen "would block" after the last report. What is closed is no longer reported,
 * unless it was duplicated; a token should therefore tell a descriptor from the one that had its number before.
 *
 * One poller a process. add, del and interrupt may be called by any thread, also while others wait. Results: 0, or -errno.
 */
#ifndef W_POLL_H
#define W_POLL_H

#include <stdint.h>

enum {
    W_POLL_READ = 1,  /* something to read, an end or an error: a read may not block now */
    W_POLL_WRITE = 2, /* room, or an error */
    W_POLL_END = 4,   /* the peer will send no more, an error, or urgent data: short reads mean nothing from here on */
};
struct w_poll_event {
    uint64_t token;
    uint32_t what;    /* W_POLL_ bits */
};
enum { W_POLL_BATCH = 256 };

int w_poll_open(void);  /* -EMFILE, -ENFILE, -ENOMEM */
void w_poll_close(void);
int w_poll_add(int fd, uint64_t token); /* -EPERM: this kind is never waited for. A second add replaces the token */
void w_poll_del(int fd);
/* Up to W_POLL_BATCH events, in the order of their arrival; waits for the first for up to ns (0: not at all, negative: without limit). May
 * return 0 for no reason. */
int w_poll_wait(struct w_poll_event *events, int64_t ns);
/* One wait that is on, or the next one, has this token; several interrupts before that may be one. */
#define W_POLL_INTERRUPT UINT64_MAX
void w_poll_interrupt(void);

#endif
