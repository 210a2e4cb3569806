// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
)

func init() {
	twin("b76_gomaxprocs", func() {
		fmt.Println(runtime.GOMAXPROCS(0), runtime.GOMAXPROCS(-5), runtime.GOMAXPROCS(4), runtime.GOMAXPROCS(0))
	})
}
