// Package worktime counts working time as people in China work it: several windows a day, statutory holidays, make-up days, shutdowns.
package worktime

import (
	"time"
)

// Span is one window of a working day, as time since midnight (local wall clock).
type Span struct{ From, To time.Duration }

// Usual is the working day of the contract: 09:00–12:00 and 13:30–18:00.
var Usual = []Span{{9 * time.Hour, 12 * time.Hour}, {13*time.Hour + 30*time.Minute, 18 * time.Hour}}

// Exception is a day that is not what its weekday says: a holiday, a make-up day, a shutdown.
type Exception struct {
	Day  string // 2006-01-02
	Name string // 春节, 国庆节, 调休 …
	Work bool
}

// Calendar counts working time in one zone. It is immutable and safe for concurrent use.
type Calendar struct {
	zone     *time.Location
	spans    []Span
	allHours bool
	special  func(day string) (Exception, bool)
	known    func(year int) bool
}

// AllHours is the clock of a 7×24 promise.
func AllHours(zone *time.Location) *Calendar { return &Calendar{zone: zone, allHours: true} }

// New makes a calendar. special tells the days that differ from their weekday; known, whether a year's holidays are published.
func New(zone *time.Location, spans []Span, special func(day string) (Exception, bool), known func(year int) bool) *Calendar {
	return &Calendar{zone: zone, spans: spans, special: special, known: known}
}

// Zone is where its wall clock hangs.
func (c *Calendar) Zone() *time.Location { return c.zone }

// RoundTheClock reports whether every minute counts.
func (c *Calendar) RoundTheClock() bool { return c.allHours }

// WorkingDay reports whether people work on the day of at.
func (c *Calendar) WorkingDay(at time.Time) bool {
	if c.allHours {
		return true
	}
	at = at.In(c.zone)
	if e, ok := c.special(at.Format(time.DateOnly)); ok {
		return e.Work
	}
	return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
}

// each calls f with every window that ends after from, in order, until f says stop.
func (c *Calendar) each(from time.Time, f func(start, end time.Time) (more bool)) {
	from = from.In(c.zone)
	day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, c.zone)
	for range 366 * 20 {
		if c.WorkingDay(day) {
			for _, s := range c.spans {
				start, end := clock(day, s.From), clock(day, s.To)
				if end.After(from) && !f(start, end) {
					return
				}
			}
		}
		day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, c.zone)
	}
}

func clock(day time.Time, since time.Duration) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, int(since/time.Minute), 0, 0, day.Location())
}

// Open reports whether at lies in working time.
func (c *Calendar) Open(at time.Time) bool { return c.Next(at).Equal(at) }

// Next is at itself in working time, else the moment when work begins again.
func (c *Calendar) Next(at time.Time) time.Time {
	if c.allHours {
		return at
	}
	next := at
	c.each(at, func(start, _ time.Time) bool {
		if start.After(at) {
			next = start
		}
		return false
	})
	return next
}

// Add is the moment at which so much working time has passed since from.
func (c *Calendar) Add(from time.Time, work time.Duration) time.Time {
	if c.allHours || work <= 0 {
		return from.Add(max(0, work))
	}
	due := from
	c.each(from, func(start, end time.Time) bool {
		if start.Before(from) {
			start = from
		}
		if left := end.Sub(start); left < work {
			work -= left
			return true
		}
		due = start.Add(work)
		return false
	})
	return due
}

// Between is the working time between two moments; zero when to is not after from.
func (c *Calendar) Between(from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	if c.allHours {
		return to.Sub(from)
	}
	var sum time.Duration
	c.each(from, func(start, end time.Time) bool {
		if !start.Before(to) {
			return false
		}
		if start.Before(from) {
			start = from
		}
		if end.After(to) {
			end = to
		}
		sum += end.Sub(start)
		return true
	})
	return sum
}

// Special lists the holidays passed and the make-up days used between two moments, in order.
func (c *Calendar) Special(from, to time.Time) []Exception {
	if c.allHours {
		return nil
	}
	var list []Exception
	from, to = from.In(c.zone), to.In(c.zone)
	day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, c.zone)
	for ; !day.After(to); day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, c.zone) {
		if e, ok := c.special(day.Format(time.DateOnly)); ok {
			list = append(list, e)
		}
	}
	return list
}

// Unknown lists the years between two moments whose holidays are not published: their days are counted by weekday.
func (c *Calendar) Unknown(from, to time.Time) []int {
	if c.allHours {
		return nil
	}
	var years []int
	for y := from.In(c.zone).Year(); y <= to.In(c.zone).Year(); y++ {
		if !c.known(y) {
			years = append(years, y)
		}
	}
	return years
}
