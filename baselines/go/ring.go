// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const ringTasks = 503

func ring(b *bench) {
	var done sync.WaitGroup
	links := make([]chan uint64, ringTasks)
	for i := range links {
		links[i] = make(chan uint64)
	}
	done.Add(ringTasks - 1)
	for i := 1; i < ringTasks; i++ {
		go func(in, out chan uint64) {
			for token := range in {
				out <- token + 1
			}
			close(out)
			done.Done()
		}(links[i], links[(i+1)%ringTasks])
	}
	links[1] <- 0 // a first lap, untimed
	token := <-links[0]
	b.start()
	for i := uint64(0); i < b.n; i++ {
		links[1] <- token + 1
		token = <-links[0]
	}
	b.stop()
	close(links[1])
	done.Wait()
	b.items = float64(b.n * ringTasks)
	b.check("the token", token+1, (b.n+1)*ringTasks)
}

var ringDefs = both("ring/go/procs:%d", 0, 2, ring)
