package handlers

import (
	"strings"
	"time"
	"unicode"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// presenceCommands are the verbs of presence, duty and calendars.
func presenceCommands() []*command {
	return []*command{
		{name: "busy", verb: "忙", aliases: []string{"mang", "busy"}, run: runBusy},
		{name: "back", verb: "在岗", aliases: []string{"zaigang", "back"}, run: runBack},
		{name: "leave", verb: "请假", aliases: []string{"qingjia", "leave"}, run: runLeave},
		{name: "oncall", verb: "值班", aliases: []string{"zhiban", "oncall"}, run: runOncall},
		{name: "calendar", verb: "日历", aliases: []string{"rili", "calendar"}, who: calendarKeepers, run: runCalendar},
	}
}

// presencePresses are the buttons of this file.
var presencePresses = map[string]pressed{}

// longestAbsence bounds what is said in one go.
const longestAbsence = 366 * 24 * time.Hour

// now is the clock in the desk's zone, as the caller's dates are meant.
func (c *call) now() time.Time { return c.Now().In(c.Zone) }

func runBusy(c *call, _ *tickets.Ticket, rest string) error {
	reason, until := busyFor(rest, c.now())
	missing := ""
	switch {
	case reason == "" && until.IsZero():
		missing = c.say.T("busy.missing_both")
	case until.IsZero():
		missing = c.say.T("busy.missing_time")
	case reason == "":
		missing = c.say.T("busy.missing_reason")
	}
	if missing != "" {
		return tickets.Refuse(tickets.CodeInvalid, "busy.usage", tickets.Args{"Missing": missing, "Usage": c.say.T("usage.busy")})
	}
	standIns, err := c.SetBusy(c.ctx, c.tx, c.who, reason, until)
	if err != nil {
		return err
	}
	away := c.AwayWords(c.say, c.who, tickets.Absence{Kind: tickets.AwayBusy, Reason: reason, Until: until})
	return c.tellAway(c.say.T("busy.done", tickets.Args{"Away": away}), standIns, true)
}

// busyFor parts 高铁 3h, 高铁3小时, 3h 高铁, 开会 到 15:00 into why and until when; what is not there is zero.
func busyFor(rest string, now time.Time) (reason string, until time.Time) {
	rest = strings.TrimSpace(rest)
	if first, after := cutWord(rest); after != "" {
		if d, ok := parseDuration(first); ok && d <= longestAbsence {
			return after, now.Add(d)
		}
	}
	trim := func(s string) string {
		return strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) })
	}
	previous := ' '
	for i, r := range rest {
		tail, inside := rest[i:], unicode.IsDigit(previous) || strings.ContainsRune("-.", previous)
		if previous = r; inside { // the second half of a number is none
			continue
		}
		if d, ok := parseDuration(tail); ok && d <= longestAbsence {
			return trim(rest[:i]), now.Add(d)
		}
		for _, to := range []string{"直到", "到", "至", "until ", "till "} {
			if when, found := strings.CutPrefix(tail, to); found {
				if at, left, ok := parseMoment(when, now, dayEnd); ok && left == "" && at.After(now) && at.Sub(now) <= longestAbsence {
					return trim(rest[:i]), at
				}
			}
		}
	}
	return rest, time.Time{}
}

// tellAway says what was noted, who stands in at the customers, and who is called while his duty lasts.
func (c *call) tellAway(done string, standIns []tickets.StandIn, none bool) error {
	lines := []string{done}
	for _, s := range standIns {
		args := tickets.Args{"Customer": s.Customer.Name, "Role": c.say.T("role." + string(s.Role)), "Name": s.Who.Name}
		if s.Who.ID == 0 || s.Who.ID == c.who.ID {
			lines = append(lines, c.say.T("busy.nobody", args))
		} else {
			lines = append(lines, c.say.T("busy.stand_in", args))
		}
	}
	next, onDuty, err := c.dutyAfter()
	if err != nil {
		return err
	}
	if onDuty {
		lines = append(lines, c.say.T("busy.duty", tickets.Args{"Name": next.Name}))
	}
	if none && len(lines) == 1 {
		lines = append(lines, c.say.T("busy.no_stand_in"))
	}
	return c.reply(strings.Join(lines, "\n"))
}

// dutyAfter tells whether the caller has the duty at this moment, and who is called first although.
func (c *call) dutyAfter() (next customers.Staff, onDuty bool, err error) {
	plans, err := c.DutyPlans(c.ctx, c.tx, c.Now(), c.Now().Add(time.Microsecond))
	for _, p := range plans {
		onDuty = onDuty || p.Roster.Role == customers.RoleResponder && p.Turns[0].Who.ID == c.who.ID
	}
	if err != nil || !onDuty {
		return next, false, err
	}
	called, err := c.OnDuty(c.ctx, c.tx)
	if err != nil || len(called) == 0 || called[0].ID == c.who.ID {
		return next, false, err
	}
	return called[0], true, nil
}

func runBack(c *call, _ *tickets.Ticket, _ string) error {
	was, err := c.Back(c.ctx, c.tx, c.who)
	if err != nil {
		return err
	}
	if !was.Away() {
		return c.reply(c.say.T("back.already"))
	}
	return c.reply(c.say.T("back.done", tickets.Args{"Name": c.who.Name}))
}

// cancelWords take back what was asked for.
var cancelWords = map[string]bool{"取消": true, "撤回": true, "cancel": true, "quxiao": true}

func runLeave(c *call, _ *tickets.Ticket, rest string) error {
	if word, _ := cutWord(rest); cancelWords[strings.ToLower(word)] {
		n, err := c.CancelLeave(c.ctx, c.tx, c.who)
		if err != nil {
			return err
		}
		if n == 0 {
			return c.reply(c.say.T("leave.none"))
		}
		return c.reply(c.say.T("leave.cancelled", tickets.Args{"Count": n}))
	}
	from, until, err := c.leaveMeant(rest)
	if err != nil {
		return err
	}
	standIns, gaps, err := c.TakeLeave(c.ctx, c.tx, c.who, from.UTC(), until.UTC())
	if err != nil {
		return err
	}
	done := []string{c.say.T("leave.done", tickets.Args{"From": c.From(from), "Until": c.Until(until)})}
	if from.After(c.Now()) {
		done = append(done, c.say.T("leave.later"))
	}
	for _, g := range gaps {
		done = append(done, c.say.T("leave.duty", tickets.Args{"From": c.From(g.From), "Until": c.Until(g.Until)}))
	}
	return c.tellAway(strings.Join(done, "\n"), standIns, false)
}

// leaveMeant reads beginning and end; without hours both days are meant whole, one day alone is a leave of a day.
func (c *call) leaveMeant(rest string) (from, until time.Time, err error) {
	usage := tickets.Args{"Usage": c.say.T("usage.leave")}
	now := c.now()
	from, after, ok := parseMoment(rest, now, 0)
	if !ok {
		return from, until, tickets.Refuse(tickets.CodeInvalid, "leave.usage", usage)
	}
	until, left, ok := parseEnd(after, now, from, 24*time.Hour)
	switch {
	case after == "":
		day, _, _ := parseDay(rest, now)
		until = onClock(day, 24*time.Hour)
	case !ok || left != "":
		return from, until, tickets.Refuse(tickets.CodeInvalid, "leave.usage", usage)
	}
	from = later(from, now)
	switch {
	case !until.After(from):
		usage["From"], usage["Until"] = c.From(from), c.Until(until)
		return from, until, tickets.Refuse(tickets.CodeInvalid, "leave.backwards", usage)
	case until.Sub(from) > longestAbsence:
		return from, until, tickets.Refuse(tickets.CodeInvalid, "leave.too_long", usage)
	}
	return from, until, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
