// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
)

func init() {
	twin("b64_spawn_order", func() {
		var wg sync.WaitGroup
		wg.Add(8)
		for i := 0; i < 8; i++ {
			i := i
			go func() {
				fmt.Print(i, " ")
				wg.Done()
			}()
		}
		wg.Wait()
		fmt.Println()
	})
}
