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
	twin("claim_moves", func() {
		var used, mainUsed, moved, done int32
		var wg sync.WaitGroup
		about := func(main bool, most *int32) {
			tids := map[int]bool{}
			for round, x := 0, 0; atomic.LoadInt32(&done) == 0; round++ {
				tids[syscall.Gettid()] = true
				n := int32(len(tids))
				for before := atomic.LoadInt32(most); n > before; before = atomic.LoadInt32(most) {
					atomic.CompareAndSwapInt32(most, before, n)
				}
				if main && n >= 2 && atomic.LoadInt32(&moved) != 0 {
					atomic.StoreInt32(&done, 1)
				}
				if !main && n >= 2 {
					atomic.StoreInt32(&moved, 1)
				}
				for i := 0; i < 5000; i++ {
					x += i
				}
				if round%4 == 0 {
					time.Sleep(20 * time.Microsecond)
				} else {
					runtime.Gosched()
				}
			}
		}
		entry := runtime.NumGoroutine()
		for i := 0; i < 8; i++ {
			wg.Add(1)
			go func() {
				about(false, &used)
				wg.Done()
			}()
		}
		time.AfterFunc(10*time.Second, func() { atomic.StoreInt32(&done, 1) })
		about(true, &mainUsed)
		wg.Wait()
		if entry != 1 || used < 2 || mainUsed < 2 {
			fmt.Println(entry, used, mainUsed)
		}
		figure("at_entry", float64(entry))
		figure("threads_used", float64(used))
		figure("main_used", float64(mainUsed))
	})
}
