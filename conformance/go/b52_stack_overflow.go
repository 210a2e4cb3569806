// SPDX-License-Identifier: Apache-2.0

package main

import "runtime/debug"

var sink int

func recurse(n int) int {
	var room [64]int
	room[n%64] = n
	sink += recurse(n+1) + room[(n+1)%64]
	return sink
}

func init() {
	twin("b52_stack_overflow", func() {
		debug.SetMaxStack(1 << 20)
		recurse(0)
	})
}
