// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

func init() {
	const calm = "asyncpreemptoff=1"
	twin("claim_threads_start", func() { figure("threads", float64(threads())) })
	twin("claim_at_once", func() {
		again(calm)
		var inside, most int32
		var wg sync.WaitGroup
		for i := 0; i < 10000; i++ {
			wg.Add(1)
			go func() {
				n := atomic.AddInt32(&inside, 1)
				for before := atomic.LoadInt32(&most); n > before; before = atomic.LoadInt32(&most) {
					if atomic.CompareAndSwapInt32(&most, before, n) {
						break
					}
				}
				for i := int32(0); i < 1000; i++ {
					atomic.LoadInt32(&inside)
				}
				atomic.AddInt32(&inside, -1)
				wg.Done()
			}()
		}
		wg.Wait()
		procs := runtime.GOMAXPROCS(0)
		if int(most) > procs {
			fmt.Println(most, "at once")
		}
		figure("at_once", float64(most))
		figure("beyond", float64(int(most)-procs))
		figure("extra", float64(threads()-procs))
	})
	crowd := func(n int, way func(int)) {
		before := waiting()
		for i := 0; i < n; i++ {
			go way(i)
		}
		for waiting() < before+n {
			time.Sleep(time.Millisecond)
		}
	}
	twin("claim_crowd", func() {
		again(calm)
		empty := make(chan int)
		crowd(1, func(int) { <-empty })
		before := threads()
		for i := 1; i < 20000; i++ {
			go func() { <-empty }()
		}
		for runtime.NumGoroutine() < 20001 {
			runtime.Gosched()
		}
		time.Sleep(10 * time.Millisecond)
		figure("goroutines", 20000)
		figure("added", float64(threads()-before))
	})
	twin("claim_ways", func() {
		again(calm)
		var m, others sync.Mutex
		var rw sync.RWMutex
		var never sync.WaitGroup
		cond := sync.NewCond(&others)
		empty, full := make(chan int), make(chan int)
		m.Lock()
		rw.Lock()
		never.Add(1)
		var ends, kept []net.Conn
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		for i := 0; i < 100; i++ {
			c, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				panic(err)
			}
			other, err := listener.Accept()
			if err != nil {
				panic(err)
			}
			ends = append(ends, c)
			kept = append(kept, other)
		}
		ways := []func(int){
			func(int) { <-empty }, func(int) { full <- 1 },
			func(int) {
				select {
				case <-make(chan int):
				case full <- 1:
				}
			},
			func(int) { time.Sleep(time.Hour) }, func(int) { m.Lock() }, func(int) { rw.RLock() }, func(int) { never.Wait() },
			func(int) {
				others.Lock()
				cond.Wait()
			},
			func(i int) { ends[i].Read(make([]byte, 1)) },
		}
		crowd(1, ways[3])
		before, added := threads(), 0
		for _, way := range ways {
			crowd(100, way)
			if n := threads() - before; n > added {
				added = n
			}
		}
		figure("ways", float64(len(ways)))
		figure("added", float64(added))
		runtime.KeepAlive(kept) // or the collector closes them
	})
}
