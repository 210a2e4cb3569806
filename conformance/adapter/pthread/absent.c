/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of weft.h pthreads have not, or have so differently that a case about it says nothing about them: the case is not applicable.
 * Calls on descriptors are the system's own. Items that are about a runtime's inside are in main.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "adapter.h"

#define ABSENT(signature, why) \
    signature { adapter_absent(why); }

#define NO_PANICS "pthreads have neither panics nor deferred calls"
ABSENT(void weft_panic(const char *fmt __attribute__((unused)), ...), NO_PANICS)
ABSENT(const char *weft_pcall(weft_fn fn __attribute__((unused)), void *arg __attribute__((unused))), NO_PANICS)
ABSENT(void weft_defer(weft_fn fn __attribute__((unused)), void *arg __attribute__((unused))), NO_PANICS)

#define NO_PROCESSORS "pthreads have no processors to set: the kernel schedules"
ABSENT(int weft_procs(int n __attribute__((unused))), NO_PROCESSORS)
#define NO_LIMITS "pthreads have no runtime with processors and limits of its own"
ABSENT(void weft_config_init(struct weft_config *c __attribute__((unused))), NO_LIMITS)
int weft_run_config(const struct weft_config *c, int (*main_fn)(void *), void *arg) {
    (void)c, (void)main_fn, (void)arg;
    adapter_absent(NO_LIMITS);
}

#define NO_DETECTOR "pthreads have no deadlock detection that a foreign thread could be registered with"
ABSENT(void weft_hold(void), NO_DETECTOR)
ABSENT(void weft_release(void), NO_DETECTOR)
ABSENT(int weft_post(weft_fn fn __attribute__((unused)), void *arg __attribute__((unused))), NO_DETECTOR)

#define NO_SIGNALS "pthreads have sigwait, which sends nothing on a channel"
ABSENT(int weft_signal_notify(int signo __attribute__((unused)), weft_chan *c __attribute__((unused))), NO_SIGNALS)

#define NO_CONTEXTS "pthreads have no contexts"
weft_context *weft_context_with_deadline(weft_context *parent, int64_t deadline) {
    (void)parent, (void)deadline;
    adapter_absent(NO_CONTEXTS);
}
ABSENT(weft_chan *weft_context_done(weft_context *c __attribute__((unused))), NO_CONTEXTS)
ABSENT(void weft_context_free(weft_context *c __attribute__((unused))), NO_CONTEXTS)

/* ---- descriptors: a thread blocks in the call itself ---- */

static ssize_t in_call(ssize_t n) {
    adapter_waits(NULL);
    return n < 0 ? -errno : n;
}

ssize_t weft_read(int fd, void *buf, size_t n) {
    adapter_waits("IO wait");
    return in_call(read(fd, buf, n));
}
ssize_t weft_write(int fd, const void *buf, size_t n) {
    adapter_waits("IO wait");
    return in_call(write(fd, buf, n));
}
int weft_accept(int fd) {
    adapter_waits("IO wait");
    return (int)in_call(accept(fd, NULL, NULL));
}
int weft_close(int fd) { return close(fd) == 0 ? 0 : -errno; /* whoever waits on it waits on */ }

/* "tcp:127.0.0.1:PORT" and "unix:@NAME", which is what the cases ask for. */
static int made(const char *address, int (*what)(int, const struct sockaddr *, socklen_t)) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    bool local = strncmp(address, "unix:@", 6) == 0;
    in.sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1));
    strncpy(un.sun_path + 1, address + 6, sizeof un.sun_path - 2);
    int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int e = local ? what(fd, (struct sockaddr *)&un,
                         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address + 6)))
                  : what(fd, (struct sockaddr *)&in, sizeof in);
    return e == 0 ? fd : -errno;
}
int weft_listen(const char *address, int backlog) {
    int fd = made(address, bind);
    return fd < 0 || listen(fd, backlog > 0 ? backlog : SOMAXCONN) == 0 ? fd : -errno;
}
int weft_dial(const char *address, int64_t deadline) {
    (void)deadline;
    return made(address, connect);
}
