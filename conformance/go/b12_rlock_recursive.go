// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"sync"
)

func gosched() { runtime.Gosched() }

func init() {
	twin("b12_rlock_recursive", func() {
		var m sync.RWMutex
		m.RLock()
		go m.Lock()
		// A writer waits as soon as a reader can no longer get in.
		blocked(func() bool {
			ok := m.TryRLock()
			if ok {
				m.RUnlock()
			}
			return !ok
		})
		m.RLock()
	})
}
