/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to a descriptor without stdio: no lock, no allocation, async-signal-safe. For reports of a process that may be broken, and
 * for threads that must not wait for a lock of libc. The buffer is the caller's, on a large stack.
 */
#ifndef W_SAY_H
#define W_SAY_H

#include <stddef.h>
#include <stdint.h>

struct w_say {
    int fd;
    size_t n;
    char buf[1024];
};

static inline void w_say_init(struct w_say *s, int fd) {
    s->fd = fd;
    s->n = 0;
}
void w_say_bytes(struct w_say *s, const char *p, size_t n);
void w_say_text(struct w_say *s, const char *text);
void w_say_dec(struct w_say *s, uint64_t x);
void w_say_hex(struct w_say *s, uint64_t x); /* "0x1f" */
/* Write what is left. A descriptor that stays full for a second loses the rest: a report must not hang. */
void w_say_flush(struct w_say *s);

#endif
