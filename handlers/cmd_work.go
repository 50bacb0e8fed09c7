package handlers

import (
	"errors"
	"slices"
	"strings"

	"servicedesk/customers"
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
	t, err := c.Reply(c.ctx, c.tx, c.who, t.ID, c.said(rest, inTopic))
	if err != nil || inTopic {
		return err // in the topic the echo on the message says it
	}
	return c.reply(c.say.T("done.reply", tickets.Args{"Number": t.Number}))
}

func runNote(c *call, t *tickets.Ticket, rest string) error {
	t, _, err := c.Note(c.ctx, c.tx, c.who, t.ID, c.said(rest, false))
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.note", tickets.Args{"Number": t.Number}))
}

func runWait(c *call, t *tickets.Ticket, rest string) error {
	t, err := c.Wait(c.ctx, c.tx, c.who, t.ID, rest, c.origin(false))
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.wait", tickets.Args{"Number": t.Number}))
}

// solveFields are what /解决 takes besides the solution's text.
var solveFields = map[string]bool{"措施": true, "原因": true, "方式": true, "工时": true}

// solutionIn parts what was said into the solution and its fields. Without 措施 the solution counts as both; an empty one is refused.
func solutionIn(said string) (tickets.Solution, error) {
	text, fields := cutFields(said, solveFields)
	if measures, named := fields["措施"]; text == "" || named && strings.TrimSpace(measures) == "" {
		return tickets.Solution{}, tickets.Refuse(tickets.CodeInvalid, "refuse.no_solution", nil)
	}
	return tickets.Solution{Text: text, Fields: fields}, nil
}

func runSolve(c *call, t *tickets.Ticket, rest string) error {
	solution, err := solutionIn(rest)
	if err != nil {
		return err
	}
	if t, err = c.Solve(c.ctx, c.tx, c.who, t.ID, solution, c.origin(false)); err != nil {
		return err
	}
	return c.reply(c.say.T("done.solve", tickets.Args{"Number": t.Number}))
}

func runRetake(c *call, t *tickets.Ticket, _ string) error {
	t, err := c.Retake(c.ctx, c.tx, c.who, t.ID, c.origin(false))
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.retake", tickets.Args{"Number": t.Number}))
}

func runReopen(c *call, t *tickets.Ticket, rest string) error {
	t, err := c.Reopen(c.ctx, c.tx, c.who, t.ID, rest)
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.reopen", tickets.Args{"Number": t.Number}))
}

func runBind(c *call, _ *tickets.Ticket, rest string) error {
	contact, customer, err := c.bindMeant(strings.Fields(rest))
	if err != nil {
		return err
	}
	if err := c.Bind(c.ctx, c.tx, c.who, contact, customer); err != nil {
		return err
	}
	return c.reply(c.say.T("done.bind", tickets.Args{"Contact": contact.Name, "Customer": customer.Name}))
}

// bindMeant parts the words into a contact and a customer. Both names may hold spaces, so every border is tried.
func (c *call) bindMeant(said []string) (contact customers.Contact, customer customers.Customer, err error) {
	err = tickets.Refuse(tickets.CodeInvalid, "refuse.bind_usage", tickets.Args{"Usage": c.say.T("usage.bind")})
	for i := len(said) - 1; i > 0; i-- {
		name, company := strings.Join(said[:i], " "), strings.Join(said[i:], " ")
		customer, missing := c.customerNamed(company)
		if missing != nil {
			if i == len(said)-1 || !errors.As(missing, new(*tickets.Error)) {
				err = missing
			}
			continue
		}
		found, failed := c.tx.FindContacts(c.ctx, name)
		switch {
		case failed != nil:
			return contact, customer, failed
		case len(found) > 1 && !found[1].Bound():
			visitors := slices.DeleteFunc(found, customers.Contact.Bound)
			contact, err = c.contactOf(name, visitors)
			return contact, customer, err
		case len(found) > 0:
			return found[0], customer, nil
		}
		err = tickets.Refuse(tickets.CodeNotFound, "refuse.no_contact", tickets.Args{"Name": name})
	}
	return contact, customer, err
}
