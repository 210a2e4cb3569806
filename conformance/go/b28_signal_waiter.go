// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
)

func init() {
	twin("b28_signal_waiter", func() {
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGUSR1)
		shell := "sleep 0.05; kill -USR1 " + strconv.Itoa(os.Getpid())
		_, err := os.StartProcess("/bin/sh", []string{"sh", "-c", shell}, &os.ProcAttr{})
		if err != nil {
			panic(err)
		}
		if <-c == syscall.SIGUSR1 {
			fmt.Println("got it")
		}
	})
}
