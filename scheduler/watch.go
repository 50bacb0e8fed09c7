package scheduler

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"servicedesk/bot"
	"servicedesk/tickets"
)

const (
	// downAfter failures in a row and downFor (machine time) or downClock (clock time) without a success, a platform counts as down: the
	// operators are to hear of it within two minutes, and a poll may be a minute apart from the next.
	downAfter = 5
	downFor   = 30 * time.Second
	downClock = time.Minute
	// watchEvery is how often it is looked at.
	watchEvery = 5 * time.Second
)

// watch knows whether a platform answers. Refusals are answers.
type watch struct {
	platform tickets.Platform

	mu         sync.Mutex
	fails      int
	since      time.Time // machine time of the first failure in a row
	sinceClock time.Time
	told       bool
	back       bool // it answers again, which nobody was told yet
}

// heard learns from a call's outcome.
func (w *watch) heard(err error, machine, clock time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil || bot.FailureOf(err).Class != tickets.Transient {
		w.fails, w.back = 0, w.told
		return
	}
	if w.fails++; w.fails == 1 && !w.told {
		w.since, w.sinceClock = machine, clock
	}
	w.back = false
}

// news is what the operators are to be told now: down, or back; neither.
func (w *watch) news(machine, clock time.Time) (down, back bool, since time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	long := machine.Sub(w.since) >= downFor || clock.Sub(w.sinceClock) >= downClock
	return !w.told && w.fails >= downAfter && long, w.told && w.back, w.sinceClock
}

func (w *watch) toldOf(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.back = down, false
}

// watcher tells the operators of platforms that do not answer, and when they do again.
type watcher struct {
	queues  Queues
	desk    Desk
	now     func() time.Time
	machine func() time.Time
	watches map[tickets.Platform]*watch
	log     *slog.Logger
}

func (s *watcher) run(l *life) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.soft.Done():
			return
		case <-tick.C:
			for _, w := range s.watches {
				s.look(l, w)
			}
		}
	}
}

func (s *watcher) look(l *life, w *watch) {
	down, back, since := w.news(s.machine(), s.now())
	if !down && !back {
		return
	}
	ctx, cancel := context.WithTimeout(l.soft, dbTimeout)
	defer cancel()
	err := guard(func() error {
		return s.queues.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
			if down {
				return s.desk.PlatformDown(ctx, tx, w.platform, since)
			}
			return s.desk.PlatformBack(ctx, tx, w.platform, since)
		})
	})
	if err != nil {
		s.log.Warn("the operators could not be told of a platform's state", slog.String("platform", string(w.platform)), cause(err))
		return
	}
	if down {
		s.log.Error("platform does not answer; what it is to get waits", slog.String("platform", string(w.platform)), slog.Time("since", since))
	} else {
		s.log.Info("platform answers again", slog.String("platform", string(w.platform)))
	}
	w.toldOf(down)
}

// down reports whether the operators were told that the platform does not answer. A process that does not send knows nothing.
func (s *watcher) down(p tickets.Platform) bool {
	if s == nil || s.watches[p] == nil {
		return false
	}
	w := s.watches[p]
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.told
}
