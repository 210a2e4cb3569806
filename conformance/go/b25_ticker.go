// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"time"
)

func init() {
	const ms = time.Millisecond
	alive := func() {
		fmt.Println("alive")
		os.Exit(0)
	}
	twin("b25_ticker", func() {
		t := time.NewTicker(10 * ms)
		go func() {
			for start := time.Now(); time.Since(start) < 300*ms; {
				<-t.C
			}
			alive()
		}()
		select {}
	})
	twin("b25_ticker_select", func() {
		t := time.NewTicker(10 * ms)
		go func() {
			var no chan int
			for start := time.Now(); time.Since(start) < 300*ms; {
				select {
				case no <- 1:
				case <-t.C:
				}
			}
			alive()
		}()
		select {}
	})
	twin("b25_nobody", func() {
		time.NewTicker(10 * ms)
		time.NewTimer(50 * ms)
		select {}
	})
	twin("b25_no_longer", func() {
		t, far := time.NewTicker(10*ms), time.NewTimer(300*ms)
		<-t.C
		select {
		case <-far.C:
		case <-t.C:
		}
		fmt.Println("two")
		select {}
	})
}
