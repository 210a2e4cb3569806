// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
)

func init() {
	twin("api_pair_beside_hog", func() {
		ping, pong, stop := make(chan int), make(chan int), make(chan struct{})
		var wg sync.WaitGroup
		wg.Add(2)
		go func() {
			for {
				select {
				case <-stop:
					wg.Done()
					return
				default:
				}
			}
		}()
		go func() {
			for v := range ping {
				pong <- v + 1
			}
			wg.Done()
		}()
		v := 0
		for v < 50000 {
			ping <- v
			v = <-pong
		}
		close(stop)
		close(ping)
		wg.Wait()
		fmt.Printf("%d answers\n", v)
	})
}
