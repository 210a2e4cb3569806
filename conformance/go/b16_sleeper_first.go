// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

func init() {
	twin("b16_alone", func() {
		time.Sleep(time.Millisecond)
		time.Sleep(time.Millisecond)
		select {}
	})
	twin("b16_sleeper_first", func() {
		go func() {
			time.Sleep(50 * time.Millisecond)
			fmt.Println("slept")
		}()
		<-make(chan int)
	})
}
