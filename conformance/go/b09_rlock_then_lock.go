// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b09_rlock_then_lock", func() {
		var m sync.RWMutex
		m.RLock()
		m.Lock()
	})
}
