package tickets

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// likeWithin is how long after one report another of the same customer is taken for the same outage, if it is alike.
const likeWithin = 30 * time.Minute

// maxMenuHead is the longest text above a menu's items, in bytes (developer.work.weixin.qq.com, document 94677: 1024), with a margin.
const maxMenuHead = 1000

var mergeTaps = map[string]tap{
	"same": func(ctx context.Context, d *Desk, tx Tx, w *told, id TicketID, choice string) error {
		return d.sameAnswered(ctx, tx, w, id, choice)
	},
}

// earlierLike is the open ticket of a colleague that a new one may be about, too: the earliest of the last half hour. nil: none.
func (d *Desk) earlierLike(ctx context.Context, tx Tx, t *Ticket) (*Ticket, error) {
	if t.CustomerID == 0 || personal(t) || t.Source != SourceKF && t.Source != SourceApp {
		return nil, nil // also who called or mailed: the colleague who noted it knows
	}
	recent, err := tx.FindTickets(ctx, Filter{CustomerID: t.CustomerID, Statuses: OpenStatuses, OpenedAfter: t.OpenedAt.Add(-likeWithin), Limit: 50})
	if err != nil {
		return nil, err
	}
	var found *Ticket
	for _, other := range recent {
		if other.ID >= t.ID || other.ContactID == t.ContactID || personal(other) || !sameMatter(other, t) {
			continue
		}
		if found == nil || other.ID < found.ID {
			found = other
		}
	}
	return found, nil
}

// personal matters are nobody else's business, whatever they are about.
func personal(t *Ticket) bool { return t.Type == TypeComplaint || t.Type == TypeIdea }

// tellOpened owes the acknowledgement of a new ticket. Who reports what a colleague reported within half an hour is asked with the same
// message whether it is the same: two would cost two places of his window. The caller saves the conversation.
func (d *Desk) tellOpened(ctx context.Context, tx Tx, w *told, t *Ticket, text string) error {
	other, err := d.earlierLike(ctx, tx, t)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("ack:%d", t.ID)
	if other == nil {
		return d.tellContact(ctx, tx, w.conv, t.ID, UseNotice, key, text)
	}
	menu, err := d.sameMenu(ctx, tx, w.say, w.customer, t, other)
	if err != nil {
		return err
	}
	if whole := text + "\n\n" + menu.Head; len(whole) <= maxMenuHead {
		menu.Head = whole
	} else if err := d.tellContact(ctx, tx, w.conv, t.ID, UseNotice, key, text); err != nil {
		return err
	}
	return d.askSame(ctx, tx, w.conv, t, other, menu)
}

// askSame owes the question and remembers it as the latest open one.
func (d *Desk) askSame(ctx context.Context, tx Tx, conv *Conversation, t, other *Ticket, menu Menu) error {
	if err := d.askContact(ctx, tx, conv, t.ID, UseNotice, fmt.Sprintf("same:%d", t.ID), AskSame, menu); err != nil {
		return err
	}
	conv.AskedEntry = int64(other.ID)
	return nil
}

// likeBound asks the same of a visitor who turned out to belong to the customer; the caller saves the conversation.
func (d *Desk) likeBound(ctx context.Context, tx Tx, to binding, conv *Conversation, t *Ticket) error {
	if !t.Status.Open() || !d.Now().Before(t.OpenedAt.Add(likeWithin)) {
		return nil
	}
	other, err := d.earlierLike(ctx, tx, t)
	if err != nil || other == nil {
		return err
	}
	say := words.In(to.contact.Locale, to.customer.Locale, d.Locale)
	menu, err := d.sameMenu(ctx, tx, say, to.customer, t, other)
	if err != nil {
		return err
	}
	return d.askSame(ctx, tx, conv, t, other, menu)
}

// sameMenu asks whether two tickets are one.
func (d *Desk) sameMenu(ctx context.Context, tx Tx, say words.Locale, customer customers.Customer, t, other *Ticket) (Menu, error) {
	colleague, err := tx.Contact(ctx, other.ContactID)
	if err != nil {
		return Menu{}, err
	}
	args := Args{"Name": colleague.Name, "At": other.OpenedAt.In(d.zone(customer)).Format("15:04"), "Number": other.Number, "Title": other.Title}
	return Menu{Head: say.T("same.head", args), Items: []MenuItem{
		{ID: fmt.Sprintf("same:%d:%d", t.ID, other.ID), Text: say.T("word.same")},
		{ID: fmt.Sprintf("same:%d:no", t.ID), Text: say.T("word.other")},
	}}, nil
}

// sameAnswered joins the reporter to his colleague's ticket, or keeps his own apart; an answer out of time changes nothing.
func (d *Desk) sameAnswered(ctx context.Context, tx Tx, w *told, id TicketID, choice string) error {
	if w.conv.Asked == AskSame && w.conv.AskedTicket == id {
		w.conv.Answered()
	}
	t, err := tx.Ticket(ctx, id)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(choice, 10, 64)
	if err != nil {
		if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryApart})); err != nil {
			return err
		}
		return d.answer(ctx, tx, w, id, w.say.T("same.apart", Args{"Number": t.Number}))
	}
	other, err := tx.Ticket(ctx, TicketID(n))
	if err != nil {
		return err
	}
	if other, err = d.Survivor(ctx, tx, other); err != nil {
		return err
	}
	_, _, err = d.merge(ctx, tx, w.conv, byContact(w.contact, Entry{}), t.ID, other.ID)
	var refused *Error
	if errors.As(err, &refused) { // one of them is over meanwhile
		return d.answer(ctx, tx, w, id, w.say.T("same.late", Args{"Number": t.Number, "Other": other.Number}))
	}
	return err
}

// sameTyped is the typed answer to the question whether two tickets are one.
func (d *Desk) sameTyped(ctx context.Context, tx Tx, w *told, word Word) (bool, error) {
	choice := fmt.Sprint(w.conv.AskedEntry)
	if word == WordOther {
		choice = "no"
	}
	return true, d.sameAnswered(ctx, tx, w, w.conv.AskedTicket, choice)
}
