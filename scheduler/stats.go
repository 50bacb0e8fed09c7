package scheduler

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"servicedesk/tickets"
)

// SendFailure names one counter of failed sends.
type SendFailure struct {
	Platform tickets.Platform
	Class    tickets.FailureClass
}

// Histogram counts values by upper bounds; Counts has one place more than Bounds, for what lies above them all.
type Histogram struct {
	Bounds []time.Duration
	Counts []int64
	Sum    time.Duration
}

// PoolStats shows one pool of workers. Lag is how long the first lane in its queue has waited for a worker; Repairs counts the lanes that the
// sweep found although nothing had rung for them – a count that keeps rising means that bells get lost.
type PoolStats struct {
	Working, Waiting, Resting int64
	Turns, Errors, LeasesLost int64
	Repairs                   int64
	Lag                       time.Duration
}

// Stats is a snapshot of what the scheduler has done in this process since it was made. Counters only grow; pools and gates are as of now.
type Stats struct {
	Pools map[string]PoolStats

	Sent         map[tickets.Platform]int64
	SendFailures map[SendFailure]int64
	// Gates: open, probing, or shut, by platform.
	Gates map[tickets.Platform]string

	EventsDone, EventsDeferred, EventsDead, AttachmentsLost int64
	Pages, PullFailures                                     int64

	TimersFired, TimerFailures int64
	// Lateness is clock time between a timer's due moment and its firing.
	Lateness Histogram

	// Rings were handed to Redis, RingsAnswered came back from it; dropped ones are left to the sweep.
	Rings, RingErrors, RingsDropped, RingsAnswered int64
	RedisDown                                      bool

	Panics int64
	// SweptAt is the machine time since when every pool has looked into the database; zero when one never could.
	SweptAt time.Time
}

var latenessBounds = []time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond,
	5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 10 * time.Minute,
}

// counters is what the parts count on.
type counters struct {
	eventsDone, eventsDeferred, eventsDead, attachmentsLost atomic.Int64
	pages, pullFailures                                     atomic.Int64
	timerFailures                                           atomic.Int64
	rings, ringErrors, ringsDropped, answered               atomic.Int64
	redisDown                                               atomic.Bool
	panics                                                  atomic.Int64

	mu       sync.Mutex
	sends    map[tickets.Platform]int64
	failures map[SendFailure]int64
	timers   int64
	lateness Histogram
}

func newCounters() *counters {
	return &counters{
		sends: map[tickets.Platform]int64{}, failures: map[SendFailure]int64{},
		lateness: Histogram{Bounds: latenessBounds, Counts: make([]int64, len(latenessBounds)+1)},
	}
}

func (c *counters) sent(p tickets.Platform) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sends[p]++
}

func (c *counters) sendFailed(p tickets.Platform, class tickets.FailureClass) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failures[SendFailure{p, class}]++
}

func (c *counters) fired(late time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, _ := slices.BinarySearch(c.lateness.Bounds, late)
	c.timers++
	c.lateness.Counts[i]++
	c.lateness.Sum += late
}

// Stats gives a snapshot; it may be called at any time.
func (s *Scheduler) Stats() Stats {
	c := s.stats
	out := Stats{
		Pools: map[string]PoolStats{}, Gates: map[tickets.Platform]string{},
		EventsDone: c.eventsDone.Load(), EventsDeferred: c.eventsDeferred.Load(), EventsDead: c.eventsDead.Load(),
		AttachmentsLost: c.attachmentsLost.Load(), Pages: c.pages.Load(), PullFailures: c.pullFailures.Load(),
		TimerFailures: c.timerFailures.Load(),
		Rings:         c.rings.Load(), RingErrors: c.ringErrors.Load(), RingsDropped: c.ringsDropped.Load(), RingsAnswered: c.answered.Load(),
		RedisDown: c.redisDown.Load(), Panics: c.panics.Load(),
	}
	c.mu.Lock()
	out.Sent, out.SendFailures, out.TimersFired = maps.Clone(c.sends), maps.Clone(c.failures), c.timers
	out.Lateness = Histogram{Bounds: c.lateness.Bounds, Counts: slices.Clone(c.lateness.Counts), Sum: c.lateness.Sum}
	c.mu.Unlock()
	out.SweptAt = s.sweptAt()
	now := s.machine()
	for _, p := range s.pools {
		out.Pools[p.name] = p.snapshot(now)
	}
	for name, g := range s.gates {
		out.Gates[name] = g.String()
	}
	return out
}

func (p *pool) snapshot(now time.Time) PoolStats {
	c := &p.stats
	out := PoolStats{
		Working: c.working.Load(), Waiting: c.waiting.Load(), Resting: c.resting.Load(),
		Turns: c.turns.Load(), Errors: c.errors.Load(), LeasesLost: c.leases.Load(), Repairs: c.repairs.Load(),
	}
	if since := c.oldest.Load(); since != 0 {
		out.Lag = max(0, now.Sub(time.UnixMicro(since)))
	}
	return out
}
