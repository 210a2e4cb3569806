// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync/atomic"
	"syscall"
)

func spinners(n int32) {
	var spinning int32
	for i := int32(0); i < n; i++ {
		go func() {
			atomic.AddInt32(&spinning, 1)
			for {
			}
		}()
	}
	blocked(func() bool { return atomic.LoadInt32(&spinning) == n })
}

func init() {
	twin("b57_spinner", func() { spinners(1) })
	twin("b57_spinners", func() { spinners(int32(2 * runtime.GOMAXPROCS(0))) })
	twin("b58_blocking_calls", func() {
		var ends [2]int
		var calling int32
		syscall.Pipe(ends[:])
		for i := 0; i < 100; i++ {
			go func() {
				var b [1]byte
				atomic.AddInt32(&calling, 1)
				syscall.Read(ends[0], b[:])
			}()
		}
		blocked(func() bool { return atomic.LoadInt32(&calling) == 100 })
	})
}
