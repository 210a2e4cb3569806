// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync/atomic"
)

func init() {
	twin("b72_global_queue", func() {
		const n = 400
		var first, done int32
		for i := 0; i < n; i++ {
			go func() {
				atomic.AddInt32(&first, 1)
				for atomic.LoadInt32(&first) < n {
					gosched()
				}
				atomic.AddInt32(&done, 1)
			}()
		}
		for atomic.LoadInt32(&done) < n {
			gosched()
		}
		fmt.Println("all had a turn")
	})
}
