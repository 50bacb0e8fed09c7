package kernel

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrNotVirtual says that a real clock cannot be moved (HTTP 409).
	ErrNotVirtual = errors.New("the clock is real: start with --virtual-clock to move it")
	// ErrBackwards says that a clock only goes forward (HTTP 400).
	ErrBackwards = errors.New("the clock only goes forward: name a later time")
	// ErrStuck says that the desk calls something due which it does not do, so that the walk cannot go on.
	ErrStuck = errors.New("the desk does not do what is due")
)

// Desk is the other side of a walk: the product whose clock moves together with the simulator's.
type Desk interface {
	// NextDue is the desk's next moment at which something falls due; ok is false when it waits for nothing.
	NextDue(ctx context.Context) (t time.Time, ok bool, err error)
	// Set moves the desk's clock; a walk never sets it beyond its NextDue.
	Set(ctx context.Context, t time.Time) error
	// Settle returns when the desk has no work left (what it holds back for a closed window does not count).
	Settle(ctx context.Context) error
}

const (
	// stuckAfter is how often a walk looks again at one moment before it gives up.
	stuckAfter = 200
	// lookAgain is the machine time between two looks at a desk that has something due but no work.
	lookAgain = 20 * time.Millisecond
)

// Walk moves the clock to target, from one due moment to the next on both sides, and lets everything finish at each of
// them before it goes on. One walk runs at a time; a second one waits. A nil desk means that the simulator is alone.
// Errors: ErrNotVirtual, ErrBackwards, ErrStuck, the context's and the desk's.
func (c *Clock) Walk(ctx context.Context, target time.Time, desk Desk) error {
	return c.walk(ctx, desk, func(time.Time) time.Time { return target })
}

// Advance is Walk to d after the time at which this walk starts.
func (c *Clock) Advance(ctx context.Context, d time.Duration, desk Desk) error {
	return c.walk(ctx, desk, func(now time.Time) time.Time { return now.Add(d) })
}

func (c *Clock) walk(ctx context.Context, desk Desk, to func(now time.Time) time.Time) error {
	if !c.virtual {
		return ErrNotVirtual
	}
	if desk == nil {
		desk = noDesk{}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.walking:
	}
	defer func() { c.walking <- struct{}{} }()
	target := to(c.Now())
	if target.Before(c.Now()) {
		return ErrBackwards
	}
	// What is under way at the present moment belongs to it, so it is finished before the first move.
	if err := c.live(ctx, desk); err != nil {
		return err
	}
	for c.Now().Before(target) {
		next, err := c.next(ctx, target, desk)
		if err != nil {
			return err
		}
		c.set(next)
		if err := desk.Set(ctx, next); err != nil {
			return fmt.Errorf("move the desk's clock: %w", err)
		}
		if err := c.live(ctx, desk); err != nil {
			return err
		}
	}
	return nil
}

// next is the earliest due moment of both sides, at most target.
func (c *Clock) next(ctx context.Context, target time.Time, desk Desk) (time.Time, error) {
	next := target
	if t, ok := c.NextDue(); ok && t.Before(next) {
		next = t
	}
	t, ok, err := desk.NextDue(ctx)
	if err != nil {
		return next, fmt.Errorf("ask the desk what is due next: %w", err)
	}
	if ok && t.Before(next) {
		next = t
	}
	return next, nil
}

// live lets everything happen that is due at the present moment, on both sides, until neither has anything left.
func (c *Clock) live(ctx context.Context, desk Desk) error {
	for range stuckAfter {
		worked, err := c.runDue(ctx)
		if err != nil {
			return err
		}
		begun := c.begun()
		if err := desk.Settle(ctx); err != nil {
			return fmt.Errorf("wait for the desk: %w", err)
		}
		// What the desk's work set off here may in turn be work for the desk.
		if own, ok := c.NextDue(); worked || c.begun() != begun || (ok && !own.After(c.Now())) {
			continue
		}
		t, ok, err := desk.NextDue(ctx)
		if err != nil {
			return fmt.Errorf("ask the desk what is due next: %w", err)
		}
		if !ok || t.After(c.Now()) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lookAgain):
		}
	}
	return fmt.Errorf("%w at %s", ErrStuck, c.Now().Format(time.RFC3339))
}

// runDue runs the own due functions in order and waits for all that is under way; worked tells whether there was any.
func (c *Clock) runDue(ctx context.Context) (worked bool, err error) {
	for f := c.takeDue(); f != nil; f = c.takeDue() {
		worked = true
		c.Go(f)
		if err := c.rest(ctx); err != nil {
			return worked, err
		}
	}
	return worked, c.rest(ctx)
}

func (c *Clock) rest(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.quiet():
		return nil
	}
}

// noDesk is a desk that never has anything to do.
type noDesk struct{}

func (noDesk) NextDue(context.Context) (time.Time, bool, error) { return time.Time{}, false, nil }
func (noDesk) Set(context.Context, time.Time) error             { return nil }
func (noDesk) Settle(context.Context) error                     { return nil }
