/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The echo server's client: sends its standard input, and prints what comes back. Two goroutines, so that neither way waits for the other.
 *     echo_client tcp:127.0.0.1:7000 < FILE
 * Prints: what it read.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <weft.h>

/* 0 at the end of what `from` has, or a negative errno. */
static ssize_t copy(int from, int to) {
    char buf[4096];
    ssize_t n;
    while ((n = weft_read(from, buf, sizeof buf)) > 0)
        if ((n = weft_write(to, buf, (size_t)n)) < 0) break;
    return n;
}

static void send_all(int fd) {
    copy(STDIN_FILENO, fd);
    shutdown(fd, SHUT_WR); /* the server reads an end of file */
}
WEFT_GO_DEFINE(send_all, int)

static int main_goroutine(void *address) {
    int fd = weft_dial(address, weft_now() + 5000000000);
    ssize_t r = fd;
    if (fd >= 0) {
        go_send_all(fd);
        r = copy(fd, STDOUT_FILENO);
        weft_close(fd);
    }
    if (r < 0) fprintf(stderr, "%s: %s\n", (char *)address, strerror((int)-r));
    return r < 0;
}

int main(int argc, char **argv) {
    if (argc == 2) return weft_run(main_goroutine, argv[1]);
    fprintf(stderr, "usage: %s ADDRESS\n", argv[0]);
    return 2;
}
