// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func threads() int {
	tasks, _ := os.ReadDir("/proc/self/task")
	return len(tasks)
}

func init() {
	twin("b68_progress", func() {
		var over int32
		n := 0
		go func() {
			syscall.Nanosleep(&syscall.Timespec{Nsec: 200e6}, nil)
			atomic.StoreInt32(&over, 1)
		}()
		for atomic.LoadInt32(&over) == 0 {
			gosched()
			n++
		}
		if n <= 100000 {
			fmt.Println(n, "yields")
		}
		figure("yields", float64(n))
	})
	twin("b69_hundred_calls", func() {
		var ends [2]int
		var wg sync.WaitGroup
		syscall.Pipe(ends[:])
		for i := 0; i < 100; i++ {
			wg.Add(1)
			go func() {
				var b [1]byte
				syscall.Read(ends[0], b[:])
				wg.Done()
			}()
		}
		blocked(func() bool { return threads() >= 100 })
		time.Sleep(50 * time.Millisecond)
		n := threads()
		if n > 106+runtime.GOMAXPROCS(0) {
			fmt.Println(n, "threads")
		}
		figure("threads", float64(n))
		var bytes [100]byte
		syscall.Write(ends[1], bytes[:])
		wg.Wait()
	})
	twin("b69_sleepers", func() {
		var started int32
		for i := 0; i < 10000; i++ {
			go func() {
				atomic.AddInt32(&started, 1)
				time.Sleep(1000 * time.Second)
			}()
		}
		blocked(func() bool { return atomic.LoadInt32(&started) == 10000 })
		n := threads()
		if n > 8 {
			fmt.Println(n, "threads")
		}
		figure("threads", float64(n))
	})
}
