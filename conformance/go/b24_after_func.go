// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

func init() {
	twin("b24_after_func", func() {
		time.AfterFunc(300*time.Millisecond, func() {
			fmt.Println("fired")
			os.Exit(0)
		})
		select {}
	})
	twin("b24_then_deadlock", func() {
		time.AfterFunc(50*time.Millisecond, func() { fmt.Println("fired") })
		select {}
	})
	twin("b24_context_deadline", func() {
		_, cancel := context.WithDeadline(context.Background(), time.Now().Add(50*time.Millisecond))
		_ = cancel
		select {}
	})
}
