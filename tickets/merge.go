package tickets

import (
	"context"

	"servicedesk/customers"
	"servicedesk/words"
)

// Merging keeps who reports a matter, and merges and splits that can be undone.
type Merging interface{}

var mergeTimers = map[TimerKind]firing{}

var mergeTaps = map[string]tap{}

// Reporter is a contact whom a matter concerns, with the conversation in which he hears of it.
type Reporter struct {
	Contact        customers.Contact
	ConversationID int64
}

// reporters are all whom a ticket concerns: first who opened it, then who joined.
func (d *Desk) reporters(ctx context.Context, tx Tx, t *Ticket) ([]Reporter, error) {
	contact, err := tx.Contact(ctx, t.ContactID)
	return []Reporter{{Contact: contact, ConversationID: t.ConversationID}}, err
}

// tellReporters owes a text to everyone whom a ticket concerns, each in his own conversation and language.
func (d *Desk) tellReporters(ctx context.Context, tx Tx, t *Ticket, use Use, key string, text func(words.Locale, Reporter) string) error {
	all, err := d.reporters(ctx, tx, t)
	if err != nil {
		return err
	}
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

// likeReports asks who reports what a colleague of his reported within half an hour whether it is the same.
func (d *Desk) likeReports(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }

func (d *Desk) mergeFollows(_ context.Context, _ Tx, _ *Ticket, _ Status) error { return nil }

// mergeLines are the card's lines about reporters, parents and merged tickets.
func (d *Desk) mergeLines(_ context.Context, _ Tx, _ *Ticket, _ view, _ words.Locale) ([]Line, error) {
	return nil, nil
}
