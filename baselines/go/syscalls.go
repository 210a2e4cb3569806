// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
)

const (
	syscallPairs    = 500
	syscallSleepers = 16
	syscallNap      = 50000 // ns
	syscallSitters  = 100
	syscallSit      = 200000000 // ns
)

// throughAPipe makes calls by package syscall, which tells the scheduler of each, and not by os.File, which would poll.
func throughAPipe(b *bench) {
	var ends [2]int
	if err := syscall.Pipe(ends[:]); err != nil {
		b.err = err.Error()
		return
	}
	var one [1]byte
	moved := uint64(0)
	b.start()
	for i := uint64(0); i < b.n*syscallPairs; i++ {
		if n, _ := syscall.Write(ends[1], one[:]); n == 1 {
			moved++
		}
		if n, _ := syscall.Read(ends[0], one[:]); n == 1 {
			moved++
		}
	}
	b.stop()
	syscall.Close(ends[0])
	syscall.Close(ends[1])
	b.items = float64(b.n * syscallPairs * 2)
	b.check("calls that moved a byte", moved, b.n*syscallPairs*2)
}

// nap sleeps in the kernel: all of it, though the runtime's signals interrupt it.
func nap(ns int64) bool {
	left := syscall.Timespec{Nsec: ns}
	for {
		request := left
		switch syscall.Nanosleep(&request, &left) {
		case nil:
			return true
		case syscall.EINTR:
		default:
			return false
		}
	}
}

func naps(b *bench) {
	var done sync.WaitGroup
	var whole [syscallSleepers]uint64
	b.start()
	done.Add(syscallSleepers)
	for i := range whole {
		go func(whole *uint64) {
			for k := uint64(0); k < b.n; k++ {
				if nap(syscallNap) {
					*whole++
				}
			}
			done.Done()
		}(&whole[i])
	}
	done.Wait()
	b.stop()
	sum := uint64(0)
	for _, n := range whole {
		sum += n
	}
	b.items = float64(b.n * syscallSleepers)
	b.check("calls", sum, b.n*syscallSleepers)
}

func gaps(b *bench) {
	h := new(histogram)
	var in, back uint32
	sum, whole := int64(0), uint64(0)
	b.start()
	for i := uint64(0); i < b.n; i++ {
		var done sync.WaitGroup
		longest := int64(0)
		atomic.StoreUint32(&in, 0)
		atomic.StoreUint32(&back, 0)
		done.Add(syscallSitters)
		for k := 0; k < syscallSitters; k++ {
			go func() {
				atomic.AddUint32(&in, 1)
				if nap(syscallSit) {
					atomic.AddUint32(&back, 1)
				}
				done.Done()
			}()
		}
		for atomic.LoadUint32(&in) < syscallSitters {
			runtime.Gosched()
		}
		before := now()
		for atomic.LoadUint32(&back) < syscallSitters {
			runtime.Gosched()
			t := now()
			h.add(t - before)
			if t-before > longest {
				longest = t - before
			}
			before = t
		}
		whole += uint64(back)
		sum += longest
		done.Wait()
	}
	b.stop()
	b.counted = sum
	b.check("calls", whole, b.n*syscallSitters)
	b.extra = h.publish("gap")
}

var syscallsDefs = join(
	both("syscalls/go/procs:%d", 0, 1, throughAPipe),
	both("syscalls/go/procs:%d/mode:nap", 0, 1, naps),
	[]def{{"syscalls/go/procs:1/mode:gap", 1, 0, 1, gaps}},
)
