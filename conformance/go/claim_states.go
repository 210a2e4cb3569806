// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func init() {
	twin("claim_states", func() {
		if os.Getenv("CLAIM_CHILD") != "" {
			runtime.GC()
			syscall.Kill(os.Getpid(), syscall.SIGQUIT)
			time.Sleep(time.Hour) // with no timer, the report of a deadlock and that of the signal would wait for each other
		}
		var ends [2]int
		var stop, spinning int32
		never := make(chan int)
		syscall.Pipe(ends[:])
		for i := 0; i < 10; i++ {
			go func() { <-never }()
		}
		go syscall.Read(ends[0], make([]byte, 1))
		go func() {
			for atomic.StoreInt32(&spinning, 1); atomic.LoadInt32(&stop) == 0; {
			}
		}()
		blocked(func() bool { return atomic.LoadInt32(&spinning) == 1 })
		text := make([]byte, 1<<20)
		var kinds map[string]bool
		blocked(func() bool {
			kinds = map[string]bool{}
			for _, line := range strings.Split(string(text[:runtime.Stack(text, true)]), "\n") {
				if !strings.HasPrefix(line, "goroutine ") || !strings.HasSuffix(line, "]:") {
					continue
				}
				word := strings.FieldsFunc(line[strings.IndexByte(line, '[')+1:], func(r rune) bool { return strings.ContainsRune(",] ", r) })[0]
				switch {
				case word == "running" || word == "runnable" || word == "syscall":
					kinds[word] = true
				default:
					kinds["waiting"] = true
				}
			}
			return kinds["syscall"]
		})
		figure("states", float64(len(kinds)))
		figure("collectors", collectors())
		atomic.StoreInt32(&stop, 1)
	})
}

// collectors are the collector's goroutines, which only a dump of a dying process shows.
func collectors() float64 {
	child := exec.Command(os.Args[0], "claim_states")
	child.Env = []string{"CLAIM_CHILD=1", "GOTRACEBACK=system"}
	text, _ := child.CombinedOutput()
	n := 0
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "goroutine ") && (strings.Contains(line, "[GC ") || strings.Contains(line, "[force gc")) {
			n++
		}
	}
	return float64(n)
}
