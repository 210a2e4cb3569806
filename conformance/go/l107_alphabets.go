// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
)

func alphabet(first rune) {
	for count := 0; count < 3; count++ {
		for r := first; r < first+26; r++ {
			fmt.Printf("%c ", r)
		}
	}
}

// alphabets is the training notes' program; wait and done are what its mutants leave out.
func alphabets(wait, done bool) func() {
	return func() {
		var wg sync.WaitGroup
		wg.Add(2)
		fmt.Println("Start Goroutines")
		for _, first := range "aA" {
			first := first
			go func() {
				alphabet(first)
				if done {
					wg.Done()
				}
			}()
		}
		fmt.Println("Waiting To Finish")
		if wait {
			wg.Wait()
		}
		fmt.Println("\nTerminating Program")
	}
}

func init() {
	twin("l107_alphabets", alphabets(true, true))
	twin("l109_alphabets_parallel", alphabets(true, true))
	twin("l110_alphabets_no_wait", alphabets(false, true))
	twin("l111_alphabets_no_done", alphabets(true, false))
}
