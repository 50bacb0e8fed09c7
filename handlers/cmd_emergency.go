package handlers

import (
	"errors"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// emergencyCommands are the verbs of this file.
func emergencyCommands() []*command {
	lane := with(engineers, customers.RoleLiaison, customers.RoleAccountManager, customers.RoleProductManager, customers.RoleLeader)
	return []*command{
		{name: "emergency", verb: "应急", aliases: []string{"yingji", "emergency"}, who: lane, run: runEmergency},
		{name: "ack", verb: "我来", aliases: []string{"wolai", "ack"}, run: runAck},
		{name: "update", verb: "进展", aliases: []string{"jinzhan", "update"}, who: lane, run: runUpdate},
		{name: "consult", verb: "会诊", aliases: []string{"huizhen", "consult"}, who: lane, run: runConsult},
		{name: "standdown", verb: "解除", aliases: []string{"jiechu", "standdown"}, who: lane, run: runStandDown},
		{name: "review", verb: "复盘", aliases: []string{"fupan", "review"}, who: lane, run: runReview},
		{name: "disband", verb: "散群", aliases: []string{"sanqun", "disband"}, who: with(lane, customers.RoleAdmin), run: runDisband},
	}
}

// emergencyPresses are the buttons of this file.
var emergencyPresses = map[string]pressed{
	"ack": pressAck, "update": pressUpdate, "standdown": pressStandDown, "minutes": pressMinutes, "review": pressReview, "disband": pressDisband,
}

// emergencyMeant is the ticket named by number or by where it is said; else the only running emergency that is the caller's business: which he
// has or is called to, and when there is none such, the only one at all.
func (c *call) emergencyMeant(cmd, rest string) (*tickets.Ticket, string, error) {
	if _, _, named := cutNumber(rest); named || c.topic != nil {
		t, rest, err := c.ticketMeant(lookup(cmd), rest)
		if err == nil {
			t, err = c.survivor(t)
		}
		return t, rest, err
	}
	all, err := c.tx.RunningEmergencies(c.ctx)
	if err != nil {
		return nil, "", err
	}
	var own []*tickets.Emergency
	for _, e := range all {
		if e.Concerns(c.who.ID) {
			own = append(own, e)
		}
	}
	if len(own) == 0 {
		own = all
	}
	switch len(own) {
	case 0:
		return nil, "", tickets.Refuse(tickets.CodeConflict, "refuse.none_running", tickets.Args{"Usage": c.say.T("usage." + cmd)})
	case 1:
		t, err := c.tx.Ticket(c.ctx, own[0].TicketID)
		return t, rest, err
	}
	var numbers []string
	for _, e := range own {
		t, err := c.tx.Ticket(c.ctx, e.TicketID)
		if err != nil {
			return nil, "", err
		}
		numbers = append(numbers, t.Number)
	}
	args := tickets.Args{"Numbers": strings.Join(numbers, c.say.T("list.comma")), "Usage": c.say.T("usage." + cmd)}
	return nil, "", tickets.Refuse(tickets.CodeInvalid, "refuse.many_running", args)
}

// runEmergency starts the lane of a ticket, or of a customer: on his only open ticket, or on a new one when he has none.
func runEmergency(c *call, _ *tickets.Ticket, rest string) error {
	if _, _, named := cutNumber(rest); named || c.topic != nil {
		t, text, err := c.ticketMeant(lookup("emergency"), rest)
		if err == nil {
			t, err = c.survivor(t)
		}
		if err != nil {
			return err
		}
		return c.cry(t.ID, text)
	}
	name, text := cutWord(rest)
	if name == "" {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.whose_emergency", tickets.Args{"Usage": c.say.T("usage.emergency")})
	}
	customer, err := c.customerNamed(name)
	if err != nil {
		return err
	}
	open, err := c.tx.FindTickets(c.ctx, tickets.Filter{CustomerID: customer.ID, Statuses: tickets.OpenStatuses, Limit: 9})
	if err != nil {
		return err
	}
	switch len(open) {
	case 0:
		if text == "" {
			return tickets.Refuse(tickets.CodeInvalid, "refuse.what_stopped", tickets.Args{"Usage": c.say.T("usage.emergency")})
		}
		t, err := c.CryFor(c.ctx, c.tx, c.who, customer, text, c.origin(false))
		if err != nil {
			return err
		}
		return c.reply(c.say.T("done.emergency", tickets.Args{"Number": t.Number}))
	case 1:
		return c.cry(open[0].ID, text)
	}
	var numbers []string
	for _, t := range open {
		numbers = append(numbers, t.Number)
	}
	args := tickets.Args{"Customer": customer.Name, "Numbers": strings.Join(numbers, c.say.T("list.comma"))}
	return tickets.Refuse(tickets.CodeInvalid, "refuse.which_emergency", args)
}

func (c *call) cry(id tickets.TicketID, text string) error {
	t, err := c.Cry(c.ctx, c.tx, c.who, id, text)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.emergency", tickets.Args{"Number": t.Number}))
}

// replyOutside answers unless it was said in a room, which hears it from the desk anyway.
func (c *call) replyOutside(text string) error {
	if c.room != nil {
		return nil
	}
	return c.reply(text)
}

func runAck(c *call, _ *tickets.Ticket, rest string) error {
	t, _, err := c.emergencyMeant("ack", rest)
	if err != nil {
		return err
	}
	if t, err = c.Acknowledge(c.ctx, c.tx, c.who, t.ID); err != nil {
		return err
	}
	return c.replyOutside(c.say.T("done.ack", tickets.Args{"Number": t.Number}))
}

func pressAck(c *call, t *tickets.Ticket, _ tickets.Action) (string, error) {
	if _, err := c.Acknowledge(c.ctx, c.tx, c.who, t.ID); err != nil {
		return "", err
	}
	return c.say.T("done.ack", tickets.Args{"Number": t.Number}), nil
}

func runUpdate(c *call, _ *tickets.Ticket, rest string) error {
	t, text, err := c.emergencyMeant("update", rest)
	if err != nil {
		return err
	}
	t, next, err := c.Update(c.ctx, c.tx, c.who, t.ID, c.said(text, false))
	if err != nil {
		return err
	}
	return c.replyOutside(c.say.T("done.update", tickets.Args{"Number": t.Number, "Next": next}))
}

func pressUpdate(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	if _, isCommand := parseCommand(said(a)); isCommand {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.form_command", nil)
	}
	t, next, err := c.Update(c.ctx, c.tx, c.who, t.ID, tickets.Said{Text: said(a), From: c.origin(false)})
	if err != nil {
		return "", err
	}
	return c.say.T("done.update", tickets.Args{"Number": t.Number, "Next": next}), nil
}

func runStandDown(c *call, _ *tickets.Ticket, rest string) error {
	t, summary, err := c.emergencyMeant("standdown", rest)
	if err != nil {
		return err
	}
	if t, err = c.StandDown(c.ctx, c.tx, c.who, t.ID, summary); err != nil {
		return err
	}
	return c.replyOutside(c.say.T("done.standdown", tickets.Args{"Number": t.Number}))
}

func pressStandDown(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	t, err := c.StandDown(c.ctx, c.tx, c.who, t.ID, said(a))
	if err != nil {
		return "", err
	}
	return c.say.T("done.standdown", tickets.Args{"Number": t.Number}), nil
}

// reviewFields are what /复盘 takes.
var reviewFields = map[string]bool{"原因": true, "措施": true, "cause": true, "actions": true}

func runReview(c *call, _ *tickets.Ticket, rest string) error {
	cmd := lookup("review")
	t, rest, err := c.ticketMeant(cmd, rest)
	if err != nil {
		return err
	}
	words, fields := cutFields(rest, reviewFields)
	cause, actions := fields["原因"]+fields["cause"], fields["措施"]+fields["actions"]
	if words != "" && actions != "" { // an unquoted value ends at its first space: the rest belongs to it
		actions += " " + words
	}
	if t, err = c.Review(c.ctx, c.tx, c.who, t.ID, cause, actions); err != nil {
		return err
	}
	return c.reply(c.say.T("done.review", tickets.Args{"Number": t.Number}))
}

func pressReview(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	t, err := c.Review(c.ctx, c.tx, c.who, t.ID, a.Fields["cause"], a.Fields["actions"])
	if err != nil {
		return "", err
	}
	return c.say.T("done.review", tickets.Args{"Number": t.Number}), nil
}

// runDisband dissolves the room in which it is said, else the war room of the ticket's latest emergency.
func runDisband(c *call, _ *tickets.Ticket, rest string) error {
	room := c.room
	if _, _, named := cutNumber(rest); named || room == nil {
		t, _, err := c.ticketMeant(lookup("disband"), rest)
		if err != nil {
			return err
		}
		e, err := c.tx.EmergencyOf(c.ctx, t.ID)
		if errors.Is(err, tickets.ErrNotFound) {
			return tickets.Refuse(tickets.CodeConflict, "refuse.no_emergency", tickets.Args{"Number": t.Number})
		}
		if err != nil {
			return err
		}
		if room, err = c.tx.Room(c.ctx, e.RoomID); err != nil {
			return err
		}
	}
	t, err := c.Disband(c.ctx, c.tx, c.who, room.ID)
	if err != nil || c.room != nil {
		return err // the room says it by being gone
	}
	return c.reply(c.say.T("done.disband", tickets.Args{"Number": t.Number}))
}

func pressDisband(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	id, err := strconv.ParseInt(a.Fields["room"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	if _, err := c.Disband(c.ctx, c.tx, c.who, id); err != nil {
		return "", err
	}
	return c.say.T("done.disband", tickets.Args{"Number": t.Number}), nil
}
