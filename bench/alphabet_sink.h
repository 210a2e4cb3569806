/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alphabet_sink.h — where a pair of tasks prints in process: a buffer, which its users guard with their runtime's lock,
 * as stdout is by libc's. And the check of what is in it.
 */
#ifndef BENCH_ALPHABET_SINK_H
#define BENCH_ALPHABET_SINK_H

#include "bench.h"

#define ALPHABET_PAIRS 100                           /* a batch */
#define ALPHABET_TIMES 3                             /* each letter */
#define ALPHABET_BYTES (2 * 26 * 2 * ALPHABET_TIMES) /* two alphabets of letters and blanks */

struct alphabet_sink {
    uint32_t used;
    char text[ALPHABET_BYTES];
};

static inline void alphabet_put(struct alphabet_sink *s, char letter) {
    s->text[s->used] = letter;
    s->text[s->used + 1] = ' ';
    s->used += 2;
}

/* Every letter ALPHABET_TIMES, each alphabet in its order, whatever the mixture of the two. */
static inline void alphabet_check(struct bench *b, const struct alphabet_sink *s) {
    unsigned seen[2] = {0, 0};
    bench_check(b, "the length of a text", s->used, ALPHABET_BYTES);
    for (uint32_t i = 0; i < s->used; i += 2) {
        int upper = s->text[i] < 'a';
        if (s->text[i] != (char)((upper ? 'A' : 'a') + seen[upper] % 26) || s->text[i + 1] != ' ')
            bench_fail(b, "wrong checksum: '%c' at %u", s->text[i], i);
        seen[upper]++;
    }
    bench_check(b, "small letters", seen[0], 26 * ALPHABET_TIMES);
    bench_check(b, "capital letters", seen[1], 26 * ALPHABET_TIMES);
}

#endif
