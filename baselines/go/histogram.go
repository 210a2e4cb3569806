// SPDX-License-Identifier: Apache-2.0

package main

import "math/bits"

// histogram is that of bench/histogram.h: 16 buckets to each power of two.
type histogram struct {
	count  uint64
	sum    int64
	bucket [60 * 16]uint64
}

func (h *histogram) add(v int64) {
	if v < 0 {
		v = 0
	}
	i := int(v)
	if v >= 16 {
		shift := 59 - bits.LeadingZeros64(uint64(v))
		i = shift*16 + int(v>>uint(shift))
	}
	if i >= len(h.bucket) {
		i = len(h.bucket) - 1
	}
	h.bucket[i]++
	h.count++
	h.sum += v
}

func (h *histogram) merge(from *histogram) {
	h.count += from.count
	h.sum += from.sum
	for i, n := range from.bucket {
		h.bucket[i] += n
	}
}

// publish gives what_p50_ns to what_p999_ns, as bench/histogram.h does.
func (h *histogram) publish(what string) map[string]float64 {
	out := map[string]float64{what + "_p50_ns": h.quantile(0.5), what + "_p90_ns": h.quantile(0.9), what + "_p99_ns": h.quantile(0.99)}
	if h.count >= 1000 {
		out[what+"_p999_ns"] = h.quantile(0.999)
	}
	return out
}

func (h *histogram) quantile(q float64) float64 {
	want, seen := uint64(float64(h.count)*q), uint64(0)
	for i, n := range h.bucket {
		if seen += n; seen > want {
			if i < 16 {
				return float64(i)
			}
			return (float64(i%16+16) + 0.5) * float64(uint64(1)<<uint(i/16-1))
		}
	}
	return 0
}
