package tickets

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestTurnsOfAWeek(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Shanghai")
	require.NoError(t, err)
	at := func(text string) time.Time {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		require.NoError(t, err)
		return moment
	}
	r := customers.Roster{ID: 1, Members: []int64{9, 10, 11}, Start: "2026-03-02", Days: 7, Handover: 9 * time.Hour}
	shifts := []customers.Shift{
		{ID: 1, StaffID: 10, From: at("2026-03-04 09:00"), Until: at("2026-03-06 09:00")},
		{ID: 2, StaffID: 11, From: at("2026-03-05 09:00"), Until: at("2026-03-05 21:00")}, // made later: it counts
	}
	type row struct {
		from, until string
		who         int64
		swapped     bool
	}
	var got []row
	for _, stretch := range turns(r, zone, shifts, at("2026-03-01 12:00"), at("2026-03-10 00:00")) {
		got = append(got, row{stretch.From.Format("01-02 15:04"), stretch.Until.Format("01-02 15:04"), stretch.Who.ID, stretch.Swapped})
	}
	require.Equal(t, []row{
		{"03-01 12:00", "03-02 09:00", 11, false}, // before the first day the wheel turns backwards
		{"03-02 09:00", "03-04 09:00", 9, false},
		{"03-04 09:00", "03-05 09:00", 10, true},
		{"03-05 09:00", "03-05 21:00", 11, true},
		{"03-05 21:00", "03-06 09:00", 10, true},
		{"03-06 09:00", "03-09 09:00", 9, false},
		{"03-09 09:00", "03-16 09:00", 10, false},
	}, got)
}

// TestTurnsHaveNoHoles checks rosters of all kinds in zones that move their clocks: every moment has one turn, and hand-overs are at the hour.
func TestTurnsHaveNoHoles(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		names := []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai", "America/St_Johns"}
		zone, err := time.LoadLocation(names[r.IntN(len(names))])
		require.NoError(t, err)
		from := time.Date(2020+r.IntN(10), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, zone)
		roster := customers.Roster{Members: []int64{1, 2, 3}[:1+r.IntN(3)], Days: 1 + r.IntN(9), Handover: time.Duration(r.IntN(24*60)) * time.Minute,
			Start: from.AddDate(0, 0, r.IntN(2000)-1000).Format(time.DateOnly)}
		var shifts []customers.Shift
		for i := range r.IntN(4) {
			start := from.Add(time.Duration(r.IntN(50*24*60)) * time.Minute)
			shifts = append(shifts, customers.Shift{ID: int64(i), StaffID: int64(4 + i), From: start,
				Until: start.Add(time.Duration(1+r.IntN(9000)) * time.Minute)})
		}
		until := from.AddDate(0, 2, 0)
		list := turns(roster, zone, shifts, from, until)
		require.Equal(t, from, list[0].From)
		require.False(t, list[len(list)-1].Until.Before(until))
		for i, stretch := range list {
			require.True(t, stretch.Until.After(stretch.From), "seed %d", seed)
			if i > 0 {
				require.Equal(t, list[i-1].Until, stretch.From, "seed %d", seed)
			}
			middle := stretch.From.Add(stretch.Until.Sub(stretch.From) / 2)
			_, start, end := turn(roster, zone, middle)
			require.False(t, middle.Before(start) || !middle.Before(end))
		}
	}
}

func TestARosterWithoutAFirstDayHasBegun(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	r := customers.Roster{Members: []int64{9, 10}, Days: 7, Handover: 9 * time.Hour}
	for hour := range 24 {
		now := time.Date(2026, 3, 2, hour, 30, 0, 0, zone)
		r.Start = firstHandover(r, now).Format(time.DateOnly)
		require.Equal(t, int64(9), turns(r, zone, nil, now, now.Add(1))[0].Who.ID, "hour %d", hour)
		require.Equal(t, int64(10), turns(r, zone, nil, now.AddDate(0, 0, 7), now.AddDate(0, 0, 7).Add(1))[0].Who.ID, "hour %d", hour)
	}
	r.Start = ""
	require.Equal(t, int64(9), turns(r, zone, nil, time.Now(), time.Now().Add(1))[0].Who.ID)
	require.Zero(t, turns(customers.Roster{}, zone, nil, time.Now(), time.Now().Add(1))[0].Who.ID)
}

func TestAbsencesOfOneColleague(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	in := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	busy := Away{ID: 1, Kind: AwayBusy, Reason: "高铁", From: in(-1), Until: in(2)}
	leave := Away{ID: 2, Kind: AwayLeave, From: in(2), Until: in(24)}
	meeting := Away{ID: 3, Kind: AwayCalendar, From: in(-1), Until: in(1)}
	back := Away{ID: 4, Kind: AwayBack, From: in(-1), Until: in(1)}
	for name, row := range map[string]struct {
		noted []Away
		want  Absence
	}{
		"nothing":                      {nil, Absence{}},
		"busy":                         {[]Away{busy}, Absence{AwayBusy, "高铁", in(2)}},
		"joined":                       {[]Away{busy, leave}, Absence{AwayBusy, "高铁", in(24)}},
		"to come":                      {[]Away{leave}, Absence{}},
		"over":                         {[]Away{{Kind: AwayBusy, Reason: "x", From: in(-2), Until: now}}, Absence{}},
		"his word before his calendar": {[]Away{meeting, busy}, Absence{AwayBusy, "高铁", in(2)}},
		"calendar":                     {[]Away{meeting}, Absence{AwayCalendar, "", in(1)}},
		"back":                         {[]Away{meeting, back}, Absence{}},
		"back, but busy":               {[]Away{meeting, back, busy}, Absence{AwayBusy, "高铁", in(2)}},
		"the latest word":              {[]Away{busy, {ID: 9, Kind: AwayBusy, Reason: "开会", From: now, Until: in(1)}}, Absence{AwayBusy, "开会", in(2)}},
	} {
		require.Equal(t, row.want, absenceAt(row.noted, now), name)
	}
}
