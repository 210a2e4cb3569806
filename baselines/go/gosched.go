// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const (
	goLinks     = 100   // goroutines of an iteration of CreateGoroutines
	goTrips     = 10000 // round trips of one of PingPongHog
	goWake      = 5000  // ns by which WakeupParallelSpinning's sender is later than its receiver
	goMatrix    = 128
	goMatrixSum = 141086790516736
	goThreshold = 8
)

func createGoroutines(b *bench) {
	var made uint64 // by one after the other
	end := make(chan bool)
	var link func(left uint64)
	link = func(left uint64) {
		made++
		if left == 0 {
			end <- true
			return
		}
		go link(left - 1)
	}
	b.start()
	go link(b.n*goLinks - 1)
	<-end
	b.stop()
	b.items = float64(b.n * goLinks)
	b.check("goroutines that ran", made, b.n*goLinks)
}

func pingPongHog(b *bench) {
	trips := b.n * goTrips
	ping, pong, stop := make(chan uint64), make(chan uint64), make(chan uint64)
	var looked, last uint64
	var done sync.WaitGroup
	done.Add(3)
	b.start()
	go func() {
		defer done.Done()
		for {
			select {
			case <-stop:
				return
			default:
				looked++
			}
		}
	}()
	go func() {
		for v := range ping {
			pong <- v + 1
		}
		done.Done()
	}()
	go func() {
		var v uint64
		for i := uint64(0); i < trips; i++ {
			ping <- v
			v = <-pong
		}
		last = v
		close(ping)
		close(stop)
		done.Done()
	}()
	done.Wait()
	b.stop()
	b.items = float64(trips)
	b.check("answers", last, trips)
	if looked == 0 {
		b.check("hogs that ran", 0, 1)
	}
}

func spinFor(ns int64) {
	for end := now() + ns; now() < end; {
	}
}

func wakeups(b *bench) {
	delay := int64(b.def.arg)
	ping, pong := make(chan int), make(chan int)
	var got [2]uint64
	var done sync.WaitGroup
	send := func(c chan int) {
		spinFor(delay + goWake)
		c <- 1
	}
	recv := func(c chan int) uint64 {
		spinFor(delay)
		return uint64(<-c)
	}
	done.Add(2)
	b.start()
	go func() {
		for i := uint64(0); i < b.n; i++ {
			send(ping)
			got[0] += recv(pong)
		}
		done.Done()
	}()
	go func() {
		for i := uint64(0); i < b.n; i++ {
			got[1] += recv(ping)
			send(pong)
		}
		done.Done()
	}()
	done.Wait()
	b.stop()
	b.check("wake-ups", got[0]+got[1], 2*b.n)
}

type matrix [goMatrix][goMatrix]float64

type block struct{ i0, i1, j0, j1, k0, k1 int }

// halves gives one half to another goroutine.
func halves(a, b, c *matrix, first, second block) {
	done := make(chan struct{}, 1)
	go func() {
		multiply(a, b, c, first)
		done <- struct{}{}
	}()
	multiply(a, b, c, second)
	<-done
}

func multiply(a, b, c *matrix, t block) {
	first, second := t, t
	di, dj, dk := t.i1-t.i0, t.j1-t.j0, t.k1-t.k0
	switch {
	case di >= dj && di >= dk && di >= goThreshold:
		first.i1 = t.i0 + di/2
		second.i0 = first.i1
		halves(a, b, c, first, second)
	case dj >= dk && dj >= goThreshold:
		first.j1 = t.j0 + dj/2
		second.j0 = first.j1
		halves(a, b, c, first, second)
	case dk >= goThreshold: // both add to the same part of c: one after the other
		first.k1 = t.k0 + dk/2
		second.k0 = first.k1
		multiply(a, b, c, first)
		multiply(a, b, c, second)
	default:
		for i := t.i0; i < t.i1; i++ {
			for j := t.j0; j < t.j1; j++ {
				for k := t.k0; k < t.k1; k++ {
					c[i][j] += a[i][k] * b[k][j]
				}
			}
		}
	}
}

func matmult(b *bench) {
	x, y, z := new(matrix), new(matrix), new(matrix)
	for i := range x {
		for j := range x[i] {
			x[i][j] = float64(i*goMatrix + j)
			y[i][j] = x[i][j]
		}
	}
	b.start()
	for i := uint64(0); i < b.n; i++ {
		multiply(x, y, z, block{0, goMatrix, 0, goMatrix, 0, goMatrix})
	}
	b.stop()
	var sum uint64
	for i := range z {
		for _, v := range z[i] {
			sum += uint64(v)
		}
	}
	b.items = float64(b.n * goMatrix * goMatrix * goMatrix)
	b.check("the sum of the product", sum, b.n*goMatrixSum)
}

var goSchedDefs = join(
	both("CreateGoroutines/go/procs:%d", 0, 10, createGoroutines),
	[]def{{"PingPongHog/go/procs:1", 1, 0, 10, pingPongHog},
		{"WakeupParallelSpinning/go/procs:2/delay:0s", 2, 0, 10, wakeups},
		{"WakeupParallelSpinning/go/procs:2/delay:10us", 2, 10000, 10, wakeups},
		{"WakeupParallelSpinning/go/procs:2/delay:100us", 2, 100000, 10, wakeups}},
	both("Matmult/go/procs:%d", 0, 10, matmult),
)
