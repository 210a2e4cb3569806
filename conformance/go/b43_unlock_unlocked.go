// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b43_unlock_unlocked", func() {
		var m sync.Mutex
		m.Unlock()
	})
	twin("b44_rwmutex_unlock", func() {
		var m sync.RWMutex
		m.Unlock()
	})
	twin("b45_rwmutex_runlock", func() {
		var m sync.RWMutex
		m.RUnlock()
	})
}
