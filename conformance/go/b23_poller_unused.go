// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
)

func init() {
	twin("b23_poller_unused", func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		done := make(chan bool)
		go func() {
			if _, err := l.Accept(); err == nil {
				panic("accepted")
			}
			done <- true
		}()
		gosched()
		l.Close()
		<-done
		fmt.Println("closed")
		select {}
	})
}
