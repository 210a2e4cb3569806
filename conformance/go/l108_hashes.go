// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha1"
	"fmt"
	"strconv"
	"sync"
)

func init() {
	twin("l108_hashes", func() {
		var wg sync.WaitGroup
		print := func(prefix string) {
			defer wg.Done()
			for i := 1; i <= 50000; i++ {
				fmt.Printf("%s: %05d: %x\n", prefix, i, sha1.Sum([]byte(strconv.Itoa(i))))
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
