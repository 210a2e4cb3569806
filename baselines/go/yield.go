// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
)

// yieldLast names who came back from a yield last; written with one processor only, where no two run at once.
var yieldLast int

type yielder struct {
	calls, switches uint64
	_               [48]byte
}

func (y *yielder) watching(id int, rounds uint64) {
	var i, switches uint64
	for ; i < rounds; i++ {
		yieldLast = id
		runtime.Gosched()
		if yieldLast != id {
			switches++
		}
	}
	y.calls, y.switches = i, switches
}

// plain counts its calls for switches: Go has no count of its own, and every call that finds nobody is in its favour.
func (y *yielder) plain(rounds uint64) {
	var i uint64
	for ; i < rounds; i++ {
		runtime.Gosched()
	}
	y.calls, y.switches = i, i
}

func yield(b *bench) {
	var done sync.WaitGroup
	tasks := make([]yielder, b.def.arg)
	var calls, switches uint64
	b.start()
	done.Add(len(tasks))
	for i := range tasks {
		go func(y *yielder, id int) {
			if b.def.procs == 1 {
				y.watching(id, b.n)
			} else {
				y.plain(b.n)
			}
			done.Done()
		}(&tasks[i], i+1)
	}
	done.Wait()
	b.stop()
	for i := range tasks {
		calls += tasks[i].calls
		switches += tasks[i].switches
	}
	b.check("yields", calls, b.n*uint64(len(tasks)))
	b.items = float64(switches)
	if switches == 0 {
		b.items = 1
	}
}

var yieldDefs = join([]def{{"yield/go/procs:1/tasks:2", 1, 2, 200, yield}}, both("yield/go/procs:%d/tasks:8", 8, 200, yield))
