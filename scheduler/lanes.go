package scheduler

import (
	"container/heap"
	"sync/atomic"
	"time"
)

type phase int

const (
	queued phase = iota
	active
	resting
)

// lane is what a pool remembers of a lane that is queued, worked on, or resting until a known time. Others are forgotten.
type lane struct {
	name   string
	phase  phase
	rung   atomic.Bool // since its worker last looked
	swept  bool        // nothing but the sweep spoke of it
	firm   bool
	until  time.Time
	since  time.Time // in the queue
	index  int       // in rests
	misses int
	fails  int
}

// listen takes what was rung.
func (p *pool) listen() {
	rung, lost := p.chime.take()
	for _, name := range rung {
		p.ring(name)
	}
	if lost {
		p.all = true
		p.look()
	}
}

// ring notes that a lane has something to do.
func (p *pool) ring(name string) {
	l := p.lanes[name]
	if l == nil {
		l = &lane{name: name}
		p.lanes[name] = l
		p.enqueue(l)
		p.unordered = true
		return
	}
	l.swept = false
	switch {
	case l.phase == active:
		l.rung.Store(true)
	case l.phase == resting && !l.firm:
		p.rouse(l)
		p.enqueue(l)
		p.unordered = true
	case l.phase == resting:
		l.misses = 0
	}
}

// forget drops what is known of a lane; a pool that keeps its lanes looks at it again later.
func (p *pool) forget(l *lane) {
	if p.keep > 0 {
		l.misses = 0
		p.rest(l, p.machine().Add(p.keep), false)
		return
	}
	delete(p.lanes, l.name)
}

func (p *pool) enqueue(l *lane) {
	l.phase, l.since = queued, p.machine()
	p.queue = append(p.queue, l)
}

func (p *pool) rest(l *lane, until time.Time, firm bool) {
	l.phase, l.until, l.firm = resting, until, firm
	heap.Push(&p.rests, l)
}

// rouse ends a lane's rest before its time.
func (p *pool) rouse(l *lane) { heap.Remove(&p.rests, l.index) }

// wake ends the rests that are over.
func (p *pool) wake(now time.Time) {
	for len(p.rests) > 0 && !p.rests[0].until.After(now) {
		p.enqueue(heap.Pop(&p.rests).(*lane))
	}
}

// rests is a heap of resting lanes by the end of their rest.
type rests []*lane

func (r rests) Len() int           { return len(r) }
func (r rests) Less(i, j int) bool { return r[i].until.Before(r[j].until) }
func (r rests) Swap(i, j int)      { r[i], r[j] = r[j], r[i]; r[i].index, r[j].index = i, j }
func (r *rests) Push(x any)        { l := x.(*lane); l.index = len(*r); *r = append(*r, l) }
func (r *rests) Pop() any {
	old := *r
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*r = old[:len(old)-1]
	return l
}
