// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"io"
	"os"
	"sync"
)

// schedPipe uses os.Pipe: non-blocking, by way of Go's poller, as any file of that kind.
func schedPipe(b *bench) {
	toRead, there, err := os.Pipe()
	if err != nil {
		b.err = err.Error()
		return
	}
	answers, back, err := os.Pipe()
	if err != nil {
		b.err = err.Error()
		return
	}
	var done sync.WaitGroup
	done.Add(1)
	go func() {
		buf := make([]byte, 4)
		for {
			if _, err := io.ReadFull(toRead, buf); err != nil {
				break
			}
			binary.LittleEndian.PutUint32(buf, binary.LittleEndian.Uint32(buf)+1)
			if _, err := back.Write(buf); err != nil {
				break
			}
		}
		done.Done()
	}()
	buf := make([]byte, 4)
	b.start()
	for i := uint64(0); i < b.n; i++ {
		if _, err := there.Write(buf); err != nil {
			break
		}
		if _, err := io.ReadFull(answers, buf); err != nil {
			break
		}
	}
	b.stop()
	there.Close()
	done.Wait()
	for _, f := range []*os.File{toRead, answers, back} {
		f.Close()
	}
	b.check("answers", uint64(binary.LittleEndian.Uint32(buf)), b.n)
}

var schedPipeDefs = both("sched-pipe/go/procs:%d", 0, 20, schedPipe)
