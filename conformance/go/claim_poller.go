// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// connections are n pairs of connected sockets.
func connections(n int) (near, far []net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	for i := 0; i < n; i++ {
		a, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			panic(err)
		}
		b, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		near, far = append(near, a), append(far, b)
	}
	return near, far
}

func inPoller(task string) bool {
	text, err := os.ReadFile("/proc/self/task/" + task + "/syscall")
	if err != nil {
		return false
	}
	nr, err := strconv.Atoi(strings.SplitN(string(text), " ", 2)[0])
	return err == nil && (nr == syscall.SYS_EPOLL_PWAIT || nr == 441 || runtime.GOARCH == "amd64" && nr == 232)
}

func init() {
	twin("claim_poller", func() {
		near, far := connections(1)
		pollers, runners := map[int]bool{}, map[int]bool{}
		var ready int32
		go func() {
			for i := int32(0); i < 30; i++ {
				for atomic.LoadInt32(&ready) <= i {
					time.Sleep(50 * time.Microsecond)
				}
				found := false
				for start := time.Now(); !found && time.Since(start) < 200*time.Millisecond; {
					tasks, _ := os.ReadDir("/proc/self/task")
					for _, t := range tasks {
						if inPoller(t.Name()) {
							n, _ := strconv.Atoi(t.Name())
							pollers[n] = true
							found = true
						}
					}
				}
				far[0].Write([]byte("x"))
			}
		}()
		for i := int32(0); i < 30; i++ {
			atomic.StoreInt32(&ready, i+1)
			near[0].Read(make([]byte, 1))
			runners[syscall.Gettid()] = true
		}
		both, polls := 0, 0
		for p := range pollers {
			if runners[p] {
				both++
			}
		}
		fds, _ := os.ReadDir("/proc/self/fd")
		for _, fd := range fds {
			if to, _ := os.Readlink("/proc/self/fd/" + fd.Name()); strings.Contains(to, "eventpoll") {
				polls++
			}
		}
		figure("pollers", float64(len(pollers)))
		figure("pollers_that_ran", float64(both))
		figure("eventpolls", float64(polls))
	})
	twin("claim_input", func() {
		var ends [2]int
		var turns, over int64
		syscall.Pipe(ends[:])
		syscall.Dup3(ends[0], 0, 0)
		go func() {
			for ; atomic.LoadInt64(&over) == 0; runtime.Gosched() {
				if atomic.AddInt64(&turns, 1) == 1000 {
					syscall.Write(ends[1], []byte("x"))
				}
			}
		}()
		os.Stdin.Read(make([]byte, 1))
		if turns := atomic.LoadInt64(&turns); turns < 1000 {
			fmt.Println(turns, "turns")
		}
		figure("turns", float64(atomic.LoadInt64(&turns)))
		atomic.StoreInt64(&over, 1)
	})
	twin("claim_beside", func() {
		near, far := connections(400)
		var with, without []float64
		pace := func() float64 {
			own := func() int64 {
				u := usage()
				return u.Utime.Nano() + u.Stime.Nano()
			}
			n, begin, now := 0.0, own(), int64(0)
			for now < begin+10e6 {
				for i := 0; i < 100; i++ {
					runtime.Gosched()
					n++
				}
				now = own()
			}
			return n / float64(now-begin)
		}
		for k := 0; k < 5; k++ {
			without = append(without, pace())
			var wg sync.WaitGroup
			var there int32
			for i := range near {
				wg.Add(1)
				go func(c net.Conn) {
					atomic.AddInt32(&there, 1)
					c.Read(make([]byte, 1))
					wg.Done()
				}(near[i])
			}
			blocked(func() bool { return int(atomic.LoadInt32(&there)) == len(near) })
			time.Sleep(time.Millisecond)
			with = append(with, pace())
			for _, c := range far {
				c.Write([]byte("x"))
			}
			wg.Wait()
		}
		sort.Float64s(with)
		sort.Float64s(without)
		figure("share", with[2]/without[2])
	})
}
