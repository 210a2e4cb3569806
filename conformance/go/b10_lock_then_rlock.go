// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b10_lock_then_rlock", func() {
		var m sync.RWMutex
		m.Lock()
		m.RLock()
	})
}
