// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"time"
)

func timersNs(number int) int64 { return int64(uint64(uint32(number)*2654435761) * 10000000 >> 32) }

func sleepers(b *bench) {
	count := b.def.arg
	slots := make([]uint64, count)
	var done sync.WaitGroup
	var start int64
	sleeper := func(i int) {
		ns := timersNs(i)
		time.Sleep(time.Duration(ns))
		if now() >= start+ns {
			slots[i]++
		}
		done.Done()
	}
	batch := func() {
		start = now()
		done.Add(count)
		for i := 0; i < count; i++ {
			go sleeper(i)
		}
		done.Wait()
	}
	batch()
	b.start()
	for i := uint64(0); i < b.n; i++ {
		batch()
	}
	b.stop()
	sum := uint64(0)
	for _, v := range slots {
		sum += v
	}
	b.items = float64(b.n) * float64(count)
	b.counted = b.cpu
	b.extra = map[string]float64{"batch_wall_ns": float64(b.wall) / float64(b.n)}
	b.check("sleeps of full length", sum, (b.n+1)*uint64(count))
}

var timersDefs = join(both("timers/go/procs:%d", 100000, 1, sleepers), both("timers/go/procs:%d/sleepers:1000", 1000, 1, sleepers))
