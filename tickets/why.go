package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
	"servicedesk/worktime"
)

// Why prints the sum behind a ticket's due times: a line per clock, then the policy and why it holds, and the working time.
func (d *Desk) Why(ctx context.Context, tx Tx, t *Ticket, say words.Locale) (string, error) {
	customer, err := d.served(ctx, tx, t.CustomerID)
	if err != nil {
		return "", err
	}
	list, err := tx.Clocks(ctx, t.ID)
	if err != nil {
		return "", err
	}
	x, err := d.dialOf(ctx, tx, customer)
	if err != nil {
		return "", err
	}
	matching, err := d.policiesFor(ctx, tx, t, customer)
	if err != nil {
		return "", err
	}
	w := &reckoning{say: say, now: d.Now(), zone: d.zone(customer), ticket: t}
	lines := []string{say.T("why.head", Args{"Number": t.Number, "Title": t.Title})}
	working := false
	for _, kind := range ClockKinds {
		c := clockOf(list, kind)
		if c == nil || !c.Promised() {
			lines = append(lines, say.T("why.not_promised", Args{"Clock": say.T(clockNames[kind])}))
			continue
		}
		working = working || !c.AllHours
		lines = append(lines, w.clock(c, x.of(c)))
	}
	lines = append(lines, w.unknown(list, x)...)
	lines = append(lines, w.policy(customer, matching))
	if working {
		windows := strings.Join(windowsOf(x.work, t.OpenedAt), say.T("list.comma"))
		lines = append(lines, say.T("why.windows", Args{"Windows": windows, "Zone": x.work.Zone().String()}))
	}
	return strings.Join(lines, "\n"), nil
}

// reckoning writes the sums of one ticket.
type reckoning struct {
	say    words.Locale
	now    time.Time
	zone   *time.Location
	ticket *Ticket
}

func (w *reckoning) at(t time.Time) string { return t.In(w.zone).Format("2006-01-02 15:04") }

// clock is the sum of one clock, in one line.
func (w *reckoning) clock(c *Clock, cal *worktime.Calendar) string {
	hours := "policy.work_hours"
	if c.AllHours {
		hours = "policy.all_hours"
	}
	due := c.DueAt
	stands := c.Owed() && !c.Runs() && c.BreachedAt.IsZero()
	if stands {
		due = cal.Add(w.now, max(0, c.Target-c.Used))
	}
	parts := []string{w.say.T("why.clock", Args{"Clock": w.say.T(clockNames[c.Kind]), "Target": spell(w.say, c.Target), "Hours": w.say.T(hours),
		"From": w.at(c.StartedAt)})}
	parts = append(parts, w.days(cal, c.StartedAt, due)...)
	for _, p := range c.Pauses {
		parts = append(parts, w.pause(p))
	}
	if c.Round > 0 {
		parts = append(parts, w.say.T("why.round", Args{"Round": c.Round + 1}))
	}
	parts = append(parts, w.say.T("why.used", Args{"Used": spell(w.say, c.UsedBy(w.now, cal))}), w.say.T("why.due", Args{"At": w.at(due)}))
	switch {
	case stands:
		parts = append(parts, w.say.T("why.stands"))
	case !c.BreachedAt.IsZero() && !c.MetAt.IsZero():
		parts = append(parts, w.say.T("why.met_late", Args{"At": w.at(c.MetAt)}))
	case !c.MetAt.IsZero():
		parts = append(parts, w.say.T("why.met", Args{"At": w.at(c.MetAt)}))
	case !c.BreachedAt.IsZero():
		parts = append(parts, w.say.T("why.broken"))
	}
	return strings.Join(parts, w.say.T("why.comma"))
}

func (w *reckoning) pause(p Pause) string {
	to := w.say.T("why.until_now")
	if !p.To.IsZero() {
		to = w.at(p.To)
	}
	return w.say.T("why.paused", Args{"From": w.at(p.From), "To": to, "Why": w.say.T(pauseNames[p.Why])})
}

// days names the holidays that were passed and the make-up days that were used, those of one name together.
func (w *reckoning) days(cal *worktime.Calendar, from, to time.Time) []string {
	var parts []string
	for _, run := range runsOf(cal, cal.Special(from, to), from, to) {
		key := "why.passed"
		if run[0].Work {
			key = "why.used_day"
		}
		days := run[0].Day[5:]
		if last := run[len(run)-1].Day; last != run[0].Day {
			days += "–" + last[5:]
		}
		parts = append(parts, w.say.T(key, Args{"Name": run[0].Name, "Days": days}))
	}
	return parts
}

// runsOf parts days into runs of neighbours with the same name. A make-up day of which nothing was used is left out.
func runsOf(cal *worktime.Calendar, days []worktime.Exception, from, to time.Time) [][]worktime.Exception {
	var runs [][]worktime.Exception
	var before time.Time
	for _, e := range days {
		day, err := time.ParseInLocation(time.DateOnly, e.Day, cal.Zone())
		if err != nil {
			continue
		}
		if e.Work && cal.Between(latest(day, from), earliest(day.AddDate(0, 0, 1), to)) == 0 {
			continue
		}
		n := len(runs)
		if n > 0 && runs[n-1][0].Name == e.Name && runs[n-1][0].Work == e.Work && day.Equal(before.AddDate(0, 0, 1)) {
			runs[n-1] = append(runs[n-1], e)
		} else {
			runs = append(runs, []worktime.Exception{e})
		}
		before = day
	}
	return runs
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// unknown names the years that were counted without holiday data.
func (w *reckoning) unknown(list []Clock, x dial) []string {
	var years []int
	for i := range list {
		c := &list[i]
		if !c.Promised() {
			continue
		}
		for _, y := range x.of(c).Unknown(c.StartedAt, latest(c.DueAt, c.StartedAt)) {
			if !slices.Contains(years, y) {
				years = append(years, y)
			}
		}
	}
	var lines []string
	for _, y := range years {
		lines = append(lines, w.say.T("why.unknown", Args{"Year": fmt.Sprint(y)}))
	}
	return lines
}

// policy says which policy holds and why: what it is for, and which others match.
func (w *reckoning) policy(c customers.Customer, matching []customers.Policy) string {
	if len(matching) == 0 {
		return w.say.T("why.no_policy", Args{"Type": w.say.T("type." + string(w.ticket.Type))})
	}
	of := policyName(w.say, customers.PolicyKeyOf(c, string(w.ticket.Type)))
	text := w.say.T("why.policy", Args{"Of": of, "Policy": PolicyText(w.say, matching[0])})
	var others []string
	for _, p := range matching[1:] {
		others = append(others, policyName(w.say, p.PolicyKey))
	}
	if len(others) > 0 {
		text += w.say.T("why.most_specific", Args{"Others": strings.Join(others, w.say.T("list.comma"))})
	}
	return text
}

// windowsOf are the windows of the first working day from a moment on, found by asking the calendar alone.
func windowsOf(cal *worktime.Calendar, from time.Time) []string {
	from = from.In(cal.Zone())
	day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, cal.Zone())
	start := cal.Next(day)
	end := time.Date(start.Year(), start.Month(), start.Day()+1, 0, 0, 0, 0, cal.Zone())
	var list []string
	for start = start.In(cal.Zone()); start.Before(end); start = cal.Next(start).In(cal.Zone()) {
		low, high := time.Minute, 24*time.Hour // the longest time that passes without a break
		for low < high {
			middle := (low + high + time.Minute) / 2 / time.Minute * time.Minute
			if cal.Between(start, start.Add(middle)) == middle {
				low = middle
			} else {
				high = middle - time.Minute
			}
		}
		stop := start.Add(low)
		list = append(list, start.Format("15:04")+"–"+stop.Format("15:04"))
		start = stop
	}
	return list
}
