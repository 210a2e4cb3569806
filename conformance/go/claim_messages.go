// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
)

func usage() (u syscall.Rusage) {
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u
}

func addressSpace() (kib float64) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	fmt.Sscan(string(text), &kib)
	return kib * float64(os.Getpagesize()) / 1024
}

func init() {
	twin("claim_messages", func() {
		there, back := make(chan int), make(chan int)
		go func() {
			for n := range there {
				back <- n
			}
		}()
		trips := func(n int) {
			for i := 0; i < n; i++ {
				there <- i
				<-back
			}
		}
		trips(1000)
		before := usage()
		trips(20000)
		after := usage()
		figure("switches_per_thousand", float64(after.Nvcsw+after.Nivcsw-before.Nvcsw-before.Nivcsw)/20)
	})
	twin("claim_steady", func() {
		var wg sync.WaitGroup
		starts := func(n int) {
			for i := 0; i < n; i++ {
				wg.Add(1)
				go wg.Done()
			}
			wg.Wait()
		}
		for i := 0; i < 20; i++ {
			starts(1000)
		}
		space, before := addressSpace(), usage()
		for i := 0; i < 20; i++ {
			starts(1000)
		}
		after := usage()
		figure("grew_kib", addressSpace()-space)
		figure("faults_per_thousand", float64(after.Minflt-before.Minflt)/20)
	})
	twin("claim_sleeps", func() {
		var wg sync.WaitGroup
		start := time.Now()
		for i := 0; i < 1000; i++ {
			wg.Add(1)
			go func() {
				time.Sleep(10 * time.Millisecond)
				wg.Done()
			}()
		}
		wg.Wait()
		figure("times_one", float64(time.Since(start))/1e7)
	})
}
