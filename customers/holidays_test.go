package customers_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/worktime"
)

// published writes a year of the bundled table in the public form.
func published(t *testing.T, year int) string {
	t.Helper()
	type day struct {
		Name string `json:"name"`
		Date string `json:"date"`
		Off  bool   `json:"isOffDay"`
	}
	file := struct {
		Year int   `json:"year"`
		Days []day `json:"days"`
	}{Year: year}
	for d := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == year; d = d.AddDate(0, 0, 1) {
		if e, ok := worktime.Statutory(d.Format(time.DateOnly)); ok {
			file.Days = append(file.Days, day{e.Name, e.Day, !e.Work})
		}
	}
	data, err := json.MarshalIndent(file, "", " ")
	require.NoError(t, err)
	return string(data)
}

func TestPublishedYearsAreRead(t *testing.T) {
	for year := 2013; year <= 2026; year++ {
		years, problems := customers.ParseHolidays([]byte(published(t, year)))
		require.Empty(t, problems, year)
		require.Len(t, years, 1)
		require.Equal(t, year, years[0].Year)
		for _, e := range years[0].Days {
			want, ok := worktime.Statutory(e.Day)
			require.True(t, ok)
			require.Equal(t, want, e)
		}
	}
}

func TestCalendarFilesAreRead(t *testing.T) {
	var out strings.Builder
	out.WriteString("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//ZH\r\n")
	event := func(from, until, summary string) {
		fmt.Fprintf(&out, "BEGIN:VEVENT\r\nUID:%s\r\nDTSTART;VALUE=DATE:%s\r\nDTEND;VALUE=DATE:%s\r\nSUMMARY:%s\r\nEND:VEVENT\r\n", from, from, until, summary)
	}
	for d := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2026; d = d.AddDate(0, 0, 1) {
		if e, ok := worktime.Statutory(d.Format(time.DateOnly)); ok {
			name := e.Name + " 假期"
			if e.Work {
				name = "春节（班）"
			}
			event(d.Format("20060102"), d.AddDate(0, 0, 1).Format("20060102"), name)
		}
	}
	out.WriteString("END:VCALENDAR\r\n")
	require.True(t, customers.IsHolidays([]byte(out.String())))
	years, problems := customers.ParseHolidays([]byte(out.String()))
	require.Empty(t, problems)
	require.Len(t, years, 1)
	for _, e := range years[0].Days {
		want, _ := worktime.Statutory(e.Day)
		require.Equal(t, want, e)
	}
	_, problems = customers.ParseHolidays([]byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"))
	require.NotEmpty(t, problems)
}

func TestFaultyHolidaysAreRefused(t *testing.T) {
	sound := published(t, 2026)
	for name, row := range map[string]struct{ file, key, field string }{
		"broken":       {sound[:200], "import.syntax", ""},
		"no year":      {strings.Replace(sound, `"year": 2026`, `"year": 26`, 1), "import.holiday_year", "year"},
		"no such day":  {strings.Replace(sound, "2026-01-02", "2026-01-32", 1), "import.day", "2026-01-32"},
		"missing":      {strings.Replace(sound, "2026-10-01", "2026-10-08", 1), "import.holiday_missing", "2026-10-01"},
		"twice":        {strings.Replace(sound, "2026-01-02", "2026-01-01", 1), "import.holiday_twice", "2026-01-01"},
		"contrary":     {strings.Replace(sound, `"2026-02-16"`, `"2026-02-14"`, 1), "import.holiday_contrary", "2026-02-14"},
		"works anyway": {strings.Replace(sound, `"2026-02-14"`, `"2026-02-12"`, 1), "import.holiday_workday", "2026-02-12"},
		"other year":   {strings.Replace(sound, `"2026-01-02"`, `"2019-01-02"`, 1), "import.holiday_other", "2019-01-02"},
	} {
		years, problems := customers.ParseHolidays([]byte(row.file))
		require.Empty(t, years, name)
		found := false
		for _, p := range problems {
			found = found || p.Key == row.key && (row.field == "" || p.Field == row.field)
			if p.Key == "import.holiday_contrary" || p.Key == "import.holiday_twice" {
				require.Positive(t, p.Line, name)
			}
		}
		require.True(t, found, "%s: %v", name, problems)
	}
}

func TestFaultyRostersAndCalendarsAreRefused(t *testing.T) {
	file := `staff:
  - {name: 甲, mobile: "1", roles: [responder]}
duty:
  - name: 夜班
    members: [甲, 乙]
    days: 900
    start: 2026-02-30
    handover: "25:00"
    timezone: Mars/Base
    overrides:
      - {from: 2026-05-01 09:00, until: 2026-05-03 09:00, member: 甲}
      - {from: 2026-05-02, until: 2026-05-04, member: 甲}
      - {from: 2026-05-09, until: 2026-05-08, member: 甲}
  - {name: 夜班}
calendars:
  - customer: HLDL
    hours: ["9-12", "13:00-17:00"]
    shutdowns:
      - {from: 2026-12-24, until: 2026-12-20}
      - {from: 2026-11-01, until: 2026-11-02}
      - {from: 2026-11-02}
  - {customer: HLDL}
`
	_, problems := customers.ParseDirectory([]byte(file))
	got := map[string]int{}
	for _, p := range problems {
		got[p.Field+" "+p.Key] = p.Line
	}
	require.Equal(t, map[string]int{
		"duty[0].members[1] import.stranger": 5, "duty[0].days import.turn": 6, "duty[0].start import.day": 7, "duty[0].handover import.hour": 8,
		"duty[0].timezone import.timezone": 9, "duty[0].overrides[1] import.overlap": 12, "duty[0].overrides[2].until import.backwards": 13,
		"duty[1].name import.twice": 14, "duty[1] import.duty_empty": 14,
		"calendars[0].hours[0] import.hours": 17, "calendars[0].shutdowns[0].until import.backwards": 19,
		"calendars[0].shutdowns[2] import.day_twice": 21, "calendars[1].customer import.twice": 22,
	}, got)
}
