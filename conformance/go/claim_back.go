// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"syscall"
	"time"
)

func init() {
	twin("claim_kept", func() {
		var ends [2]int
		var wg sync.WaitGroup
		syscall.Pipe(ends[:])
		for i := 0; i < 100; i++ {
			wg.Add(1)
			go func() {
				syscall.Read(ends[0], make([]byte, 1))
				wg.Done()
			}()
		}
		blocked(func() bool { return threads() >= 100 })
		figure("during", float64(threads()))
		syscall.Write(ends[1], make([]byte, 100))
		wg.Wait()
		figure("after", float64(threads()))
		time.Sleep(500 * time.Millisecond)
		figure("later", float64(threads()))
	})
}
