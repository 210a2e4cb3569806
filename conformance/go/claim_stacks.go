// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unsafe"
)

//go:noinline
func downTo(n int) int {
	var room [2048]byte
	room[n%2048] = 1
	if n == 0 {
		deepest = resident()
		return int(room[0])
	}
	return downTo(n-1) + int(room[n%2048]) - 1
}

var deepest float64

func init() {
	twin("claim_growth", func() {
		before := resident()
		done := make(chan bool)
		go func() {
			var here byte
			first := uintptr(unsafe.Pointer(&here))
			downTo(60 << 20 / 2200)
			figure("moved", map[bool]float64{true: 1}[uintptr(unsafe.Pointer(&here)) != first])
			done <- true
		}()
		<-done
		grew := deepest - before
		left := grew
		for start := time.Now(); left > grew/5 && time.Since(start) < 20*time.Second; left = resident() - before {
			runtime.GC()
			debug.FreeOSMemory()
		}
		figure("grew_mib", grew/(1<<20))
		figure("left_mib", left/(1<<20))
	})
	twin("claim_limit", func() { figure("limit", float64(debug.SetMaxStack(1<<20))) })
	twin("claim_leak", func() {
		const leaked = 20000
		var there int32
		never := make(chan int)
		before := resident()
		for i := 0; i < leaked; i++ {
			go func() {
				atomic.AddInt32(&there, 1)
				<-never
			}()
		}
		blocked(func() bool { return atomic.LoadInt32(&there) == leaked })
		figure("bytes_each", (resident()-before)/leaked)
		figure("found", float64(runtime.NumGoroutine())/(leaked+1))
	})
}
