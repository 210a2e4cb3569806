// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b05_send", func() { make(chan int) <- 1 })
	twin("b05_send_full", func() {
		c := make(chan int, 2)
		for i := 0; i < 3; i++ {
			println(i)
			c <- i
		}
	})
}
