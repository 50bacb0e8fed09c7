// Package pace keeps calls inside a platform's rate limits before the platform has to refuse them. Who waits is let through by urgency and
// then by arrival, so that an urgent call overtakes a backlog.
package pace

import (
	"context"
	"sort"
	"sync"
	"time"
)

// Urgent is the rank of calls that may use a place as soon as there is one. Greater ranks come later, and are spread: see Window.
const Urgent = 0

// Limit is one thing that calls share: an API, a chat, a message.
type Limit struct {
	// Key names it. The same key always comes with the same windows.
	Key     string
	Windows []Window
}

// Pacer hands out permission to call. The zero value is not usable; see New. It starts no goroutines.
type Pacer struct {
	mu      sync.Mutex
	buckets map[string]*bucket
	queue   []*waiter // by rank, then by arrival
	arrived uint64
	paused  time.Time
	timer   *time.Timer // runs while somebody waits
}

// bucket is what is known of one key.
type bucket struct {
	windows []*window
	paused  time.Time
	held    int // waiters and calls on their way
}

type waiter struct {
	rank    int
	arrival uint64
	needs   []*bucket
	ready   chan struct{}
	granted bool
}

// New makes a pacer.
func New() *Pacer { return &Pacer{buckets: map[string]*bucket{}} }

// Acquire waits until a call is allowed by all the limits. Done must be called when the call's answer is there (or will never come): a place
// is taken from the permission until one window after the answer, because the platform counted the call somewhere in between. That keeps
// the limit exactly, however long calls take. Done may be called more than once. The only error is the context's.
func (p *Pacer) Acquire(ctx context.Context, rank int, limits ...Limit) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := p.enter(rank, limits)
	select {
	case <-w.ready:
	case <-ctx.Done():
		if p.leave(w) {
			return nil, ctx.Err()
		}
		// The permission came in the same moment: the caller learns of the end of its context from its call.
	}
	var once sync.Once
	return func() { once.Do(func() { p.finish(w) }) }, nil
}

// Pause lets nobody through who needs the key until d has passed; an empty key pauses everything. A longer pause is not shortened.
func (p *Pacer) Pause(key string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	until := time.Now().Add(d)
	if key == "" {
		p.paused = later(p.paused, until)
	} else {
		b := p.bucket(Limit{Key: key})
		b.paused = later(b.paused, until)
	}
	p.dispatch()
}

// Waiting is how many wait for permission.
func (p *Pacer) Waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

func (p *Pacer) enter(rank int, limits []Limit) *waiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived++
	if p.arrived%1024 == 0 {
		p.forget(time.Now())
	}
	w := &waiter{rank: rank, arrival: p.arrived, ready: make(chan struct{})}
	for _, l := range limits {
		b := p.bucket(l)
		b.held++
		w.needs = append(w.needs, b)
	}
	at := sort.Search(len(p.queue), func(i int) bool { return p.queue[i].rank > rank })
	p.queue = append(p.queue, nil)
	copy(p.queue[at+1:], p.queue[at:])
	p.queue[at] = w
	p.dispatch()
	return w
}

// leave takes a waiter out of the queue; false: it was let through already.
func (p *Pacer) leave(w *waiter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.granted {
		return false
	}
	for i, q := range p.queue {
		if q == w {
			p.queue = append(p.queue[:i], p.queue[i+1:]...)
			break
		}
	}
	for _, b := range w.needs {
		b.held--
	}
	p.dispatch()
	return true
}

func (p *Pacer) finish(w *waiter) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, b := range w.needs {
		b.held--
		for _, win := range b.windows {
			win.answered(now)
		}
	}
	p.dispatch()
}

// dispatch lets through who may go now, and sets the timer for the next who may.
func (p *Pacer) dispatch() {
	now := time.Now()
	var next time.Time
	kept := p.queue[:0]
	for _, w := range p.queue {
		at, known := p.earliest(w, now)
		if known && !at.After(now) {
			w.granted = true
			for _, b := range w.needs {
				for _, win := range b.windows {
					win.take(now)
				}
			}
			close(w.ready)
			continue
		}
		if known && (next.IsZero() || at.Before(next)) {
			next = at
		}
		kept = append(kept, w)
	}
	clear(p.queue[len(kept):])
	p.queue = kept
	p.schedule(now, next)
}

func (p *Pacer) schedule(now, next time.Time) {
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if next.IsZero() {
		return // nobody waits, or all wait for an answer
	}
	p.timer = time.AfterFunc(next.Sub(now), func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.dispatch()
	})
}

// earliest is when all that w needs has a place for it; known=false: that hangs on calls that are on their way.
func (p *Pacer) earliest(w *waiter, now time.Time) (at time.Time, known bool) {
	at = later(now, p.paused)
	for _, b := range w.needs {
		at = later(at, b.paused)
		for _, win := range b.windows {
			t, ok := win.next(now, w.rank <= Urgent)
			if !ok {
				return time.Time{}, false
			}
			at = later(at, t)
		}
	}
	return at, true
}

func (p *Pacer) bucket(l Limit) *bucket {
	b := p.buckets[l.Key]
	if b == nil {
		b = &bucket{}
		p.buckets[l.Key] = b
	}
	if b.windows == nil {
		for _, w := range l.Windows {
			b.windows = append(b.windows, newWindow(w))
		}
	}
	return b
}

// forget drops what nobody uses and what holds nobody back.
func (p *Pacer) forget(now time.Time) {
	for key, b := range p.buckets {
		idle := b.held == 0 && !b.paused.After(now)
		for _, w := range b.windows {
			w.expire(now)
			idle = idle && len(w.answers) == 0
		}
		if idle {
			delete(p.buckets, key)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
