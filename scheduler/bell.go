package scheduler

import (
	"sync"
	"sync/atomic"
	"time"

	"servicedesk/tickets"
)

// maxRung bounds what one chime remembers; beyond it a full look replaces the names.
const maxRung = 8192

// Bell tells the parts of this process that there may be work; nothing waits for it and nothing depends on it. It is made before the store,
// which rings it after commits, and handed to New, which adds the second ring through Redis. Its methods never block.
type Bell struct {
	outbox map[tickets.Platform]*chime[string]
	inbox  *chime[string]
	pulls  *chime[string]
	timers *chime[time.Time]
	second atomic.Pointer[ringer]
	// deaf is set when this process runs no workers: nobody would ever take what is rung here.
	deaf atomic.Bool
}

var _ tickets.Waker = (*Bell)(nil)

// NewBell makes a bell that keeps what is rung until a Scheduler listens.
func NewBell() *Bell {
	return &Bell{
		outbox: map[tickets.Platform]*chime[string]{tickets.WeCom: newChime[string](), tickets.Feishu: newChime[string]()},
		inbox:  newChime[string](),
		pulls:  newChime[string](),
		timers: newChime[time.Time](),
	}
}

// WakeLane says that a lane of the outbox has something to send.
func (b *Bell) WakeLane(lane tickets.Lane) {
	b.wakeLane(lane)
	b.again(taskDeliver, string(lane))
}

// WakeInbox says that a lane of the inbox has an event.
func (b *Bell) WakeInbox(lane string) {
	b.wakeInbox(lane)
	b.again(taskReceive, lane)
}

// WakePull says that an account has news on its platform; empty stands for every account.
func (b *Bell) WakePull(account tickets.RemoteID) {
	b.wakePull(pullLane(account))
	b.again(taskPull, pullLane(account))
}

// WakeTimer says that a timer was armed for due (clock time).
func (b *Bell) WakeTimer(id tickets.TimerID, due time.Time) {
	b.wakeTimer(due)
	if r := b.second.Load(); r != nil {
		r.ringTimer(tickets.Timer{ID: id, DueAt: due, Urgency: tickets.UrgencyInteractive})
	}
}

// attach gives the bell its second ring (nil = none); local says whether this process runs workers.
func (b *Bell) attach(second *ringer, local bool) {
	b.second.Store(second)
	b.deaf.Store(!local)
}

func (b *Bell) again(kind, key string) {
	if r := b.second.Load(); r != nil {
		r.ring(task{kind, key}, queueInteractive, time.Time{})
	}
}

// The lower-case twins ring in this process alone: a task from Redis must not be rung back into Redis.

func (b *Bell) wakeLane(lane tickets.Lane) {
	if c := b.outbox[lane.Platform()]; c != nil && !b.deaf.Load() {
		c.ring(string(lane))
	}
}

func (b *Bell) wakeInbox(lane string) {
	if !b.deaf.Load() {
		b.inbox.ring(lane)
	}
}

func (b *Bell) wakePull(lane string) {
	if !b.deaf.Load() {
		b.pulls.ring(lane)
	}
}

func (b *Bell) wakeTimer(due time.Time) {
	if !b.deaf.Load() {
		b.timers.ring(due)
	}
}

// chime is a set of names with a signal: ringing twice before anybody looks is ringing once.
type chime[K comparable] struct {
	C chan struct{}

	mu    sync.Mutex
	known map[K]struct{}
	order []K
	lost  bool
}

func newChime[K comparable]() *chime[K] {
	return &chime[K]{C: make(chan struct{}, 1), known: map[K]struct{}{}}
}

func (c *chime[K]) ring(k K) {
	c.mu.Lock()
	if _, ok := c.known[k]; !ok {
		if len(c.order) < maxRung {
			c.known[k] = struct{}{}
			c.order = append(c.order, k)
		} else {
			c.lost = true
		}
	}
	c.mu.Unlock()
	select {
	case c.C <- struct{}{}:
	default:
	}
}

// take gives what was rung since the last take, in order; lost says that there was more than could be remembered.
func (c *chime[K]) take() (rung []K, lost bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rung, lost = c.order, c.lost
	c.order, c.lost = nil, false
	clear(c.known)
	return rung, lost
}
