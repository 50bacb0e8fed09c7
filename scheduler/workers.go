package scheduler

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// slice is how long a worker keeps a lane while others wait.
	slice = 250 * time.Millisecond
	// reorderEvery bounds how often a busy pool asks the database which lane is the most urgent.
	reorderEvery = 100 * time.Millisecond
	// lookLimit is how many ready lanes one look asks for at first; a full answer doubles the next question up to lookMost.
	lookLimit, lookMost = 1000, 32000
	// maxMisses is how often a lane that somebody else holds is tried again before the sweep has to find it.
	maxMisses = 6
	// lookShare keeps looks over a long backlog to a tenth of one core.
	lookShare = 10
	// nudgeTime is how long a nudge may be under way from another process before the lane it speaks of is worked on without it.
	nudgeTime = 500 * time.Millisecond
	leastRest = 10 * time.Millisecond
)

// turn is what came of one worker's work on one lane.
type turn struct {
	rows  int       // handled
	again bool      // there is more, the slice was over
	until time.Time // rests until then (machine time); zero: until it is woken
	firm  bool      // the rest may not be cut short by a bell
	err   error
	miss  bool // somebody else holds the lane
}

// pool works the lanes of one box (for the outbox: of one platform) with a bounded number of workers. One goroutine, run, owns its state.
type pool struct {
	name    string
	box     Box
	size    int
	queues  Queues
	machine func() time.Time
	log     *slog.Logger
	life    *life

	chime *chime[string]
	gate  *gate                                                  // nil: always open
	ready func(ctx context.Context, limit int) ([]string, error) // lanes with something to do, most urgent first; empty names are skipped
	work  func(h *hold) turn                                     // panics are caught
	taken func(lane string)                                      // the lane is being worked on here
	pause backoff                                                // after errors
	onErr func(lane string, fails int, err error)
	keep  time.Duration // >0: every lane is looked at again after so long

	finished chan finished
	looked   chan look
	nudged   chan struct{} // the gate's room changed
	looks    sync.WaitGroup
	stats    poolStats

	// Owned by run.
	lanes     map[string]*lane
	queue     []*lane
	rests     rests
	busy      int
	looking   bool
	unordered bool
	lookedAt  time.Time
	lookTook  time.Duration
	lookFails int
	limit     int
	all       bool                 // the next look's lanes are all taken at once: the start, or names of bells were lost
	strange   map[string]time.Time // ready, but nobody has rung; since when a look has seen it so
	recheck   time.Time            // of strange lanes
}

type finished struct {
	lane *lane
	turn turn
}

// look is the answer to "which lanes are ready?".
type look struct {
	lanes []string
	took  time.Duration
	err   error
}

// poolStats is read by others; times are machine time in microseconds, 0 = none.
type poolStats struct {
	looked atomic.Int64 // begin of the last look that succeeded

	working, waiting, resting      atomic.Int64
	turns, errors, repairs, leases atomic.Int64
	oldest                         atomic.Int64 // machine time in microseconds since which the head of the queue waits; 0 = nothing waits
}

func (p *pool) init() {
	p.finished = make(chan finished, p.size)
	p.looked = make(chan look, 4)
	p.nudged = make(chan struct{}, 1)
	p.lanes = map[string]*lane{}
	p.limit, p.all = lookLimit, true
	if p.gate != nil {
		p.gate.changed = func() {
			select {
			case p.nudged <- struct{}{}:
			default:
			}
		}
	}
}

// run hands lanes to workers until the soft end, then waits for those in hand.
func (p *pool) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	p.look()
	for {
		now := p.machine()
		p.wake(now)
		if !p.recheck.IsZero() && !p.recheck.After(now) {
			p.recheck = time.Time{}
			p.look()
		}
		next := p.dispatch(now)
		timer.Reset(next)
		select {
		case <-p.life.soft.Done():
			for p.busy > 0 {
				p.finish(<-p.finished)
			}
			p.looks.Wait()
			return
		case <-p.chime.C:
			p.listen()
		case f := <-p.finished:
			p.listen() // what was rung for is no find of the sweep
			p.finish(f)
		case l := <-p.looked:
			p.listen()
			p.merge(l)
		case <-sweep.C:
			p.sweep(p.machine())
		case <-p.nudged:
		case <-timer.C:
		}
	}
}

// dispatch starts workers as long as there is room and says how long to sleep when nothing happens.
func (p *pool) dispatch(now time.Time) time.Duration {
	room, at := p.size, time.Time{}
	if p.gate != nil {
		room, at = p.gate.room(p.size, now)
	}
	if p.life.soft.Err() != nil {
		room = 0
	}
	for len(p.queue) > 0 && p.busy < room {
		l := p.queue[0]
		p.queue = p.queue[1:]
		l.phase = active
		l.rung.Store(false)
		p.busy++
		go func() { p.finished <- finished{l, p.turn(l)} }()
	}
	next := time.Minute
	sooner := func(t time.Time) { next = min(next, max(t.Sub(now), time.Millisecond)) }
	if len(p.queue) > 0 {
		if !at.IsZero() {
			sooner(at)
		} else if p.unordered && !p.looking {
			if due := p.lookedAt.Add(max(reorderEvery, lookShare*p.lookTook)); due.After(now) {
				sooner(due)
			} else {
				p.look()
			}
		}
	}
	if len(p.rests) > 0 {
		sooner(p.rests[0].until)
	}
	if !p.recheck.IsZero() {
		sooner(p.recheck)
	}
	p.publish()
	return next
}

func (p *pool) publish() {
	p.stats.working.Store(int64(p.busy))
	p.stats.waiting.Store(int64(len(p.queue)))
	p.stats.resting.Store(int64(len(p.rests)))
	oldest := int64(0)
	if len(p.queue) > 0 {
		oldest = p.queue[0].since.UnixMicro()
	}
	p.stats.oldest.Store(oldest)
}

// turn claims a lane and works on it.
func (p *pool) turn(l *lane) (t turn) {
	p.stats.turns.Add(1)
	err := guard(func() error {
		h, ok, err := claim(p.life, p.queues, p.machine, p.box, l.name)
		if err != nil {
			return err
		}
		if !ok {
			t.miss = true
			return nil
		}
		defer func() {
			if h.lost() { // somebody else goes on with it
				p.stats.leases.Add(1)
				t = turn{rows: t.rows, miss: true}
			}
			if err := h.release(); err != nil {
				p.log.Debug("lane not released", slog.String("pool", p.name), slog.String("lane", l.name), cause(err))
			}
		}()
		h.looks = func() {
			l.rung.Store(false)
			p.taken(l.name)
		}
		t = p.work(h)
		return nil
	})
	if err != nil && !t.miss {
		t.err = err
	}
	return t
}

// crowded reports whether a worker that began at start should let another lane have its turn.
func (p *pool) crowded(start time.Time) bool {
	return p.stats.waiting.Load() > 0 && p.machine().Sub(start) >= slice
}

func (p *pool) finish(f finished) {
	p.busy--
	l, t := f.lane, f.turn
	rung := l.rung.Swap(false)
	if l.swept && t.rows > 0 && t.err == nil {
		p.stats.repairs.Add(1)
	}
	if t.rows > 0 || rung {
		l.swept = false
	}
	switch {
	case t.err != nil:
		l.fails++
		p.stats.errors.Add(1)
		p.onErr(l.name, l.fails, t.err)
		p.rest(l, p.machine().Add(p.pause.after(l.fails)), true)
		return
	case t.miss:
		if rung {
			l.misses = 0
		}
		if l.misses++; l.misses <= maxMisses {
			p.rest(l, p.machine().Add(10*time.Millisecond<<l.misses), true)
			return
		}
		p.forget(l)
		return
	}
	l.fails, l.misses = 0, 0
	switch {
	case t.firm:
		p.rest(l, t.until, true)
	case t.again || rung:
		p.enqueue(l)
	case !t.until.IsZero():
		least := p.machine().Add(leastRest) // a time that is past already must not make the lane spin
		if t.until.Before(least) {
			t.until = least
		}
		p.rest(l, t.until, false)
	default:
		p.forget(l)
	}
}

// sweep looks for what nudges lost, unless that costs too much or nothing of it could be sent.
func (p *pool) sweep(now time.Time) {
	if p.gate != nil {
		if room, _ := p.gate.room(1, now); room == 0 {
			p.stats.looked.Store(now.UnixMicro())
			return
		}
	}
	if now.Sub(p.lookedAt) >= lookShare*p.lookTook {
		p.look()
	}
}

// look asks the database which lanes are ready. It finds what nudges lost, and tells a crowded pool what is the most urgent.
func (p *pool) look() {
	if p.looking {
		return
	}
	p.looking, p.unordered, p.lookedAt = true, false, p.machine()
	limit := p.limit
	p.looks.Go(func() {
		ctx, cancel := context.WithTimeout(p.life.soft, dbTimeout)
		defer cancel()
		var l look
		l.err = guard(func() (err error) {
			l.lanes, err = p.ready(ctx, limit)
			return err
		})
		l.took = p.machine().Sub(p.lookedAt)
		p.looked <- l
	})
}

// merge brings the queue into the order the database gave and adds the lanes for which a nudge must have got lost.
func (p *pool) merge(found look) {
	p.looking, p.lookTook = false, found.took
	if found.err != nil {
		if p.lookFails++; p.lookFails%60 == 1 && p.life.soft.Err() == nil { // once a minute while the database is away
			p.log.Warn("ready lanes could not be listed", slog.String("pool", p.name), cause(found.err))
		}
		return
	}
	p.lookFails = 0
	if p.limit = lookLimit; len(found.lanes) >= lookLimit {
		p.limit = min(2*len(found.lanes), lookMost)
	}
	now := p.machine()
	ordered := make([]*lane, 0, len(p.queue)+len(found.lanes))
	placed := make(map[*lane]bool, len(found.lanes))
	strange := map[string]time.Time{}
	for _, name := range found.lanes {
		l := p.lanes[name]
		switch {
		case name == "", l != nil && (l.phase == active || l.phase == resting && l.firm):
			continue
		case l == nil:
			since, known := p.strange[name]
			if !known {
				since = now
			}
			if !p.all && now.Sub(since) < nudgeTime {
				strange[name] = since
				continue
			}
			l = &lane{name: name, since: now, swept: !p.all}
			p.lanes[name] = l
		case l.phase == resting:
			p.rouse(l)
			l.since = now
		}
		l.phase = queued
		if !placed[l] {
			placed[l] = true
			ordered = append(ordered, l)
		}
	}
	rest := slices.DeleteFunc(p.queue, func(l *lane) bool { return placed[l] })
	p.queue = append(ordered, rest...)
	p.strange, p.all = strange, false
	if len(strange) > 0 && p.recheck.IsZero() {
		p.recheck = now.Add(nudgeTime)
	}
	p.stats.looked.Store(p.lookedAt.UnixMicro())
}
