package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"servicedesk/handlers"
)

// defaultStart is where a virtual clock starts that was never moved: a Monday morning in working time, the same as the simulator's.
var defaultStart = time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)

// clockKeeper stores the virtual clock, so that every replica sees one time.
type clockKeeper interface {
	ClockAt(ctx context.Context) (time.Time, bool, error)
	SetClockAt(ctx context.Context, t time.Time) error
}

// clock is what promises and windows go by: the machine's, or a virtual one that stands still between moves.
type clock struct {
	virtual bool
	keeper  clockKeeper

	mu  sync.Mutex
	now time.Time

	moving sync.Mutex // one walk at a time
	// settle waits until nothing is left to do; nextDue is the next deadline; moved hears of every step.
	settle  func(context.Context) error
	nextDue func(context.Context) (time.Time, bool, error)
	moved   func(from, to time.Time)
}

// openClock gives the machine's clock, or the virtual one where it was left; a later start moves it on, an earlier one is refused.
func openClock(ctx context.Context, virtual bool, keeper clockKeeper, start time.Time) (*clock, error) {
	c := &clock{virtual: virtual, keeper: keeper}
	if !virtual {
		return c, nil
	}
	kept, ok, err := keeper.ClockAt(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case !ok && start.IsZero():
		kept = defaultStart
	case !ok:
		kept = start
	case !start.IsZero() && start.Before(kept):
		return nil, fmt.Errorf("the kept data is at %s already; give --clock-start a later time, or another --data folder", kept.Format(time.RFC3339))
	case !start.IsZero():
		kept = start
	}
	c.now = kept.UTC()
	return c, keeper.SetClockAt(ctx, c.now)
}

// Now is the present in UTC.
func (c *clock) Now() time.Time {
	if !c.virtual {
		return time.Now().UTC()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) (from time.Time, moved bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !t.After(c.now) {
		return c.now, false
	}
	from, c.now = c.now, t.UTC()
	return from, true
}

// Move walks from one deadline to the next up to the target and lets everything that falls due there finish.
func (c *clock) Move(ctx context.Context, target time.Time) error {
	c.moving.Lock()
	defer c.moving.Unlock()
	if target.Before(c.Now()) {
		return handlers.ErrBackwards
	}
	for {
		if err := c.settle(ctx); err != nil {
			return err
		}
		now := c.Now()
		if !now.Before(target) {
			return nil
		}
		step := target
		due, ok, err := c.nextDue(ctx)
		if err != nil {
			return err
		}
		if ok && due.After(now) && due.Before(target) {
			step = due
		}
		if err := c.jump(ctx, step); err != nil {
			return err
		}
	}
}

// jump sets the clock without waiting for what falls due.
func (c *clock) jump(ctx context.Context, to time.Time) error {
	if err := c.keeper.SetClockAt(ctx, to); err != nil {
		return err
	}
	c.step(to)
	return nil
}

func (c *clock) step(to time.Time) {
	if from, ok := c.set(to); ok {
		c.moved(from, to)
	}
}

// follow keeps up with moves that another replica made.
func (c *clock) follow(ctx context.Context) error {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if kept, ok, err := c.keeper.ClockAt(ctx); err == nil && ok {
				c.step(kept)
			}
		}
	}
}
