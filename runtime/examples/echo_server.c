/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An echo server: a goroutine for each connection, as plain as for a thread, and an orderly end at SIGTERM or SIGINT.
 *     echo_server tcp:127.0.0.1:7000      or unix:/tmp/echo
 * Prints:
 *   listening on …
 *   no more connections
 *   served …
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <weft.h>

static const int64_t second = 1000000000;
static weft_waitgroup busy; /* the one who accepts, and every connection */
static int served;          /* his until he is done */

static void serve(int fd) {
    char buf[4096];
    for (ssize_t n; (n = weft_read(fd, buf, sizeof buf)) > 0;)
        if (weft_write(fd, buf, (size_t)n) < 0) break;
    weft_close(fd);
    weft_waitgroup_done(&busy);
}
WEFT_GO_DEFINE(serve, int)

static void accept_all(int listener) {
    int fd;
    while ((fd = weft_accept(listener)) != -EBADF) { /* until it is closed */
        if (fd >= 0) {
            served++;
            weft_waitgroup_add(&busy, 1);
            go_serve(fd);
        } else {
            fprintf(stderr, "accept: %s\n", strerror(-fd));
            weft_sleep(second / 100); /* out of descriptors, say */
        }
    }
    weft_waitgroup_done(&busy);
}
WEFT_GO_DEFINE(accept_all, int)

static int main_goroutine(void *address) {
    int listener = weft_listen(address, 0);
    if (listener < 0) {
        fprintf(stderr, "%s: %s\n", (char *)address, strerror(-listener));
        return 1;
    }
    weft_chan *stop = weft_chan_new(sizeof(int), 1);
    weft_signal_notify(SIGTERM, stop);
    weft_signal_notify(SIGINT, stop);
    weft_waitgroup_add(&busy, 1);
    go_accept_all(listener);
    printf("listening on %s\n", (char *)address);
    fflush(stdout);

    weft_chan_recv(stop, NULL);
    printf("no more connections\n");
    weft_close(listener);
    if (weft_waitgroup_wait_until(&busy, weft_now() + second) != 0)
        printf("some are cut off\n"); /* they end with the run */
    printf("served %d\n", served);
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 2) return weft_run(main_goroutine, argv[1]);
    fprintf(stderr, "usage: %s ADDRESS\n", argv[0]);
    return 2;
}
