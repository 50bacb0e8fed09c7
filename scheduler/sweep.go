package scheduler

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"servicedesk/tickets"
)

const (
	// sweepEvery is how often every pool looks for what no bell spoke of: the recovery from kill -9, a wiped Redis, and lost tasks.
	sweepEvery = time.Second
	// keepFor is how long done events and sent bodies are kept by default: well above any platform's redelivery and pull history.
	keepFor    = 14 * 24 * time.Hour
	pruneEvery = time.Hour
	// pruneTimeout bounds one pruning; what is left waits for the next hour.
	pruneTimeout = 5 * time.Minute
	// loadEvery is the window of timers handed to asynq at once, loadLimit how many: the rest is found by the poll.
	loadEvery = time.Minute
	loadLimit = 1000
	beatEvery = time.Minute
)

// periodic runs the jobs that belong to a time of day rather than to a row. Of all processes one wins each tick.
func (s *Scheduler) periodic(l *life) {
	prune := &job{name: "prune", every: pruneEvery, run: func(ctx context.Context, at time.Time) error {
		return s.queues.Prune(ctx, at.Add(-s.keep))
	}}
	jobs := []*job{prune}
	if s.ringer != nil && s.ringer.timers {
		jobs = append(jobs, &job{name: "ring timers", every: loadEvery, run: s.loadTimers})
	}
	var beat time.Time
	var background sync.WaitGroup
	defer background.Wait()
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		for _, j := range jobs {
			s.try(l, j, &background)
		}
		if now := s.machine(); s.heartbeat != nil && now.Sub(beat) >= beatEvery && now.Sub(s.sweptAt()) < 5*sweepEvery {
			beat = now
			background.Go(func() {
				ctx, cancel := context.WithTimeout(l.soft, dbTimeout)
				defer cancel()
				_ = guard(func() error { s.heartbeat(ctx); return nil })
			})
		}
		select {
		case <-l.soft.Done():
			return
		case <-tick.C:
		}
	}
}

// job is periodic work: run is called by one process for each multiple of every (clock time).
type job struct {
	name  string
	every time.Duration
	last  time.Time
	run   func(ctx context.Context, at time.Time) error
}

// try starts the job's run for the present tick, when this process is the one.
func (s *Scheduler) try(l *life, j *job, background *sync.WaitGroup) {
	at := s.now().Truncate(j.every)
	if at.Equal(j.last) {
		return
	}
	ctx, cancel := context.WithTimeout(l.soft, dbTimeout)
	defer cancel()
	var mine bool
	err := guard(func() (err error) {
		mine, err = s.queues.Tick(ctx, j.name, at)
		return err
	})
	if err != nil {
		if l.soft.Err() == nil {
			s.log.Warn("periodic job not begun, next try in a second", slog.String("job", j.name), cause(err))
		}
		return
	}
	j.last = at
	if !mine {
		return
	}
	background.Go(func() {
		ctx, cancel := context.WithTimeout(l.soft, pruneTimeout)
		defer cancel()
		if err := guard(func() error { return j.run(ctx, at) }); err != nil && l.soft.Err() == nil {
			s.log.Error("periodic job failed", slog.String("job", j.name), cause(err))
		}
	})
}

// loadTimers hands to asynq what falls due in the minute after this one; timers armed later than that were handed over when they were armed.
func (s *Scheduler) loadTimers(ctx context.Context, at time.Time) error {
	timers, err := s.queues.UpcomingTimers(ctx, at.Add(loadEvery), at.Add(2*loadEvery), loadLimit)
	if err != nil {
		return fmt.Errorf("upcoming timers: %w", err)
	}
	for _, t := range timers {
		s.ringer.ringTimer(t)
	}
	return nil
}

// sweptAt is when the pool that has gone longest without a look had its last one.
func (s *Scheduler) sweptAt() (at time.Time) {
	for _, p := range s.pools {
		looked := p.stats.looked.Load()
		if looked == 0 {
			return time.Time{}
		}
		if t := time.UnixMicro(looked); at.IsZero() || t.Before(at) {
			at = t
		}
	}
	return at
}

// ClockMoved tells the scheduler that the virtual clock was moved: what is due now fires, and after a minute or more the safety polls are due.
func (s *Scheduler) ClockMoved(from, to time.Time) {
	s.bell.wakeTimer(to)
	if s.puller != nil && to.Sub(from) >= pollEvery {
		s.puller.force()
	}
}

// Backlog counts the work left at the clock's now. Safety polls that are due and allowed count as pulls.
func (s *Scheduler) Backlog(ctx context.Context) (Backlog, error) {
	b, err := s.queues.Backlog(ctx, s.now())
	if err != nil {
		return b, fmt.Errorf("backlog: %w", err)
	}
	if s.puller != nil && s.running.Load() {
		b.Pulls = max(b.Pulls, s.puller.pending())
	}
	return b, nil
}

// Idle returns when no work is left that can be done; held messages are none. It looks twice, since work moves from box to box while it is counted.
func (s *Scheduler) Idle(ctx context.Context) error {
	for clear := 0; ; {
		b, err := s.Backlog(ctx)
		if err != nil {
			return err
		}
		if clear++; s.movable(b) > 0 {
			clear = 0
		}
		if clear == 2 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("still waiting for work to end: %w", context.Cause(ctx))
		case <-time.After(idlePoll):
		}
	}
}

// movable is the work that can be done: what waits for a platform known to be down is left out.
func (s *Scheduler) movable(b Backlog) int {
	toWeCom, toFeishu := b.ToWeCom+b.Pulls, b.Outbox-b.ToWeCom
	if s.watcher.down(tickets.WeCom) {
		toWeCom = 0
	}
	if s.watcher.down(tickets.Feishu) {
		toFeishu = 0
	}
	return b.Inbox + b.DueTimers + toWeCom + toFeishu
}

// idlePoll is how often Idle looks.
const idlePoll = 5 * time.Millisecond
