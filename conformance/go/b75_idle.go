// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"syscall"
	"time"
)

func init() {
	twin("b75_idle", func() {
		c := make(chan int)
		for i := 0; i < 100; i++ {
			go func() {
				for {
					<-c
				}
			}()
		}
		for i := 0; i < 1000; i++ {
			c <- i
		}
		own := func() time.Duration {
			var u syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &u)
			return time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
		before := own()
		time.Sleep(time.Second)
		took := own() - before
		if took > 10*time.Millisecond {
			fmt.Println(took, "of an idle second")
		}
		figure("own_us", took.Seconds()*1e6)
	})
}
