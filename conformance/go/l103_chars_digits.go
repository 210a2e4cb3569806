// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

func charsAndDigits(char, digit func(any), between time.Duration) {
	go func() {
		for _, c := range "Hello" {
			char(string(c))
		}
	}()
	go func() {
		for _, d := range []int{1, 2, 3, 4, 5} {
			digit(d)
		}
	}()
	time.Sleep(between)
}

func init() {
	twin("l103_chars_digits", func() {
		fmt.Println("main execution started")
		print := func(v any) { fmt.Print(v, " ") }
		charsAndDigits(print, print, 100*time.Millisecond)
		fmt.Println("\nmain execution stopped")
	})
	twin("l104_chars_digits_slow", func() {
		start := time.Now()
		after := func(d time.Duration) func(any) {
			return func(v any) {
				fmt.Println(v, "at time", time.Since(start))
				time.Sleep(d)
			}
		}
		fmt.Println("main execution started at time", time.Since(start))
		charsAndDigits(after(30*time.Millisecond), after(90*time.Millisecond), 900*time.Millisecond)
		fmt.Println("\n main execution stopped at time", time.Since(start))
	})
}
