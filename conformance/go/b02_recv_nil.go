// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b02_recv_nil", func() {
		var c chan int
		<-c
	})
}
