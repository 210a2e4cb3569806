// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

func init() {
	twin("b14_range_unclosed", func() {
		c := make(chan int)
		go func() {
			c <- 1
			c <- 2
		}()
		for v := range c {
			fmt.Println(v)
		}
	})
}
