// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

const (
	spawnBatch   = 1000
	spawnTouched = 2048
)

type spawner struct {
	slots         [spawnBatch]uint64
	done, arrived sync.WaitGroup
}

func (s *spawner) child(slot *uint64) {
	*slot++
	s.done.Done()
}

func (s *spawner) batch() {
	s.done.Add(spawnBatch)
	for i := range s.slots {
		go s.child(&s.slots[i])
	}
	s.done.Wait()
}

func (s *spawner) oneByOne() {
	for i := range s.slots {
		s.done.Add(1)
		go s.child(&s.slots[i])
		s.done.Wait()
	}
}

//go:noinline
func touch(room *[spawnTouched]byte) {
	for i := 0; i < len(room); i += 64 {
		room[i] = 1
	}
}

func (s *spawner) parkingChild(slot *uint64, gate chan struct{}) {
	var room [spawnTouched]byte
	touch(&room)
	s.arrived.Done()
	<-gate
	*slot += uint64(room[spawnTouched-64])
	s.done.Done()
}

func (s *spawner) parking() {
	gate := make(chan struct{})
	s.done.Add(spawnBatch)
	s.arrived.Add(spawnBatch)
	for i := range s.slots {
		go s.parkingChild(&s.slots[i], gate)
	}
	s.arrived.Wait()
	close(gate)
	s.done.Wait()
}

func spawn(way func(s *spawner)) func(b *bench) {
	return func(b *bench) {
		s := new(spawner)
		var sum uint64
		way(s)
		b.start()
		for i := uint64(0); i < b.n; i++ {
			way(s)
		}
		b.stop()
		for _, v := range s.slots {
			sum += v
		}
		b.check("children that ran", sum, (b.n+1)*spawnBatch)
		b.items = float64(b.n * spawnBatch)
	}
}

var spawnDefs = join(
	both("spawn/go/procs:%d", 0, 1, spawn((*spawner).batch)),
	both("spawn/go/procs:%d/mode:one", 0, 1, spawn((*spawner).oneByOne)),
	both("spawn/go/procs:%d/mode:park", 0, 1, spawn((*spawner).parking)),
)
