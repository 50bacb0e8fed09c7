package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"servicedesk/tickets"
)

const (
	// timerPoll is how often due timers are looked for; half of it is the usual lateness.
	timerPoll = 250 * time.Millisecond
	// timerBatch is how many timers one look takes, timerWorkers how many fire at once.
	timerBatch   = 500
	timerWorkers = 16
	// timerCrowd is from how many due timers on several fire in one transaction, timerShare how many: a second in which thousands fall due
	// must not cost a commit each.
	timerCrowd = 4 * timerWorkers
	timerShare = 8
)

// firer fires the timers that are due. Every worker process looks; the compare-and-set in the store lets one fire.
type firer struct {
	queues  Queues
	desk    Desk
	now     func() time.Time // clock
	machine func() time.Time
	chime   *chime[time.Time]
	stats   *counters
	log     *slog.Logger

	mu     sync.Mutex
	failed map[tickets.TimerID]failedTimer
}

// failedTimer rests a timer whose firing failed, so that it neither spins nor keeps others from firing.
type failedTimer struct {
	fails int
	until time.Time // machine time
}

// run looks for due timers until the soft end.
func (f *firer) run(l *life) {
	f.failed = map[tickets.TimerID]failedTimer{}
	poll := time.NewTicker(timerPoll)
	defer poll.Stop()
	fails := 0
	for {
		err := f.look(l)
		if err != nil && l.soft.Err() == nil {
			if fails++; fails == 1 {
				f.log.Warn("due timers could not be listed", cause(err))
			}
		} else {
			fails = 0
		}
		if !f.wait(l, poll.C) {
			return
		}
	}
}

// wait returns at the next tick, or when a timer was armed that is due already; false at the end.
func (f *firer) wait(l *life, tick <-chan time.Time) bool {
	for {
		select {
		case <-l.soft.Done():
			return false
		case <-tick:
			return true
		case <-f.chime.C:
			now := f.now()
			rung, lost := f.chime.take()
			for _, due := range rung {
				lost = lost || !due.After(now)
			}
			if lost {
				return true
			}
		}
	}
}

// look fires all that is due now.
func (f *firer) look(l *life) error {
	maps.DeleteFunc(f.failed, func(_ tickets.TimerID, r failedTimer) bool { return f.machine().Sub(r.until) > 5*time.Minute }) // cancelled since
	for l.soft.Err() == nil {
		ctx, cancel := context.WithTimeout(l.soft, dbTimeout)
		limit := timerBatch + len(f.failed)
		due, err := f.queues.DueTimers(ctx, f.now(), limit)
		cancel()
		if err != nil {
			return fmt.Errorf("due timers: %w", err)
		}
		if f.fire(l, due) == 0 || len(due) < limit {
			return nil
		}
	}
	return nil
}

// fire fires a batch and says how many of it were tried.
func (f *firer) fire(l *life, due []tickets.Timer) (tried int) {
	ready := slices.DeleteFunc(slices.Clone(due), func(t tickets.Timer) bool {
		r, ok := f.rests(t.ID)
		return ok && f.machine().Before(r.until)
	})
	share := 1
	if len(ready) >= timerCrowd {
		share = timerShare
	}
	var g errgroup.Group
	g.SetLimit(timerWorkers)
	for some := range slices.Chunk(ready, share) {
		// In the order of what they are about: two that share transactions never wait for each other crosswise.
		slices.SortStableFunc(some, func(a, b tickets.Timer) int { return cmp.Compare(a.Subject, b.Subject) })
		g.Go(func() error {
			if l.soft.Err() == nil {
				f.some(l, some)
			}
			return nil
		})
	}
	_ = g.Wait() // its functions report nothing
	return len(ready)
}

// some fires a few timers in one transaction; when one of them fails, each alone.
func (f *firer) some(l *life, list []tickets.Timer) {
	if len(list) > 1 {
		if fired, err := f.together(l, list); err == nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			for _, t := range list {
				delete(f.failed, t.ID)
			}
			for _, late := range fired {
				f.stats.fired(late)
			}
			return
		}
	}
	for _, t := range list {
		f.one(l, t)
	}
}

// together takes and fires timers in one transaction and says how late each was that was still to be had.
func (f *firer) together(l *life, list []tickets.Timer) (fired []time.Duration, err error) {
	now := f.now()
	err = guard(func() error {
		ctx, cancel := context.WithTimeout(l.hard, dbTimeout)
		defer cancel()
		return f.queues.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
			fired = fired[:0]
			for _, t := range list {
				taken, err := tx.TakeTimer(ctx, t.ID, now)
				if errors.Is(err, tickets.ErrNotFound) {
					continue
				}
				if err == nil {
					err = f.desk.FireTimer(ctx, tx, taken)
				}
				if err != nil {
					return err
				}
				fired = append(fired, now.Sub(t.DueAt))
			}
			return nil
		})
	})
	return fired, err
}

func (f *firer) rests(id tickets.TimerID) (failedTimer, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.failed[id]
	return r, ok
}

// one takes and fires a timer in one transaction.
func (f *firer) one(l *life, t tickets.Timer) {
	now, took := f.now(), false
	err := guard(func() error {
		ctx, cancel := context.WithTimeout(l.hard, dbTimeout)
		defer cancel()
		return f.queues.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
			took = false
			taken, err := tx.TakeTimer(ctx, t.ID, now)
			if err != nil {
				return err
			}
			took = true
			return f.desk.FireTimer(ctx, tx, taken)
		})
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err == nil:
		delete(f.failed, t.ID)
		f.stats.fired(now.Sub(t.DueAt))
	case !took && errors.Is(err, tickets.ErrNotFound): // somebody else fired it, or it was cancelled or moved
		delete(f.failed, t.ID)
	default:
		r := f.failed[t.ID]
		r.fails++
		r.until = f.machine().Add(timerBackoff.after(r.fails))
		f.failed[t.ID] = r
		f.stats.timerFailures.Add(1)
		f.report(t, r.fails, err)
	}
}

func (f *firer) report(t tickets.Timer, n int, err error) {
	attrs := []slog.Attr{slog.Int64("timer", int64(t.ID)), slog.String("kind", string(t.Kind)), slog.Int("attempt", n), cause(err)}
	if e := new(panicError); errors.As(err, &e) {
		f.stats.panics.Add(1)
		attrs = append(attrs, slog.String("stack", string(e.stack)))
	}
	f.log.LogAttrs(context.Background(), slog.LevelError, "timer not fired, it stays due", attrs...)
}
