// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// bench is one call of a body, as in bench/bench.h: the body does n iterations between start and stop.
type bench struct {
	def                    def
	n                      uint64
	items                  float64 // operations done; n unless the body says otherwise
	wall, cpu              int64   // ns between start and stop
	voluntary, involuntary int64   // switches of threads between start and stop
	counted                int64   // what the figure is of, if not of wall: see bench_count
	err                    string
	extra                  map[string]float64
}

var epoch = time.Now()

// now is a monotonic clock in ns.
func now() int64 { return int64(time.Since(epoch)) }

// used adds what the process has used, or takes it away.
func (b *bench) used(sign int64) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return
	}
	b.cpu += sign * (u.Utime.Nano() + u.Stime.Nano())
	b.voluntary += sign * u.Nvcsw
	b.involuntary += sign * u.Nivcsw
}

func (b *bench) start() {
	b.cpu, b.voluntary, b.involuntary = 0, 0, 0
	b.used(-1)
	b.wall = -now()
}

func (b *bench) stop() {
	b.wall += now()
	b.used(1)
}

func (b *bench) check(what string, got, want uint64) {
	if got != want && b.err == "" {
		b.err = fmt.Sprintf("wrong checksum: %s is %d, not %d", what, got, want)
	}
}

// share is what part i of parts does of total.
func share(total uint64, parts, i int) uint64 {
	s := total / uint64(parts)
	if uint64(i) < total%uint64(parts) {
		s++
	}
	return s
}

func call(d def, n uint64) *bench {
	runtime.GOMAXPROCS(d.procs)
	runtime.GC() // what an earlier call left is not this one's
	b := &bench{def: d, n: n, items: float64(n)}
	d.body(b)
	return b
}

// measure grows n as Google Benchmark does: until a call takes minTime, by what the last one foretells and at most tenfold.
func measure(d def, minTime float64) *bench {
	for n := d.least; ; {
		b := call(d, n)
		seconds := float64(b.wall) * 1e-9
		if b.err != "" || seconds >= minTime || n >= 1e9 {
			return b
		}
		factor := math.Min(10, minTime*1.4/math.Max(seconds, 1e-9))
		next := uint64(float64(n) * factor)
		if next <= n {
			next = n + 1
		}
		n = next
	}
}

var calibrate sync.Once
var perStep float64

// workSteps is how many steps of work take ns by themselves; the least of many short trials.
func workSteps(ns int64) uint64 {
	calibrate.Do(func() {
		const steps = 20000
		best := int64(math.MaxInt64)
		for trial := 0; trial < 60; trial++ {
			t := now()
			workSink = work(steps, uint64(t))
			if t = now() - t; t < best {
				best = t
			}
		}
		perStep = float64(best) / steps
	})
	return uint64(float64(ns)/perStep) + 1
}

var workSink uint64

// work is xorshift64: each step needs the one before.
func work(steps, seed uint64) uint64 {
	x := seed | 1
	for ; steps > 0; steps-- {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
