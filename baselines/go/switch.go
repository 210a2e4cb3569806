// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
)

// twoYield: two goroutines that do nothing but runtime.Gosched.
func twoYield(b *bench) {
	var done sync.WaitGroup
	var left [2]uint64
	b.start()
	done.Add(2)
	for k := range left {
		go func(left *uint64) {
			i := b.n
			for ; i > 0; i-- {
				runtime.Gosched()
			}
			*left = i
			done.Done()
		}(&left[k])
	}
	done.Wait()
	b.stop()
	b.check("yields left", left[0]+left[1], 0)
	b.items = float64(2 * b.n)
}

var switchDefs = []def{{"switch/go/procs:1", 1, 0, 500, twoYield}}
