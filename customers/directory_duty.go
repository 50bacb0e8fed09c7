package customers

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"servicedesk/worktime"
)

type fileDuty struct {
	Name      string      `yaml:"name"`
	Role      string      `yaml:"role"`
	Members   []string    `yaml:"members"`
	Start     string      `yaml:"start"`
	Days      int         `yaml:"days"`
	Handover  string      `yaml:"handover"`
	Timezone  string      `yaml:"timezone"`
	Overrides []fileShift `yaml:"overrides"`
}

type fileShift struct {
	From   string `yaml:"from"`
	Until  string `yaml:"until"`
	Member string `yaml:"member"`
}

type fileCalendar struct {
	Customer  string         `yaml:"customer"`
	Hours     []string       `yaml:"hours"`
	Timezone  string         `yaml:"timezone"`
	Shutdowns []fileShutdown `yaml:"shutdowns"`
	Workdays  []string       `yaml:"workdays"`
}

type fileShutdown struct {
	From  string `yaml:"from"`
	Until string `yaml:"until"`
	Name  string `yaml:"name"`
}

// Usual values of a roster that states none.
const (
	usualTurn     = 7
	usualHandover = 9 * time.Hour
	longestTurn   = 366
	longestBreak  = 366 // days of a shutdown
)

// ShutdownName is what a shutdown without a name is called.
const ShutdownName = "停工"

func (c *checker) checkDuty(path string, f fileDuty, seen map[string]bool) DirectoryRoster {
	if f.Name == "" {
		c.fail(path+".name", "import.missing", map[string]any{"Field": "name"})
	}
	c.unique(seen, f.Name, path+".name", "import.twice")
	out := DirectoryRoster{Roster: Roster{Name: f.Name, Role: RoleResponder, Start: f.Start, Days: usualTurn, Handover: usualHandover,
		Timezone: f.Timezone}}
	if f.Role != "" {
		out.Role = c.role(path+".role", f.Role, companyRoles)
	}
	if f.Days != 0 {
		out.Days = f.Days
	}
	if out.Days < 1 || out.Days > longestTurn {
		c.fail(path+".days", "import.turn", map[string]any{"Value": f.Days})
	}
	if f.Start != "" {
		out.Start = c.day(path+".start", f.Start)
	}
	if f.Handover != "" {
		out.Handover = c.hour(path+".handover", f.Handover)
	}
	if len(f.Members) == 0 && len(f.Overrides) == 0 {
		c.fail(path, "import.duty_empty", map[string]any{"Name": f.Name})
	}
	members := map[string]bool{}
	for i, name := range f.Members {
		at := fmt.Sprintf("%s.members[%d]", path, i)
		c.unique(members, name, at, "import.twice")
		c.known(at, name)
	}
	out.Names = f.Members
	out.Shifts = c.checkShifts(path, f, c.zone(path+".timezone", f.Timezone))
	return out
}

func (c *checker) checkShifts(path string, f fileDuty, zone *time.Location) []DirectoryShift {
	var shifts []DirectoryShift
	lines := map[DirectoryShift]string{}
	for i, o := range f.Overrides {
		at := fmt.Sprintf("%s.overrides[%d]", path, i)
		c.known(at+".member", o.Member)
		s := DirectoryShift{Name: o.Member, From: c.moment(at+".from", o.From, zone), Until: c.moment(at+".until", o.Until, zone)}
		if s.From.IsZero() || s.Until.IsZero() {
			continue
		}
		if !s.Until.After(s.From) {
			c.fail(at+".until", "import.backwards", map[string]any{"From": o.From, "Until": o.Until})
			continue
		}
		lines[s] = at
		shifts = append(shifts, s)
	}
	sort.SliceStable(shifts, func(i, j int) bool { return shifts[i].From.Before(shifts[j].From) })
	for i := 1; i < len(shifts); i++ {
		if a, b := shifts[i-1], shifts[i]; b.From.Before(a.Until) {
			c.fail(lines[b], "import.overlap", map[string]any{"One": a.Name, "Other": b.Name, "At": b.From.In(zone).Format("2006-01-02 15:04")})
		}
	}
	return shifts
}

// checkCalendar checks a customer's working time; the customer may stand in the file or be known already.
func (c *checker) checkCalendar(path string, f fileCalendar, seen map[string]bool) DirectoryCalendar {
	if f.Customer == "" {
		c.fail(path+".customer", "import.missing", map[string]any{"Field": "customer"})
	}
	c.unique(seen, f.Customer, path+".customer", "import.twice")
	out := DirectoryCalendar{Customer: f.Customer, WorkHours: WorkHours{Timezone: f.Timezone}}
	c.zone(path+".timezone", f.Timezone)
	for i, h := range f.Hours {
		if span, ok := ParseSpan(h); ok {
			out.Spans = append(out.Spans, span)
		} else {
			c.fail(fmt.Sprintf("%s.hours[%d]", path, i), "import.hours", map[string]any{"Value": h})
		}
	}
	days := map[string]bool{}
	for i, s := range f.Shutdowns {
		at := fmt.Sprintf("%s.shutdowns[%d]", path, i)
		for _, e := range c.shutdown(at, s) {
			c.unique(days, e.Day, at, "import.day_twice")
			out.Days = append(out.Days, e)
		}
	}
	for i, d := range f.Workdays {
		at := fmt.Sprintf("%s.workdays[%d]", path, i)
		day := c.day(at, d)
		c.unique(days, day, at, "import.day_twice")
		out.Days = append(out.Days, worktime.Exception{Day: day, Name: worktime.MakeUp, Work: true})
	}
	return out
}

func (c *checker) shutdown(path string, s fileShutdown) []worktime.Exception {
	if s.Until == "" {
		s.Until = s.From
	}
	if s.Name == "" {
		s.Name = ShutdownName
	}
	from, until := c.day(path+".from", s.From), c.day(path+".until", s.Until)
	if from == "" || until == "" {
		return nil
	}
	days, ok := DaysOff(from, until, s.Name)
	if !ok {
		c.fail(path+".until", "import.backwards", map[string]any{"From": s.From, "Until": s.Until})
	}
	return days
}

// DaysOff are the days from one to another, both meant, on which nobody works; false when they run backwards or for over a year.
func DaysOff(from, until, name string) ([]worktime.Exception, bool) {
	first, err1 := time.Parse(time.DateOnly, from)
	last, err2 := time.Parse(time.DateOnly, until)
	if err1 != nil || err2 != nil || last.Before(first) || last.Sub(first) > longestBreak*24*time.Hour {
		return nil, false
	}
	var days []worktime.Exception
	for d := first; !d.After(last); d = d.AddDate(0, 0, 1) {
		days = append(days, worktime.Exception{Day: d.Format(time.DateOnly), Name: name})
	}
	return days, true
}

// ParseSpan reads 09:00-12:00; an end that is not after the start lies on the next day.
func ParseSpan(text string) (worktime.Span, bool) {
	from, to, ok := strings.Cut(strings.NewReplacer("–", "-", "—", "-", "~", "-", " ", "").Replace(text), "-")
	a, ok1 := parseHour(from)
	b, ok2 := parseHour(to)
	if b <= a {
		b += 24 * time.Hour
	}
	return worktime.Span{From: a, To: b}, ok && ok1 && ok2 && a < 24*time.Hour && b-a <= 24*time.Hour
}

func parseHour(text string) (time.Duration, bool) {
	if text == "24:00" {
		return 24 * time.Hour, true
	}
	t, err := time.Parse("15:04", text)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err == nil
}

func (c *checker) known(path, name string) {
	if !c.staff[name] {
		c.fail(path, "import.stranger", map[string]any{"Name": name})
	}
}

func (c *checker) day(path, value string) string {
	if _, err := time.Parse(time.DateOnly, value); err != nil {
		c.fail(path, "import.day", map[string]any{"Value": value})
		return ""
	}
	return value
}

func (c *checker) hour(path, value string) time.Duration {
	at, ok := parseHour(value)
	if !ok || at >= 24*time.Hour {
		c.fail(path, "import.hour", map[string]any{"Value": value})
	}
	return at
}

func (c *checker) moment(path, value string, zone *time.Location) time.Time {
	for _, layout := range []string{"2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, value, zone); err == nil {
			return at.UTC()
		}
	}
	c.fail(path, "import.moment", map[string]any{"Value": value})
	return time.Time{}
}

func (c *checker) zone(path, name string) *time.Location {
	if name == "" {
		name = "Asia/Shanghai"
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		c.fail(path, "import.timezone", map[string]any{"Value": name})
		return time.UTC
	}
	return zone
}
