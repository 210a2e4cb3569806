// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b08_mutex_twice", func() {
		var m sync.Mutex
		m.Lock()
		m.Lock()
	})
}
