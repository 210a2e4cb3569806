// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b07_waitgroup", func() {
		var wg sync.WaitGroup
		wg.Add(1)
		wg.Wait()
	})
}
