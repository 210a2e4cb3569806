// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	preemptSpinners = 8
	preemptSleeps   = 10
	preemptSleep    = time.Millisecond
)

func besideSpinners(b *bench) {
	var stop, ended uint32
	var done sync.WaitGroup
	done.Add(preemptSpinners)
	for i := uint64(1); i <= preemptSpinners; i++ {
		go func(x uint64) {
			for atomic.LoadUint32(&stop) == 0 {
				x = work(1000, x)
			}
			if x != 0 {
				atomic.AddUint32(&ended, 1)
			}
			done.Done()
		}(i)
	}
	time.Sleep(preemptSleep)
	late := new(histogram)
	b.start()
	for i := uint64(0); i < b.n*preemptSleeps; i++ {
		start := now()
		time.Sleep(preemptSleep)
		late.add(now() - start - int64(preemptSleep))
	}
	b.stop()
	atomic.StoreUint32(&stop, 1)
	done.Wait()
	b.items = float64(b.n * preemptSleeps)
	b.check("spinners", uint64(ended), preemptSpinners)
	b.check("sleeps", late.count, b.n*preemptSleeps)
	b.counted = late.sum
	b.extra = late.publish("late")
}

var preemptDefs = []def{{"preempt/go/procs:1", 1, 0, 1, besideSpinners}}
