/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the runtime itself writes: 0, a descriptor, or a negative errno. No lock, no allocation. */
#ifndef W_FILE_H
#define W_FILE_H

#include <stddef.h>

int w_os_create(const char *path); /* new or cut to nothing, to write; closed on exec */
int w_os_write_all(int fd, const void *p, size_t n);

#endif
