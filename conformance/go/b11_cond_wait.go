// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b11_cond_wait", func() {
		var m sync.Mutex
		c := sync.NewCond(&m)
		m.Lock()
		c.Wait()
	})
}
