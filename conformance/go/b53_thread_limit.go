// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime/debug"
	"syscall"
)

func init() {
	twin("b53_thread_limit", func() {
		var ends [2]int
		debug.SetMaxThreads(10)
		syscall.Pipe(ends[:])
		for i := 0; i < 20; i++ {
			go func() {
				var b [1]byte
				syscall.Read(ends[0], b[:])
			}()
		}
		for {
			gosched()
		}
	})
}
