package tickets

import (
	"context"
	"time"
)

// planPrefix begins the timer kinds of plans.
const planPrefix = "plan:"

// plan is what the desk does by itself at its hours: daily gaps, Friday drafts. It is a timer like any other, set again when it fires; after
// downtime it fires once, late.
type plan struct {
	name string
	// next is the first moment after now at which it is due; now is in the desk's zone.
	next func(now time.Time) time.Time
	// run does it; due is when it should have been done.
	run func(ctx context.Context, d *Desk, tx Tx, due time.Time) error
}

// plans are all of them; filled at start.
var plans = map[string]plan{}

func init() {
	for _, part := range [][]plan{directoryPlans, presencePlans, routingPlans, supervisionPlans} {
		for _, p := range part {
			plans[p.name] = p
		}
	}
}

// ArmPlans sets the plans that no timer waits for, and lets duty rosters begin that have no first day. Called at start, by every replica.
func (d *Desk) ArmPlans(ctx context.Context, tx Tx) error {
	if _, err := d.rosters(ctx, tx); err != nil {
		return err
	}
	for _, p := range plans {
		if err := tx.EnsureTimer(ctx, d.planned(p)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) planned(p plan) Timer {
	return Timer{Kind: TimerKind(planPrefix + p.name), DueAt: p.next(d.Now().In(d.Zone)).UTC(), Urgency: UrgencyCare}
}

func (d *Desk) carryOut(ctx context.Context, tx Tx, name string, due time.Time) error {
	p, ok := plans[name]
	if !ok {
		return nil // a plan of another version
	}
	if err := tx.SetTimer(ctx, d.planned(p)); err != nil {
		return err
	}
	return p.run(ctx, d, tx, due)
}

// daily gives the next moment with that wall clock time.
func daily(hour, minute int) func(time.Time) time.Time {
	return func(now time.Time) time.Time {
		at := time.Date(now.Year(), now.Month(), now.Day(), hour, minute, 0, 0, now.Location())
		if !at.After(now) {
			at = time.Date(now.Year(), now.Month(), now.Day()+1, hour, minute, 0, 0, now.Location())
		}
		return at
	}
}

// weekly gives the next moment on that weekday with that wall clock time.
func weekly(day time.Weekday, hour, minute int) func(time.Time) time.Time {
	return func(now time.Time) time.Time {
		at := daily(hour, minute)(now)
		for at.Weekday() != day {
			at = time.Date(at.Year(), at.Month(), at.Day()+1, hour, minute, 0, 0, at.Location())
		}
		return at
	}
}
