// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b13_ab_ba", func() {
		var a, b sync.Mutex
		a.Lock()
		held := make(chan bool)
		go func() {
			b.Lock()
			held <- true
			a.Lock()
		}()
		<-held
		b.Lock()
	})
}
