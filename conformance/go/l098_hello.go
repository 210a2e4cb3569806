// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

func printHello() { fmt.Println("Hello World!") }

// seedHello is the tutorial's program: what main does between its two lines.
func seedHello(between func()) func() {
	return func() {
		fmt.Println("main execution started")
		between()
		fmt.Println("main execution stopped")
	}
}

func helloAfter(child, main time.Duration) func() {
	return seedHello(func() {
		go func() {
			time.Sleep(child)
			printHello()
		}()
		time.Sleep(main)
	})
}

func init() {
	const ms = time.Millisecond
	twin("l098_hello_call", seedHello(printHello))
	twin("l099_hello_go", seedHello(func() { go printHello() }))
	twin("l100_hello_sleep", seedHello(func() {
		go printHello()
		time.Sleep(100 * ms)
	}))
	twin("l101_hello_child_1ms", helloAfter(10*ms, 100*ms))
	twin("l102_hello_child_15ms", helloAfter(200*ms, 100*ms))
	twin("l105_hello_anonymous", seedHello(func() {
		go func() { fmt.Println("Hello World!") }()
		time.Sleep(100 * ms)
	}))
	twin("l106_hello_second", func() {
		go fmt.Println("Hello Goroutine")
		time.Sleep(time.Second)
		fmt.Println("main function ended")
	})
}
