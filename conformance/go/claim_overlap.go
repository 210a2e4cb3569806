// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Go's goroutines are taken off without a switch of the thread's, so a piece counts only if the goroutine is locked to its thread:
// then every switch is the kernel's too.
func overlap() {
	var count [2]uint64
	var seen, pieces [2]int32
	var done int32
	var wg sync.WaitGroup
	switches := func() int64 {
		var u syscall.Rusage
		syscall.Getrusage(1, &u) // RUSAGE_THREAD
		return u.Nvcsw + u.Nivcsw
	}
	wg.Add(2)
	for me := 0; me < 2; me++ {
		me := me
		go func() {
			runtime.LockOSThread()
			defer wg.Done()
			for atomic.LoadInt32(&done) == 0 {
				before, theirs := switches(), atomic.LoadUint64(&count[1-me])
				for i := 0; i < 1000; i++ {
					atomic.AddUint64(&count[me], 1)
				}
				moved := atomic.LoadUint64(&count[1-me]) != theirs
				if switches() != before {
					continue
				}
				atomic.AddInt32(&pieces[me], 1)
				if moved {
					atomic.AddInt32(&seen[me], 1)
				}
			}
		}()
	}
	most := 10 * time.Second
	if runtime.GOMAXPROCS(0) == 1 || runtime.NumCPU() == 1 {
		most = time.Second / 4
	}
	for start := time.Now(); time.Since(start) < most && (atomic.LoadInt32(&seen[0]) < 10 || atomic.LoadInt32(&seen[1]) < 10); {
		time.Sleep(time.Millisecond)
	}
	atomic.StoreInt32(&done, 1)
	wg.Wait()
	figure("cpus", float64(runtime.NumCPU()))
	figure("pieces", float64(pieces[0]+pieces[1]))
	least := seen[0]
	if seen[1] < least {
		least = seen[1]
	}
	figure("overlaps", float64(least))
}

func init() {
	twin("claim_overlap_one", overlap)
	twin("claim_overlap_two", overlap)
}
