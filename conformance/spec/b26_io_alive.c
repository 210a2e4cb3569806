/* SPDX-License-Identifier: Apache-2.0 */
/*
 * B26, B27: goroutines that wait for a descriptor are no deadlock.
 * Source:   runtime/proc.go:checkdead; netpoll.go.
 * Goal:     no report while the one goroutine reads from a pipe (B26) or accepts (B27), and it goes on when the other side does.
 * Method:   a process of its own is the other side, so that nothing in this one could be a waker: it sleeps, then ends, which
 *           is the pipe's end, or connects. That the read returns is the proof; the process's time, not under 200 ms, a second one.
 * Expected: stdout "end of file\n" or "accepted\n"; exit 0, not before 200 ms.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "case.h"

enum { QUIET_MS = 200 };

static int reader(void *arg) {
    char c;
    WC_EQ(weft_read(*(int *)arg, &c, 1), 0);
    printf("end of file\n");
    return 0;
}

static int pipe_end(void) {
    int fd[2];
    WC_EQ(pipe(fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(QUIET_MS * 1000);
        _exit(0);
    }
    close(fd[1]);
    int r = weft_run(reader, fd);
    waitpid(pid, NULL, 0);
    return r;
}

static int acceptor(void *arg) {
    int l = weft_listen(arg, 1);
    WC_CHECK(l >= 0);
    WC_CHECK(weft_accept(l) >= 0);
    printf("accepted\n");
    return 0;
}

/* The other side, when it is time. */
static int dialler(void *arg) { return weft_dial(arg, WEFT_NEVER) >= 0 ? 0 : 1; }

static int connection(void) {
    char address[64], *to = getenv("WC_DIAL");
    if (to) { /* the other side is this case again, told where to connect */
        usleep(QUIET_MS * 1000);
        return weft_run(dialler, to);
    }
    snprintf(address, sizeof address, "unix:@weft-b27-%d", (int)getpid());
    setenv("WC_DIAL", address, 1);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "dialler", "--case", "b27_accept", (char *)NULL);
        _exit(99);
    }
    int status, r = weft_run(acceptor, address);
    waitpid(pid, &status, 0);
    WC_EQ(status, 0);
    return r;
}

WC_CASE(b26_pipe_end, .item = "B26", .proc = pipe_end, .out = "end of file\n", .min_ms = QUIET_MS, .twin = "b26_pipe_end");
WC_CASE(b27_accept, .item = "B27", .proc = connection, .out = "accepted\n", .min_ms = QUIET_MS, .twin = "b27_accept");
