// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const (
	pingpongPairs = 8
	pingpongWork  = 20000 // ns
)

type pair struct{ ping, pong chan uint64 }

func newPair(capacity int) pair {
	return pair{make(chan uint64, capacity), make(chan uint64, capacity)}
}

func (p pair) answer() {
	for v := range p.ping {
		p.pong <- v + 1
	}
}

func roundTrips(b *bench) {
	p := newPair(b.def.arg)
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		p.answer()
		done.Done()
	}()
	var v uint64
	b.start()
	for i := uint64(0); i < b.n; i++ {
		p.ping <- v
		v = <-p.pong
	}
	b.stop()
	close(p.ping)
	done.Wait()
	b.check("answers", v, b.n)
}

func hopTimes(b *bench) {
	p := newPair(0)
	hops := new([2]histogram)
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		for sent := range p.ping {
			hops[1].add(now() - int64(sent))
			p.pong <- uint64(now())
		}
		done.Done()
	}()
	b.start()
	for i := uint64(0); i < b.n; i++ {
		p.ping <- uint64(now())
		hops[0].add(-int64(<-p.pong) + now())
	}
	b.stop()
	close(p.ping)
	done.Wait()
	hops[0].merge(&hops[1])
	b.check("hops", hops[0].count, 2*b.n)
	b.extra = hops[0].publish("hop")
}

func withWork(b *bench) {
	steps := workSteps(pingpongWork)
	var done sync.WaitGroup
	var last [pingpongPairs]uint64
	var pairs [pingpongPairs]pair
	for i := range pairs {
		pairs[i] = newPair(0)
	}
	one := func(when bool) uint64 {
		if when {
			return 1
		}
		return 0
	}
	answer := func(p pair) {
		for v := range p.ping {
			x := work(steps, v)
			p.pong <- v + one(x != 0)
		}
		done.Done()
	}
	ask := func(p pair, last *uint64) {
		var v uint64
		for i := uint64(0); i < b.n; i++ {
			x := work(steps, v)
			p.ping <- v + one(x == 0)
			v = <-p.pong
		}
		*last = v
		close(p.ping)
		done.Done()
	}
	b.start()
	done.Add(2 * pingpongPairs)
	for i := range pairs {
		go answer(pairs[i])
		go ask(pairs[i], &last[i])
	}
	done.Wait()
	b.stop()
	var sum uint64
	for _, v := range last {
		sum += v
	}
	b.items = float64(b.n * pingpongPairs)
	b.check("answers", sum, b.n*pingpongPairs)
}

var pingpongDefs = join(
	both("pingpong/go/procs:%d", 0, 50, roundTrips),
	both("pingpong/go/procs:%d/mode:buffered", 1, 50, roundTrips),
	both("pingpong/go/procs:%d/mode:latency", 0, 50, hopTimes),
	both("pingpong/go/procs:%d/work:20us", 0, 50, withWork),
)
