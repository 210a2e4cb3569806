/* SPDX-License-Identifier: Apache-2.0 */
/*
 * histogram.h — latencies in log-linear buckets: 16 to each power of two, so a percentile is within 6 %.
 * One writer; merge when the writers have ended.
 */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

#include "bench.h"

#define HISTOGRAM_BUCKETS (60 * 16)

struct histogram {
    uint64_t count;
    int64_t sum;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_index(uint64_t v) {
    if (v < 16) return (unsigned)v;
    unsigned shift = 59 - (unsigned)__builtin_clzll(v); /* v >> shift is 16 to 31 */
    return shift * 16 + (unsigned)(v >> shift);
}

static inline void histogram_add(struct histogram *h, int64_t v) {
    unsigned i = histogram_index(v < 0 ? 0 : (uint64_t)v);
    h->bucket[i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1]++;
    h->count++;
    h->sum += v;
}

static inline void histogram_merge(struct histogram *into, const struct histogram *from) {
    into->count += from->count;
    into->sum += from->sum;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) into->bucket[i] += from->bucket[i];
}

/* The least value below or at which a share q of them lies: the middle of its bucket. */
static inline double histogram_quantile(const struct histogram *h, double q) {
    uint64_t want = (uint64_t)((double)h->count * q), seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen > want) {
            if (i < 16) return i;
            unsigned shift = i / 16 - 1;
            return ((double)(i % 16 + 16) + 0.5) * (double)((uint64_t)1 << shift);
        }
    }
    return 0;
}

/* The shares that are published, as extra figures of these names. The 99.9th of fewer than a thousand is about their largest: left out. */
#define HISTOGRAM_NAMES(what) ((const char *const[4]){what "_p50_ns", what "_p90_ns", what "_p99_ns", what "_p999_ns"})
#define histogram_publish(b, what, h) histogram_publish_as(b, HISTOGRAM_NAMES(what), h)

static inline void histogram_publish_as(struct bench *b, const char *const names[4], const struct histogram *h) {
    bench_extra(b, names[0], histogram_quantile(h, 0.5));
    bench_extra(b, names[1], histogram_quantile(h, 0.9));
    bench_extra(b, names[2], histogram_quantile(h, 0.99));
    if (h->count >= 1000) bench_extra(b, names[3], histogram_quantile(h, 0.999));
}

#endif
