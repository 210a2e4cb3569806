// SPDX-License-Identifier: Apache-2.0

// go_bench runs the suite's workloads (bench/WORKLOADS.md) with goroutines of Go and prints a JSON line per repetition.
// Each workload has a file of the same name as in bench/. Only the standard library is used.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
)

// def is one benchmark: its body in a process with `procs` processors.
type def struct {
	name  string
	procs int
	arg   int
	least uint64 // iterations of a call, as in bench/suite.c
	body  func(b *bench)
}

// Every workload's benchmarks.
var suite = [][]def{spawnDefs, switchDefs, yieldDefs, pingpongDefs, ringDefs, bufferedDefs, alphabetDefs, hashesDefs,
	skynetDefs, selectDefs, mutexDefs, echoDefs, timersDefs, syscallsDefs, preemptDefs, wakeDefs,
	chameneosDefs, goChanDefs, goSchedDefs, tokioBenchDefs, taskTreeDefs, schedPipeDefs}

// both registers a body at one and at two processors; %d in name is theirs.
func both(name string, arg int, least uint64, body func(b *bench)) []def {
	return []def{{fmt.Sprintf(name, 1), 1, arg, least, body}, {fmt.Sprintf(name, 2), 2, arg, least, body}}
}

func join(parts ...[]def) []def {
	var all []def
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

type line struct {
	Name       string             `json:"name"`
	Repetition int                `json:"repetition"`
	Iterations uint64             `json:"iterations"`
	RealTime   float64            `json:"real_time_ns"`
	CPUTime    float64            `json:"cpu_time_ns"`
	Items      float64            `json:"items_per_second"`
	Good       bool               `json:"checksum_ok"`
	Error      string             `json:"error,omitempty"`
	Counters   map[string]float64 `json:"counters,omitempty"`
	Version    string             `json:"go_version"`
}

func run(d def, repetition int, minTime float64) bool {
	b := measure(d, minTime)
	l := line{Name: d.name, Repetition: repetition, Iterations: b.n, Good: b.err == "", Error: b.err, Version: runtime.Version()}
	if l.Good {
		counted := b.wall
		if b.counted > 0 {
			counted = b.counted
		}
		l.RealTime = float64(counted) / b.items
		l.CPUTime = float64(b.cpu) / b.items
		l.Items = b.items / float64(counted) * 1e9
		l.Counters = map[string]float64{"voluntary_per_op": float64(b.voluntary) / b.items, "involuntary_per_op": float64(b.involuntary) / b.items}
		for key, value := range b.extra {
			l.Counters[key] = value
		}
	}
	text, err := json.Marshal(l)
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_bench:", err)
		return false
	}
	fmt.Println(string(text))
	return l.Good
}

func main() {
	filter := flag.String("filter", ".", "regular expression of the benchmarks' names")
	minTime := flag.Float64("min-time", 0.5, "seconds to measure each for, at the least")
	repetitions := flag.Int("repetitions", 1, "how often to measure each")
	list := flag.Bool("list", false, "print the names and stop")
	parked := flag.Int("footprint", 0, "park this many goroutines instead and print what they cost")
	depth := flag.Int("depth", 0, "with -footprint: bytes of stack that each has in use")
	flag.Parse()
	re, err := regexp.Compile(*filter)
	if err != nil || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "go_bench: bad arguments; -help shows the usage")
		os.Exit(2)
	}
	if *parked > 0 {
		os.Exit(footprint(*parked, *depth))
	}
	status := 0
	for _, defs := range suite {
		for _, d := range defs {
			if !re.MatchString(d.name) {
				continue
			}
			if *list {
				fmt.Println(d.name)
				continue
			}
			for r := 0; r < *repetitions; r++ {
				if !run(d, r, *minTime) {
					status = 1
				}
			}
		}
	}
	os.Exit(status)
}
