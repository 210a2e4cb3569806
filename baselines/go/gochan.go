// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	goBlock = 1000 // operations that a task takes on at a time
	goSteps = 100  // SelectProdCons's local work
	goFill  = 100  // ChanUncontended's capacity
)

// goWork doubles and halves a number, as written.
func goWork() int {
	x := 0
	for i := 0; i < goSteps; i++ {
		x *= 2
		x /= 2
	}
	return x
}

func chanSync(b *bench) {
	left := int64(b.n * 2)
	c := make(chan int)
	var sums [2]uint64
	var done sync.WaitGroup
	b.start()
	done.Add(2)
	for i := range sums {
		go func(sum *uint64) {
			var mine uint64
			for block := atomic.AddInt64(&left, -1); block >= 0; block = atomic.AddInt64(&left, -1) {
				for k := 0; k < goBlock; k++ {
					if block%2 == 0 {
						mine += uint64(<-c)
						c <- 1
					} else {
						c <- 1
						mine += uint64(<-c)
					}
				}
			}
			*sum = mine
			done.Done()
		}(&sums[i])
	}
	done.Wait()
	b.stop()
	b.items = float64(b.n * 2 * goBlock)
	b.check("the sum received", sums[0]+sums[1], b.n*2*goBlock)
}

// prodCons has a producer and a consumer a processor; who selects is given what else could come.
func prodCons(capacity int, selects bool) func(b *bench) {
	return func(b *bench) {
		left := int64(b.n)
		c, closing := make(chan int, capacity), make(chan bool)
		sums := make([]uint64, b.def.procs)
		var done sync.WaitGroup
		produce := func() {
			for atomic.AddInt64(&left, -1) >= 0 {
				for k := 0; k < goBlock; k++ {
					c <- 1
				}
			}
			c <- 0
			done.Done()
		}
		consume := func(sum *uint64) {
			var mine uint64
			for v := <-c; v != 0; v = <-c {
				mine += uint64(v)
			}
			*sum = mine
			done.Done()
		}
		if selects {
			produce = func() {
				foo := 0
				hour := time.After(time.Hour)
				for atomic.AddInt64(&left, -1) >= 0 {
					for k := 0; k < goBlock; k++ {
						foo += goWork()
						select {
						case c <- 1:
						case <-hour:
						case <-closing:
						}
					}
				}
				c <- foo
				done.Done()
			}
			consume = func(sum *uint64) {
				var mine uint64
				hour := time.After(time.Hour)
				for {
					v := 0
					select {
					case v = <-c:
					case <-hour:
					case <-closing:
					}
					if v == 0 {
						break
					}
					mine += uint64(v + goWork())
				}
				*sum = mine
				done.Done()
			}
		}
		b.start()
		done.Add(2 * len(sums))
		for i := range sums {
			go produce()
			go consume(&sums[i])
		}
		done.Wait()
		b.stop()
		var sum uint64
		for _, s := range sums {
			sum += s
		}
		b.items = float64(b.n * goBlock)
		b.check("the sum received", sum, b.n*goBlock)
	}
}

// uncontended runs a task a processor, each with channels of its own.
func uncontended(worth uint64, task func(times uint64) uint64) func(b *bench) {
	return func(b *bench) {
		sums := make([]uint64, b.def.procs)
		var done sync.WaitGroup
		b.start()
		done.Add(len(sums))
		for i := range sums {
			go func(i int) {
				sums[i] = task(share(b.n, len(sums), i))
				done.Done()
			}(i)
		}
		done.Wait()
		b.stop()
		var sum uint64
		for _, s := range sums {
			sum += s
		}
		b.check("the sum received", sum, b.n*worth)
	}
}

func fillAndDrain(times uint64) (sum uint64) {
	c := make(chan int, goFill)
	for ; times > 0; times-- {
		for i := 0; i < goFill; i++ {
			c <- 1
		}
		for i := 0; i < goFill; i++ {
			sum += uint64(<-c)
		}
	}
	return sum
}

func toAndFro(times uint64) uint64 {
	c1, c2 := make(chan int, 1), make(chan int, 1)
	c1 <- 0
	for ; times > 0; times-- {
		select {
		case v := <-c1:
			c2 <- v + 1
		case v := <-c2:
			c1 <- v + 1
		}
	}
	select {
	case v := <-c1:
		return uint64(v)
	case v := <-c2:
		return uint64(v)
	}
}

var goChanDefs = join(
	both("ChanSync/go/procs:%d", 0, 1, chanSync),
	both("ChanProdCons0/go/procs:%d", 0, 1, prodCons(0, false)),
	both("ChanProdCons10/go/procs:%d", 0, 1, prodCons(10, false)),
	both("ChanProdCons100/go/procs:%d", 0, 1, prodCons(100, false)),
	both("ChanUncontended/go/procs:%d", 0, 1, uncontended(goFill, fillAndDrain)),
	both("SelectUncontended/go/procs:%d", 0, 1, uncontended(1, toAndFro)),
	both("SelectProdCons/go/procs:%d", 0, 1, prodCons(128, true)),
)
