package kernel

import (
	"container/heap"
	"sync"
	"time"
)

// Clock tells the time that people live by: windows, lives of tokens and codes, ages of callbacks, redelivery schedules.
// A real clock follows the machine; a virtual one stands still between walks. Safe for concurrent use.
type Clock struct {
	virtual bool

	mu      sync.Mutex
	now     time.Time // virtual clock only
	due     dueHeap   // virtual clock only
	serial  int64
	started int64         // functions ever started
	running int           // functions started and not yet returned
	idle    chan struct{} // closed when running falls to 0; nil while nobody waits
	onMove  []func(time.Time)

	walking chan struct{} // holds one token: a walk at a time
}

// NewClock returns a clock. A virtual one shows start until it is moved; a real one ignores start.
func NewClock(virtual bool, start time.Time) *Clock {
	c := &Clock{virtual: virtual, now: start, walking: make(chan struct{}, 1)}
	c.walking <- struct{}{}
	return c
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	if !c.virtual {
		return time.Now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Virtual reports whether the clock stands still between walks.
func (c *Clock) Virtual() bool { return c.virtual }

// OnMove registers f to be told each new time of a virtual clock, before anything that falls due there runs.
func (c *Clock) OnMove(f func(time.Time)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onMove = append(c.onMove, f)
}

// At runs f once the clock has reached t; at once, in its own goroutine, when t is past. During a walk the walker waits
// for f to return. The returned function cancels; it does nothing once f has started.
func (c *Clock) At(t time.Time, f func()) (cancel func()) {
	if !c.virtual {
		timer := time.AfterFunc(time.Until(t), f)
		return func() { timer.Stop() }
	}
	c.mu.Lock()
	if !t.After(c.now) {
		c.mu.Unlock()
		c.Go(f)
		return func() {}
	}
	c.serial++
	d := &due{at: t, serial: c.serial, f: f}
	heap.Push(&c.due, d)
	c.mu.Unlock()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if d.index >= 0 {
			heap.Remove(&c.due, d.index)
		}
	}
}

// Go runs f in its own goroutine; a walk does not leave the present moment before f has returned.
func (c *Clock) Go(f func()) {
	c.begin()
	go func() {
		defer c.end()
		f()
	}()
}

// NextDue is the earliest moment for which At holds something; a real clock knows none.
func (c *Clock) NextDue() (time.Time, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.due) == 0 {
		return time.Time{}, false
	}
	return c.due[0].at, true
}

// set moves the time and tells the listeners; false when t is not later.
func (c *Clock) set(t time.Time) bool {
	c.mu.Lock()
	if !t.After(c.now) {
		c.mu.Unlock()
		return false
	}
	c.now = t
	told := c.onMove
	c.mu.Unlock()
	for _, f := range told {
		f(t)
	}
	return true
}

// takeDue removes and returns the earliest function whose moment has come, nil when there is none.
func (c *Clock) takeDue() func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.due) == 0 || c.due[0].at.After(c.now) {
		return nil
	}
	return heap.Pop(&c.due).(*due).f
}

func (c *Clock) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.started++
	c.running++
}

// begun is how many functions were started so far.
func (c *Clock) begun() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.started
}

func (c *Clock) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	if c.running == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// quiet returns a channel that is closed once no started function is running.
func (c *Clock) quiet() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running == 0 {
		done := make(chan struct{})
		close(done)
		return done
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	return c.idle
}

// due is one function waiting for its moment.
type due struct {
	at     time.Time
	serial int64 // order of registration decides between equals
	f      func()
	index  int // place in the heap, -1 when taken out
}

type dueHeap []*due

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].serial < h[j].serial
	}
	return h[i].at.Before(h[j].at)
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is for container/heap.
func (h *dueHeap) Push(x any) {
	d := x.(*due)
	d.index = len(*h)
	*h = append(*h, d)
}

// Pop is for container/heap.
func (h *dueHeap) Pop() any {
	old := *h
	d := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	d.index = -1
	return d
}
