// Package worktime counts working time as people in China work it: several windows a day, statutory holidays, make-up days, shutdowns.
//
// A moment is working time when the wall clock of the calendar's zone shows a time inside a window of a working day. So where clocks are moved
// for daylight saving, an hour that is shown twice counts twice, and one that is left out does not count.
package worktime

import (
	"slices"
	"sync/atomic"
	"time"
)

// Span is one window of a working day, as time since midnight (local wall clock, whole minutes). A window over midnight ends after 24 h and
// belongs to the day on which it begins.
type Span struct{ From, To time.Duration }

// Usual is the working day of the contract: 09:00–12:00 and 13:30–18:00.
var Usual = []Span{{9 * time.Hour, 12 * time.Hour}, {13*time.Hour + 30*time.Minute, 18 * time.Hour}}

// Exception is a day that is not what its weekday says: a holiday, a make-up day, a shutdown.
type Exception struct {
	Day  string // 2006-01-02
	Name string // 春节, 国庆节, 调休 …
	Work bool
}

// Calendar counts working time in one zone. It is immutable and safe for concurrent use; keep it, for it remembers the years it has counted.
type Calendar struct {
	zone     *time.Location
	spans    []Span
	allHours bool
	special  func(day string) (Exception, bool)
	known    func(year int) bool
	years    *[lastYear - firstYear + 1]atomic.Pointer[year]
}

// Moments outside these years (UTC) are taken for the first or last moment of them.
const (
	firstYear = 1970
	lastYear  = 2199
)

// AllHours is the clock of a 7×24 promise.
func AllHours(zone *time.Location) *Calendar { return &Calendar{zone: zone, allHours: true} }

// New makes a calendar. special tells the days that differ from their weekday; known, whether a year's holidays are published. Both must always
// give the same answers. Windows may overlap; empty ones are left out.
func New(zone *time.Location, spans []Span, special func(day string) (Exception, bool), known func(year int) bool) *Calendar {
	spans = slices.DeleteFunc(slices.Clone(spans), func(s Span) bool { return s.To <= s.From })
	slices.SortFunc(spans, func(a, b Span) int { return int(a.From - b.From) })
	return &Calendar{zone: zone, spans: spans, special: special, known: known, years: new([lastYear - firstYear + 1]atomic.Pointer[year])}
}

// Zone is where its wall clock hangs.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Spans are the windows of a working day in order; none for the clock that never stops.
func (c *Calendar) Spans() []Span { return slices.Clone(c.spans) }

// RoundTheClock reports whether every minute counts.
func (c *Calendar) RoundTheClock() bool { return c.allHours }

// WorkingDay reports whether people work on the day of at.
func (c *Calendar) WorkingDay(at time.Time) bool {
	if c.allHours {
		return true
	}
	at = at.In(c.zone)
	return c.works(at.Format(time.DateOnly), at.Weekday())
}

func (c *Calendar) works(day string, weekday time.Weekday) bool {
	if e, ok := c.special(day); ok {
		return e.Work
	}
	return weekday != time.Saturday && weekday != time.Sunday
}

// Open reports whether at lies in working time.
func (c *Calendar) Open(at time.Time) bool { return c.Next(at).Equal(at) }

// Next is at itself in working time, else the moment when work begins again; the end of 2199 when it never does.
func (c *Calendar) Next(at time.Time) time.Time {
	if c.allHours {
		return at
	}
	moment, y := c.find(at)
	for {
		if w, ok := y.next(moment); ok {
			if w.start <= moment {
				return at
			}
			return time.Unix(0, w.start).In(at.Location())
		}
		if y.number == lastYear {
			return time.Unix(0, y.end).In(at.Location())
		}
		y = c.year(y.number + 1)
	}
}

// Add is the moment at which so much working time has passed since from; the end of 2199 when there is not so much.
func (c *Calendar) Add(from time.Time, work time.Duration) time.Time {
	if work <= 0 {
		return from
	}
	if c.allHours {
		return from.Add(work)
	}
	moment, y := c.find(from)
	left := y.before(moment) + int64(work)
	for ; left > y.total; y = c.year(y.number + 1) {
		left -= y.total
		if y.number == lastYear {
			return time.Unix(0, y.end).In(from.Location())
		}
	}
	return time.Unix(0, y.at(left)).In(from.Location())
}

// Between is the working time between two moments; zero when to is not after from.
func (c *Calendar) Between(from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	if c.allHours {
		return to.Sub(from)
	}
	start, y := c.find(from)
	end, last := c.find(to)
	sum := -y.before(start)
	for y.number < last.number {
		sum += y.total
		y = c.year(y.number + 1)
	}
	return time.Duration(sum + last.before(end))
}

// Special lists the holidays passed and the make-up days used between two moments, in order.
func (c *Calendar) Special(from, to time.Time) []Exception {
	if c.allHours {
		return nil
	}
	var list []Exception
	from, to = from.In(c.zone), to.In(c.zone)
	for day := midnight(from, 0); !day.After(to); day = midnight(day, 1) {
		e, ok := c.special(day.Format(time.DateOnly))
		if !ok || e.Work && c.Between(later(from, day), earlier(to, midnight(day, 1))) == 0 {
			continue
		}
		list = append(list, e)
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

// midnight is the beginning of the day so many days after that of t, in t's zone.
func midnight(t time.Time, days int) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, 0, 0, t.Location())
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
