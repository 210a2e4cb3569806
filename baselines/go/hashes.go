// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"sync"
)

const (
	hashesLast = 5000
	hashesLine = 51
	hashesSum  = 0xd368b59258dbba // bench/hashes_lines.h
)

// hashesSink is a buffer that is written round and round, as a stream's is flushed.
type hashesSink struct {
	bytes, sum uint64
	text       [64 * 128]byte
}

func (s *hashesSink) line(prefix byte, number int) {
	var digits [10]byte
	num := strconv.AppendInt(digits[:0], int64(number), 10)
	sum := sha1.Sum(num)
	p := s.text[s.bytes/hashesLine%128*64:]
	p[0] = prefix
	copy(p[1:], ": 00000")
	copy(p[8-len(num):], num)
	p[8], p[9] = ':', ' '
	hex.Encode(p[10:], sum[:])
	p[50] = '\n'
	s.bytes += hashesLine
	s.sum += binary.BigEndian.Uint64(sum[:])
}

func hashes(b *bench) {
	sinks := make([]hashesSink, 2)
	var done sync.WaitGroup
	b.start()
	for i := uint64(0); i < b.n; i++ {
		done.Add(2)
		for k := range sinks {
			go func(s *hashesSink, prefix byte) {
				for n := 1; n <= hashesLast; n++ {
					s.line(prefix, n)
				}
				done.Done()
			}(&sinks[k], byte('A'+k))
		}
		done.Wait()
	}
	b.stop()
	for k := range sinks {
		b.check("the digests' sum", sinks[k].sum, b.n*hashesSum)
		b.check("bytes", sinks[k].bytes, b.n*hashesLast*hashesLine)
	}
	b.items = float64(b.n * 2 * hashesLast)
}

var hashesDefs = both("hashes/go/procs:%d", 0, 1, hashes)
