// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b41_waitgroup_negative", func() {
		var wg sync.WaitGroup
		wg.Add(1)
		wg.Add(-2)
	})
	twin("b41_waitgroup_done", func() {
		var wg sync.WaitGroup
		wg.Done()
	})
}
