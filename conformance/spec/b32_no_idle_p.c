/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B32: what the poller brings while no processor is idle is not lost.
 * Source:   Go issue 59600 (P = 1: a thread that polled injected goroutines and nobody was told).
 * Goal:     a goroutine whose descriptor became ready runs, though the thread that found out has no P to run it on.
 * Method:   P = 1 after a time of P = 2, so that a second thread is there; one goroutine goes back and forth with another process
 *           through a socket while a second one keeps the only P busy with yields, gives it up in sleeps, and again; every round
 *           must end. The battery's 10^4 rounds are cut to what takes a second.
 * Expected: stdout "done\n"; exit 0.
 */
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "case.h"

enum { ROUNDS = 4000 / WC_SLOW };

static atomic_int stop;
static weft_waitgroup wg;

static void busy(void *arg) {
    uint64_t r = wc_seed();
    (void)arg;
    while (!stop) {
        for (uint64_t n = wc_rand(&r) % 100; n > 0; n--) weft_yield();
        if (wc_rand(&r) % 4 == 0) weft_sleep((int64_t)(wc_rand(&r) % 50000));
    }
}

static int body(void *arg) {
    int fd = *(int *)arg;
    char c;
    weft_procs(2);
    weft_waitgroup_go(&wg, busy, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        if (i == ROUNDS / 8) weft_procs(1);
        WC_EQ(weft_write(fd, "x", 1), 1);
        WC_EQ(weft_read(fd, &c, 1), 1);
    }
    stop = 1;
    weft_waitgroup_wait(&wg);
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

WC_CASE(b32_no_idle_p, .item = "B32", .proc = with_echo, .procs = 1, .timeout_s = 60, .out = "done\n",
        .no_twin = "the interleaving is not to be had from outside in Go");
