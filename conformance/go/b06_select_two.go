// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b06_select_two", func() {
		a, b := make(chan int), make(chan int)
		select {
		case <-a:
		case b <- 1:
		}
	})
	twin("b06_select_nil", func() {
		var a, b chan int
		select {
		case <-a:
		case b <- 1:
		}
	})
}
