package handlers

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	"servicedesk/tickets"
)

// confirmWithin is how long a question "shall I?" may be answered; later its card has to be asked for anew.
const confirmWithin = time.Hour

// confirmed carries out what was asked first; t is the ticket as it is now (nil: none), args what the question carried. It answers what
// was done.
type confirmed func(c *call, t *tickets.Ticket, args map[string]string) (string, error)

// confirmations are the acts that are asked first, by the name of their command; each file adds its own in init.
var confirmations = map[string]confirmed{}

// Names of what the button of a question carries besides the act's own arguments.
const (
	confirmDo    = "confirm_do"    // which act
	confirmAsker = "confirm_asker" // staff id of who asked
	confirmToken = "confirm_token" // acts once
	confirmUntil = "confirm_until" // Unix seconds, clock time
	confirmHere  = "confirm_here"  // asked in the direct chat: the answer belongs there
)

// askFirst shows what an act will do, with a button that carries it out: confirmations[verb] with args. The button's text is
// button.confirm_<verb> and begins with 确认. It acts once, within an hour, for who asked or whoever has the right to the command.
func (c *call) askFirst(t *tickets.Ticket, verb, text string, args map[string]string) error {
	label := c.say.T("button." + "confirm_" + verb)
	carried := map[string]string{}
	maps.Copy(carried, args)
	carried[confirmDo] = verb
	carried[confirmAsker] = fmt.Sprint(c.who.ID)
	carried[confirmToken] = string(c.in.ID)
	carried[confirmUntil] = fmt.Sprint(c.Now().Add(confirmWithin).Unix())
	if c.in.Direct {
		carried[confirmHere] = "direct"
	}
	button := tickets.Button{Text: label, Verb: "confirm", Args: carried, Style: "primary"}
	title := c.say.T("ask_first.title")
	if t != nil {
		button.Ticket = t.ID
		title += " " + t.Number
	}
	return c.show(tickets.Card{Title: title, Colour: tickets.ColourWaiting, Summary: title,
		Lines: []tickets.Line{{Text: text}, {Text: c.say.T("ask_first.tail")}}, Buttons: []tickets.Button{button}})
}

// pressConfirm answers a question of askFirst.
func pressConfirm(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	act, known := confirmations[a.Fields[confirmDo]]
	until, err := strconv.ParseInt(a.Fields[confirmUntil], 10, 64)
	if !known || err != nil || c.Now().Unix() > until {
		return "", tickets.Refuse(tickets.CodeConflict, "refuse.confirm_late", nil)
	}
	if cmd := lookup(a.Fields[confirmDo]); a.Fields[confirmAsker] != fmt.Sprint(c.who.ID) && cmd != nil {
		if err := c.mustBeAllowed(cmd); err != nil {
			return "", err
		}
	}
	first, err := c.tx.MarkSeen(c.ctx, tickets.Feishu, "confirm:"+a.Fields[confirmToken])
	if err != nil {
		return "", err
	}
	if !first {
		return "", tickets.Refuse(tickets.CodeConflict, "refuse.confirmed_before", nil)
	}
	text, err := act(c, t, a.Fields)
	if err != nil || a.Fields[confirmHere] == "" {
		return text, err
	}
	c.topic, c.in.Direct = nil, true
	return text, c.reply(text)
}
