// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

func init() {
	const ms = time.Millisecond
	twin("seed_100_sleep", seedHello(func() {
		go printHello()
		time.Sleep(10 * ms)
	}))
	twin("seed_101_child_1ms", helloAfter(1*ms, 10*ms))
	twin("seed_102_child_15ms", helloAfter(15*ms, 10*ms))
	twin("seed_105_anonymous", seedHello(func() {
		go func() { fmt.Println("Hello World!") }()
		time.Sleep(10 * ms)
	}))
	wrong := "%s " // the tutorial's format for a rune, which vet would refuse
	twin("seed_103_chars_digits", seedHello(func() {
		go func() {
			for _, c := range "Hello" {
				fmt.Printf(wrong, c)
			}
		}()
		go func() {
			for _, d := range []int{1, 2, 3, 4, 5} {
				fmt.Printf("%d ", d)
			}
		}()
		time.Sleep(ms)
	}))
	twin("seed_104_slowly", func() {
		start := time.Now()
		fmt.Println("main execution started at time", time.Since(start))
		go func() {
			for _, c := range "Hello" {
				fmt.Printf("%c at time %v\n", c, time.Since(start))
				time.Sleep(10 * ms)
			}
		}()
		go func() {
			for _, d := range []int{1, 2, 3, 4, 5} {
				fmt.Printf("%d at time %v\n", d, time.Since(start))
				time.Sleep(30 * ms)
			}
		}()
		time.Sleep(200 * ms)
		fmt.Println("\n main execution stopped at time", time.Since(start))
	})
}
