// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
)

func init() {
	twin("api_lock_keeps_thread", func() {
		var others, locked sync.WaitGroup
		stop := make(chan int)
		for i := 0; i < 8; i++ {
			others.Add(1)
			go func() {
				for {
					select {
					case <-stop:
						others.Done()
						return
					default:
						gosched()
					}
				}
			}()
		}
		for i := 0; i < 4; i++ {
			locked.Add(1)
			go func() {
				runtime.LockOSThread()
				here := syscall.Gettid()
				for i := 0; i < 1000; i++ {
					gosched()
					if syscall.Gettid() != here {
						fmt.Println("another thread")
					}
				}
				runtime.UnlockOSThread()
				locked.Done()
			}()
		}
		locked.Wait()
		close(stop)
		others.Wait()
	})
	twin("api_lock_thread_ends", func() {
		runtime.LockOSThread()
		tids := make(chan int)
		for i := 0; i < 20; i++ {
			go func() {
				runtime.LockOSThread()
				tids <- syscall.Gettid()
			}()
			path := fmt.Sprintf("/proc/self/task/%d", <-tids)
			blocked(func() bool {
				_, err := os.Stat(path)
				return err != nil
			})
		}
	})
}
