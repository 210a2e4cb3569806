// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
)

func init() {
	twin("b30_last_waiter", func() {
		r1, w1, _ := os.Pipe()
		r2, w2, _ := os.Pipe()
		child := exec.Command("cat")
		child.Stdin, child.Stdout = r1, w2
		if err := child.Start(); err != nil {
			panic(err)
		}
		b := make([]byte, 1)
		for i := 0; i < 20000; i++ {
			if _, err := w1.Write(b); err != nil {
				panic(err)
			}
			if _, err := r2.Read(b); err != nil {
				panic(err)
			}
		}
		fmt.Println("done")
	})
}
