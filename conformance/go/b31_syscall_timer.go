// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math/rand"
	"syscall"
	"time"
)

func init() {
	twin("b31_syscall_timer", func() {
		c := make(chan int)
		end := time.Now().Add(time.Second)
		for i := 0; i < 10000 && time.Now().Before(end); i++ {
			timer := time.Duration(40+rand.Intn(120)) * time.Microsecond
			go func() {
				time.Sleep(timer)
				c <- 1
			}()
			if rand.Intn(2) == 1 {
				gosched()
			}
			syscall.Nanosleep(&syscall.Timespec{Nsec: 100000}, nil)
			<-c
		}
	})
}
