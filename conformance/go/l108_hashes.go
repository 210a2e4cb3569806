// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha1"
	"fmt"
	"strconv"
	"sync"
)

// Each digest is computed so often, for half a second's work at the least: computed once, as in the course, one of the two was done
// before sysmon had looked at it in 6 of 60 runs here.
const l108Times = 100

func init() {
	twin("l108_hashes", func() {
		var wg sync.WaitGroup
		print := func(prefix string) {
			defer wg.Done()
			for i := 1; i <= 50000; i++ {
				var sum [sha1.Size]byte
				for j := 0; j < l108Times; j++ {
					sum = sha1.Sum([]byte(strconv.Itoa(i)))
				}
				fmt.Printf("%s: %05d: %x\n", prefix, i, sum)
			}
			fmt.Println("Completed", prefix)
		}
		wg.Add(2)
		fmt.Println("Create Goroutines")
		go print("A")
		go print("B")
		fmt.Println("Waiting To Finish")
		wg.Wait()
		fmt.Println("Terminating Program")
	})
}
