// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func init() {
	var flag, held int32
	lets := func(name string, want int32, step, other func()) {
		atomic.StoreInt32(&flag, 0)
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			atomic.StoreInt32(&flag, 1)
			other()
			wg.Done()
		}()
		step()
		did := atomic.LoadInt32(&flag)
		wg.Wait()
		figure(name, float64(did))
		if did != want {
			fmt.Println(name, "lets another one run:", did)
		}
	}
	none := func() {}
	twin("claim_lets_short", func() {
		again("asyncpreemptoff=1") // the loop of atomics is short, but a busy machine stretches it
		lets("start", 0, func() { go none() }, none)
		lets("atomics", 0, func() {
			for i := 0; i < 100000; i++ {
				atomic.AddInt32(&held, 1)
			}
		}, none)
		lets("yield", 1, runtime.Gosched, none)
	})
	twin("claim_lets_long", func() {
		c := make(chan int)
		var m sync.Mutex
		m.Lock()
		lets("sleep", 1, func() { time.Sleep(20 * time.Millisecond) }, none)
		lets("channel", 1, func() { <-c }, func() { c <- 1 })
		lets("mutex", 1, m.Lock, m.Unlock)
		lets("call", 1, func() {
			for i := 0; atomic.LoadInt32(&flag) == 0 && i < 500; i++ {
				syscall.Nanosleep(&syscall.Timespec{Nsec: 20e6}, nil)
			}
		}, none)
		lets("loop", 1, func() {
			for i := 0; atomic.LoadInt32(&flag) == 0 && i < 4e9; i++ {
			}
		}, none)
	})
}
