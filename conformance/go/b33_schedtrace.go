// SPDX-License-Identifier: Apache-2.0

package main

import (
	"time"
)

// traced starts the program again with schedtrace on, which is read at the start alone.
func traced() { again("asynctimerchan=0,schedtrace=1") }

func init() {
	twin("b33_schedtrace_at_once", func() {
		traced()
		<-make(chan int)
	})
	twin("b33_schedtrace", func() {
		traced()
		go time.Sleep(20 * time.Millisecond)
		<-make(chan int)
	})
}
