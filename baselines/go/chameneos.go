// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

type colour int

const (
	blue colour = iota
	red
	yellow
)

var chameneosFirst = [10]colour{blue, red, yellow, red, yellow, blue, red, yellow, red, blue}

func complement(a, b colour) colour {
	if a == b {
		return a
	}
	return 3 - a - b
}

type meeting struct {
	other  int
	colour colour // of the other, before they met
}

type creature struct {
	id                   int
	colour               colour
	met                  chan meeting // capacity 1: who came second says whom the first has met
	meetings, withItself uint64
}

type meetingPlace struct {
	lock    sync.Mutex
	waiting *creature // under lock, as left
	left    uint64
}

func (p *meetingPlace) meet(c *creature) (meeting, bool) {
	p.lock.Lock()
	if p.left == 0 {
		p.lock.Unlock()
		return meeting{}, false
	}
	first := p.waiting
	if first == nil {
		p.waiting = c
		p.lock.Unlock()
		return <-c.met, true
	}
	p.waiting = nil
	p.left--
	m := meeting{first.id, first.colour}
	p.lock.Unlock()
	first.met <- meeting{c.id, c.colour}
	return m, true
}

func chameneos(b *bench) {
	place := meetingPlace{left: b.n}
	all := make([]creature, b.def.arg)
	for i := range all {
		all[i] = creature{id: i, colour: chameneosFirst[i], met: make(chan meeting, 1)}
	}
	var done sync.WaitGroup
	b.start()
	done.Add(len(all))
	for i := range all {
		go func(c *creature) {
			for m, ok := place.meet(c); ok; m, ok = place.meet(c) {
				c.meetings++
				if m.other == c.id {
					c.withItself++
				}
				c.colour = complement(c.colour, m.colour)
			}
			done.Done()
		}(&all[i])
	}
	done.Wait()
	b.stop()
	var meetings, withItself uint64
	for i := range all {
		meetings += all[i].meetings
		withItself += all[i].withItself
	}
	b.check("visits", meetings, 2*b.n)
	b.check("who met itself", withItself, 0)
}

var chameneosDefs = join(both("chameneos-redux/go/procs:%d/creatures:3", 3, 500, chameneos),
	both("chameneos-redux/go/procs:%d/creatures:10", 10, 500, chameneos))
