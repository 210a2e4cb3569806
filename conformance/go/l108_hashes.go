// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha1"
	"fmt"
	"strconv"
	"sync"
)

// printHashes is the course's program; times: how often each digest is computed.
func printHashes(times int) {
	var wg sync.WaitGroup
	print := func(prefix string) {
		defer wg.Done()
		for i := 1; i <= 50000; i++ {
			var sum [sha1.Size]byte
			for j := 0; j < times; j++ {
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
}

func init() {
	twin("seed_108_hashes", func() { printHashes(1) })
	// Half a second's work at the least: computed once, as in the course, one of the two was done before sysmon had looked at it in 6 of 60
	// runs here.
	twin("l108_hashes", func() { printHashes(100) })
}
