package handlers

import (
	"errors"
	"strconv"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// historyWords ask /单 for the whole timeline.
var historyWords = map[string]bool{"历史": true, "history": true, "lishi": true}

func runTicket(c *call, t *tickets.Ticket, rest string) error {
	if word, _ := cutWord(rest); historyWords[strings.ToLower(word)] {
		return c.tellHistory(t)
	}
	card, err := c.Snapshot(c.ctx, c.tx, t, c.say)
	if err != nil {
		return err
	}
	return c.show(card)
}

// tellHistory prints the timeline, oldest first, a line an entry.
func (c *call) tellHistory(t *tickets.Ticket) error {
	entries, err := c.tx.Entries(c.ctx, t.ID, 0)
	if err != nil {
		return err
	}
	customer, err := c.customerOf(t.CustomerID)
	if err != nil {
		return err
	}
	lines := []string{c.say.T("history.head", tickets.Args{"Number": t.Number, "Title": t.Title})}
	for _, e := range entries {
		lines = append(lines, c.historyLine(e, customer))
	}
	merged, err := c.mergedHistory(t, customer)
	if err != nil {
		return err
	}
	lines = append(lines, merged...)
	for _, part := range tickets.SplitText(strings.Join(lines, "\n"), 9000) {
		if err := c.reply(part); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) historyLine(e tickets.Entry, customer customers.Customer) string {
	author := e.AuthorName
	if author == "" {
		author = c.say.T("desk.name")
	}
	args := tickets.Args{"Text": c.entryText(e), "From": e.Data["from"], "To": e.Data["to"], "Count": e.Data["count"]}
	line := c.Clock(e.At, customer) + " " + author + " " + c.say.T("entry."+string(e.Kind), args)
	if e.Internal {
		line += c.say.T("history.internal")
	}
	for _, k := range []string{"措施", "原因", "方式", "工时"} {
		if v := e.Data[k]; v != "" {
			line += " " + k + "=" + v
		}
	}
	return line
}

// entryText is what an entry says, in one line; media without words are named.
func (c *call) entryText(e tickets.Entry) string {
	parts := strings.Fields(e.Text)
	for _, a := range e.Attached {
		if e.Kind == tickets.EntryWords {
			break // its words name them already
		}
		key := "media.file"
		if a.Image {
			key = "media.image"
		}
		parts = append(parts, c.say.T(key, tickets.Args{"Name": a.Name}))
	}
	return strings.Join(parts, " ")
}

func (c *call) customerOf(id int64) (customers.Customer, error) {
	if id == 0 {
		return customers.Customer{}, nil
	}
	return c.tx.Customer(c.ctx, id)
}

func runMine(c *call, _ *tickets.Ticket, _ string) error {
	ts, err := c.tx.FindTickets(c.ctx, tickets.Filter{OwnerID: c.who.ID, Statuses: tickets.OpenStatuses, Limit: 30})
	if err != nil {
		return err
	}
	if len(ts) == 0 {
		return c.reply(c.say.T("mine.none"))
	}
	return c.list("mine.head", ts)
}

// runTodo lists what waits for the caller: tickets not taken yet or back again, for liaisons visitors to bind, and tasks.
func runTodo(c *call, _ *tickets.Ticket, _ string) error {
	ts, err := c.tx.FindTickets(
		c.ctx,
		tickets.Filter{OwnerID: c.who.ID, Statuses: []tickets.Status{tickets.StatusAssigned, tickets.StatusReopened}, Limit: 30},
	)
	if err != nil {
		return err
	}
	if ts, err = c.withGates(ts); err != nil {
		return err
	}
	if c.who.Has(customers.RoleLiaison) || c.who.Has(customers.RoleAdmin) {
		fresh, err := c.tx.FindTickets(c.ctx, tickets.Filter{Statuses: tickets.OpenStatuses, Limit: 100})
		if err != nil {
			return err
		}
		for _, t := range fresh {
			if t.CustomerID == 0 {
				ts = append(ts, t)
			}
		}
	}
	tasks, err := c.tx.OpenTasks(c.ctx, c.who.ID, c.who.Has(customers.RoleLiaison) || c.who.Has(customers.RoleAdmin))
	if err != nil {
		return err
	}
	if len(ts)+len(tasks) == 0 {
		return c.reply(c.say.T("todo.none"))
	}
	if len(ts) > 0 {
		if err := c.list("todo.head", ts); err != nil {
			return err
		}
	}
	if len(tasks) > 0 {
		return c.showTasks(tasks)
	}
	return nil
}

func runFind(c *call, _ *tickets.Ticket, rest string) error {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.no_words", tickets.Args{"Usage": c.say.T("usage.find")})
	}
	ts, err := c.tx.FindTickets(c.ctx, tickets.Filter{Words: words, Limit: 10})
	if err != nil {
		return err
	}
	if len(ts) == 0 {
		return c.reply(c.say.T("find.none", tickets.Args{"Words": rest}))
	}
	return c.list("find.head", ts)
}

// list prints tickets a line each.
func (c *call) list(headKey string, ts []*tickets.Ticket) error {
	lines := []string{c.say.T(headKey, tickets.Args{"Count": len(ts)})}
	for _, t := range ts {
		customer, err := c.customerOf(t.CustomerID)
		if err != nil && !errors.Is(err, tickets.ErrNotFound) {
			return err
		}
		name := customer.Name
		if name == "" {
			name = c.say.T("card.unbound")
		}
		state := c.say.T(tickets.StateKey(t))
		if t.MergedInto != 0 {
			into, err := c.survivor(t)
			if err != nil {
				return err
			}
			state += " → " + into.Number
		}
		if t.Urgent && t.Status.Open() {
			state = c.say.T("card.urgent", tickets.Args{"State": state})
		}
		args := tickets.Args{"Number": t.Number, "Customer": name, "Title": t.Title,
			"State": state, "Priority": "P" + strconv.Itoa(int(t.Priority))}
		lines = append(lines, c.say.T("list.line", args))
	}
	return c.reply(strings.Join(lines, "\n"))
}
