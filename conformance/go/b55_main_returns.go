// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
)

func init() {
	twin("b55_main_returns", func() {
		c := make(chan int)
		for i := 0; i < 100; i++ {
			go func() { <-c }()
		}
		for i := 0; i < 200; i++ {
			gosched()
		}
		fmt.Println("main returns")
	})
	twin("b56_exit_from_child", func() {
		go os.Exit(3)
		select {}
	})
	twin("b59_exit_no_deferred", func() {
		defer fmt.Println("deferred")
		func() {
			defer fmt.Println("deferred too")
			os.Exit(7)
		}()
	})
	twin("b60_goexit_deferred", func() {
		done := make(chan bool)
		go func() {
			defer close(done)
			defer fmt.Println("first")
			defer fmt.Println("second")
			func() {
				defer fmt.Println("third")
				runtime.Goexit()
			}()
			fmt.Println("not reached")
		}()
		<-done
		fmt.Println("main goes on")
	})
	twin("b60_panic_deferred", func() {
		defer fmt.Println("first")
		defer fmt.Println("second")
		panic("boom")
	})
}
