// SPDX-License-Identifier: Apache-2.0

package main

var chanSizes = []int{-1, 1 << 62}

func init() {
	twin("b40_makechan_negative", func() { _ = make(chan int64, chanSizes[0]) })
	twin("b40_makechan_huge", func() { _ = make(chan int64, chanSizes[1]) })
}
