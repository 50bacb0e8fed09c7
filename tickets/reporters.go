package tickets

import (
	"context"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Reporter is a contact whom a matter concerns, with the conversation in which he hears of it. Everybody but who opened it came with a
// ticket of his own that was merged into it.
type Reporter struct {
	Contact        customers.Contact
	ConversationID int64
	Number         string    // of the ticket with which he reported it
	Joined         time.Time // when he opened it or came to it
}

// reporters are all whom a ticket concerns: first who opened it, then who joined.
func (d *Desk) reporters(ctx context.Context, tx Tx, t *Ticket) ([]Reporter, error) {
	kin, err := tx.Kin(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	return d.reportersAmong(ctx, tx, t, kin)
}

// reportersAmong is reporters for a caller that knows the ticket's kin. Each conversation is named once.
func (d *Desk) reportersAmong(ctx context.Context, tx Tx, t *Ticket, kin []*Ticket) ([]Reporter, error) {
	contact, err := tx.Contact(ctx, t.ContactID)
	if err != nil {
		return nil, err
	}
	all := []Reporter{{Contact: contact, ConversationID: t.ConversationID, Number: t.Number, Joined: t.OpenedAt}}
	known := map[int64]bool{t.ConversationID: true}
	for _, k := range kin {
		if k.MergedInto != t.ID || known[k.ConversationID] {
			continue
		}
		known[k.ConversationID] = true
		if contact, err = tx.Contact(ctx, k.ContactID); err != nil {
			return nil, err
		}
		all = append(all, Reporter{Contact: contact, ConversationID: k.ConversationID, Number: k.Number, Joined: k.ClosedAt})
	}
	return all, nil
}

// concerns reports whether a matter is also that of a contact: he opened it or joined it.
func (d *Desk) concerns(ctx context.Context, tx Tx, t *Ticket, contactID int64) (bool, error) {
	if t.ContactID == contactID {
		return true, nil
	}
	kin, err := tx.Kin(ctx, t.ID)
	for _, k := range kin {
		if k.MergedInto == t.ID && k.ContactID == contactID {
			return true, err
		}
	}
	return false, err
}

// tellReporters owes a text to everyone whom a ticket concerns, each in his own conversation and language.
func (d *Desk) tellReporters(ctx context.Context, tx Tx, t *Ticket, use Use, key string, text func(words.Locale, Reporter) string) error {
	all, err := d.reporters(ctx, tx, t)
	if err != nil {
		return err
	}
	return d.tellEach(ctx, tx, t, all, use, key, text)
}

func (d *Desk) tellEach(ctx context.Context, tx Tx, t *Ticket, all []Reporter, use Use, key string, text func(words.Locale, Reporter) string) error {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	for _, r := range all {
		conv, err := tx.Conversation(ctx, r.ConversationID)
		if err != nil {
			return err
		}
		say := words.In(r.Contact.Locale, customer.Locale, d.Locale)
		if err := d.tellContact(ctx, tx, conv, t.ID, use, key, text(say, r)); err != nil {
			return err
		}
	}
	return nil
}

// oweReply queues a colleague's words for everyone whom the ticket concerns: what is said of one matter reaches all who wait for it. The
// sign on the engineer's message tells of the copy for who opened the ticket.
func (d *Desk) oweReply(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, conv *Conversation, said Said) error {
	all, err := d.reporters(ctx, tx, t)
	if err != nil {
		return err
	}
	if err := d.oweReplyIn(ctx, tx, who, t, conv, said); err != nil {
		return err
	}
	said.From.Echo = false
	for _, r := range all[1:] {
		other, err := tx.Conversation(ctx, r.ConversationID)
		if err != nil {
			return err
		}
		if err := d.oweReplyIn(ctx, tx, who, t, other, said); err != nil {
			return err
		}
	}
	return nil
}

// mergedAnswer says to a contact who answers an old question about a merged ticket where the matter goes on.
func (d *Desk) mergedAnswer(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	into, err := tx.Ticket(ctx, t.MergedInto)
	if err != nil {
		return err
	}
	return d.answer(ctx, tx, w, into.ID, w.say.T("merged.answer", Args{"Number": t.Number, "Into": into.Number}))
}

// placesFor is how many places of the sending window a row may take. Those reserved for "solved?" and the survey are free for who only
// joined a matter and has none of his own: he is asked neither.
func (d *Desk) placesFor(ctx context.Context, tx Tx, conv *Conversation, row *Delivery) (int, error) {
	now := d.Now()
	free, all := conv.Window.Free(row.Use, now), conv.Window.Places(now)
	if free > 0 || all == 0 || row.TicketID == 0 || row.Use != UseReply && row.Use != UseNotice {
		return free, nil
	}
	t, err := tx.Ticket(ctx, row.TicketID)
	if err != nil || t.ConversationID == conv.ID {
		return free, err
	}
	own, err := tx.FindTickets(ctx, Filter{ConversationID: conv.ID, Statuses: append([]Status{StatusConfirmed}, OpenStatuses...), Limit: 1})
	if err != nil || len(own) > 0 {
		return free, err
	}
	return all, nil
}
