// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"sync/atomic"
)

const (
	wakeWakes = 20
	wakeWork  = 200000 // ns
)

type wakeSleeper struct {
	from chan int64
	h    histogram
	seen uint64 // atomic: the waker watches it
}

func (s *wakeSleeper) run(done *sync.WaitGroup) {
	for sent := range s.from {
		s.h.add(now() - sent)
		atomic.StoreUint64(&s.seen, s.h.count)
	}
	done.Done()
}

func wakes(b *bench) {
	steps, x := workSteps(wakeWork), uint64(1)
	sleepers := make([]wakeSleeper, b.def.arg)
	var done sync.WaitGroup
	done.Add(len(sleepers))
	for i := range sleepers {
		sleepers[i].from = make(chan int64, 1)
		go sleepers[i].run(&done)
	}
	b.start()
	for n := uint64(1); n <= b.n*wakeWakes; n++ {
		x = work(steps, x)
		for i := range sleepers {
			sleepers[i].from <- now()
		}
		for i := range sleepers {
			for atomic.LoadUint64(&sleepers[i].seen) < n {
				x = work(10, x)
			}
		}
	}
	b.stop()
	for i := range sleepers {
		close(sleepers[i].from)
	}
	done.Wait()
	all := new(histogram)
	for i := range sleepers {
		all.merge(&sleepers[i].h)
	}
	workSink = x
	b.items = float64(b.n * wakeWakes * uint64(len(sleepers)))
	b.check("wakes", all.count, b.n*wakeWakes*uint64(len(sleepers)))
	b.counted = all.sum
	b.extra = all.publish("wake")
}

var wakeDefs = []def{{"wake/go/procs:2", 2, 1, 1, wakes}, {"wake/go/procs:2/tasks:4", 2, 4, 1, wakes}}
