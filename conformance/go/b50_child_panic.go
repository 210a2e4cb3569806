// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b50_child_panic", func() {
		go func() { panic("boom") }()
		select {}
	})
}
