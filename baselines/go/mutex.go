// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const mutexTasks = 8

func mutex(b *bench) {
	var done sync.WaitGroup
	var lock sync.Mutex
	var counter uint64
	b.start()
	done.Add(mutexTasks)
	for i := 0; i < mutexTasks; i++ {
		go func(times uint64) {
			for ; times > 0; times-- {
				lock.Lock()
				counter++
				lock.Unlock()
			}
			done.Done()
		}(share(b.n, mutexTasks, i))
	}
	done.Wait()
	b.stop()
	b.check("the number", counter, b.n)
}

var mutexDefs = both("mutex/go/procs:%d", 0, 10000, mutex)
