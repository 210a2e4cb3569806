// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b34_close_nil", func() {
		var c chan int
		close(c)
	})
}
