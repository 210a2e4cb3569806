/* SPDX-License-Identifier: Apache-2.0 */
/* Text without stdio; see say.h. */
#include "base/say.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE_MS = 1000 };

void w_say_flush(struct w_say *s) {
    size_t done = 0;
    while (done < s->n) {
        ssize_t n = write(s->fd, s->buf + done, s->n - done);
        if (n > 0) {
            done += (size_t)n;
        } else if (n == 0) {
            break;
        } else if (errno == EAGAIN) {
            struct pollfd p = {s->fd, POLLOUT, 0};
            if (poll(&p, 1, PATIENCE_MS) == 0) break;
        } else if (errno != EINTR) {
            break;
        }
    }
    s->n = 0;
}

void w_say_bytes(struct w_say *s, const char *p, size_t n) {
    while (n > 0) {
        if (s->n == sizeof s->buf) w_say_flush(s);
        size_t room = sizeof s->buf - s->n, k = n < room ? n : room;
        memcpy(s->buf + s->n, p, k);
        s->n += k;
        p += k;
        n -= k;
    }
}

void w_say_text(struct w_say *s, const char *text) { w_say_bytes(s, text, strlen(text)); }

static void number(struct w_say *s, uint64_t x, unsigned base) {
    char digits[20], *p = digits + sizeof digits;
    do {
        *--p = "0123456789abcdef"[x % base];
        x /= base;
    } while (x != 0);
    w_say_bytes(s, p, (size_t)(digits + sizeof digits - p));
}

void w_say_dec(struct w_say *s, uint64_t x) { number(s, x, 10); }

void w_say_hex(struct w_say *s, uint64_t x) {
    w_say_text(s, "0x");
    number(s, x, 16);
}
