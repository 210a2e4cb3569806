// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b36_send_closed", func() {
		c := make(chan int)
		close(c)
		c <- 1
	})
	twin("b37_send_closed_buffered", func() {
		c := make(chan int, 2)
		c <- 1
		close(c)
		c <- 2
	})
	twin("b38_send_blocked_closed", func() {
		c := make(chan int)
		waiting := make(chan int, 1)
		go func() {
			waiting <- 1
			c <- 1
		}()
		<-waiting
		for i := 0; i < 1000; i++ { // long enough for the sender to park
			gosched()
		}
		close(c)
		select {}
	})
	twin("b39_send_closed_select", func() {
		c := make(chan int)
		close(c)
		select {
		case c <- 1:
		default:
		}
	})
}
