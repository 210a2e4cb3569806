/* SPDX-License-Identifier: Apache-2.0 */
/* The port of poll/poll.h to the simulation, in place of poll/epoll.c: there are no descriptors to wait for. */
#include "poll/poll.h"

#include "sim.h"

#include <errno.h>

int w_poll_open(void) { ws_not_here("descriptors"); }
void w_poll_close(void) {}
int w_poll_add(int fd, uint64_t token) { return (void)fd, (void)token, -EPERM; }
void w_poll_del(int fd) { (void)fd; }
int w_poll_wait(struct w_poll_event *events, int64_t ns) { return (void)events, (void)ns, 0; }
void w_poll_interrupt(void) {}
