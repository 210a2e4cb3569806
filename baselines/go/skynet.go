// SPDX-License-Identifier: Apache-2.0

package main

const skynetFanOut = 10

func skynetNode(up chan uint64, first, leaves uint64) {
	if leaves == 1 {
		up <- first
		return
	}
	below := make(chan uint64)
	part := leaves / skynetFanOut
	for i := uint64(0); i < skynetFanOut; i++ {
		go skynetNode(below, first+i*part, part)
	}
	var sum uint64
	for i := 0; i < skynetFanOut; i++ {
		sum += <-below
	}
	up <- sum
}

func skynet(b *bench) {
	leaves := uint64(b.def.arg)
	top := make(chan uint64)
	tree := func() uint64 {
		go skynetNode(top, 0, leaves)
		return <-top
	}
	var sum uint64
	tree()
	b.start()
	for i := uint64(0); i < b.n; i++ {
		sum += tree()
	}
	b.stop()
	b.check("the leaves' sum", sum, b.n*(leaves*(leaves-1)/2))
}

var skynetDefs = join(both("skynet/go/procs:%d", 1000000, 1, skynet), both("skynet/go/procs:%d/leaves:10000", 10000, 1, skynet))
