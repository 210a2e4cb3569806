// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync/atomic"
)

const (
	tokioSpawns = 10000 // spawn_many
	tokioTasks  = 200   // yield_many
	tokioYields = 1000
	tokioPairs  = 1000 // ping_pong
	tokioLinks  = 1000 // chained_spawn
)

func spawnAll(end chan uint64) {
	remaining := int64(tokioSpawns)
	for i := 0; i < tokioSpawns; i++ {
		go func() {
			if atomic.AddInt64(&remaining, -1) == 0 {
				end <- tokioSpawns
			}
		}()
	}
}

func yieldAll(end chan uint64) {
	remaining := int64(tokioTasks)
	for i := 0; i < tokioTasks; i++ {
		go func() {
			for k := 0; k < tokioYields; k++ {
				runtime.Gosched()
			}
			if atomic.AddInt64(&remaining, -1) == 0 {
				end <- tokioTasks * tokioYields
			}
		}()
	}
}

func pingAll(end chan uint64) {
	remaining, answers := int64(tokioPairs), uint64(0)
	for i := 0; i < tokioPairs; i++ {
		go func() {
			there, back := make(chan uint64, 1), make(chan uint64, 1)
			go func() { back <- <-there + 1 }()
			there <- 0
			atomic.AddUint64(&answers, <-back)
			if atomic.AddInt64(&remaining, -1) == 0 {
				end <- atomic.LoadUint64(&answers)
			}
		}()
	}
}

func spawnChain(end chan uint64) {
	var made uint64 // by one after the other
	var link func(left int)
	link = func(left int) {
		made++
		if left == 0 {
			end <- made
			return
		}
		go link(left - 1)
	}
	go link(tokioLinks - 1)
}

func tokioLike(name string, worth uint64, once func(end chan uint64)) []def {
	return both(name+"/go/procs:%d", 0, 1, func(b *bench) {
		end := make(chan uint64, 1)
		once(end)
		<-end
		var sum uint64
		b.start()
		for i := uint64(0); i < b.n; i++ {
			once(end)
			sum += <-end
		}
		b.stop()
		b.items = float64(b.n * worth)
		b.check("what was done", sum, b.n*worth)
	})
}

var tokioBenchDefs = join(
	tokioLike("spawn_many", tokioSpawns, spawnAll),
	tokioLike("yield_many", tokioTasks*tokioYields, yieldAll),
	tokioLike("ping_pong", tokioPairs, pingAll),
	tokioLike("chained_spawn", tokioLinks, spawnChain),
)
