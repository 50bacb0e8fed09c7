package customers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/6tail/lunar-go/calendar"
	ics "github.com/arran4/golang-ical"

	"servicedesk/worktime"
)

// HolidayYear is a year's holidays and make-up days as the State Council publishes them.
type HolidayYear struct {
	Year int
	Days []worktime.Exception
}

// Years for which a publication is taken. Since 2008 every year has the seven holidays.
const (
	firstPublished = 2008
	lastPublished  = 2199
)

// festivals are the usual names of the holidays, by the part of them that every publication writes.
var festivals = []struct{ part, name string }{
	{"元旦", "元旦"}, {"春节", "春节"}, {"清明", "清明节"}, {"劳动", "劳动节"}, {"端午", "端午节"}, {"国庆", "国庆节"}, {"中秋", "中秋节"},
}

// IsHolidays reports whether a file looks like published holidays rather than a directory: the public JSON form, or a calendar (ICS).
func IsHolidays(data []byte) bool {
	data = trimMark(data)
	return bytes.HasPrefix(data, []byte("{")) || bytes.HasPrefix(data, []byte("BEGIN:VCALENDAR"))
}

func trimMark(data []byte) []byte { return bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\uFEFF"))) }

// publishedDay is a day of a publication, with its place in the file.
type publishedDay struct {
	worktime.Exception
	line int
}

// ParseHolidays reads published holidays: {"year":2026,"days":[{"name":"元旦","date":"2026-01-01","isOffDay":true},…]}, or a calendar (ICS) whose
// events are named like 春节 and 春节（班）. With problems nothing of it is to be used; each names its day and how to mend it.
func ParseHolidays(data []byte) ([]HolidayYear, []Problem) {
	data = trimMark(data)
	if bytes.HasPrefix(data, []byte("BEGIN:VCALENDAR")) {
		return holidayEvents(data)
	}
	var file struct {
		Year int `json:"year"`
		Days []struct {
			Name string `json:"name"`
			Date string `json:"date"`
			Off  *bool  `json:"isOffDay"`
		} `json:"days"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, []Problem{{Line: lineOfError(data, err), Key: "import.syntax", Args: map[string]any{"Detail": err.Error()}}}
	}
	b := &publication{data: data}
	if file.Year < firstPublished || file.Year > lastPublished {
		b.fail(0, "year", "import.holiday_year", map[string]any{"Value": file.Year})
		return nil, b.problems
	}
	for i, d := range file.Days {
		line := b.line(d.Date)
		if d.Off == nil {
			b.fail(line, fmt.Sprintf("days[%d].isOffDay", i), "import.missing", map[string]any{"Field": "isOffDay"})
			continue
		}
		b.take(line, d.Date, d.Name, !*d.Off)
	}
	return b.years(file.Year)
}

// holidayEvents reads a calendar. An event whose name holds 班 or 调休 is a make-up day; its end, as always in calendars, is the day after.
func holidayEvents(data []byte) ([]HolidayYear, []Problem) {
	cal, err := ics.ParseCalendar(bytes.NewReader(data))
	if err != nil {
		return nil, []Problem{{Key: "import.syntax", Args: map[string]any{"Detail": firstLine(err.Error())}}}
	}
	b := &publication{data: data}
	seen := map[int]int{}
	for _, e := range cal.Events() {
		summary := ""
		if p := e.GetProperty(ics.ComponentPropertySummary); p != nil {
			summary = p.Value
		}
		from, err := e.GetAllDayStartAt()
		if err != nil {
			b.fail(0, summary, "import.day", map[string]any{"Value": summary})
			continue
		}
		until, err := e.GetAllDayEndAt()
		if err != nil || !until.After(from) {
			until = from.AddDate(0, 0, 1)
		}
		if until.Sub(from) > longestBreak*24*time.Hour {
			b.fail(b.line(from.Format("20060102")), from.Format(time.DateOnly), "import.backwards",
				map[string]any{"From": from.Format(time.DateOnly), "Until": until.Format(time.DateOnly)})
			continue
		}
		work := (strings.Contains(summary, "班") || strings.Contains(summary, worktime.MakeUp)) && !strings.Contains(summary, "放假")
		for d := from; d.Before(until); d = d.AddDate(0, 0, 1) {
			b.take(b.line(from.Format("20060102")), d.Format(time.DateOnly), summary, work)
			if !work {
				seen[d.Year()]++
			}
		}
	}
	const fewest = 5 // days off that make a year one that the calendar is about, not one that a feast reaches into
	var years []int
	for y, n := range seen {
		if n >= fewest {
			years = append(years, y)
		}
	}
	slices.Sort(years)
	if len(years) == 0 {
		b.fail(0, "VEVENT", "import.holiday_none", nil)
	}
	return b.years(years...)
}

// publication collects days and what is wrong with them.
type publication struct {
	data     []byte
	days     []publishedDay
	problems []Problem
	looked   map[string]int
}

func (b *publication) fail(line int, field, key string, args map[string]any) {
	b.problems = append(b.problems, Problem{Line: line, Field: field, Key: key, Args: args})
}

// line is where a text stands in the file: asked again, its next place.
func (b *publication) line(text string) int {
	if text == "" {
		return 0
	}
	if b.looked == nil {
		b.looked = map[string]int{}
	}
	from := b.looked[text]
	i := bytes.Index(b.data[from:], []byte(text))
	if i < 0 {
		from, i = 0, bytes.Index(b.data, []byte(text))
	}
	if i < 0 {
		return 0
	}
	b.looked[text] = from + i + len(text)
	return 1 + bytes.Count(b.data[:from+i], []byte("\n"))
}

func (b *publication) take(line int, date, name string, work bool) {
	day, err := time.Parse(time.DateOnly, date)
	switch {
	case err != nil:
		b.fail(line, date, "import.day", map[string]any{"Value": date})
		return
	case strings.TrimSpace(name) == "":
		b.fail(line, date, "import.missing", map[string]any{"Field": "name"})
		return
	case work && day.Weekday() != time.Saturday && day.Weekday() != time.Sunday:
		b.fail(line, date, "import.holiday_workday", map[string]any{"Day": date})
		return
	}
	e := worktime.Exception{Day: date, Name: usualName(name), Work: work}
	if work {
		e.Name = worktime.MakeUp
	}
	for i, old := range b.days {
		if old.Day != date {
			continue
		}
		if old.Work != work {
			b.fail(line, date, "import.holiday_contrary", map[string]any{"Day": date, "Line": old.line})
		} else if old.Name != e.Name && !work { // two feasts on one day
			b.days[i].Name += "、" + e.Name
		} else {
			b.fail(line, date, "import.holiday_twice", map[string]any{"Day": date, "Line": old.line})
		}
		return
	}
	b.days = append(b.days, publishedDay{e, line})
}

// usualName is what people call the holiday that a publication names: 春节 for 春节假期 第1天.
func usualName(name string) string {
	var found []string
	for _, f := range festivals {
		if strings.Contains(name, f.part) {
			found = append(found, f.name)
		}
	}
	if len(found) == 0 {
		return strings.TrimSpace(name)
	}
	return strings.Join(found, "、")
}

// years parts the days by year. A day of the year before or after counts with the nearest of the years.
func (b *publication) years(years ...int) ([]HolidayYear, []Problem) {
	list := make([]HolidayYear, len(years))
	for i, y := range years {
		list[i].Year = y
	}
	for _, d := range b.days {
		var year int
		_, _ = fmt.Sscanf(d.Day, "%d-", &year) // it was parsed before
		at := slices.IndexFunc(list, func(y HolidayYear) bool { return y.Year == year })
		if at < 0 {
			at = slices.IndexFunc(list, func(y HolidayYear) bool { return y.Year == year-1 || y.Year == year+1 })
		}
		if at < 0 {
			b.fail(d.line, d.Day, "import.holiday_other", map[string]any{"Day": d.Day})
			continue
		}
		list[at].Days = append(list[at].Days, d.Exception)
	}
	for _, y := range list {
		b.complete(y)
	}
	slices.SortStableFunc(b.problems, func(x, y Problem) int { return cmp.Compare(x.Line, y.Line) })
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	return list, nil
}

// complete refuses a year in which a day is worked that the law makes a holiday (Regulation on public holidays, articles 2 and 3).
func (b *publication) complete(y HolidayYear) {
	off := map[string]bool{}
	for _, e := range y.Days {
		off[e.Day] = !e.Work
	}
	for _, l := range lawful(y.Year) {
		if !off[l.Day] {
			b.fail(0, l.Day, "import.holiday_missing", map[string]any{"Day": l.Day, "Name": l.Name})
		}
	}
}

// lawful are the feast days of a year themselves, which every arrangement of holidays holds.
func lawful(year int) []worktime.Exception {
	date := func(month, day int) string { return fmt.Sprintf("%04d-%02d-%02d", year, month, day) }
	lunar := func(month, day int) string { return calendar.NewLunarFromYmd(year, month, day).GetSolar().ToYmd() }
	clear := date(4, 4)
	if s := calendar.NewLunarFromYmd(year, 2, 15).GetJieQiTable()["清明"]; s != nil {
		clear = s.ToYmd()
	}
	return []worktime.Exception{
		{Day: date(1, 1), Name: "元旦"}, {Day: lunar(1, 1), Name: "春节"}, {Day: lunar(1, 2), Name: "春节"}, {Day: lunar(1, 3), Name: "春节"},
		{Day: clear, Name: "清明节"}, {Day: date(5, 1), Name: "劳动节"}, {Day: lunar(5, 5), Name: "端午节"}, {Day: lunar(8, 15), Name: "中秋节"},
		{Day: date(10, 1), Name: "国庆节"}, {Day: date(10, 2), Name: "国庆节"}, {Day: date(10, 3), Name: "国庆节"},
	}
}

// lineOfError is where JSON is broken.
func lineOfError(data []byte, err error) int {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(0)
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	return 1 + bytes.Count(data[:min(int(at), len(data))], []byte("\n"))
}
