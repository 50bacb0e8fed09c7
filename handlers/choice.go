package handlers

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// unclear is a name that several bear. The caller is shown a choice, and his tap carries the command out.
type unclear struct {
	name    string
	options []tickets.Option // Value is the id
}

// Error implements error.
func (u *unclear) Error() string { return "several are called the same" }

// mostChoices is how many a choice offers; more are a matter of a better name.
const mostChoices = 12

// askWhich shows the choice.
func (c *call) askWhich(u *unclear) error {
	if len(u.options) > mostChoices {
		return c.reply(c.say.T("which.too_many", tickets.Args{"Name": u.name, "Count": len(u.options)}))
	}
	title := c.say.T("which.ask", tickets.Args{"Name": u.name})
	card := tickets.Card{Title: title, Summary: title, Colour: tickets.ColourNew, Lines: []tickets.Line{{Text: c.in.Text}}}
	var mentions []string
	for _, m := range c.in.Mentions {
		mentions = append(mentions, string(m))
	}
	for _, o := range u.options {
		button := tickets.Button{Text: o.Text, Verb: "which", Args: map[string]string{
			"command": c.in.Text, "mentions": strings.Join(mentions, ","), "cause": string(c.in.ID), "picked": c.withPick(u.name, o.Value),
		}}
		if c.topic != nil {
			button.Ticket = c.topic.ID
		}
		card.Buttons = append(card.Buttons, button)
	}
	if len(card.Buttons) > 4 {
		card.Folded, card.Buttons, card.More = card.Buttons[4:], card.Buttons[:4], c.say.T("button.more")
	}
	return c.show(card)
}

// withPick writes what was picked so far and one more as name=id, a line each.
func (c *call) withPick(name, id string) string {
	lines := []string{name + "=" + id}
	for _, n := range slices.Sorted(maps.Keys(c.picked)) {
		lines = append(lines, fmt.Sprintf("%s=%d", n, c.picked[n]))
	}
	return strings.Join(lines, "\n")
}

// pressWhich carries out the command for the one who was meant. Of several taps on one choice the first counts.
func pressWhich(c *call, _ *tickets.Ticket, a tickets.Action) (string, error) {
	cmd, _ := parseCommand(a.Fields["command"])
	verb := lookup(cmd.verb)
	if verb == nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	if err := c.mustBeAllowed(verb); err != nil { // before the choice is used up
		return "", err
	}
	first, err := c.tx.MarkSeen(c.ctx, tickets.Feishu, "which:"+a.Fields["cause"])
	if err != nil {
		return "", err
	}
	if !first {
		return c.say.T("toast.again"), nil
	}
	c.in.Text, c.picked = a.Fields["command"], map[string]int64{}
	for _, m := range strings.Split(a.Fields["mentions"], ",") {
		if m != "" {
			c.in.Mentions = append(c.in.Mentions, tickets.RemoteID(m))
		}
	}
	for _, line := range strings.Split(a.Fields["picked"], "\n") {
		if cut := strings.LastIndex(line, "="); cut > 0 {
			if id, err := strconv.ParseInt(line[cut+1:], 10, 64); err == nil {
				c.picked[line[:cut]] = id
			}
		}
	}
	// What was refused by the command is said where its answer would stand: the toast is gone in a moment.
	return c.say.T("toast.which"), c.refusalsAnswered(c.run(cmd))
}

// one is the one of several that the name means: the only one, or the one picked; else the caller is asked. missing refuses when there is none.
func one[T any](c *call, name string, found []T, id func(T) int64, label func(T) string, missing string) (T, error) {
	var none T
	if len(found) == 0 {
		return none, tickets.Refuse(tickets.CodeNotFound, missing, tickets.Args{"Name": name})
	}
	if len(found) == 1 {
		return found[0], nil
	}
	u := &unclear{name: name}
	for _, f := range found {
		if picked, ok := c.picked[name]; ok && picked == id(f) {
			return f, nil
		}
		u.options = append(u.options, tickets.Option{Text: label(f), Value: fmt.Sprint(id(f))})
	}
	return none, u
}

// colleagueMeant is the colleague named by the first mention, or by the first word; the rest follows.
func (c *call) colleagueMeant(rest string) (customers.Staff, string, error) {
	name, after := cutWord(rest)
	if len(c.in.Mentions) > 0 && strings.HasPrefix(rest, "@") {
		s, err := c.mentioned(0, name)
		return s, after, err
	}
	s, err := c.colleagueNamed(name)
	return s, after, err
}

// mentioned is the colleague behind a mention.
func (c *call) mentioned(at int, name string) (customers.Staff, error) {
	s, err := c.tx.StaffByOpenID(c.ctx, c.in.Mentions[at])
	if errors.Is(err, tickets.ErrNotFound) {
		return s, tickets.Refuse(tickets.CodeNotFound, "refuse.no_colleague", tickets.Args{"Name": strings.TrimPrefix(name, "@")})
	}
	return s, err
}

// colleagueNamed is the colleague with a name; several are a matter of choice.
func (c *call) colleagueNamed(name string) (customers.Staff, error) {
	name = strings.TrimPrefix(name, "@")
	found, err := c.tx.FindStaff(c.ctx, name)
	if err != nil {
		return customers.Staff{}, err
	}
	label := func(s customers.Staff) string {
		parts := append([]string{s.Name}, s.Teams...)
		if s.Location != "" {
			parts = append(parts, s.Location)
		}
		for _, role := range s.Roles {
			parts = append(parts, c.say.T("role."+string(role)))
		}
		if s.Mobile != "" {
			parts = append(parts, customers.Masked(s.Mobile))
		}
		return strings.Join(parts, " ")
	}
	return one(c, name, found, func(s customers.Staff) int64 { return s.ID }, label, "refuse.no_colleague")
}

// customerMeant is the customer with a code, a name, or a part of one; in a ticket's topic no name means the ticket's.
func (c *call) customerMeant(name string) (customers.Customer, error) {
	if name == "" && c.topic != nil && c.topic.CustomerID != 0 {
		return c.tx.Customer(c.ctx, c.topic.CustomerID)
	}
	found, err := c.CustomerNamed(c.ctx, c.tx, name)
	if err != nil {
		return customers.Customer{}, err
	}
	label := func(x customers.Customer) string { return x.Name + " " + x.Code }
	return one(c, name, found, func(x customers.Customer) int64 { return x.ID }, label, "refuse.no_customer")
}

// contactOf is the contact meant among those with his name.
func (c *call) contactOf(name string, found []customers.Contact) (customers.Contact, error) {
	label := func(x customers.Contact) string {
		parts := []string{x.Name}
		if x.Kind != "" {
			parts = append(parts, c.say.T("kind."+string(x.Kind)))
		}
		if x.Mobile != "" {
			parts = append(parts, customers.Masked(x.Mobile))
		}
		if x.WeComID != "" {
			parts = append(parts, "…"+x.WeComID[max(0, len(x.WeComID)-4):])
		}
		return strings.Join(append(parts, c.Clock(x.CreatedAt, customers.Customer{})[:10]), " ")
	}
	return one(c, name, found, func(x customers.Contact) int64 { return x.ID }, label, "refuse.no_contact")
}
