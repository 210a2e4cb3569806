// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// As in bench/load.h, where the load generator and the messages are described.
const (
	loadMessage = 64
	loadBuffer  = 512
)

func loadWord(number, word uint64) uint64 {
	z := (number*8 + word + 1) * 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

func loadHash(requests uint64) (sum uint64) {
	for i := uint64(0); i < requests; i++ {
		h := uint64(0)
		for w := uint64(0); w < loadMessage/8; w++ {
			h = (h ^ loadWord(i, w)) * 0x100000001b3
		}
		sum += h
	}
	return sum
}

type cpuSet [16]uint64

// pinAll puts every thread of this process on the CPUs; new threads inherit that.
func pinAll(set *cpuSet) {
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		id, _ := strconv.Atoi(t.Name())
		syscall.RawSyscall(syscall.SYS_SCHED_SETAFFINITY, uintptr(id), unsafe.Sizeof(*set), uintptr(unsafe.Pointer(set)))
	}
}

// firstTwo are the first two CPUs that the process may run on, -1 where there is none.
func firstTwo(set *cpuSet) [2]int {
	found, n := [2]int{-1, -1}, 0
	for cpu := 0; cpu < 64*len(set) && n < 2; cpu++ {
		if set[cpu/64]>>(uint(cpu)%64)&1 != 0 {
			found[n] = cpu
			n++
		}
	}
	return found
}

func serve(c net.Conn, bytes *uint64, done *sync.WaitGroup) {
	var buf [loadBuffer]byte
	for {
		n, err := c.Read(buf[:])
		if err != nil {
			break
		}
		if _, err = c.Write(buf[:n]); err != nil {
			break
		}
		*bytes += uint64(n)
	}
	c.Close()
	done.Done()
}

// load is the generator as a process; each method fails the benchmark.
type load struct {
	b      *bench
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *bufio.Reader
}

func startLoad(b *bench, port, connections, cpu int) *load {
	self, err := os.Executable()
	if err != nil {
		b.err = err.Error()
		return nil
	}
	program := filepath.Join(filepath.Dir(self), "..", "..", "bench", "weft_echo_load")
	l := &load{b: b, cmd: exec.Command(program, strconv.Itoa(port), strconv.Itoa(connections), strconv.Itoa(cpu))}
	in, inWrite, err := os.Pipe()
	if err != nil {
		b.err = err.Error()
		return nil
	}
	l.cmd.Stdin, l.stdin = in, inWrite
	out, err := l.cmd.StdoutPipe()
	if err == nil {
		err = l.cmd.Start()
	}
	in.Close()
	if err != nil {
		b.err = err.Error()
		return nil
	}
	l.stdout = bufio.NewReader(out)
	if line, _ := l.stdout.ReadString('\n'); line != "ready\n" {
		b.err = "the load generator: " + line
	}
	return l
}

func (l *load) run(requests uint64) {
	var did, hash, wall, p50, p90, p99, p999 uint64
	l.b.start()
	fmt.Fprintln(l.stdin, requests)
	line, _ := l.stdout.ReadString('\n')
	l.b.stop()
	if _, err := fmt.Sscanf(line, "requests %d hash %d wall_ns %d p50_ns %d p90_ns %d p99_ns %d p999_ns %d",
		&did, &hash, &wall, &p50, &p90, &p99, &p999); err != nil {
		l.b.err = "the load generator: " + line
		return
	}
	l.b.check("requests", did, requests)
	l.b.check("the answers' hash", hash, loadHash(requests))
	l.b.counted = int64(wall)
	l.b.extra = map[string]float64{"request_p50_ns": float64(p50), "request_p90_ns": float64(p90), "request_p99_ns": float64(p99)}
	if did >= 1000 {
		l.b.extra["request_p999_ns"] = float64(p999)
	}
}

func (l *load) stop() {
	l.stdin.Close()
	l.cmd.Wait()
}

// echo: at one processor the server's threads share the first CPU and the generator has the second.
func echo(b *bench) {
	connections, cpu := b.def.arg, -1
	var allowed cpuSet
	syscall.RawSyscall(syscall.SYS_SCHED_GETAFFINITY, 0, unsafe.Sizeof(allowed), uintptr(unsafe.Pointer(&allowed)))
	if b.def.procs == 1 {
		var one cpuSet
		two := firstTwo(&allowed)
		one[two[0]/64] = 1 << (uint(two[0]) % 64)
		pinAll(&one)
		defer pinAll(&allowed)
		cpu = two[1]
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.err = err.Error()
		return
	}
	bytes := make([]uint64, connections)
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		for i := range bytes {
			c, err := listener.Accept()
			if err != nil {
				break
			}
			done.Add(1)
			go serve(c, &bytes[i], &done)
		}
		done.Done()
	}()
	requests := b.n * 1000
	if l := startLoad(b, listener.Addr().(*net.TCPAddr).Port, connections, cpu); l != nil {
		if b.err == "" {
			l.run(requests)
		}
		l.stop()
	}
	listener.Close()
	done.Wait()
	sum := uint64(0)
	for _, n := range bytes {
		sum += n
	}
	b.items = float64(requests)
	b.check("bytes echoed", sum, (requests+uint64(connections))*loadMessage)
}

var echoDefs = join(both("echo/go/procs:%d/conns:64", 64, 1, echo), both("echo/go/procs:%d/conns:1000", 1000, 1, echo))
