// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func selectFour(b *bench) {
	var c [4]chan uint64
	var done sync.WaitGroup
	for i := range c {
		c[i] = make(chan uint64)
	}
	first := uint64(1)
	b.start()
	done.Add(len(c))
	for i := range c {
		go func(c chan uint64, first, count uint64) {
			for k := uint64(0); k < count; k++ {
				c <- first + k
			}
			done.Done()
		}(c[i], first, share(b.n, len(c), i))
		first += share(b.n, len(c), i)
	}
	var sum uint64
	for i := uint64(0); i < b.n; i++ {
		select {
		case v := <-c[0]:
			sum += v
		case v := <-c[1]:
			sum += v
		case v := <-c[2]:
			sum += v
		case v := <-c[3]:
			sum += v
		}
	}
	done.Wait()
	b.stop()
	b.check("the sum of the items", sum, b.n*(b.n+1)/2)
}

var selectDefs = both("select/go/procs:%d", 0, 200, selectFour)
