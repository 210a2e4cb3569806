/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of the hashes program. libcrypto's low-level SHA-1: its one-shot call looks the algorithm up each time, which
 * under two threads is a benchmark of that look-up.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hashes_lines.h"

#include <string.h>

#include <openssl/sha.h>

static unsigned decimal(char *out, unsigned number) {
    char reversed[10];
    unsigned n = 0;
    do reversed[n++] = (char)('0' + number % 10);
    while (number /= 10);
    for (unsigned i = 0; i < n; i++) out[i] = reversed[n - 1 - i];
    return n;
}

void hashes_line(struct hashes_sink *s, char prefix, unsigned number) {
    static const char hex[] = "0123456789abcdef";
    char digits[10];
    unsigned char sum[SHA_DIGEST_LENGTH];
    unsigned n = decimal(digits, number);
    SHA_CTX c;
    SHA1_Init(&c);
    SHA1_Update(&c, digits, n);
    SHA1_Final(sum, &c);

    char *p = s->text + s->bytes / HASHES_LINE % 128 * 64;
    *p++ = prefix;
    memcpy(p, ": 00000", 7);
    memcpy(p + 7 - n, digits, n);
    p += 7;
    *p++ = ':';
    *p++ = ' ';
    for (unsigned i = 0; i < SHA_DIGEST_LENGTH; i++) {
        *p++ = hex[sum[i] >> 4];
        *p++ = hex[sum[i] & 15];
    }
    *p = '\n';
    s->bytes += HASHES_LINE;
    uint64_t first = 0;
    for (unsigned i = 0; i < 8; i++) first = first << 8 | sum[i];
    s->sum += first;
}
