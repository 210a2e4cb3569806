/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading memory that may be unmapped at any moment: the bytes go through a pipe, and the kernel answers EFAULT where a load
 * would kill the process. Async-signal-safe; unseen by sanitizers, since the calls are raw.
 */
#ifndef W_PEEK_H
#define W_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct w_peek {
    int fd[2]; /* -1: no descriptor was free, nothing can be read */
};

void w_peek_open(struct w_peek *p);
void w_peek_close(struct w_peek *p);
/* Copy n bytes, at most 4096; false: not all of them are there. */
bool w_peek(struct w_peek *p, uintptr_t from, void *to, size_t n);

#endif
