/* SPDX-License-Identifier: Apache-2.0 */
/*
 * L108: the seed's second program: two goroutines print the SHA-1 of the numbers 1 to 50,000 under their letters, at P = 1.
 * Source:   the course's listing 6.5 (printHashes); claims, 108.
 * Goal:     neither yields by itself; being preempted, in libc or within the hash, they take turns and lose nothing.
 * Method:   letter, number and digest as a line, a write(2) each, on one processor. (Not by printf: who is stopped within it keeps the
 *           stream's lock, and the other's turns may all pass in waiting for that.) SHA-1 is written out below, so that the program needs no library.
 *           The twin computes each digest a hundred times over: Go's printers are soon done, before sysmon has looked at them in some runs.
 *           seed_108_hashes is the program as the course has it, by printf and each digest once: its turns are counted, and no rule.
 * Expected: stdout has main's three lines, one when a letter is completed, and 100,000 lines, each letter's numbers in order, the first digest known; the letter changes in between
 *           at least once more than from the first's last line to the other's first. Exit 0.
 */
#include "case.h"

enum { LAST = 50000, LINE = 51 };

static uint32_t rotate(uint32_t x, int n) { return x << n | x >> (32 - n); }

/* FIPS 180-4, of a message of one block (less than 56 bytes). */
static void sha1(const char *text, uint32_t h[5]) {
    uint8_t block[64] = {0};
    uint32_t w[80];
    size_t n = strlen(text);
    memcpy(block, text, n);
    block[n] = 0x80;
    block[62] = (uint8_t)(n * 8 >> 8);
    block[63] = (uint8_t)(n * 8);
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 80; i++) w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    static const uint32_t first[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint32_t a = first[0], b = first[1], c = first[2], d = first[3], e = first[4];
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20   ? (b & c) + (~b & d) + 0x5a827999
                     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
        uint32_t t = rotate(a, 5) + f + e + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = t;
    }
    uint32_t sum[5] = {a, b, c, d, e};
    for (int i = 0; i < 5; i++) h[i] = first[i] + sum[i];
}

static weft_waitgroup wg;

static void print_hashes(void *prefix) {
    for (int i = 1; i <= LAST; i++) {
        char text[16];
        uint32_t h[5];
        snprintf(text, sizeof text, "%d", i);
        sha1(text, h);
        char line[LINE + 1];
        snprintf(line, sizeof line, "%s: %05d: %08x%08x%08x%08x%08x\n", (char *)prefix, i, h[0], h[1], h[2], h[3], h[4]);
        WC_EQ(write(1, line, LINE), LINE);
    }
    dprintf(1, "Completed %s\n", (char *)prefix);
}

static void printf_hashes(void *prefix) {
    for (int i = 1; i <= LAST; i++) {
        char text[16];
        uint32_t h[5];
        snprintf(text, sizeof text, "%d", i);
        sha1(text, h);
        printf("%s: %05d: %08x%08x%08x%08x%08x\n", (char *)prefix, i, h[0], h[1], h[2], h[3], h[4]);
    }
    printf("Completed %s\n", (char *)prefix);
}

static int as_it_is(void *arg) {
    (void)arg;
    printf("Create Goroutines\n");
    weft_waitgroup_go(&wg, printf_hashes, "A");
    weft_waitgroup_go(&wg, printf_hashes, "B");
    printf("Waiting To Finish\n");
    weft_waitgroup_wait(&wg);
    printf("Terminating Program\n");
    return 0;
}

static int body(void *arg) {
    (void)arg;
    dprintf(1, "Create Goroutines\n");
    weft_waitgroup_go(&wg, print_hashes, "A");
    weft_waitgroup_go(&wg, print_hashes, "B");
    dprintf(1, "Waiting To Finish\n");
    weft_waitgroup_wait(&wg);
    dprintf(1, "Terminating Program\n");
    return 0;
}

/* NULL if all is there, each letter's in order; how often the letter changed. */
static const char *whole(const struct wc_result *r, int *turns) {
    static const char create[] = "Create Goroutines\n", wait[] = "Waiting To Finish\n", end[] = "Terminating Program\n";
    enum { COMPLETED = 12, REST = sizeof create + sizeof wait + sizeof end - 3 + 2 * COMPLETED };
    int next[2] = {1, 1}, waits = 0, n;
    char letter, last = 0;
    const char *at = r->out + sizeof create - 1, *stop = r->out + r->out_len - (sizeof end - 1);
    if (r->out_len != (size_t)2 * LAST * LINE + REST) return wc_text("%zu bytes, not %d", r->out_len, 2 * LAST * LINE + REST);
    if (strncmp(r->out, create, sizeof create - 1) != 0 || strcmp(stop, end) != 0) return "main's first or last line is not there";
    if (!strstr(r->out, ": 00001: 356a192b7913b04c54574d18c28d46e6395428ab\n")) return "the digest of 1 is wrong";
    while (at < stop) {
        if (strncmp(at, wait, sizeof wait - 1) == 0) {
            at += sizeof wait - 1;
            waits++;
            continue;
        }
        if (strncmp(at, "Completed ", 10) == 0) {
            letter = at[10];
            if ((letter != 'A' && letter != 'B') || next[letter - 'A'] != LAST + 1) return "completed too early";
            at += COMPLETED;
            continue;
        }
        letter = *at;
        n = atoi(at + 3);
        if ((letter != 'A' && letter != 'B') || at[LINE - 1] != '\n') return wc_text("a line \"%.51s\"", at);
        if (n != next[letter - 'A']++) return wc_text("%c: %d out of order", letter, n);
        *turns += letter != last;
        last = letter;
        at += LINE;
    }
    return waits == 1 ? NULL : "main did not wait, or twice";
}

static const char *counted(const struct wc_result *r) {
    int turns = 0;
    const char *why = whole(r, &turns);
    if (!why) wc_observed("turns", turns);
    return why;
}

static const char *in_turns(const struct wc_result *r) {
    int turns = 0;
    const char *why = whole(r, &turns);
    if (why) return why;
    wc_observed("turns", turns);
    return turns > 2 ? NULL : "the two did not take turns";
}

WC_CASE(l108_hashes, .item = "L108", .main = body, .check = in_turns, .procs = 1, .timeout_s = 60, .twin = "l108_hashes");
WC_CASE(seed_108_hashes, .item = "L108", .main = as_it_is, .check = counted, .procs = 1, .timeout_s = 60, .twin = "seed_108_hashes");
