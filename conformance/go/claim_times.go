// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	twin("claim_more", func() {
		cpus := runtime.NumCPU()
		if cpus > 16 {
			cpus = 16
		}
		with := func(procs int) float64 {
			var wg sync.WaitGroup
			runtime.GOMAXPROCS(procs)
			before := usage()
			for i := 0; i < 64; i++ {
				wg.Add(1)
				go func() {
					for n := int32(0); n < 200000; {
						atomic.AddInt32(&n, 1)
					}
					wg.Done()
				}()
			}
			wg.Wait()
			after := usage()
			return float64(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
		}
		var same, four []float64
		for i := 0; i < 5; i++ {
			same = append(same, with(cpus))
			four = append(four, with(4*cpus))
		}
		sort.Float64s(same)
		sort.Float64s(four)
		figure("time_share", four[2]/same[2])
	})
	twin("claim_open", func() {
		var us []float64
		for i := 0; i < 300; i++ {
			start := time.Now()
			f, err := os.Open("/proc/self/exe")
			us = append(us, time.Since(start).Seconds()*1e6)
			if err != nil {
				panic(err)
			}
			f.Close()
		}
		sort.Float64s(us)
		figure("open_us", us[150])
		figure("p99_us", us[297])
	})
}
