package worktime

import (
	"math"
	"sort"
	"time"
)

// year holds the windows of one UTC year, laid end to end: with them a sum is two binary searches.
type year struct {
	number int
	// end is the year's last moment, total its working time. All times are in nanoseconds, moments since 1970 in UTC.
	end, total int64
	windows    []window
}

// window is a stretch of working time; before is the year's working time up to its start.
type window struct{ start, end, before int64 }

// find gives a moment in nanoseconds and its year.
func (c *Calendar) find(at time.Time) (int64, *year) {
	number := at.UTC().Year()
	switch {
	case number < firstYear:
		return 0, c.year(firstYear)
	case number > lastYear:
		return math.MaxInt64, c.year(lastYear)
	}
	return at.UnixNano(), c.year(number)
}

// year gives a year's windows, counted when they are first asked for. Two who do so at once count the same.
func (c *Calendar) year(number int) *year {
	place := &c.years[number-firstYear]
	y := place.Load()
	if y == nil {
		y = c.count(number)
		place.Store(y)
	}
	return y
}

// next is the window that lasts longer than the moment.
func (y *year) next(moment int64) (window, bool) {
	i := sort.Search(len(y.windows), func(i int) bool { return y.windows[i].end > moment })
	if i == len(y.windows) {
		return window{}, false
	}
	return y.windows[i], true
}

// before is the year's working time up to a moment.
func (y *year) before(moment int64) int64 {
	w, ok := y.next(moment)
	if !ok {
		return y.total
	}
	return w.before + max(0, moment-w.start)
}

// at is the moment when the year's working time reaches work, which is over zero and not over the total.
func (y *year) at(work int64) int64 {
	i := sort.Search(len(y.windows), func(i int) bool { return y.windows[i].before >= work }) - 1
	return y.windows[i].start + work - y.windows[i].before
}

const day = int64(24 * time.Hour)

// count lays out the windows of a year: in each stretch in which the zone's clock is not moved, the windows of its days.
func (c *Calendar) count(number int) *year {
	from, to := time.Date(number, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(number+1, 1, 1, 0, 0, 0, 0, time.UTC)
	y := &year{number: number, end: to.UnixNano(), windows: make([]window, 0, 366*len(c.spans))}
	for at := from; at.Before(to); {
		local := at.In(c.zone)
		_, seconds := local.Zone()
		_, moved := local.ZoneBounds()
		if moved.IsZero() || moved.After(to) {
			moved = to
		}
		y.lay(c, at.UnixNano(), moved.UnixNano(), int64(seconds)*int64(time.Second))
		at = moved
	}
	return y
}

// lay adds the windows between two moments, between which the wall clock is ahead of UTC by offset.
func (y *year) lay(c *Calendar, from, to, offset int64) {
	for local := floor(from+offset) - day*c.nights(); local < to+offset; local += day {
		date := time.Unix(0, local).UTC()
		if !c.works(date.Format(time.DateOnly), date.Weekday()) {
			continue
		}
		for _, s := range c.spans {
			y.add(max(from, local+int64(s.From)-offset), min(to, local+int64(s.To)-offset))
		}
	}
}

// add appends a window, or lengthens the last one that it touches.
func (y *year) add(start, end int64) {
	if n := len(y.windows); n > 0 && y.windows[n-1].end >= start {
		last := &y.windows[n-1]
		y.total += max(0, end-last.end)
		last.end = max(last.end, end)
		return
	}
	if start < end {
		y.windows = append(y.windows, window{start, end, y.total})
		y.total += end - start
	}
}

// nights is how many days before a day's midnight a window may have begun that is not over then.
func (c *Calendar) nights() int64 {
	var most int64
	for _, s := range c.spans {
		most = max(most, (int64(s.To)-1)/day)
	}
	return most
}

func floor(local int64) int64 {
	days := local / day
	if local%day < 0 {
		days--
	}
	return days * day
}
