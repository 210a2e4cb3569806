// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b49_go_nil", func() {
		var f func()
		go f()
		select {}
	})
}
