// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

func init() {
	twin("api_chan_closed", func() {
		c := make(chan int, 3)
		c <- 1
		c <- 2
		close(c)
		fmt.Println(len(c), cap(c))
		for i := 0; i < 4; i++ {
			v, ok := <-c
			fmt.Println(v, ok, len(c))
		}
	})
	twin("api_chan_zero_size", func() {
		c := make(chan struct{}, 2)
		c <- struct{}{}
		c <- struct{}{}
		select {
		case c <- struct{}{}:
		default:
			fmt.Println("full", len(c))
		}
		<-c
		fmt.Println(len(c))
		u := make(chan struct{})
		go close(u)
		_, ok := <-u
		fmt.Println(ok)
	})
}
