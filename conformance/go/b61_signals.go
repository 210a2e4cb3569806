// SPDX-License-Identifier: Apache-2.0

package main

import (
	"syscall"
	"time"
)

func init() {
	end := func(signo syscall.Signal) func() {
		return func() {
			c := make(chan bool)
			go func() {
				blocked(func() bool { return waiting() == 1 }) // main
				_ = syscall.Kill(syscall.Getpid(), signo)
				time.Sleep(20 * time.Second)
			}()
			<-c
		}
	}
	twin("b61_sigterm", end(syscall.SIGTERM))
	twin("b61_sighup", end(syscall.SIGHUP))
	twin("b61_sigint", end(syscall.SIGINT))
	twin("b61_sigquit", end(syscall.SIGQUIT))
}
