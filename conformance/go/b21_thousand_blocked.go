// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b21_thousand_blocked", func() {
		c := make(chan int)
		for i := 0; i < 1000; i++ {
			go func() { <-c }()
		}
		<-c
	})
}
