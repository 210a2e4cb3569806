// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

type cpuSet [16]uint64

func affinity(call uintptr, set *cpuSet) {
	if _, _, errno := syscall.RawSyscall(call, 0, unsafe.Sizeof(*set), uintptr(unsafe.Pointer(set))); errno != 0 {
		panic(errno)
	}
}

// procsOfAProcess is what a process without GOMAXPROCS, or with this one, has.
func procsOfAProcess(told string) float64 {
	again := exec.Command(os.Args[0], "claim_procs")
	again.Env = []string{"CLAIM_CHILD=1"}
	if told != "" {
		again.Env = append(again.Env, "GOMAXPROCS="+told)
	}
	out, err := again.Output()
	if err != nil {
		panic(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		panic(err)
	}
	return float64(n)
}

func init() {
	twin("claim_procs", func() {
		if os.Getenv("CLAIM_CHILD") != "" {
			fmt.Println(runtime.GOMAXPROCS(0))
			return
		}
		runtime.LockOSThread() // a child has its parent thread's affinity
		var all, one cpuSet
		affinity(syscall.SYS_SCHED_GETAFFINITY, &all)
		first := -1
		for i := 0; i < 64*len(all) && first < 0; i++ {
			if all[i/64]>>(i%64)&1 != 0 {
				first = i
			}
		}
		one[first/64] = 1 << (first % 64)
		figure("cpus", float64(runtime.NumCPU()))
		figure("procs", procsOfAProcess(""))
		affinity(syscall.SYS_SCHED_SETAFFINITY, &one)
		figure("on_one", procsOfAProcess(""))
		affinity(syscall.SYS_SCHED_SETAFFINITY, &all)
		figure("told_one", procsOfAProcess("1"))
		figure("told_seven", procsOfAProcess("7"))
		minor, _ := strconv.Atoi(strings.SplitN(strings.TrimPrefix(runtime.Version(), "go1."), ".", 2)[0])
		figure("version", float64(minor))
	})
}
