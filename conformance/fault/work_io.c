/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workloads on descriptors. A call that fails is noted and done without: a client that cannot dial goes on to its next round, a
 * server goes on accepting; who waits for an answer that will not come has a deadline (wf_patience). So each ends whatever fails, and
 * what was noted is held against the table.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "works.h"

enum { CLIENTS = 4, ROUNDS = 3, BYTES = 2000, FAILURES_MAX = 300 };

static weft_waitgroup clients, servers;
static char address[64];
static int listener;

static int64_t soon(void) { return weft_now() + wf_patience(); }

/* All n bytes, or as many as came. */
static size_t read_all(int fd, char *to, size_t n)
{
    size_t have = 0;
    while (have < n) {
        long k = wf_try("read", weft_read_until(fd, to + have, n - have, soon()));
        if (k <= 0)
            break;
        have += (size_t)k;
    }
    return have;
}

static void echoes(void *arg)
{
    char b[BYTES];
    int fd = (int)(intptr_t)arg;
    size_t n;
    while ((n = read_all(fd, b, 1)) == 1 && (n += read_all(fd, b + 1, BYTES - 1)) == BYTES)
        if (wf_try("write", weft_write_until(fd, b, n, soon())) != (long)n)
            break;
    DROP("close", weft_close(fd));
    weft_waitgroup_done(&servers);
}

static void accepts(void *arg)
{
    (void)arg;
    for (int failures = 0;;) {
        int fd = weft_accept(listener);
        if (fd == -EBADF)
            break;
        if (wf_try("accept", fd) >= 0) {
            weft_waitgroup_add(&servers, 1);
            weft_go(echoes, (void *)(intptr_t)fd);
        } else if (++failures > FAILURES_MAX) {
            weft_sleep(WF_MS);
        }
    }
    weft_waitgroup_done(&servers);
}

static void talk(int fd, int seed)
{
    char sent[BYTES], got[BYTES];
    for (int i = 0; i < BYTES; i++)
        sent[i] = (char)(seed + i * 7);
    int r = (int)wf_try("poll", weft_poll(fd, POLLOUT, soon()));
    if (r < 0 || wf_try("write", weft_write_until(fd, sent, BYTES, soon())) != BYTES)
        return;
    size_t n = read_all(fd, got, BYTES);
    if (n < BYTES)
        wf_try("short", -ENODATA);
    WF_CHECK(memcmp(sent, got, n) == 0);
}

static void dials(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        int fd = (int)wf_try("dial", weft_dial(address, soon()));
        if (fd < 0)
            continue;
        talk(fd, (int)(intptr_t)arg + i);
        DROP("close", weft_close(fd));
    }
    weft_waitgroup_done(&clients);
}

/* Where the listener is, as an address to dial. */
static void set_address(const char *form)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    WF_CHECK(getsockname(listener, (struct sockaddr *)&a, &n) == 0);
    int port = ntohs(a.ss_family == AF_INET ? ((struct sockaddr_in *)&a)->sin_port : ((struct sockaddr_in6 *)&a)->sin6_port);
    snprintf(address, sizeof address, form, port);
}

static int serve(const char *at, const char *form)
{
    clients = servers = (weft_waitgroup){0};
    wf_step("listen");
    listener = (int)wf_try("listen", weft_listen(at, 0));
    if (listener < 0)
        return 0;
    set_address(form);
    wf_beside_start();
    weft_waitgroup_add(&servers, 1);
    weft_go(accepts, NULL);
    for (intptr_t i = 0; i < CLIENTS; i++) {
        weft_waitgroup_add(&clients, 1);
        weft_go(dials, (void *)i);
    }
    wf_step("wait for the clients");
    WF_CHECK(weft_waitgroup_wait_until(&clients, weft_now() + 50 * WF_SEC) == 0);
    DROP("close", weft_close(listener));
    wf_step("wait for the servers");
    WF_CHECK(weft_waitgroup_wait_until(&servers, weft_now() + 50 * WF_SEC) == 0);
    wf_beside_end();
    return 0;
}

int wf_net(void *arg)
{
    (void)arg;
    return serve("tcp:127.0.0.1:0", "tcp:127.0.0.1:%d");
}

const char *wf_no_localhost(void)
{
    struct addrinfo *list = NULL;
    if (getaddrinfo("localhost", NULL, NULL, &list) != 0)
        return "no localhost by name";
    freeaddrinfo(list);
    return NULL;
}

int wf_names(void *arg)
{
    (void)arg;
    return serve("tcp:localhost:0", "tcp:localhost:%d");
}

int wf_unix(void *arg)
{
    char name[64];
    (void)arg;
    snprintf(name, sizeof name, "unix:@weft-faults-%d", (int)getpid());
    clients = servers = (weft_waitgroup){0};
    listener = (int)wf_try("listen", weft_listen(name, 1)); /* a short backlog: dialling has to ask again */
    if (listener < 0)
        return 0;
    snprintf(address, sizeof address, "%s", name);
    for (intptr_t i = 0; i < CLIENTS; i++) {
        weft_waitgroup_add(&clients, 1);
        weft_go(dials, (void *)i);
    }
    weft_sleep(2 * WF_MS);
    weft_waitgroup_add(&servers, 1);
    weft_go(accepts, NULL);
    wf_step("wait for the clients");
    WF_CHECK(weft_waitgroup_wait_until(&clients, weft_now() + 50 * WF_SEC) == 0);
    DROP("close", weft_close(listener));
    WF_CHECK(weft_waitgroup_wait_until(&servers, weft_now() + 50 * WF_SEC) == 0);
    return 0;
}

/*
 * again: a descriptor whose registration outlives its number, since it was duplicated: the poller has it still when the number comes
 * back. Nobody else makes descriptors meanwhile.
 */
int wf_again(void *arg)
{
    char c;
    (void)arg;
    listener = (int)wf_try("listen", weft_listen("tcp:127.0.0.1:0", 0));
    if (listener < 0)
        return 0;
    set_address("tcp:127.0.0.1:%d");
    int fd = (int)wf_try("dial", weft_dial(address, soon()));
    if (fd >= 0) {
        WF_CHECK(weft_read_until(fd, &c, 1, weft_now() + WF_MS) == -ETIMEDOUT); /* now the poller knows it */
        int other = dup(fd);
        WF_CHECK(other >= 0 && weft_close(fd) == 0 && dup2(other, fd) == fd && close(other) == 0);
        long r = weft_read_until(fd, &c, 1, weft_now() + WF_MS);
        if (r != -ETIMEDOUT)
            DROP("read", r);
        DROP("close", weft_close(fd));
    }
    DROP("close", weft_close(listener));
    return 0;
}

/* ---- given: descriptors that Weft did not make, blocking and not ---- */

enum { PIPE, OTHER_PIPE = 2, PAIR = 4, LISTENER = 6, GIVEN = 7 };
static int given[GIVEN];

void wf_given_before(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    WF_CHECK(pipe(given + PIPE) == 0 && pipe2(given + OTHER_PIPE, O_NONBLOCK) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, given + PAIR) == 0);
    given[LISTENER] = socket(AF_INET, SOCK_STREAM, 0);
    WF_CHECK(given[LISTENER] >= 0 && bind(given[LISTENER], (struct sockaddr *)&a, sizeof a) == 0 && listen(given[LISTENER], 8) == 0);
}

static void close_given(int i)
{
    DROP("close", weft_close(given[i]));
    given[i] = -1;
}

void wf_given_after(void)
{
    for (int i = 0; i < GIVEN; i++)
        if (given[i] >= 0)
            close(given[i]);
}

static void writes_given(void *arg)
{
    char b[9000];
    int i = (int)(intptr_t)arg;
    memset(b, 'x', sizeof b);
    for (int round = 0; round < 10; round++) {
        if (wf_try("write", weft_write_until(given[i], b, sizeof b, soon())) < 0)
            break;
        weft_sleep(WF_MS / 5);
    }
    close_given(i);
    weft_waitgroup_done(&servers);
}

static void reads_given(void *arg)
{
    char b[3000];
    int i = (int)(intptr_t)arg;
    long n;
    while ((n = wf_try("read", weft_read_until(given[i], b, sizeof b, soon()))) > 0)
        WF_CHECK(b[0] == 'x' && b[n - 1] == 'x');
    close_given(i);
    weft_waitgroup_done(&servers);
}

static void on_given(weft_fn fn, int i)
{
    weft_waitgroup_add(&servers, 1);
    weft_go(fn, (void *)(intptr_t)i);
}

int wf_given(void *arg)
{
    (void)arg;
    clients = servers = (weft_waitgroup){0};
    wf_beside_start();
    listener = given[LISTENER];
    set_address("tcp:127.0.0.1:%d");
    wf_step("given");
    on_given(reads_given, PIPE);
    on_given(reads_given, OTHER_PIPE);
    on_given(reads_given, PAIR);
    weft_sleep(5 * WF_MS); /* all wait: for a descriptor, and until a time, in one call, on a loaded machine too */
    on_given(writes_given, PIPE + 1);
    on_given(writes_given, OTHER_PIPE + 1);
    on_given(writes_given, PAIR + 1);
    weft_waitgroup_add(&servers, 1);
    weft_go(accepts, NULL);
    weft_waitgroup_add(&clients, 1);
    weft_go(dials, NULL);
    WF_CHECK(weft_waitgroup_wait_until(&clients, weft_now() + 50 * WF_SEC) == 0);
    close_given(LISTENER);
    WF_CHECK(weft_waitgroup_wait_until(&servers, weft_now() + 50 * WF_SEC) == 0);
    wf_beside_end();
    return 0;
}

/* ---- files ---- */

int wf_files(void *arg)
{
    char path[64], out[10000], in[10000];
    (void)arg;
    snprintf(path, sizeof path, "%s/weft-faults-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    int fd = mkstemp(path), zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
    WF_CHECK(fd >= 0 && zero >= 0);
    unlink(path);
    memset(out, 'y', sizeof out);
    wf_beside_start();
    wf_step("files");
    long n = wf_try("write", weft_write(fd, out, sizeof out));
    WF_CHECK(n < 0 || n == sizeof out);
    WF_CHECK(lseek(fd, 0, SEEK_SET) == 0);
    size_t have = 0;
    while (have < sizeof in && (n = wf_try("read", weft_read(fd, in + have, sizeof in - have))) > 0)
        have += (size_t)n;
    WF_CHECK(memcmp(in, out, have) == 0);
    DROP("read", weft_read(zero, in, 10));
    DROP("read", weft_read(zero, in, 0));
    DROP("write", weft_write(zero, in, 10));
    DROP("poll", weft_poll(zero, POLLIN, soon()));
    DROP("close", weft_close(zero));
    DROP("close", weft_close(fd));
    wf_beside_end();
    return 0;
}
