// SPDX-License-Identifier: Apache-2.0

// go_alphabet is the alphabet program with goroutines of Go: two of them print both alphabets three times. As in the C
// programs stdout is buffered, which fmt.Printf alone would not do.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
)

func main() {
	procs := flag.Int("procs", 2, "processors")
	flag.Parse()
	runtime.GOMAXPROCS(*procs)

	var wg sync.WaitGroup
	var lock sync.Mutex // stdio has one of its own
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	print := func(from rune) {
		for count := 0; count < 3; count++ {
			for r := from; r < from+26; r++ {
				lock.Lock()
				fmt.Fprintf(out, "%c ", r)
				lock.Unlock()
			}
		}
		wg.Done()
	}
	wg.Add(2)
	fmt.Fprintln(out, "Start Goroutines")
	go print('a')
	go print('A')
	lock.Lock()
	fmt.Fprintln(out, "Waiting To Finish")
	lock.Unlock()
	wg.Wait()
	fmt.Fprintln(out, "\nTerminating Program")
}
