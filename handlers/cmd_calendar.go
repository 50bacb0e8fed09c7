package handlers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
	"servicedesk/worktime"
)

// calendarKeepers may see and change working time.
var calendarKeepers = []customers.Role{customers.RoleAdmin, customers.RoleProductManager}

var (
	importWords   = map[string]bool{"导入": true, "import": true, "daoru": true}
	shutdownWords = map[string]bool{"停工": true, "shutdown": true, "tinggong": true}
	reopenWords   = map[string]bool{"复工": true, "reopen": true, "fugong": true}
)

const (
	calendarShown = 60 // days
	ownDaysShown  = 366
	// problemsShown is how many mistakes of a file one answer lists.
	problemsShown = 20
)

func runCalendar(c *call, _ *tickets.Ticket, rest string) error {
	word, after := cutWord(rest)
	if word == "" {
		return c.tellCalendar()
	}
	if importWords[strings.ToLower(word)] {
		return importCalendar(c, after)
	}
	customer, err := c.customerNamed(word)
	if err != nil {
		return err
	}
	verb, after := cutWord(after)
	switch verb = strings.ToLower(verb); {
	case verb == "":
		return c.tellCustomerCalendar(customer)
	case shutdownWords[verb]:
		return shutDown(c, customer, after)
	case reopenWords[verb]:
		return endShutdown(c, customer, after)
	}
	return tickets.Refuse(tickets.CodeInvalid, "calendar.usage", nil)
}

// tellCalendar lists the coming days that are not what their weekday says.
func (c *call) tellCalendar() error {
	cal, err := c.CalendarOf(c.ctx, c.tx, customers.Customer{})
	if err != nil {
		return err
	}
	from := c.now()
	until := from.AddDate(0, 0, calendarShown)
	lines := []string{c.say.T("calendar.head", tickets.Args{"Until": until.Format("01-02"), "Hours": c.hours(cal)})}
	days := c.dayLines(cal.Special(midnight(from), until))
	if len(days) == 0 {
		days = []string{c.say.T("calendar.plain")}
	}
	lines = append(append(lines, days...), c.unknownYears(cal, from, until)...)
	return c.reply(strings.Join(lines, "\n"))
}

func (c *call) unknownYears(cal *worktime.Calendar, from, until time.Time) []string {
	var years []string
	for _, y := range cal.Unknown(from, until) {
		years = append(years, strconv.Itoa(y))
	}
	if len(years) == 0 {
		return nil
	}
	return []string{c.say.T("calendar.unknown", tickets.Args{"Years": strings.Join(years, c.say.T("list.comma"))})}
}

// hours are the windows of a working day: 09:00–12:00、13:30–18:00.
func (c *call) hours(cal *worktime.Calendar) string {
	var parts []string
	for _, s := range cal.Spans() {
		parts = append(parts, hourOf(s.From)+"–"+hourOf(s.To))
	}
	return strings.Join(parts, c.say.T("list.comma"))
}

func hourOf(since time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(since.Hours())%24, int(since.Minutes())%60)
}

// dayLines writes days, those of one holiday together.
func (c *call) dayLines(days []worktime.Exception) []string {
	var lines []string
	for i := 0; i < len(days); {
		first, last := days[i], days[i]
		for i++; i < len(days) && !first.Work && !days[i].Work && days[i].Name == first.Name && follows(last.Day, days[i].Day); i++ {
			last = days[i]
		}
		args := tickets.Args{"From": first.Day, "Name": first.Name, "To": ""}
		switch {
		case first.Work:
			lines = append(lines, c.say.T("calendar.work", args))
			continue
		case last.Day != first.Day:
			args["To"] = "–" + last.Day[len("2006-"):]
		}
		lines = append(lines, c.say.T("calendar.off", args))
	}
	return lines
}

func follows(day, next string) bool {
	d, err := time.Parse(time.DateOnly, day)
	return err == nil && d.AddDate(0, 0, 1).Format(time.DateOnly) == next
}

// tellCustomerCalendar shows a customer's working time.
func (c *call) tellCustomerCalendar(customer customers.Customer) error {
	cal, err := c.CalendarOf(c.ctx, c.tx, customer)
	if err != nil {
		return err
	}
	usual, err := c.CalendarOf(c.ctx, c.tx, customers.Customer{})
	if err != nil {
		return err
	}
	now := c.Now()
	until := now.AddDate(0, 0, ownDaysShown)
	lines := []string{c.say.T("calendar.customer", tickets.Args{"Customer": customer.Name, "Hours": c.hours(cal), "Zone": cal.Zone().String()})}
	if customer.AllHours {
		lines = append(lines, c.say.T("calendar.all_hours", tickets.Args{"Customer": customer.Name}))
	}
	if cal.Open(now) {
		lines = append(lines, c.say.T("calendar.now_open"))
	} else {
		lines = append(lines, c.say.T("calendar.now_shut", tickets.Args{"At": cal.Next(now).In(cal.Zone()).Format("01-02 15:04")}))
	}
	stated := map[worktime.Exception]bool{}
	for _, e := range usual.Special(now, until) {
		stated[e] = true
	}
	var own, near []worktime.Exception
	for _, e := range cal.Special(midnight(now.In(cal.Zone())), until) {
		if !stated[e] {
			own = append(own, e)
		} else if e.Day <= now.AddDate(0, 0, calendarShown).Format(time.DateOnly) {
			near = append(near, e)
		}
	}
	if len(own) > 0 {
		lines = append(append(lines, c.say.T("calendar.own")), c.dayLines(own)...)
	}
	lines = append(append(lines, c.dayLines(near)...), c.unknownYears(cal, now, now.AddDate(0, 0, calendarShown))...)
	return c.reply(strings.Join(lines, "\n"))
}

// shutdownMeant reads beginning, end and name of a shutdown; one day alone is a shutdown of a day.
func (c *call) shutdownMeant(customer customers.Customer, rest string) (from, until, name string, err error) {
	zone := c.Zone
	if z, err := time.LoadLocation(customer.Timezone); err == nil && customer.Timezone != "" {
		zone = z
	}
	now := c.Now().In(zone)
	first, after, ok := parseDay(rest, now)
	if !ok {
		return "", "", "", tickets.Refuse(tickets.CodeInvalid, "calendar.shut_usage", nil)
	}
	last := first
	if day, more, ok := parseEnd(after, now, first, 0); ok {
		last, after = day, more
	}
	return first.Format(time.DateOnly), last.Format(time.DateOnly), strings.TrimSpace(after), nil
}

func shutDown(c *call, customer customers.Customer, rest string) error {
	from, until, name, err := c.shutdownMeant(customer, rest)
	if err != nil {
		return err
	}
	if name == "" {
		name = customers.ShutdownName
	}
	args := tickets.Args{"Customer": customer.Name, "From": from, "Until": until, "Name": name}
	days, ok := customers.DaysOff(from, until, tickets.Shorten(name, 30))
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "calendar.backwards", args)
	}
	changed, err := c.Shutdown(c.ctx, c.tx, c.who, customer, days)
	if err != nil {
		return err
	}
	if !changed {
		return c.reply(c.say.T("calendar.already", args))
	}
	return c.reply(c.say.T("calendar.shut", args))
}

func endShutdown(c *call, customer customers.Customer, rest string) error {
	from, until, _, err := c.shutdownMeant(customer, rest)
	if err != nil {
		return err
	}
	args := tickets.Args{"Customer": customer.Name, "From": from, "Until": until}
	changed, err := c.EndShutdown(c.ctx, c.tx, c.who, customer, from, until)
	if err != nil {
		return err
	}
	if !changed {
		return c.reply(c.say.T("calendar.not_shut", args))
	}
	return c.reply(c.say.T("calendar.reopened", args))
}

// importCalendar takes a year's holidays from the words behind the verb.
func importCalendar(c *call, text string) error {
	if !customers.IsHolidays([]byte(text)) {
		return tickets.Refuse(tickets.CodeInvalid, "calendar.import_usage", nil)
	}
	years, problems := customers.ParseHolidays([]byte(text))
	if len(problems) > 0 {
		return c.reply(c.faults(problems))
	}
	for _, y := range years {
		n, err := c.ImportYear(c.ctx, c.tx, c.who, y)
		if err != nil {
			return err
		}
		if err := c.reply(c.imported(y, n)); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) imported(y customers.HolidayYear, changes int) string {
	off := 0
	for _, e := range y.Days {
		if !e.Work {
			off++
		}
	}
	args := tickets.Args{"Year": y.Year, "Off": off, "Work": len(y.Days) - off, "Count": changes}
	if changes == 0 {
		return c.say.T("calendar.imported_already", args)
	}
	return c.say.T("calendar.imported", args)
}

// faults lists what is to be mended in a file, and says that nothing was taken from it.
func (c *call) faults(problems []customers.Problem) string {
	lines := []string{c.say.T("calendar.refused", tickets.Args{"Count": len(problems)})}
	for i, p := range problems {
		if i == problemsShown {
			lines = append(lines, c.say.T("calendar.refused_more", tickets.Args{"Count": len(problems) - i}))
			break
		}
		what := c.say.T(p.Key, p.Args)
		if p.Line > 0 {
			what = c.say.T("calendar.refused_line", tickets.Args{"Line": p.Line, "What": what})
		}
		lines = append(lines, what)
	}
	return strings.Join(lines, "\n")
}
