// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

func orders(pace int32) {
	some := func(n int) string {
		var place int32
		var wg sync.WaitGroup
		order := make([]byte, n)
		for i := 0; i < n; i++ {
			i := i
			wg.Add(1)
			go func() {
				for spun := int32(0); spun < pace; {
					atomic.AddInt32(&spun, 1)
				}
				order[atomic.AddInt32(&place, 1)-1] = byte('0' + i)
				wg.Done()
			}()
		}
		wg.Wait()
		return string(order)
	}
	first, last, usual, seen := 0, 0, 0, map[string]int{}
	pairs := 1000
	if pace > 0 {
		pairs = 100
	}
	for i := 0; i < pairs; i++ {
		if some(2)[0] == '0' {
			first++
		}
	}
	start, rounds := time.Now(), 0
	for i := 0; i < 100 || pace > 0 && len(seen) == 1 && time.Since(start) < 10*time.Second; i++ {
		rounds++
		order := some(8)
		if order[0] == '7' {
			last++
		}
		seen[order]++
		if seen[order] > usual {
			usual = seen[order]
		}
	}
	figure("first_first", float64(first)/float64(pairs))
	figure("last_first", float64(last)/float64(rounds))
	figure("orders", float64(len(seen)))
	figure("usual", float64(usual)/float64(rounds))
}

func init() {
	twin("claim_order_one", func() {
		again("asyncpreemptoff=1")
		orders(0)
	})
	twin("claim_order_four", func() { orders(5000) })
	twin("claim_elsewhere", func() {
		again("asyncpreemptoff=1")
		there := 0
		for i := 0; i < 20; i++ {
			var ran int32
			go atomic.StoreInt32(&ran, 1)
			for start := time.Now(); atomic.LoadInt32(&ran) == 0 && time.Since(start) < 10*time.Second; {
			}
			there += int(atomic.LoadInt32(&ran))
		}
		if there != 20 {
			fmt.Println(there, "of 20 ran elsewhere")
		}
		figure("elsewhere", float64(there)/20)
	})
}
