// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"time"
)

func init() {
	twin("b26_pipe_end", func() {
		r, w, _ := os.Pipe()
		child := exec.Command("sleep", "0.2")
		child.Stdout = w
		if err := child.Start(); err != nil {
			panic(err)
		}
		w.Close()
		if _, err := r.Read(make([]byte, 1)); err != io.EOF {
			panic(err)
		}
		fmt.Println("end of file")
	})
	// The other side is this program again, told where to connect.
	twin("b27_accept", func() {
		if to := os.Getenv("TWIN_DIAL"); to != "" {
			time.Sleep(200 * time.Millisecond)
			if _, err := net.Dial("tcp", to); err != nil {
				panic(err)
			}
			return
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		child := exec.Command(os.Args[0], "b27_accept")
		child.Env = append(os.Environ(), "TWIN_DIAL="+l.Addr().String())
		if err := child.Start(); err != nil {
			panic(err)
		}
		if _, err := l.Accept(); err != nil {
			panic(err)
		}
		fmt.Println("accepted")
	})
}
