package handlers

import (
	"bytes"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/picture"
	"servicedesk/tickets"
)

// rosterShown is how far ahead the roster is shown.
const rosterShown = 28 * 24 * time.Hour

var swapWords = map[string]bool{"换": true, "换班": true, "swap": true, "huan": true}

// swappers are who may change the roster.
var swappers = []customers.Role{customers.RoleLiaison, customers.RoleAdmin}

func runOncall(c *call, _ *tickets.Ticket, rest string) error {
	word, after := cutWord(rest)
	if swapWords[strings.ToLower(word)] {
		return swapDuty(c, after)
	}
	from := c.now()
	if rest != "" {
		at, left, ok := parseMoment(rest, from, 12*time.Hour)
		if !ok || left != "" {
			return tickets.Refuse(tickets.CodeInvalid, "duty.usage", nil)
		}
		from = at
	}
	plans, err := c.DutyPlans(c.ctx, c.tx, from, from.Add(rosterShown))
	if err != nil {
		return err
	}
	if len(plans) == 0 {
		return c.reply(c.say.T("duty.none"))
	}
	for _, p := range plans {
		if err := c.showRoster(p); err != nil {
			return err
		}
	}
	return nil
}

// showRoster says who is on duty and shows the coming turns as a picture; without a font for that, or a place to keep it, as a card.
func (c *call) showRoster(p tickets.DutyPlan) error {
	lines, err := c.onDutyNow(p)
	if err != nil {
		return err
	}
	table := picture.Table{Title: c.say.T("duty.title", tickets.Args{"Roster": p.Roster.Name}),
		Head: []string{c.say.T("duty.col_time"), c.say.T("duty.col_who"), c.say.T("duty.col_note")}}
	var turns []string
	for _, t := range p.Turns {
		turns = append(turns, c.turnWords(t))
		table.Rows = append(table.Rows, c.turnRow(p, t))
	}
	for _, g := range p.Gaps {
		if g.Who.ID == 0 {
			continue // its turn says so
		}
		turns = append(turns, c.GapWords(c.say, g))
	}
	att, ok := c.drawn(table)
	if !ok {
		card := tickets.Card{Title: table.Title, Summary: table.Title, Colour: tickets.ColourNew}
		for _, line := range append(lines, turns...) {
			card.Lines = append(card.Lines, tickets.Line{Text: line})
		}
		return c.show(card)
	}
	if err := c.place(tickets.Body{Media: &att}); err != nil {
		return err
	}
	return c.reply(strings.Join(append(lines, turns...), "\n"))
}

// drawn keeps a picture of a table.
func (c *call) drawn(table picture.Table) (tickets.Attachment, bool) {
	if c.Pictures == nil {
		return tickets.Attachment{}, false
	}
	data, err := table.PNG()
	if err != nil {
		return tickets.Attachment{}, false // the card says the same
	}
	name := c.say.T("duty.picture")
	key, err := c.Pictures.Put(c.ctx, name, bytes.NewReader(data))
	return tickets.Attachment{Key: key, Name: name, Image: true}, err == nil
}

// onDutyNow says who has the duty at this moment.
func (c *call) onDutyNow(p tickets.DutyPlan) ([]string, error) {
	now := c.Now()
	plans, err := c.DutyPlans(c.ctx, c.tx, now, now.Add(time.Microsecond))
	if err != nil {
		return nil, err
	}
	for _, current := range plans {
		if current.Roster.ID != p.Roster.ID {
			continue
		}
		t := current.Turns[0]
		args := tickets.Args{"Roster": p.Roster.Name, "Name": t.Who.Name, "Until": c.Until(t.Until)}
		if t.Who.Name == "" {
			return []string{c.say.T("duty.now_nobody", args)}, nil
		}
		away, err := c.AbsenceOf(c.ctx, c.tx, t.Who)
		if err != nil || !away.Away() || away.Kind == tickets.AwayCalendar {
			return []string{c.say.T("duty.now", args)}, err
		}
		args["Away"] = c.AwayWords(c.say, t.Who, away)
		return []string{c.say.T("duty.now_away", args)}, nil
	}
	return nil, nil
}

func (c *call) turnWords(t tickets.Turn) string {
	args := tickets.Args{"From": c.stamp(t.From), "Until": c.stamp(t.Until), "Name": t.Who.Name}
	switch {
	case t.Who.Name == "":
		return c.say.T("duty.line_nobody", args)
	case t.Swapped:
		return c.say.T("duty.line_swapped", args)
	}
	return c.say.T("duty.line", args)
}

// stamp writes a moment of a table, in which days stand below each other.
func (c *call) stamp(at time.Time) string { return at.In(c.Zone).Format("01-02 15:04") }

func (c *call) turnRow(p tickets.DutyPlan, t tickets.Turn) picture.Row {
	now := c.Now()
	row := picture.Row{Cells: []string{c.stamp(t.From) + " – " + c.stamp(t.Until), t.Who.Name, ""}}
	if t.Swapped {
		row.Cells[2], row.Tint = c.say.T("duty.note_swapped"), picture.Changed
	}
	if !t.From.After(now) && t.Until.After(now) {
		row.Cells[2], row.Tint = c.say.T("duty.note_now"), picture.Present
	}
	for _, g := range p.Gaps {
		if g.From.Before(t.Until) && t.From.Before(g.Until) {
			row.Cells[2], row.Tint = c.GapWords(c.say, g), picture.Alarm
		}
	}
	return row
}

// swapDuty gives a day's duty, or that of several days, to somebody: 换 12-05 @何静, 换 12-05 12-07 @何静.
func swapDuty(c *call, rest string) error {
	if !(&command{who: swappers}).allowed(c.who) {
		var names []string
		for _, role := range swappers {
			names = append(names, c.say.T("role."+string(role)))
		}
		args := tickets.Args{"Verb": c.say.T("duty.verb_swap"), "Who": strings.Join(names, c.say.T("list.comma"))}
		return tickets.Refuse(tickets.CodeDenied, "refuse.role", args)
	}
	name := ""
	if strings.HasPrefix(rest, "@") { // the person may stand first
		name, rest = cutWord(rest)
	}
	first, after, ok := parseDay(rest, c.now())
	if !ok {
		return tickets.Refuse(tickets.CodeInvalid, "duty.usage", nil)
	}
	last := first
	if day, more, ok := parseEnd(after, c.now(), first, 0); ok {
		last, after = day, more
	}
	if name == "" {
		name = after
	}
	if strings.TrimSpace(name) == "" || last.Before(first) || last.Sub(first) > longestAbsence {
		return tickets.Refuse(tickets.CodeInvalid, "duty.usage", nil)
	}
	to, _, err := c.colleagueMeant(name)
	if err != nil {
		return err
	}
	swapped, err := c.SwapDuty(c.ctx, c.tx, c.who, to, first, last)
	if err != nil {
		return err
	}
	before := swapped.Before.Name
	if before == "" {
		before = c.say.T("nobody.yet")
	}
	return c.reply(c.say.T("duty.swapped", tickets.Args{"From": c.From(swapped.From), "Until": c.Until(swapped.Until), "Name": to.Name,
		"Roster": swapped.Roster.Name, "Before": before}))
}
