/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alphabet: the first program of the course that this runtime is after, in process: pairs of goroutines print both
 * alphabets three times. WORKLOADS.md#alphabet. alphabet_program.c is the program itself.
 */
#include "alphabet_sink.h"

#include <stdlib.h>

#include "weft.h"

static struct pair {
    weft_mutex lock;
    struct alphabet_sink sink;
} pairs[ALPHABET_PAIRS];
static weft_waitgroup done;

static void print(struct pair *p, char from) {
    for (int count = 0; count < ALPHABET_TIMES; count++)
        for (char c = from; c < from + 26; c++) {
            weft_mutex_lock(&p->lock);
            alphabet_put(&p->sink, c);
            weft_mutex_unlock(&p->lock);
        }
    weft_waitgroup_done(&done);
}
static void print_small(void *p) { print(p, 'a'); }
static void print_capital(void *p) { print(p, 'A'); }

static uint64_t batch(void) {
    uint64_t bytes = 0;
    weft_waitgroup_add(&done, 2 * ALPHABET_PAIRS);
    for (int i = 0; i < ALPHABET_PAIRS; i++) {
        pairs[i].sink.used = 0;
        weft_go(print_small, &pairs[i]);
        weft_go(print_capital, &pairs[i]);
    }
    weft_waitgroup_wait(&done);
    for (int i = 0; i < ALPHABET_PAIRS; i++) bytes += pairs[i].sink.used;
    return bytes;
}

static void batches(struct bench *b) {
    uint64_t bytes = 0;
    batch();
    bench_start(b);
    for (uint64_t i = 0; i < b->n; i++) bytes += batch();
    bench_stop(b);
    b->items = b->n * ALPHABET_PAIRS;
    bench_check(b, "bytes", bytes, b->items * ALPHABET_BYTES);
    for (int i = 0; i < ALPHABET_PAIRS; i++) alphabet_check(b, &pairs[i].sink);
}

const struct bench_def bench_weft_alphabet[] = {
    {"alphabet/weft/procs:1", batches, 1, BENCH_ANYWHERE, 0, NULL},
    {"alphabet/weft/procs:2", batches, 2, BENCH_ANYWHERE, 0, NULL},
    {NULL, NULL, 0, BENCH_ANYWHERE, 0, NULL},
};
