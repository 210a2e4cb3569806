// SPDX-License-Identifier: Apache-2.0

package main

func init() {
	twin("b35_close_closed", func() {
		c := make(chan int)
		close(c)
		close(c)
	})
}
