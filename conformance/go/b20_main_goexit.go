// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"sync"
)

func init() {
	twin("b20_main_goexit", func() { runtime.Goexit() })
	twin("b20_goexit_others_end", func() {
		go fmt.Println("the other")
		runtime.Goexit()
	})
	twin("b20_goexit_others_block", func() {
		var wg sync.WaitGroup
		wg.Add(1)
		go wg.Wait()
		runtime.Goexit()
	})
}
