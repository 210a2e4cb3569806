// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"
)

func init() {
	twin("b22_stopped_timer", func() {
		t := time.AfterFunc(time.Hour, func() { fmt.Println("fired") })
		fmt.Println(t.Stop())
		select {}
	})
	twin("b22_stopped_awaited", func() {
		t := time.NewTimer(time.Hour)
		fmt.Println(t.Stop())
		<-t.C
	})
}
