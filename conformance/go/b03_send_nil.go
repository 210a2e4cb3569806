// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b03_send_nil", func() {
		var c chan int
		c <- 1
	})
}
