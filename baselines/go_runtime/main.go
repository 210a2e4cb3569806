// SPDX-License-Identifier: Apache-2.0

// go_runtime_bench runs Go's own benchmarks of its channels and its scheduler (go test runtime -bench), compiled to runtime.test beside
// it, and says their figures as baselines/README.md wants them: variant runtime_test of runtime go. They check nothing; that the
// program ended with PASS is the checksum.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// def is a benchmark here: Go's name of it, at so many processors.
type def struct {
	name, bench string
	procs       int
	times       string // -test.benchtime; "": as long as asked
}

// matmultTimes makes Go's matrices 129 wide: the cube root of that, and one.
const matmultTimes = "2097152x"

// hogTimes has several of the hog's time slices in it.
const hogTimes = "100000x"

func suite() []def {
	var all []def
	for _, name := range []string{"ChanSync", "ChanProdCons0", "ChanProdCons10", "ChanProdCons100", "ChanUncontended", "SelectUncontended",
		"SelectProdCons", "CreateGoroutines"} {
		for procs := 1; procs <= 2; procs++ {
			all = append(all, def{fmt.Sprintf("%s/go/runtime_test/procs:%d", name, procs), name + "$", procs, ""})
		}
	}
	all = append(all, def{"PingPongHog/go/runtime_test/procs:1", "PingPongHog$", 1, hogTimes})
	for _, delay := range []string{"0s", "10us", "100us"} {
		all = append(all, def{"WakeupParallelSpinning/go/runtime_test/procs:2/delay:" + delay,
			"WakeupParallelSpinning$/^" + strings.Replace(delay, "us", "µs", 1) + "$", 2, ""})
	}
	for procs := 1; procs <= 2; procs++ {
		all = append(all, def{fmt.Sprintf("Matmult/go/runtime_test/procs:%d", procs), "Matmult$", procs, matmultTimes})
	}
	return all
}

type line struct {
	Name       string  `json:"name"`
	Repetition int     `json:"repetition"`
	Iterations uint64  `json:"iterations"`
	RealTime   float64 `json:"real_time_ns,omitempty"`
	Items      float64 `json:"items_per_second,omitempty"`
	Good       bool    `json:"checksum_ok"`
	Error      string  `json:"error,omitempty"`
}

var figure = regexp.MustCompile(`(?m)^Benchmark\S+\s+(\d+)\s+([0-9.]+) ns/op`)

func (d def) run(tests, minTime string) line {
	l := line{Name: d.name}
	times := d.times
	if times == "" {
		times = minTime + "s"
	}
	cmd := exec.Command(tests, "-test.run=^$", "-test.bench=^Benchmark"+d.bench, "-test.cpu="+strconv.Itoa(d.procs), "-test.benchtime="+times)
	out, err := cmd.CombinedOutput()
	found := figure.FindStringSubmatch(string(out))
	switch {
	case err != nil:
		l.Error = err.Error()
	case found == nil || !strings.Contains(string(out), "\nPASS"):
		l.Error = "no figure in what go test says"
	default:
		l.Good = true
		l.Iterations, _ = strconv.ParseUint(found[1], 10, 64)
		l.RealTime, _ = strconv.ParseFloat(found[2], 64)
		l.Items = 1e9 / l.RealTime
	}
	return l
}

func main() {
	about := flag.Bool("about", false, "print the version and stop")
	list := flag.Bool("list", false, "print the names and stop")
	filter := flag.String("filter", ".", "regular expression of the benchmarks' names")
	minTime := flag.String("min-time", "0.5", "seconds to measure each for, at the least")
	repetitions := flag.Int("repetitions", 1, "how often to measure each")
	flag.Parse()
	if *about {
		fmt.Printf(`{"version":"%s","workers":"GOMAXPROCS as procs:N says","stack":"2 KiB, grows by copying","allocator":"Go's"}`+"\n", runtime.Version())
		return
	}
	re, err := regexp.Compile(*filter)
	if _, bad := strconv.ParseFloat(*minTime, 64); err != nil || bad != nil || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "go_runtime_bench: bad arguments; -help shows the usage")
		os.Exit(2)
	}
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_runtime_bench:", err)
		os.Exit(1)
	}
	status := 0
	for _, d := range suite() {
		if !re.MatchString(d.name) {
			continue
		}
		if *list {
			fmt.Println(d.name)
			continue
		}
		for r := 0; r < *repetitions; r++ {
			l := d.run(filepath.Join(filepath.Dir(self), "runtime.test"), *minTime)
			l.Repetition = r
			text, _ := json.Marshal(l)
			fmt.Println(string(text))
			if !l.Good {
				status = 1
			}
		}
	}
	os.Exit(status)
}
