package handlers

import (
	"strings"

	"servicedesk/tickets"
)

func runClaim(c *call, t *tickets.Ticket, _ string) error {
	t, err := c.Claim(c.ctx, c.tx, c.who, t.ID)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.claim", tickets.Args{"Number": t.Number, "Name": c.who.Name}))
}

func runAssign(c *call, t *tickets.Ticket, rest string) error {
	if rest == "" {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.no_assignee", tickets.Args{"Usage": c.say.T("usage.assign")})
	}
	to, reason, err := c.colleagueMeant(rest)
	if err != nil {
		return err
	}
	if t, err = c.Assign(c.ctx, c.tx, c.who, t.ID, to, reason); err != nil {
		return err
	}
	if c.topic != nil && c.topic.ID == t.ID {
		return nil // the topic was told already
	}
	return c.reply(c.say.T("done.assign", tickets.Args{"Number": t.Number, "To": to.Name}))
}

func runReply(c *call, t *tickets.Ticket, rest string) error {
	inTopic := c.topic != nil && c.topic.ID == t.ID
	t, err := c.Reply(c.ctx, c.tx, c.who, t.ID, rest, c.in.Attached, c.origin(inTopic))
	if err != nil || inTopic {
		return err // in the topic the echo on the message says it
	}
	return c.reply(c.say.T("done.reply", tickets.Args{"Number": t.Number}))
}

func runNote(c *call, t *tickets.Ticket, rest string) error {
	t, _, err := c.Note(c.ctx, c.tx, c.who, t.ID, rest, c.in.Attached, c.origin(false))
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.note", tickets.Args{"Number": t.Number}))
}

func runWait(c *call, t *tickets.Ticket, rest string) error {
	t, err := c.Wait(c.ctx, c.tx, c.who, t.ID, rest)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.wait", tickets.Args{"Number": t.Number}))
}

// solveFields are what /解决 takes besides the solution's text.
var solveFields = map[string]bool{"措施": true, "原因": true, "方式": true, "工时": true}

func runSolve(c *call, t *tickets.Ticket, rest string) error {
	text, fields := cutFields(rest, solveFields)
	t, err := c.Solve(c.ctx, c.tx, c.who, t.ID, tickets.Solution{Text: text, Fields: fields}, c.origin(false))
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.solve", tickets.Args{"Number": t.Number}))
}

func runReopen(c *call, t *tickets.Ticket, rest string) error {
	t, err := c.Reopen(c.ctx, c.tx, c.who, t.ID, rest)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.reopen", tickets.Args{"Number": t.Number}))
}

func runBind(c *call, _ *tickets.Ticket, rest string) error {
	name, code := cutWord(rest)
	if name == "" || code == "" {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.bind_usage", tickets.Args{"Usage": c.say.T("usage.bind")})
	}
	customer, err := c.customerNamed(strings.TrimSpace(code))
	if err != nil {
		return err
	}
	found, err := c.tx.FindContacts(c.ctx, name)
	if err != nil {
		return err
	}
	switch {
	case len(found) == 0:
		return tickets.Refuse(tickets.CodeNotFound, "refuse.no_contact", tickets.Args{"Name": name})
	case len(found) > 1 && !found[1].Bound():
		return tickets.Refuse(tickets.CodeInvalid, "refuse.many_contacts", tickets.Args{"Name": name})
	}
	if err := c.Bind(c.ctx, c.tx, c.who, found[0], customer); err != nil {
		return err
	}
	return c.reply(c.say.T("done.bind", tickets.Args{"Contact": found[0].Name, "Customer": customer.Name}))
}
