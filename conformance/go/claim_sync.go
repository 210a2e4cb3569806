// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	twin("claim_waitgroup", func() {
		const callers, rounds, times = 64, 2000, 5
		var zero sync.WaitGroup
		var left, early, waited int32
		for k := 0; k < times; k++ {
			atomic.StoreInt32(&waited, 0)
			atomic.StoreInt32(&left, callers)
			zero.Add(callers)
			for i := 0; i < callers; i++ {
				go func() {
					for i := 0; i < rounds; i++ {
						zero.Add(1)
						if i%97 == 0 {
							runtime.Gosched()
						}
						zero.Done()
					}
					atomic.AddInt32(&left, -1)
					zero.Done()
				}()
			}
			go func() {
				zero.Wait()
				if atomic.LoadInt32(&left) != 0 {
					atomic.AddInt32(&early, 1)
				}
				atomic.AddInt32(&waited, 1)
			}()
			zero.Wait()
			if atomic.LoadInt32(&left) != 0 {
				atomic.AddInt32(&early, 1)
			}
			blocked(func() bool { return atomic.LoadInt32(&waited) == 1 })
		}
		if early != 0 {
			fmt.Println(early, "came back too early")
		}
		figure("operations", 2*times*callers*rounds)
		figure("early", float64(early))
		figure("went_on", float64(waited))
	})
	twin("claim_partial", func() {
		var locks [2]sync.Mutex
		var held int32
		for i := 0; i < 2; i++ {
			go func(i int) {
				locks[i].Lock()
				atomic.AddInt32(&held, 1)
				blocked(func() bool { return atomic.LoadInt32(&held) == 2 })
				locks[1-i].Lock()
			}(i)
		}
		blocked(func() bool { return waiting() >= 2 })
		time.Sleep(50 * time.Millisecond)
		figure("stuck", float64(waiting()))
	})
}
