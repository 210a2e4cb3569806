/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A million goroutines parked at once, woken and summed.
 * Source:   the text: "1,000,000 parked goroutines created, woken and summed in one process"; claims 25 and 28.
 * Goal:     no limit on mappings, stacks or descriptors is met, and every one of them wakes.
 * Method:   each receives its start from a channel that main closes when the statistics count all as waiting, adds its
 *           number to a sum by way of another channel's receiver, and ends. At P=2; a tenth of the number under a sanitizer.
 *           A declared skip where the machine has too little memory (about 5 KiB a goroutine).
 * Expected: the sum n (n - 1) / 2; afterwards one goroutine; exit 0.
 */
#include "case.h"

enum { N = WC_SLOW > 1 ? 20000 : 1000000 };
static weft_chan *gate, *sums;

static void parked(void *arg) {
    int64_t n = (int64_t)(intptr_t)arg;
    weft_chan_recv(gate, NULL);
    weft_chan_send(sums, &n);
}

static uint64_t waiting(void) {
    struct weft_stats s = {.size = sizeof s};
    weft_stats_read(&s);
    return s.waiting;
}

static long available_mib(void) {
    FILE *f = fopen("/proc/meminfo", "r");
    char line[128];
    long kib = -1;
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %ld", &kib) == 1) break;
    if (f) fclose(f);
    return kib / 1024;
}

static int body(void *arg) {
    (void)arg;
    long need = (long)((int64_t)N * 6 / 1024);
    if (available_mib() < need + 500) wc_skip("too little memory available for a million stacks of one page");
    gate = weft_chan_new(1, 0);
    sums = weft_chan_new(sizeof(int64_t), 128);
    for (intptr_t i = 0; i < N; i++) weft_go(parked, (void *)i);
    int64_t end = weft_now() + 100 * WC_SEC;
    while (waiting() < N) {
        WC_CHECKF(weft_now() < end, "%" PRIu64 " waiting", waiting());
        weft_sleep(WC_MS);
    }
    WC_EQ(weft_num_goroutines(), N + 1);
    wc_figure("parked", N);
    wc_figure("mappings", wc_maps());
    weft_chan_close(gate);
    int64_t sum = 0, n;
    for (int i = 0; i < N; i++) {
        WC_EQ(weft_chan_recv(sums, &n), 1);
        sum += n;
    }
    WC_EQ(sum, (int64_t)N * (N - 1) / 2);
    wc_await_goroutines(1);
    return 0;
}

WC_CASE(stress_million_parked, .item = "stress", .main = body, .procs = 2, .timeout_s = 120, .alone = 1, .any_err = 1,
        .may_skip = "too little memory", .no_twin = "no output to compare");
