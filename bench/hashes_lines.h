/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hashes_lines.h — one line of the hashes program, "A: 00001: 356a…", and the answer its digests add up to.
 */
#ifndef BENCH_HASHES_LINES_H
#define BENCH_HASHES_LINES_H

#include <stdint.h>

#define HASHES_LAST 5000                       /* numbers 1 to this, each for A and for B */
#define HASHES_LINE 51                         /* bytes of a line, its end included */
#define HASHES_SUM  UINT64_C(0xd368b59258dbba) /* what one task's sum comes to, mod 2^64 */

/* Where a task prints: a buffer that is written round and round, as a stream's is flushed. */
struct hashes_sink {
    uint64_t bytes;      /* ever printed */
    uint64_t sum;        /* of the digests' first eight bytes, big-endian */
    char text[64 * 128]; /* the last 128 lines, 64 bytes apart */
};

/* Hash the number's decimal digits and print the line. */
void hashes_line(struct hashes_sink *s, char prefix, unsigned number);

#endif
