// SPDX-License-Identifier: Apache-2.0

package main

import "fmt"

func init() {
	twin("api_select_closed", func() {
		var none chan int
		open, closed := make(chan int), make(chan int)
		close(closed)
		for i := 0; i < 3; i++ {
			v, ok := 7, true
			select {
			case v, ok = <-none:
			case v, ok = <-open:
			case v, ok = <-closed:
				fmt.Println("closed", v, ok)
			}
		}
		select {
		case <-open:
		case none <- 1:
		default:
			fmt.Println("default")
		}
	})
	twin("api_select_self", func() {
		c := make(chan int)
		select {
		case c <- 1:
			fmt.Println("sent to itself")
		case <-c:
			fmt.Println("received from itself")
		default:
			fmt.Println("default")
		}
		b := make(chan int, 1)
		for i := 0; i < 4; i++ {
			select {
			case b <- i:
				fmt.Println("sent", i)
			case v := <-b:
				fmt.Println("received", v)
			}
		}
	})
	twin("api_select_all_ready", func() {
		const cases, rounds = 4, 20000
		var count [cases]int
		var c [cases]chan int
		for i := range c {
			c[i] = make(chan int)
			close(c[i])
		}
		for i := 0; i < rounds; i++ {
			select {
			case <-c[0]:
				count[0]++
			case <-c[1]:
				count[1]++
			case <-c[2]:
				count[2]++
			case <-c[3]:
				count[3]++
			}
		}
		fmt.Println(count[0], count[1], count[2], count[3])
	})
}
