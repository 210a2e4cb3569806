// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

func init() {
	twin("b15_once_itself", func() {
		var o sync.Once
		o.Do(func() { o.Do(func() {}) })
	})
}
