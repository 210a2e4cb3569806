/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weft_footprint: bytes per parked task, in a fresh process. WORKLOADS.md#footprint.
 *
 * Prints one JSON line. bytes_per_task is the growth of RSS and page tables, and for threads of the kernel's stacks and
 * slab too, divided by the tasks that were made. Status 0; 1: a wrong sum or a failure; 2: usage.
 */
#include "footprint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "weft.h"

/* ---- Weft ---- */

static struct {
    struct footprint *f;
    weft_waitgroup arrived, done;
    weft_chan *gate, *numbers;
    uint64_t *slots;
    int rc;
} w;

static void park_here(void *slot) {
    weft_waitgroup_done(&w.arrived);
    weft_chan_recv(w.gate, NULL); /* until it is closed */
    *(uint64_t *)slot += 1;
}

static void sleeper(void *slot) {
    footprint_deep(w.f->depth, park_here, slot);
    weft_waitgroup_done(&w.done);
}

static int make(uint64_t *slot) {
    struct weft_go_options o = {.stack_size = w.f->stack};
    if (w.f->stack) return weft_go_with(&o, sleeper, slot);
    weft_go(sleeper, slot);
    return 0;
}

static int weft_main(void *arg) {
    struct footprint *f = w.f = arg;
    w.gate = weft_chan_new(0, 0);
    if (memory_read(&f->before)) /* once unread, for stdio's own pages */
        return 1;
    memory_read(&f->before);
    int64_t t = bench_now();
    for (uint64_t i = 0; i < f->n; i++) {
        weft_waitgroup_add(&w.arrived, 1);
        weft_waitgroup_add(&w.done, 1);
        int rc = make(&w.slots[i]);
        if (rc) {
            fprintf(stderr, "footprint: goroutine %llu: %s\n", (unsigned long long)i, strerror(-rc));
            weft_waitgroup_done(&w.arrived);
            weft_waitgroup_done(&w.done);
            break;
        }
        f->created++;
    }
    weft_waitgroup_wait(&w.arrived);
    f->create_ns = bench_now() - t;
    int rc = memory_read(&f->parked);
    t = bench_now();
    weft_chan_close(w.gate);
    weft_waitgroup_wait(&w.done);
    f->wake_ns = bench_now() - t;
    weft_chan_free(w.gate);
    return rc ? 1 : 0;
}

int footprint_weft(struct footprint *f) {
    /* Slots are touched before the first reading: they are the program's, not the runtime's. */
    w.slots = malloc(f->n * sizeof *w.slots);
    if (!w.slots) return fprintf(stderr, "footprint: out of memory\n"), 1;
    for (uint64_t i = 0; i < f->n; i++) w.slots[i] = i;
    int rc = weft_run(weft_main, f);
    for (uint64_t i = 0; i < f->created; i++) f->sum += w.slots[i];
    free(w.slots);
    return rc;
}

/* ---- the program ---- */

static void usage(FILE *to) {
    fprintf(to,
            "usage: weft_footprint --runtime weft|pthread --n N [--depth BYTES] [--stack BYTES]\n"
            "Parks N tasks, each with BYTES of stack in use, and prints what they cost as a JSON line.\n"
            "Threads are made up to the system's limit and never more than 32000. --stack 0 is the default stack.\n");
}

static int parse(int argc, char **argv, struct footprint *f, const char **runtime) {
    for (int i = 1; i < argc; i += 2) {
        char *end = NULL;
        if (i + 1 == argc) return 0;
        unsigned long long v = strtoull(argv[i + 1], &end, 10);
        int number = *end == 0 && end != argv[i + 1];
        if (strcmp(argv[i], "--runtime") == 0)
            *runtime = argv[i + 1];
        else if (strcmp(argv[i], "--n") == 0 && number && v > 0 && v <= 100000000)
            f->n = v;
        else if (strcmp(argv[i], "--depth") == 0 && number && v <= 1 << 20)
            f->depth = v;
        else if (strcmp(argv[i], "--stack") == 0 && number)
            f->stack = v;
        else
            return 0;
    }
    return f->n && *runtime && (strcmp(*runtime, "weft") == 0 || strcmp(*runtime, "pthread") == 0);
}

static void print(const struct footprint *f, const char *runtime, int threads, int good) {
    long long rss = f->parked.rss - f->before.rss, tables = f->parked.page_tables - f->before.page_tables;
    long long stacks = f->parked.kernel_stack - f->before.kernel_stack, slab = f->parked.slab - f->before.slab;
    double bytes = (double)(rss + tables + (threads ? stacks + slab : 0));
    printf("{\"name\":\"footprint/%s/n:%llu", runtime, (unsigned long long)f->n);
    if (f->depth) printf("/depth:%zu", f->depth);
    printf("\",\"n\":%llu,\"depth\":%zu,\"stack\":%zu,\"created\":%llu,\"limit\":", (unsigned long long)f->n, f->depth,
           f->stack, (unsigned long long)f->created);
    if (f->limit)
        printf("%llu", (unsigned long long)f->limit);
    else
        printf("null");
    printf(
        ",\"bytes_per_task\":%.1f,\"rss\":%lld,\"page_tables\":%lld,\"kernel_stack\":%lld,\"slab\":%lld,\"maps\":%lld",
        f->created ? bytes / (double)f->created : 0.0, rss, tables, stacks, slab,
        (long long)(f->parked.maps - f->before.maps));
    printf(",\"create_ns_per_task\":%.1f,\"wake_ns_per_task\":%.1f,\"checksum_ok\":%s}\n",
           (double)f->create_ns / (double)f->created, (double)f->wake_ns / (double)f->created, good ? "true" : "false");
}

int main(int argc, char **argv) {
    struct footprint f = {0};
    const char *runtime = NULL;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) return usage(stdout), 0;
    if (!parse(argc, argv, &f, &runtime)) return usage(stderr), 2;
    int threads = strcmp(runtime, "pthread") == 0;
    int rc = threads ? footprint_pthread(&f) : footprint_weft(&f);
    if (rc || f.created == 0) return rc ? rc : 1;
    /* task i adds 1 to a slot that held i */
    int good = f.sum == f.created * (f.created - 1) / 2 + f.created && f.created == f.n;
    print(&f, runtime, threads, good || (threads && f.created < f.n && f.sum == f.created * (f.created + 1) / 2));
    return 0;
}
