// SPDX-License-Identifier: Apache-2.0

package main

import "runtime"

func lockedReceive() {
	runtime.LockOSThread()
	<-make(chan int)
}

func init() {
	twin("b18_main_locked", lockedReceive)
	twin("b19_child_locked", func() {
		go lockedReceive()
		var none chan int
		none <- 1
	})
	twin("b19_both_locked", func() {
		go lockedReceive()
		gosched()
		lockedReceive()
	})
}
