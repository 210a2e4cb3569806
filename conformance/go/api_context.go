// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"
)

func init() {
	say := func(all ...context.Context) {
		for _, c := range all {
			word := "none"
			switch c.Err() {
			case context.Canceled:
				word = "canceled"
			case context.DeadlineExceeded:
				word = "deadline"
			}
			select {
			case <-c.Done():
				fmt.Println(word, "closed")
			default:
				fmt.Println(word, "open")
			}
		}
	}
	none := context.Background()
	twin("api_context_down", func() {
		root, cancelRoot := context.WithCancel(none)
		a, cancelA := context.WithCancel(root)
		b, cancelB := context.WithCancel(root)
		a1, cancelA1 := context.WithCancel(a)
		a2, cancelA2 := context.WithDeadline(a, time.Now().Add(time.Hour))
		defer cancelB()
		defer cancelA2()
		say(a1)
		cancelA()
		say(root, a, b, a1, a2)
		cancelA()
		cancelA1()
		late, cancelLate := context.WithCancel(a)
		defer cancelLate()
		later, cancelLater := context.WithDeadline(late, time.Now().Add(-1))
		defer cancelLater()
		say(late, later)
		cancelRoot()
		say(root, b)
	})
	twin("api_context_deadlines", func() {
		now := time.Now()
		with := func(c context.Context, d time.Duration) (context.Context, func()) {
			under, cancel := context.WithDeadline(c, now.Add(d))
			return under, cancel
		}
		past, _ := with(none, -1)
		say(past)
		early, cancelEarly := with(none, time.Millisecond)
		inner, _ := with(early, time.Hour)
		outer, _ := with(none, time.Hour)
		sooner, _ := with(outer, time.Millisecond)
		stopped, cancelStopped := with(none, time.Hour)
		cancelStopped()
		<-early.Done()
		<-inner.Done()
		<-sooner.Done()
		say(early, inner, outer, sooner, stopped)
		cancelEarly()
		say(early)
	})
}
