/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_listen, weft_dial, and the addresses they take. Names are looked up by getaddrinfo in a goroutine of its own, as a call that may
 * block: so a small goroutine may dial, whose stack holds no address either, and a deadline can pass meanwhile; then the answer is
 * nobody's and is freed when it comes. TCP_NODELAY is set before listen: what is accepted inherits it.
 * Source: Go 1.22 net: dial.go, sock_posix.go, fd_unix.go.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>

#include "io/fd.h"
#include "os/io.h"

enum { HOST_MAX = 254, ADDRESSES = 8, BACKLOG_MOST = 65535 /* cut to net.core.somaxconn */ };
enum { LOOK_UP_STACK = 256 * 1024 }; /* for the C library's modules; or all that a goroutine may have */

/* What an address says. */
struct place {
    bool tcp;
    char host[HOST_MAX]; /* tcp; "": any when listening, this machine when dialling */
    bool bracketed;
    uint16_t port;
    struct sockaddr_un path; /* unix */
    socklen_t path_len;
};

struct addresses {
    int n;
    struct w_os_address a[ADDRESSES];
};

/* ---- parsing ---- */

static int parse_port(const char *s, uint16_t *port)
{
    uint32_t v = 0;
    if (!*s)
        return -EINVAL;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || (v = v * 10 + (uint32_t)(*s - '0')) > 65535)
            return -EINVAL;
    }
    *port = (uint16_t)v;
    return 0;
}

/* HOST:PORT or [HOST]:PORT */
static int parse_tcp(const char *s, struct place *to)
{
    const char *colon = strrchr(s, ':'), *end = colon;
    if (!colon)
        return -EINVAL;
    if (*s == '[') {
        s++;
        if (end == s || *--end != ']')
            return -EINVAL;
        to->bracketed = true;
    }
    size_t n = (size_t)(end - s);
    if (end < s || n >= sizeof to->host || memchr(s, '[', n) || memchr(s, ']', n) || (to->bracketed != (memchr(s, ':', n) != NULL)))
        return -EINVAL;
    memcpy(to->host, s, n);
    to->host[n] = 0;
    return parse_port(colon + 1, &to->port);
}

static int parse_unix(const char *s, struct place *to)
{
    size_t n = strlen(s);
    if (n == 0 || n >= sizeof to->path.sun_path)
        return -EINVAL;
    to->path.sun_family = AF_UNIX;
    memcpy(to->path.sun_path, s, n);
    if (*s == '@')
        to->path.sun_path[0] = 0;
    to->path_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*s != '@'));
    return 0;
}

static int parse(const char *s, struct place *to)
{
    memset(to, 0, sizeof *to);
    if (!s)
        return -EINVAL;
    to->tcp = strncmp(s, "tcp:", 4) == 0;
    if (to->tcp)
        return parse_tcp(s + 4, to);
    return strncmp(s, "unix:", 5) == 0 ? parse_unix(s + 5, to) : -EINVAL;
}

static void put(struct addresses *out, const void *a, socklen_t len)
{
    struct w_os_address *at = &out->a[out->n++];
    at->len = len;
    memcpy(&at->at, a, len);
}

static void put_v4(struct addresses *out, in_addr_t host, uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = host};
    put(out, &a, sizeof a);
}

static void put_v6(struct addresses *out, struct in6_addr host, uint16_t port)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = host};
    put(out, &a, sizeof a);
}

/* ---- names ---- */

struct query {
    au32 users; /* who asks, and who looks up; the last one frees */
    weft_sema done;
    struct place place;
    bool numeric;
    struct addresses answer;
};

static void drop(struct query *q)
{
    struct w_m *m = w_enter();
    if (au32_sub_acqrel(&q->users, 1) == 1)
        w_small_free(m, q, sizeof *q);
    w_leave(m);
}

static intptr_t look_up_there(void *p)
{
    struct query *q = p;
    return q->answer.n = w_os_lookup(q->place.host, q->place.port, q->numeric, q->answer.a, ADDRESSES);
}

static void look_up(void *p)
{
    struct query *q = p;
    weft_blocking(look_up_there, q);
    weft_sema_release(&q->done, 1);
    drop(q);
}

/* out->n addresses, or -errno. May switch. */
static int ask(const struct place *place, bool numeric, struct addresses *out, int64_t deadline)
{
    struct w_m *m = w_enter();
    struct query *q = w_small_alloc(m, sizeof *q);
    w_leave(m);
    if (!q)
        return -ENOMEM;
    memset(q, 0, sizeof *q);
    q->place = *place;
    q->numeric = numeric;
    au32_store_rlx(&q->users, 2); /* before anyone else knows it */
    size_t most = w_sched.config.max_stack, size = most < LOOK_UP_STACK ? most : LOOK_UP_STACK;
    struct weft_go_options o = {.stack_size = w_sched.config.stack_size < size ? size : 0};
    int e = weft_go_with(&o, look_up, q);
    if (e) {
        drop(q);
        drop(q);
        return e;
    }
    e = weft_sema_acquire_until(&q->done, deadline);
    if (e == 0) {
        *out = q->answer;
        e = out->n < 0 ? out->n : 0;
    }
    drop(q);
    return e;
}

static int resolve(const struct place *p, bool listening, struct addresses *out, int64_t deadline)
{
    struct in_addr v4;
    struct in6_addr v6;
    out->n = 0;
    if (!p->tcp) {
        put(out, &p->path, p->path_len);
    } else if (!*p->host && listening) {
        put_v6(out, in6addr_any, p->port); /* both families, where there are both */
        put_v4(out, INADDR_ANY, p->port);
    } else if (!*p->host) {
        put_v4(out, htonl(INADDR_LOOPBACK), p->port);
        put_v6(out, in6addr_loopback, p->port);
    } else if (!p->bracketed && inet_pton(AF_INET, p->host, &v4) == 1) {
        put_v4(out, v4.s_addr, p->port);
    } else if (p->bracketed && inet_pton(AF_INET6, p->host, &v6) == 1) {
        put_v6(out, v6, p->port);
    } else if (!p->bracketed || strchr(p->host, '%')) { /* a name, or an address with a zone */
        return ask(p, p->bracketed, out, deadline);
    } else {
        return -EINVAL;
    }
    return 0;
}

/* Where to, off the stack: a small goroutine may listen and dial. */
struct target {
    struct place place;
    struct addresses list;
};

static struct target *new_target(void)
{
    struct w_m *m = w_enter();
    struct target *t = w_small_alloc(m, sizeof *t);
    w_leave(m);
    return t;
}

/* What the address stands for, in t->list; none with an error. May switch. */
static int find(const char *address, bool listening, struct target *t, int64_t deadline)
{
    int e = parse(address, &t->place);
    if (e == 0)
        e = resolve(&t->place, listening, &t->list, deadline);
    if (e)
        t->list.n = 0;
    return e;
}

static void free_target(struct target *t)
{
    struct w_m *m = w_enter();
    w_small_free(m, t, sizeof *t);
    w_leave(m);
}

/* ---- listening ---- */

static int listen_at(const struct sockaddr *a, socklen_t len, int backlog)
{
    int fd = w_os_socket(a->sa_family, SOCK_STREAM), e = 0;
    if (fd < 0)
        return fd;
    if (a->sa_family != AF_UNIX) {
        e = w_os_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
        w_os_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    }
    if (a->sa_family == AF_INET6)
        w_os_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, memcmp(&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, &in6addr_any, 16) != 0);
    if (e == 0)
        e = w_os_bind(fd, a, len);
    if (e == 0)
        e = w_os_listen(fd, backlog > 0 ? backlog : BACKLOG_MOST);
    if (e == 0)
        e = w_fd_adopt(fd, W_FD_SOCKET | (a->sa_family == AF_UNIX ? 0 : W_FD_TCP));
    if (e == 0)
        return fd;
    w_os_close(fd);
    return e;
}

int weft_listen(const char *address, int backlog)
{
    struct target *t = new_target();
    if (!t)
        return -ENOMEM;
    int e = find(address, true, t, WEFT_NEVER);
    for (int i = 0; i < t->list.n; i++) {
        e = listen_at((const struct sockaddr *)&t->list.a[i].at, t->list.a[i].len, backlog);
        if (e >= 0 || (e != -EAFNOSUPPORT && e != -EADDRNOTAVAIL)) /* no such family here: the next */
            break;
    }
    free_target(t);
    return e;
}

/* ---- dialling ---- */

enum { UNIX_FIRST_NS = 50000, UNIX_MOST_NS = 5000000 };

/* A full backlog of a Unix socket says -EAGAIN and makes no edge when it has room: ask again, at most 200 times a second. */
static int connect_unix(int fd, const struct sockaddr *a, socklen_t len, int64_t deadline)
{
    for (int64_t ns = UNIX_FIRST_NS;; ns = 2 * ns < UNIX_MOST_NS ? 2 * ns : UNIX_MOST_NS) {
        int e = w_os_connect(fd, a, len);
        if (e != -EAGAIN)
            return e;
        int64_t now = w_os_now();
        if (deadline <= now)
            return -ETIMEDOUT;
        weft_sleep(deadline - now < ns ? deadline - now : ns);
    }
}

static int connect_tcp(int fd, const struct sockaddr *a, socklen_t len, int64_t deadline)
{
    int e = w_os_connect(fd, a, len);
    while (e == -EINPROGRESS) {
        int r = weft_poll(fd, POLLOUT, deadline);
        e = r < 0 ? r : w_os_connected(fd);
    }
    return e;
}

static int dial_at(const struct sockaddr *a, socklen_t len, int64_t deadline)
{
    int fd = w_os_socket(a->sa_family, SOCK_STREAM);
    if (fd < 0)
        return fd;
    int e = w_fd_adopt(fd, W_FD_SOCKET | (a->sa_family == AF_UNIX ? 0 : W_FD_TCP));
    if (e) {
        w_os_close(fd);
        return e;
    }
    if (a->sa_family == AF_UNIX) {
        e = connect_unix(fd, a, len, deadline);
    } else {
        w_os_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
        e = connect_tcp(fd, a, len, deadline);
    }
    if (e == 0)
        return fd;
    weft_close(fd);
    return e;
}

int weft_dial(const char *address, int64_t deadline)
{
    struct target *t = new_target();
    if (!t)
        return -ENOMEM;
    int e = find(address, false, t, deadline);
    for (int i = 0; i < t->list.n; i++) {
        e = dial_at((const struct sockaddr *)&t->list.a[i].at, t->list.a[i].len, deadline);
        if (e >= 0 || (deadline != WEFT_NEVER && deadline <= w_os_now())) /* the system's own -ETIMEDOUT is one address's */
            break;
    }
    free_target(t);
    return e;
}
