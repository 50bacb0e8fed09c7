package worktime

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func chinese(t testing.TB) *Calendar {
	return New(zone(t, "Asia/Shanghai"), Usual, Statutory, StatutoryKnown)
}

func at(t testing.TB, z *time.Location, text string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	require.NoError(t, err)
	return moment
}

func TestSumsOfTheStatutoryCalendar(t *testing.T) {
	c := chinese(t)
	for _, row := range []struct {
		from string
		work time.Duration
		due  string
	}{
		{"2026-02-14 10:00", time.Hour, "2026-02-14 11:00"},     // a Saturday made up
		{"2026-02-14 17:30", time.Hour, "2026-02-24 09:30"},     // over all of the Spring Festival
		{"2026-02-17 11:00", time.Hour, "2026-02-24 10:00"},     // opened in it
		{"2026-02-28 16:00", 4 * time.Hour, "2026-03-02 11:00"}, // the other Saturday made up
		{"2026-03-02 11:30", time.Hour, "2026-03-02 14:00"},     // over noon
		{"2026-03-02 16:00", 2 * time.Hour, "2026-03-02 18:00"}, // to the last minute of a day
		{"2026-03-06 17:00", 9 * time.Hour, "2026-03-10 09:30"}, // over a weekend
		{"2026-09-30 17:59", 2 * time.Minute, "2026-10-08 09:01"},
	} {
		from := at(t, c.Zone(), row.from)
		due := c.Add(from, row.work)
		require.Equal(t, row.due, due.Format("2006-01-02 15:04"), row.from)
		require.Equal(t, row.work, c.Between(from, due), row.from)
	}
	require.Equal(t, "2026-02-24 09:00", c.Next(at(t, c.Zone(), "2026-02-14 18:00")).Format("2006-01-02 15:04"))
	require.False(t, c.Open(at(t, c.Zone(), "2026-03-02 12:00")))
	require.True(t, c.Open(at(t, c.Zone(), "2026-03-02 09:00")))
}

func TestHolidaysHaveTheirUsualNames(t *testing.T) {
	c := chinese(t)
	names := map[string]bool{}
	for _, e := range c.Special(at(t, c.Zone(), "2026-01-01 00:00"), at(t, c.Zone(), "2026-12-31 23:00")) {
		names[e.Name] = true
		require.Equal(t, e.Work, e.Name == MakeUp, e.Day)
	}
	want := map[string]bool{"元旦": true, "春节": true, "清明节": true, "劳动节": true, "端午节": true, "中秋节": true, "国庆节": true, MakeUp: true}
	require.Equal(t, want, names)
	for _, day := range []string{"2026-02-14", "2026-02-28"} {
		e, ok := Statutory(day)
		require.True(t, ok)
		require.Equal(t, Exception{day, MakeUp, true}, e)
	}
	for d := 15; d <= 23; d++ {
		e, ok := Statutory(fmt.Sprintf("2026-02-%d", d))
		require.True(t, ok)
		require.Equal(t, "春节", e.Name)
	}
	// A make-up day that was over is not one that was used.
	require.Empty(t, c.Special(at(t, c.Zone(), "2026-02-14 18:00"), at(t, c.Zone(), "2026-02-14 23:00")))
	require.Equal(t, []int{2027, 2028}, c.Unknown(at(t, c.Zone(), "2026-12-31 10:00"), at(t, c.Zone(), "2028-01-02 10:00")))
}

func TestACalendarWithoutWorkEnds(t *testing.T) {
	for _, c := range []*Calendar{
		New(time.UTC, nil, Statutory, StatutoryKnown),
		New(time.UTC, []Span{{time.Hour, time.Hour}}, Statutory, StatutoryKnown),
		New(time.UTC, Usual, func(day string) (Exception, bool) { return Exception{Day: day}, true }, StatutoryKnown),
	} {
		from := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		require.Equal(t, 2200, c.Add(from, time.Hour).Year())
		require.Equal(t, 2200, c.Next(from).Year())
		require.Zero(t, c.Between(from, from.AddDate(30, 0, 0)))
	}
	c := chinese(t)
	require.NotPanics(t, func() {
		c.Between(time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		c.Next(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
		c.Add(time.Time{}, 1<<62)
	})
}

// naive decides minute by minute from the wall clock alone.
type naive struct {
	zone  *time.Location
	spans []Span
	days  map[string]bool
}

func (n naive) works(local time.Time) bool {
	if work, ok := n.days[local.Format(time.DateOnly)]; ok {
		return work
	}
	return local.Weekday() != time.Saturday && local.Weekday() != time.Sunday
}

func (n naive) open(minute time.Time) bool {
	local := minute.In(n.zone)
	since := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
	today := n.works(local)
	yesterday := n.works(time.Date(local.Year(), local.Month(), local.Day()-1, 12, 0, 0, 0, time.UTC))
	for _, s := range n.spans {
		if today && s.From <= since && since < s.To || yesterday && s.From <= since+24*time.Hour && since+24*time.Hour < s.To {
			return true
		}
	}
	return false
}

// TestAgainstTheNaiveCount compares every sum with a count of minutes, in zones that move their clocks, with random days and windows.
func TestAgainstTheNaiveCount(t *testing.T) {
	zones := []string{"Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
		"Africa/Casablanca", "Pacific/Apia", "America/St_Johns", "UTC"}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := naive{zone: zone(t, zones[r.IntN(len(zones))]), days: map[string]bool{}}
		start := time.Date(2004+r.IntN(22), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC)
		for range 12 {
			n.days[start.AddDate(0, 0, r.IntN(40)-3).Format(time.DateOnly)] = r.IntN(2) == 0
		}
		for range 1 + r.IntN(3) {
			from := time.Duration(r.IntN(24*60)) * time.Minute
			n.spans = append(n.spans, Span{from, from + time.Duration(r.IntN(10*60))*time.Minute})
		}
		c := New(n.zone, n.spans, func(day string) (Exception, bool) {
			work, ok := n.days[day]
			return Exception{Day: day, Name: "x", Work: work}, ok
		}, StatutoryKnown)
		compare(t, r, c, n, start, fmt.Sprint("seed ", seed, " ", n.zone))
	}
}

func compare(t *testing.T, r *rand.Rand, c *Calendar, n naive, start time.Time, name string) {
	t.Helper()
	const minutes = 35 * 24 * 60
	sums := make([]int, minutes+1)
	for i := range minutes {
		sums[i+1] = sums[i]
		if n.open(start.Add(time.Duration(i) * time.Minute)) {
			sums[i+1]++
		}
	}
	for range 300 {
		a, b := r.IntN(minutes), r.IntN(minutes)
		a, b = min(a, b), max(a, b)
		from, to := start.Add(time.Duration(a)*time.Minute), start.Add(time.Duration(b)*time.Minute)
		work := time.Duration(sums[b]-sums[a]) * time.Minute
		require.Equal(t, work, c.Between(from, to), "%s: between %s and %s", name, from, to)
		require.Equal(t, sums[a+1] > sums[a], c.Open(from), "%s: open at %s", name, from)
		if work > 0 {
			due := c.Add(from, work)
			require.False(t, due.After(to), name)
			require.Equal(t, work, c.Between(from, due), name)
			require.True(t, c.Open(due.Add(-time.Nanosecond)), "%s: %s is not reached in working time", name, due)
		}
		// Any moment parts a sum in two.
		part := from.Add(time.Duration(r.Int64N(int64(to.Sub(from)) + 1)))
		require.Equal(t, work, c.Between(from, part)+c.Between(part, to), name)
		next := c.Next(from)
		require.Zero(t, c.Between(from, next), name)
	}
}

func TestYearsAreCountedOnceForAll(t *testing.T) {
	c := chinese(t)
	from, to := time.Date(2020, 1, 5, 3, 0, 0, 0, time.UTC), time.Date(2031, 1, 5, 3, 0, 0, 0, time.UTC)
	var work sync.WaitGroup
	sums := make([]time.Duration, 16)
	for i := range sums {
		work.Go(func() { sums[i] = c.Between(from, to) })
	}
	work.Wait()
	for _, sum := range sums {
		require.Equal(t, sums[0], sum)
	}
	require.Zero(t, testing.AllocsPerRun(100, func() { c.Add(from, 4000*time.Hour); c.Between(from, to); c.Next(from) }))
}

func BenchmarkAdd(b *testing.B) {
	c := chinese(b)
	from := at(b, c.Zone(), "2026-02-13 16:20")
	b.ReportAllocs()
	for b.Loop() {
		c.Add(from, 16*time.Hour)
	}
}

func BenchmarkBetweenYears(b *testing.B) {
	c := chinese(b)
	from := at(b, c.Zone(), "2021-02-13 16:20")
	to := from.AddDate(5, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		c.Between(from, to)
	}
}

func BenchmarkNewYear(b *testing.B) {
	z := zone(b, "America/New_York")
	b.ReportAllocs()
	for b.Loop() {
		New(z, Usual, Statutory, StatutoryKnown).Next(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	}
}
