/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls on descriptors: each makes its call and returns -errno on failure; EINTR is not seen. "Now" means that the call
 * does not wait, whatever the descriptor's flags say: -EAGAIN instead. Part of a port, as os.h.
 */
#ifndef W_OS_IO_H
#define W_OS_IO_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* What a descriptor is. */
enum {
    W_OS_SOCKET = 1,
    W_OS_TCP = 2,       /* a stream in which a short read says that nothing is left */
    W_OS_NONBLOCK = 4,  /* O_NONBLOCK is set */
    W_OS_FILE = 8,      /* regular file, folder or block device: never waits for readiness */
};
int w_os_fd_kind(int fd); /* these bits, or -EBADF */

ssize_t w_os_recv(int fd, void *buf, size_t n);        /* sockets, now */
ssize_t w_os_send(int fd, const void *buf, size_t n);  /* sockets, now, without SIGPIPE */
ssize_t w_os_read(int fd, void *buf, size_t n);
ssize_t w_os_write(int fd, const void *buf, size_t n);
ssize_t w_os_read_now(int fd, void *buf, size_t n);        /* -EOPNOTSUPP: not with this descriptor or kernel */
ssize_t w_os_write_now(int fd, const void *buf, size_t n); /* the same */
int w_os_close(int fd);
/* Which of events (poll(2)) are there now; 0: none. -EBADF. */
int w_os_poll_now(int fd, short events);

/* Sockets. New ones are non-blocking and close-on-exec. */
int w_os_accept(int fd);
int w_os_socket(int family, int type);
int w_os_bind(int fd, const struct sockaddr *a, socklen_t n);
int w_os_listen(int fd, int backlog);
int w_os_connect(int fd, const struct sockaddr *a, socklen_t n);
int w_os_connected(int fd);                       /* 0, -EINPROGRESS, or what connecting came to */
int w_os_set(int fd, int level, int name, int value);
/* The addresses of a host, into `out` in the resolver's order; how many, or -ENOENT, -ENOMEM. May block; needs a large stack. */
struct w_os_address {
    socklen_t len;
    struct sockaddr_storage at;
};
int w_os_lookup(const char *host, uint16_t port, bool numeric, struct w_os_address *out, int max);

/*
 * SIGPIPE on the calling thread: blocked; then as before, with one that is pending only since then taken away. begin returns what end
 * is to be given.
 */
int w_os_sigpipe_begin(void);
void w_os_sigpipe_end(int before);

#endif
