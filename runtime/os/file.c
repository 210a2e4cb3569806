/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the runtime itself writes; see file.h. */
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int w_os_create(const char *path)
{
    int fd;
    do
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

int w_os_write_all(int fd, const void *p, size_t n)
{
    const char *at = p;
    while (n > 0) {
        ssize_t k = write(fd, at, n);
        if (k < 0 && errno != EINTR)
            return -errno;
        if (k == 0)
            return -EIO;
        if (k > 0) {
            at += k;
            n -= (size_t)k;
        }
    }
    return 0;
}

