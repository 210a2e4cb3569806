// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
)

func recovered(f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("recovered:", r)
		}
	}()
	f()
}

func init() {
	twin("b51_recover", func() {
		recovered(func() { close((chan int)(nil)) })
		recovered(func() { new(sync.WaitGroup).Add(-1) })
		recovered(func() {
			c := make(chan int)
			close(c)
			c <- 1
		})
		recovered(func() {})
		fmt.Println("went on")
	})
	twin("b51_not_fatal", func() {
		recovered(func() { new(sync.Mutex).Unlock() })
		fmt.Println("went on")
	})
}
