package handlers

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// mergingCommands are the verbs of this file.
func mergingCommands() []*command {
	who := with(engineers, customers.RoleLiaison)
	return []*command{
		{name: "merge", verb: "合并", aliases: []string{"hebing", "merge"}, who: who, run: runMerge},
		{name: "split", verb: "拆分", aliases: []string{"chaifen", "split"}, who: who, onTicket: true, asIs: true, run: runSplit},
		{name: "undo", verb: "撤销", aliases: []string{"chexiao", "undo"}, who: who, onTicket: true, asIs: true, run: runUndo},
		{name: "parent", verb: "父单", aliases: []string{"fudan", "parent"}, who: who, run: runParent},
		{name: "cancel", verb: "取消", aliases: []string{"quxiao", "cancel"}, who: who, onTicket: true, asIs: true, run: runCancel},
	}
}

// mergingPresses are the buttons of this file.
var mergingPresses = map[string]pressed{"merge": pressMerge, "split": pressSplit, "confirm": pressConfirm}

func init() {
	confirmations["merge"] = confirmMerge
	confirmations["cancel"] = confirmCancel
}

// leadsOn are the buttons of a ticket's card that act on what took the ticket in; all others are about the ticket itself, merged or not.
var leadsOn = map[string]bool{"claim": true, "reply": true, "solve": true, "note": true, "wait": true, "assign": true, "forward": true,
	"escalate": true, "workaround": true, "type": true, "retake": true, "ack": true, "update": true, "standdown": true}

// survivor is the ticket that took this one in, else this one: a number leads to where its matter is now.
func (c *call) survivor(t *tickets.Ticket) (*tickets.Ticket, error) {
	return c.Survivor(c.ctx, c.tx, t)
}

// numberWords stand between the two numbers of /合并.
var numberWords = map[string]bool{"到": true, "dao": true, "to": true, "into": true, "->": true, "→": true}

// numbersMeant are the tickets that the words name by number, in order. In a topic its own ticket comes first when only one is named. Counters
// alone are numbers of the topic's customer.
func (c *call) numbersMeant(rest string) ([]*tickets.Ticket, error) {
	code := ""
	if c.topic != nil {
		code, _, _ = strings.Cut(c.topic.Number, "-")
	}
	var found []*tickets.Ticket
	for _, word := range strings.Fields(rest) {
		if numberWords[strings.ToLower(word)] {
			continue
		}
		full, ok := tickets.Number(word, code)
		if !ok {
			return nil, tickets.Refuse(tickets.CodeNotFound, "refuse.no_ticket", tickets.Args{"Number": word})
		}
		t, err := c.tx.TicketByNumber(c.ctx, full)
		if errors.Is(err, tickets.ErrNotFound) {
			return nil, tickets.Refuse(tickets.CodeNotFound, "refuse.no_ticket", tickets.Args{"Number": full})
		}
		if err != nil {
			return nil, err
		}
		found = append(found, t)
		code, _, _ = strings.Cut(full, "-")
	}
	if len(found) == 1 && c.topic != nil {
		found = append([]*tickets.Ticket{c.topic}, found...)
	}
	return found, nil
}

func runMerge(c *call, _ *tickets.Ticket, rest string) error {
	named, err := c.numbersMeant(rest)
	if err != nil {
		return err
	}
	if len(named) != 2 {
		return c.usage("merge")
	}
	return c.askMerge(named[0], named[1])
}

// askMerge shows what would become one and asks; merging into what was merged leads to where that is now.
func (c *call) askMerge(from, into *tickets.Ticket) error {
	into, err := c.survivor(into)
	if err != nil {
		return err
	}
	if err := c.Mergeable(c.ctx, c.tx, from, into); err != nil {
		return err
	}
	contact, err := c.tx.Contact(c.ctx, from.ContactID)
	if err != nil {
		return err
	}
	shown := tickets.Args{"Number": from.Number, "Title": from.Title, "Name": contact.Name, "Into": into.Number, "IntoTitle": into.Title}
	return c.askFirst(from, "merge", c.say.T("ask_first.merge", shown), map[string]string{"into": fmt.Sprint(into.ID)})
}

func confirmMerge(c *call, t *tickets.Ticket, args map[string]string) (string, error) {
	into, err := strconv.ParseInt(args["into"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	a, b, err := c.Merge(c.ctx, c.tx, c.who, t.ID, tickets.TicketID(into))
	if err != nil {
		return "", err
	}
	return c.say.T("done.merge", tickets.Args{"Number": a.Number, "Into": b.Number}), nil
}

// pressMerge asks for the other ticket, then whether to merge.
func pressMerge(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	if number := strings.TrimSpace(a.Fields["into"]); number != "" {
		c.topic = t
		named, err := c.numbersMeant(number)
		if err != nil {
			return "", err
		}
		if len(named) != 2 {
			return "", c.usage("merge")
		}
		return c.say.T("toast.asked"), c.askMerge(named[0], named[1])
	}
	others, err := c.tx.FindTickets(c.ctx, tickets.Filter{CustomerID: t.CustomerID, Statuses: tickets.OpenStatuses, Limit: 20})
	if err != nil {
		return "", err
	}
	var names []string
	for _, o := range others {
		if o.ID != t.ID && o.CustomerID != 0 {
			names = append(names, o.Number+" "+tickets.Shorten(o.Title, 16))
		}
	}
	hint := strings.Join(names[:min(3, len(names))], c.say.T("list.comma"))
	return c.askForm(t, "merge", tickets.Input{Name: "into", Label: c.say.T("form.merge"), Placeholder: hint, Required: true})
}

// runSplit takes a merged ticket out again; of any other the latest words become a ticket of their own: so many as the number says, else a
// form asks from which on.
func runSplit(c *call, t *tickets.Ticket, rest string) error {
	if t.MergedInto != 0 {
		return runUndo(c, t, "")
	}
	said, err := c.Splittable(c.ctx, c.tx, t)
	if err != nil {
		return err
	}
	if rest == "" {
		_, err := c.askSplit(t, said)
		return err
	}
	n, err := strconv.Atoi(strings.TrimSpace(rest))
	if err != nil || n < 1 || n > len(said) {
		return tickets.Refuse(tickets.CodeInvalid, "refuse.split_count", tickets.Args{"Usage": c.say.T("usage.split"), "Count": len(said)})
	}
	text, err := c.split(t, said[len(said)-n].ID)
	if err != nil {
		return err
	}
	return c.reply(text)
}

// splitChoices is how many of the latest words the form offers.
const splitChoices = 20

func (c *call) askSplit(t *tickets.Ticket, said []tickets.Entry) (string, error) {
	customer, err := c.customerOf(t.CustomerID)
	if err != nil {
		return "", err
	}
	var options []tickets.Option
	for _, e := range said[max(0, len(said)-splitChoices):] {
		label := c.Clock(e.At, customer)[len(time.DateOnly)+1:] + " " + e.AuthorName + " " + tickets.Shorten(e.Text, 30)
		options = append(options, tickets.Option{Text: label, Value: fmt.Sprint(e.ID)})
	}
	return c.askForm(t, "split", tickets.Input{Name: "since", Label: c.say.T("form.split"), Options: options, Required: true})
}

func pressSplit(c *call, t *tickets.Ticket, a tickets.Action) (string, error) {
	since, err := strconv.ParseInt(a.Fields["since"], 10, 64)
	if err != nil {
		return "", tickets.Refuse(tickets.CodeInvalid, "refuse.old_card", nil)
	}
	return c.split(t, since)
}

func (c *call) split(t *tickets.Ticket, since int64) (string, error) {
	t, made, err := c.Split(c.ctx, c.tx, c.who, t.ID, since)
	if err != nil {
		return "", err
	}
	return c.say.T("done.split", tickets.Args{"Number": t.Number, "New": made.Number, "Title": made.Title}), nil
}

func runUndo(c *call, t *tickets.Ticket, _ string) error {
	m, err := c.Undo(c.ctx, c.tx, c.who, t.ID)
	if err != nil {
		return err
	}
	a, err := c.tx.Ticket(c.ctx, m.TicketID)
	if err != nil {
		return err
	}
	b, err := c.tx.Ticket(c.ctx, m.IntoID)
	if err != nil {
		return err
	}
	key := "done.undo_merge"
	if m.Kind == tickets.MergeSplit {
		key = "done.undo_split"
	}
	return c.reply(c.say.T(key, tickets.Args{"Number": a.Number, "Into": b.Number}))
}

// noParent are the words that take a ticket out of its parent.
var noParent = map[string]bool{"无": true, "没有": true, "none": true, "wu": true}

func runParent(c *call, _ *tickets.Ticket, rest string) error {
	words := strings.Fields(rest)
	out := len(words) > 0 && noParent[strings.ToLower(words[len(words)-1])]
	if out {
		words = words[:len(words)-1]
	}
	named, err := c.numbersMeant(strings.Join(words, " "))
	if err != nil {
		return err
	}
	if len(named) == 0 && c.topic != nil { // an empty value removes
		named, out = []*tickets.Ticket{c.topic}, true
	}
	if out && len(named) == 2 && len(words) == 1 { // in a topic, another ticket is named
		named = named[1:]
	}
	if out && len(named) != 1 || !out && len(named) != 2 {
		return c.usage("parent")
	}
	for i := range named {
		if named[i], err = c.survivor(named[i]); err != nil {
			return err
		}
	}
	if out {
		t, err := c.SetParent(c.ctx, c.tx, c.who, named[0].ID, nil)
		if err != nil {
			return err
		}
		return c.reply(c.say.T("done.parent_none", tickets.Args{"Number": t.Number}))
	}
	t, err := c.SetParent(c.ctx, c.tx, c.who, named[0].ID, named[1])
	if err != nil {
		return err
	}
	return c.reply(c.say.T("done.parent", tickets.Args{"Number": t.Number, "Parent": named[1].Number}))
}

// runCancel shows what the contact will read, and asks.
func runCancel(c *call, t *tickets.Ticket, rest string) error {
	if err := c.Cancellable(c.ctx, c.tx, t, rest); err != nil {
		return err
	}
	customer, err := c.customerOf(t.CustomerID)
	if err != nil {
		return err
	}
	contact, err := c.tx.Contact(c.ctx, t.ContactID)
	if err != nil {
		return err
	}
	told := c.CancelWords(c.ToContact(contact, customer), t, rest)
	text := c.say.T("ask_first.cancel", tickets.Args{"Number": t.Number, "Title": t.Title, "Name": contact.Name, "Words": told})
	return c.askFirst(t, "cancel", text, map[string]string{"reason": rest})
}

func confirmCancel(c *call, t *tickets.Ticket, args map[string]string) (string, error) {
	t, err := c.Cancel(c.ctx, c.tx, c.who, t.ID, args["reason"])
	if err != nil {
		return "", err
	}
	return c.say.T("done.cancel", tickets.Args{"Number": t.Number}), nil
}

// mergedHistory are the timelines of the tickets that were merged into one, each under its number.
func (c *call) mergedHistory(t *tickets.Ticket, customer customers.Customer) ([]string, error) {
	kin, err := c.tx.Kin(c.ctx, t.ID)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, k := range kin {
		if k.MergedInto != t.ID {
			continue
		}
		entries, err := c.tx.Entries(c.ctx, k.ID, 0)
		if err != nil {
			return nil, err
		}
		lines = append(lines, "", c.say.T("history.merged", tickets.Args{"Number": k.Number, "Title": k.Title}))
		for _, e := range entries {
			lines = append(lines, c.historyLine(e, customer))
		}
	}
	return lines, nil
}
