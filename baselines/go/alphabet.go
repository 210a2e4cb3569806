// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const (
	alphabetPairs = 100
	alphabetTimes = 3
	alphabetBytes = 2 * 26 * 2 * alphabetTimes
)

// alphabetSink is where a pair prints: a buffer under a lock, as stdout is.
type alphabetSink struct {
	lock sync.Mutex
	used int
	text [alphabetBytes]byte
}

func (s *alphabetSink) print(from byte) {
	for count := 0; count < alphabetTimes; count++ {
		for c := from; c < from+26; c++ {
			s.lock.Lock()
			s.text[s.used] = c
			s.text[s.used+1] = ' '
			s.used += 2
			s.lock.Unlock()
		}
	}
}

func (s *alphabetSink) check(b *bench) {
	var seen [2]uint64
	b.check("the length of a text", uint64(s.used), alphabetBytes)
	for i := 0; i < s.used; i += 2 {
		which, from := 0, byte('a')
		if s.text[i] < 'a' {
			which, from = 1, 'A'
		}
		b.check("a letter", uint64(s.text[i]), uint64(from)+seen[which]%26)
		seen[which]++
	}
	b.check("small letters", seen[0], 26*alphabetTimes)
	b.check("capital letters", seen[1], 26*alphabetTimes)
}

func alphabetBatch(sinks []alphabetSink) uint64 {
	var done sync.WaitGroup
	var bytes uint64
	done.Add(2 * len(sinks))
	for i := range sinks {
		s := &sinks[i]
		s.used = 0
		go func() {
			s.print('a')
			done.Done()
		}()
		go func() {
			s.print('A')
			done.Done()
		}()
	}
	done.Wait()
	for i := range sinks {
		bytes += uint64(sinks[i].used)
	}
	return bytes
}

func alphabets(b *bench) {
	sinks := make([]alphabetSink, alphabetPairs)
	var bytes uint64
	alphabetBatch(sinks)
	b.start()
	for i := uint64(0); i < b.n; i++ {
		bytes += alphabetBatch(sinks)
	}
	b.stop()
	b.items = float64(b.n * alphabetPairs)
	b.check("bytes", bytes, b.n*alphabetPairs*alphabetBytes)
	for i := range sinks {
		sinks[i].check(b)
	}
}

var alphabetDefs = both("alphabet/go/procs:%d", 0, 1, alphabets)
