// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const (
	fibN        = 25
	fibValue    = 75025
	fibTasks    = 121392 // calls with n >= 2, each of which starts one
	queensN     = 10
	queensValue = 724
	queensTasks = 35538 // queens that can be placed, by all ways to come there
)

func fib(n uint64) uint64 {
	if n < 2 {
		return n
	}
	var first uint64
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		first = fib(n - 1)
		done.Done()
	}()
	second := fib(n - 2)
	done.Wait()
	return first + second
}

type board struct {
	columns [queensN]int8
	rows    int // that have their queen
	ways    uint64
}

func (t *board) safe(column int8) bool {
	for i := 0; i < t.rows; i++ {
		distance := t.columns[i] - column
		if distance < 0 {
			distance = -distance
		}
		if distance == 0 || int(distance) == t.rows-i {
			return false
		}
	}
	return true
}

func (t *board) fill() {
	if t.rows == queensN {
		t.ways = 1
		return
	}
	var next [queensN]board
	count := 0
	for column := int8(0); column < queensN; column++ {
		if t.safe(column) {
			next[count] = *t
			next[count].columns[t.rows] = column
			next[count].rows = t.rows + 1
			count++
		}
	}
	var done sync.WaitGroup
	done.Add(count)
	for i := range next[:count] {
		go func(down *board) {
			down.fill()
			done.Done()
		}(&next[i])
	}
	done.Wait()
	for i := range next[:count] {
		t.ways += next[i].ways
	}
}

func trees(name string, value, tasks uint64, tree func() uint64) []def {
	return both(name+"/go/procs:%d", 0, 1, func(b *bench) {
		tree()
		var sum uint64
		b.start()
		for i := uint64(0); i < b.n; i++ {
			sum += tree()
		}
		b.stop()
		b.items = float64(b.n * tasks)
		b.check("the sum", sum, b.n*value)
	})
}

var taskTreeDefs = join(
	trees("fib", fibValue, fibTasks, func() uint64 { return fib(fibN) }),
	trees("nqueens", queensValue, queensTasks, func() uint64 {
		t := new(board)
		t.fill()
		return t.ways
	}),
)
