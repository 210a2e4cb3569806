// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func init() {
	twin("b66_tight_loop", func() {
		go func() {
			for {
			}
		}()
		start := time.Now()
		time.Sleep(5 * time.Millisecond)
		took := time.Since(start)
		if took >= 300*time.Millisecond {
			fmt.Println("back after", took)
		}
		figure("back_ms", took.Seconds()*1e3)
	})
	twin("b67_two_spinners", func() {
		const most = 40
		var turns, who int32
		var wg sync.WaitGroup
		spin := func(me int32) {
			for atomic.LoadInt32(&turns) < most {
				if atomic.LoadInt32(&who) != me {
					atomic.StoreInt32(&who, me)
					atomic.AddInt32(&turns, 1)
				}
			}
			wg.Done()
		}
		own := func() time.Duration {
			var u syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &u)
			return time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
		wall, before := time.Now(), own()
		wg.Add(2)
		go spin(1)
		go spin(2)
		wg.Wait()
		if turn := time.Since(wall) / most; turn < 9*time.Millisecond {
			fmt.Println("a turn of", turn)
		}
		turn := (own() - before) / most
		if turn > 25*time.Millisecond {
			fmt.Println("a turn of", turn, "of processor time")
		}
		figure("turn_ms", turn.Seconds()*1e3)
	})
}
