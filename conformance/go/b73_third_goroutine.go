// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

func init() {
	twin("b73_third_goroutine", func() {
		for round := 0; round < 20; round++ {
			var stop int32
			var wg sync.WaitGroup
			ping, pong := make(chan int), make(chan int)
			wg.Add(3)
			go func() {
				for v := range ping {
					pong <- v
				}
				wg.Done()
			}()
			go func() {
				for n := 1; atomic.LoadInt32(&stop) == 0; n++ {
					if n == 100 {
						go func() {
							atomic.StoreInt32(&stop, 1)
							wg.Done()
						}()
						go func() {}()
					}
					ping <- 1
					<-pong
				}
				close(ping)
				wg.Done()
			}()
			wg.Wait()
		}
		fmt.Println("20 rounds")
	})
}
