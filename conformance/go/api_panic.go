// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
)

func pcall(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = fmt.Sprint(r)
		}
	}()
	f()
	return
}

func init() {
	say := func(s string) { fmt.Println(s) }
	twin("api_pcall_nesting", func() {
		defer say("main's deferred")
		say(pcall(func() {
			defer say("outer's deferred")
			say(pcall(func() {
				defer say("inner's deferred")
				panic("inner")
			}))
			say("outer goes on")
			panic("outer")
		}))
		say("main goes on")
	})
	twin("api_panic_in_deferred", func() {
		say(pcall(func() {
			defer say("first")
			defer func() { panic("second panic") }()
			panic("first panic")
		}))
	})
	twin("api_goexit_in_deferred", func() {
		done := make(chan bool)
		go func() {
			defer close(done)
			pcall(func() {
				defer say("runs too")
				defer runtime.Goexit()
				panic("swallowed")
			})
			say("not reached")
		}()
		<-done
		say("main goes on")
	})
	twin("api_pcall_in_deferred", func() {
		say(pcall(func() {
			defer func() { say(pcall(func() { panic("cleaning up") })) }()
			panic("the first stays")
		}))
	})
}
