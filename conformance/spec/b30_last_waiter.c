/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B30: the last goroutine that waits for a descriptor is made ready while every thread falls asleep.
 * Source:   Go issue 61454 (checkdead counted a goroutine as neither waiting nor runnable between netpoll and injectglist).
 * Goal:     no deadlock report in that moment, however often.
 * Method:   a process of its own sends back what it gets, so the only goroutine waits for the poller and nothing else can wake it;
 *           each round trip is one such moment. At more processors another goroutine waits on a channel meanwhile. The
 *           battery's 10^5 are cut to what takes a second.
 * Expected: stdout "done\n"; exit 0.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include "case.h"

enum { ROUNDS = 20000 / WC_SLOW };

static weft_chan *never;
static void waits(void *arg) { (void)arg, weft_chan_recv(never, NULL); }

static int body(void *arg) {
    int fd = *(int *)arg;
    char c;
    never = wc_chan(1, 0);
    if (wc_procs() > 1) weft_go(waits, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        WC_EQ(weft_write(fd, "x", 1), 1);
        WC_EQ(weft_read(fd, &c, 1), 1);
    }
    printf("done\n");
    return 0;
}

static int with_echo(void) {
    int fd[2];
    char c;
    WC_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        while (read(fd[1], &c, 1) == 1)
            if (write(fd[1], &c, 1) != 1) break;
        _exit(0);
    }
    close(fd[1]);
    int r = weft_run(body, fd);
    close(fd[0]);
    waitpid(pid, NULL, 0);
    return r;
}

WC_CASE(b30_last_waiter, .item = "B30", .proc = with_echo, .out = "done\n", .timeout_s = 60, .twin = "b30_last_waiter");
