// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// memory is what bench/memory.h says it is, in bytes.
type memory struct{ rss, pageTables, kernelStack, slab, maps int64 }

func field(path, key string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return -1
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if words := strings.Fields(s.Text()); len(words) > 1 && words[0] == key {
			v, _ := strconv.ParseInt(words[1], 10, 64)
			return v * 1024
		}
	}
	return -1
}

func lines(path string) int64 {
	text, _ := os.ReadFile(path)
	return int64(strings.Count(string(text), "\n"))
}

func readMemory() memory {
	return memory{field("/proc/self/smaps_rollup", "Rss:"), field("/proc/self/status", "VmPTE:"),
		field("/proc/meminfo", "KernelStack:"), field("/proc/meminfo", "Slab:"), lines("/proc/self/maps")}
}

type parking struct {
	arrived, done sync.WaitGroup
	gate          chan struct{}
}

func (p *parking) wait(slot *uint64) {
	p.arrived.Done()
	<-p.gate
	*slot++
	p.done.Done()
}

//go:noinline
func use(room []byte) byte {
	for i := 0; i < len(room); i += 1024 {
		room[i] = 1
	}
	return room[len(room)-1]
}

// deep has at least 512 bytes more of stack in use for each level.
//
//go:noinline
func (p *parking) deep(levels int, slot *uint64) byte {
	var room [512]byte
	x := use(room[:])
	if levels > 1 {
		x += p.deep(levels-1, slot)
	} else {
		p.wait(slot)
	}
	return x + use(room[:])
}

func (p *parking) task(depth int, slot *uint64) {
	if depth == 0 {
		p.wait(slot)
		return
	}
	p.deep((depth+511)/512, slot)
}

// footprint parks n goroutines and prints the line that weft_footprint prints.
func footprint(n, depth int) int {
	p := &parking{gate: make(chan struct{})}
	slots := make([]uint64, n)
	for i := range slots {
		slots[i] = uint64(i)
	}
	readMemory()
	runtime.GC()
	before := readMemory()
	t := now()
	p.arrived.Add(n)
	p.done.Add(n)
	for i := range slots {
		go p.task(depth, &slots[i])
	}
	p.arrived.Wait()
	create := now() - t
	parked := readMemory()
	t = now()
	close(p.gate)
	p.done.Wait()
	wake := now() - t
	var sum uint64
	for _, v := range slots {
		sum += v
	}
	rss, tables := parked.rss-before.rss, parked.pageTables-before.pageTables
	name := fmt.Sprintf("footprint/go/n:%d", n)
	if depth > 0 {
		name += fmt.Sprintf("/depth:%d", depth)
	}
	text, _ := json.Marshal(map[string]interface{}{
		"name": name, "n": n, "depth": depth, "stack": 0, "created": n, "limit": nil,
		"bytes_per_task": float64(rss+tables) / float64(n), "rss": rss, "page_tables": tables,
		"kernel_stack": parked.kernelStack - before.kernelStack, "slab": parked.slab - before.slab,
		"maps": parked.maps - before.maps, "create_ns_per_task": float64(create) / float64(n),
		"wake_ns_per_task": float64(wake) / float64(n),
		"checksum_ok":      sum == uint64(n)*uint64(n+1)/2, "go_version": runtime.Version(),
	})
	fmt.Println(string(text))
	return 0
}
