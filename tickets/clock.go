package tickets

import (
	"time"

	"servicedesk/worktime"
)

// ClockKind is what a clock measures.
type ClockKind string

// The clocks of a ticket, in the order in which people read them.
const (
	ClockResponse   ClockKind = "response"   // until the first words of a person
	ClockWorkaround ClockKind = "workaround" // until the customer can go on
	ClockSolution   ClockKind = "solution"   // until a solution was given
)

// ClockKinds are all of them in order.
var ClockKinds = []ClockKind{ClockResponse, ClockWorkaround, ClockSolution}

// The stages of a clock, in percent of its promise.
const (
	stageHalf   = 50
	stageNear   = 80
	stageBroken = 100
)

// Pause is a time in which a clock stood.
type Pause struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
	Why  PauseWhy  `json:"why"`
}

// PauseWhy is the fact that a clock stands for.
type PauseWhy string

// The facts.
const (
	PauseWaiting PauseWhy = "waiting" // the customer is asked for something
	PauseRepro   PauseWhy = "repro"   // asked to reproduce it
	PauseSolved  PauseWhy = "solved"  // a solution was given; it turned out to be none
	PauseOver    PauseWhy = "over"    // the ticket was taken out: cancelled, merged
)

// Clock is one promise of a ticket and how much of it is used. Used time is kept whatever happens to promise, calendar or status.
type Clock struct {
	TicketID TicketID
	Kind     ClockKind
	// Policy names the rule that promised, as customers.PolicyKey writes it.
	Policy string
	// Target is what is promised, in working time or, with AllHours, 7×24; 0 = nothing (any more).
	Target   time.Duration
	AllHours bool
	// Round counts the promises made anew: a reopened ticket whose promise was broken gets another.
	Round     int
	StartedAt time.Time // UTC, as all times
	// Used is the clock's time up to RunsSince; RunsSince is zero while it stands.
	Used      time.Duration
	RunsSince time.Time
	Pauses    []Pause
	// DueAt is when it ends if nothing stops it; of a clock that stands, when it would have.
	DueAt      time.Time
	MetAt      time.Time
	BreachedAt time.Time
	// Stage is the last one told: 0, 50, 80, 100.
	Stage int
	// Hollow: what met it were empty words; still so at its end, FlaggedAt says that this was told.
	Hollow    bool
	FlaggedAt time.Time
}

// Promised reports whether there is a promise at all.
func (c *Clock) Promised() bool { return c.Target > 0 }

// Owed reports whether the promise is still to be kept.
func (c *Clock) Owed() bool { return c.Promised() && c.MetAt.IsZero() }

// Runs reports whether its time goes by.
func (c *Clock) Runs() bool { return !c.RunsSince.IsZero() }

// Broken reports whether it is owed and late.
func (c *Clock) Broken() bool { return c.Owed() && !c.BreachedAt.IsZero() }

// UsedBy is the time used by a moment.
func (c *Clock) UsedBy(now time.Time, cal *worktime.Calendar) time.Duration {
	if !c.Runs() {
		return c.Used
	}
	return c.Used + cal.Between(c.RunsSince, now)
}

// run lets the time go by from now on.
func (c *Clock) run(now time.Time, cal *worktime.Calendar) {
	if c.Runs() {
		return
	}
	c.RunsSince = now
	c.endPause(now)
	c.aim(cal)
}

func (c *Clock) endPause(now time.Time) {
	if n := len(c.Pauses); n > 0 && c.Pauses[n-1].To.IsZero() {
		c.Pauses[n-1].To = now
	}
}

// aim computes the end anew. A clock that is late keeps the end it missed.
func (c *Clock) aim(cal *worktime.Calendar) {
	if c.Runs() && c.Promised() && c.Used <= c.Target {
		c.DueAt = cal.Add(c.RunsSince, c.Target-c.Used)
	}
}

// pause keeps the time used.
func (c *Clock) pause(now time.Time, cal *worktime.Calendar, why PauseWhy) {
	if !c.Runs() {
		return
	}
	c.stop(now, cal)
	c.Pauses = append(c.Pauses, Pause{From: now, Why: why})
}

func (c *Clock) stop(now time.Time, cal *worktime.Calendar) {
	c.Used, c.RunsSince = c.UsedBy(now, cal), time.Time{}
}

// meet keeps the promise.
func (c *Clock) meet(now time.Time, cal *worktime.Calendar) {
	c.stop(now, cal)
	c.endPause(now)
	c.MetAt = now
}

// again takes "kept" back: what kept the promise turned out not to. Time used stays used; only a promise that was broken is made anew, for a
// spent one would drive nobody.
func (c *Clock) again(now time.Time, cal *worktime.Calendar) {
	kept := c.MetAt
	c.MetAt = time.Time{}
	if c.BreachedAt.IsZero() {
		if !kept.IsZero() {
			c.Pauses = append(c.Pauses, Pause{From: kept, Why: PauseSolved})
		}
	} else {
		c.Round++
		c.StartedAt, c.Used, c.Stage, c.BreachedAt, c.Pauses = now, 0, 0, time.Time{}, nil
	}
	c.run(now, cal)
}

// stageBy is the stage reached by a moment.
func (c *Clock) stageBy(now time.Time, cal *worktime.Calendar) int {
	used := c.UsedBy(now, cal)
	for _, stage := range []int{stageBroken, stageNear, stageHalf} {
		if c.Promised() && used >= c.share(stage) {
			return stage
		}
	}
	return 0
}

func (c *Clock) share(stage int) time.Duration { return c.Target * time.Duration(stage) / stageBroken }

// nextStage is the next stage to be told and when it comes; 0: none.
func (c *Clock) nextStage(cal *worktime.Calendar) (stage int, at time.Time) {
	if !c.Owed() || !c.Runs() {
		return 0, time.Time{}
	}
	for _, stage := range []int{stageHalf, stageNear, stageBroken} {
		if stage > c.Stage {
			return stage, cal.Add(c.RunsSince, max(0, c.share(stage)-c.Used))
		}
	}
	return 0, time.Time{}
}

// wakesAt is when something is to be said about the clock: its next stage, or its end after empty words. Zero: never.
func (c *Clock) wakesAt(cal *worktime.Calendar) time.Time {
	if c.Hollow && c.FlaggedAt.IsZero() {
		return c.DueAt
	}
	_, at := c.nextStage(cal)
	return at
}

// retarget takes another promise. What was told stays told, except that an easier promise takes a breach back.
func (c *Clock) retarget(target time.Duration, allHours bool, policy string, now time.Time, from, to *worktime.Calendar) {
	running := c.Runs()
	if running {
		c.stop(now, from)
	}
	c.Target, c.AllHours, c.Policy = target, allHours, policy
	if running {
		c.RunsSince = now
	}
	c.Stage = min(c.Stage, c.stageBy(now, to))
	if c.Stage < stageBroken && c.MetAt.IsZero() {
		c.BreachedAt = time.Time{}
	}
	switch {
	case running:
		c.aim(to)
	case c.MetAt.IsZero() && c.Promised():
		c.DueAt = to.Add(now, max(0, target-c.Used))
	}
}
