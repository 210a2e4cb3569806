// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"time"
)

func init() {
	twin("b42_waitgroup_reused", func() {
		var wg sync.WaitGroup
		wg.Add(1)
		ready := make(chan bool, 1)
		go func() {
			ready <- true
			wg.Wait()
		}()
		<-ready
		for i := 0; i < 100; i++ {
			gosched()
		}
		wg.Done() // the waiter is runnable but, with one P, does not run yet
		wg.Add(1)
		gosched()
		select {}
	})
	twin("b42_waitgroup_misuse", func() {
		var wg sync.WaitGroup
		end := time.Now().Add(50 * time.Millisecond)
		for g := 0; g < 4; g++ {
			go func() {
				for time.Now().Before(end) {
					wg.Add(1)
					wg.Done()
				}
			}()
		}
		for time.Now().Before(end) {
			wg.Wait()
		}
	})
}
