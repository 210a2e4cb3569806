// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
)

func init() {
	twin("api_cond_fifo", func() {
		var m sync.Mutex
		c := sync.NewCond(&m)
		order := make(chan int)
		waiting := 0
		for i := 0; i < 10; i++ {
			i := i
			go func() {
				m.Lock()
				waiting++
				c.Wait()
				m.Unlock()
				order <- i
			}()
			blocked(func() bool {
				m.Lock()
				defer m.Unlock()
				return waiting == i+1
			})
		}
		for i := 0; i < 10; i++ {
			c.Signal()
			fmt.Println(<-order)
		}
	})
	twin("api_once_panic", func() {
		var o sync.Once
		fmt.Println(pcall(func() { o.Do(func() { panic("once") }) }))
		o.Do(func() { fmt.Println("not called again") })
		fmt.Println("done")
	})
	twin("api_rwmutex_order", func() {
		var m sync.RWMutex
		order := make(chan string, 3)
		m.Lock()
		var ready sync.WaitGroup
		ready.Add(2)
		for i := 0; i < 2; i++ {
			go func() {
				ready.Done()
				m.RLock()
				order <- "reader"
				m.RUnlock()
			}()
		}
		ready.Wait()
		for i := 0; i < 1000; i++ {
			gosched()
		}
		started := make(chan bool)
		go func() {
			close(started)
			m.Lock()
			order <- "writer"
			m.Unlock()
		}()
		<-started
		for i := 0; i < 1000; i++ {
			gosched()
		}
		m.Unlock()
		for i := 0; i < 3; i++ {
			fmt.Println(<-order)
		}
	})
}
