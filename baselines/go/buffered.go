// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const bufferedCapacity = 128

func buffered(b *bench) {
	sides := b.def.arg
	c := make(chan uint64, bufferedCapacity)
	sums := make([]uint64, sides)
	var producing, consuming sync.WaitGroup
	first := uint64(1)
	b.start()
	producing.Add(sides)
	consuming.Add(sides)
	for i := 0; i < sides; i++ {
		go func(sum *uint64) {
			var mine uint64
			for v := range c {
				mine += v
			}
			*sum = mine
			consuming.Done()
		}(&sums[i])
		go func(first, count uint64) {
			for k := uint64(0); k < count; k++ {
				c <- first + k
			}
			producing.Done()
		}(first, share(b.n, sides, i))
		first += share(b.n, sides, i)
	}
	producing.Wait()
	close(c)
	consuming.Wait()
	b.stop()
	var total uint64
	for _, s := range sums {
		total += s
	}
	b.check("the sum of the items", total, b.n*(b.n+1)/2)
}

var bufferedDefs = join(both("buffered/go/procs:%d/shape:1to1", 1, 5000, buffered),
	both("buffered/go/procs:%d/shape:4x4", 4, 5000, buffered))
