// SPDX-License-Identifier: Apache-2.0

// gotwin runs the Go twin of one conformance case: `gotwin NAME`. Each file of this folder holds one rule's twin or
// twins and registers them under the case's name; without a name they are listed. The standard library alone, and
// nothing newer than Go 1.19, so that a distribution's own Go builds it.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"syscall"
)

var twins = map[string]func(){}

// twin registers one; called from init.
func twin(name string, f func()) {
	if twins[name] != nil {
		panic("two twins named " + name)
	}
	twins[name] = f
}

// figure is wc_figure: for the ledger of claims, see ../harness/figures.c.
func figure(name string, value float64) { fmt.Printf("figure: %s %.9g\n", name, value) }

// again runs this program anew with a GODEBUG of its own, which the runtime reads at its start; it returns in that one.
func again(debug string) {
	if os.Getenv("GODEBUG") != debug {
		os.Setenv("GODEBUG", debug)
		fmt.Fprintln(os.Stderr, syscall.Exec("/proc/self/exe", os.Args, os.Environ()))
		os.Exit(1)
	}
}

// waiting counts the goroutines that wait, by their headers in a dump.
func waiting() int {
	text := make([]byte, 1<<22)
	n := 0
	for _, line := range strings.Split(string(text[:runtime.Stack(text, true)]), "\n") {
		if strings.HasPrefix(line, "goroutine ") && strings.HasSuffix(line, "]:") && !strings.Contains(line, "[run") {
			n++
		}
	}
	return n
}

// resident: the bytes of this process that are in memory.
func resident() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		panic(err)
	}
	var size, pages float64
	fmt.Sscan(string(text), &size, &pages)
	return pages * float64(os.Getpagesize())
}

func main() {
	if len(os.Args) == 2 {
		if f := twins[os.Args[1]]; f != nil {
			f()
			return
		}
		fmt.Fprintln(os.Stderr, "gotwin: no twin named", os.Args[1])
		os.Exit(2)
	}
	names := make([]string, 0, len(twins))
	for name := range twins {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Println(name)
	}
}

// blocked yields until f says so; a twin that waits for ever is ended by the runner's time-out.
func blocked(f func() bool) {
	for !f() {
		gosched()
	}
}
