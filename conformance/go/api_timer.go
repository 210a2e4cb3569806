// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync/atomic"
	"time"
)

func init() {
	const ms = time.Millisecond
	try := func(c <-chan time.Time) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	wait := func(c <-chan time.Time) bool {
		_, ok := <-c
		return ok
	}
	twin("api_timer_stop_reset", func() {
		t := time.NewTimer(time.Hour)
		fmt.Println(len(t.C), cap(t.C))
		fmt.Println(t.Stop())
		fmt.Println(t.Stop())
		fmt.Println(t.Reset(ms))
		time.Sleep(2 * ms)
		fmt.Println(len(t.C))
		fmt.Println(t.Stop())
		fmt.Println(try(t.C))
		fmt.Println(t.Reset(0))
		fmt.Println(t.Reset(time.Hour))
		fmt.Println(try(t.C))
		fmt.Println(t.Reset(0))
		fmt.Println(wait(t.C))
		fmt.Println(t.Stop())
		fmt.Println(t.Reset(ms))
		fmt.Println(wait(t.C))
		// Of a ticker Go's Stop and Reset say nothing: what they would say.
		k := time.NewTicker(ms)
		<-k.C
		k.Stop()
		fmt.Println(true)
		k.Reset(time.Hour)
		fmt.Println(false)
		fmt.Println(try(k.C))
		k.Reset(ms)
		fmt.Println(true)
		fmt.Println(wait(k.C))
	})
	twin("api_timer_functions", func() {
		var calls int32
		count := func(n int32) { blocked(func() bool { return atomic.LoadInt32(&calls) == n }) }
		call := func() { atomic.AddInt32(&calls, 1) }
		t := time.AfterFunc(0, call)
		count(1)
		fmt.Println(t.Stop())
		fmt.Println(t.Reset(time.Hour))
		fmt.Println(t.Reset(time.Hour))
		fmt.Println(t.Stop())
		fmt.Println(t.Reset(-5))
		count(2)
		gate := make(chan bool)
		t = time.AfterFunc(ms, func() {
			call()
			<-gate
			call()
		})
		count(3)
		fmt.Println(t.Stop())
		gate <- true
		count(4)
	})
}
