package tickets

import (
	"context"
	"fmt"
)

// matters reports whether words in an emergency must reach the contact one way or the other.
func matters(u Use) bool { return u == UseProgress || u == UseUpdate }

// askToGoOn asks, with the words that take one of the last places, for the reply that renews the window.
func (d *Desk) askToGoOn(ctx context.Context, tx Tx, row *Delivery, w Window) error {
	if !matters(row.Use) || row.Attempts > 0 || w.Places(d.Now()) > Reserved+1 || row.TicketID == 0 {
		return nil
	}
	t, err := tx.Ticket(ctx, row.TicketID)
	if err != nil {
		return err
	}
	if e, err := d.running(ctx, tx, t); err != nil || e == nil { // nothing more is to come
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	if tail := "\n" + d.toContact(v).T("emergency.go_on"); len(row.Body.Text)+len(tail) <= MaxCustomerText {
		row.Body.Text += tail
	}
	return nil
}

// callInstead asks the liaison to tell by telephone what waits for a place.
func (d *Desk) callInstead(ctx context.Context, tx Tx, t *Ticket, row *Delivery) error {
	conv, err := tx.Conversation(ctx, row.ConversationID)
	if err != nil {
		return err
	}
	contact, err := tx.Contact(ctx, conv.ContactID)
	if err != nil {
		return err
	}
	return d.byPhone(ctx, tx, t, contact, fmt.Sprintf("call-instead:%d", row.ID), row.Body.Text)
}

// goesOn takes a bare 1 in an emergency for what it was asked for: to keep the words coming. done=false: it means something else.
func (d *Desk) goesOn(ctx context.Context, tx Tx, w *told) (done bool, err error) {
	open, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Joined: true, Statuses: OpenStatuses})
	if err != nil {
		return false, err
	}
	for _, t := range open {
		e, err := d.running(ctx, tx, t)
		if err != nil {
			return false, err
		}
		if e == nil {
			continue
		}
		if _, err := d.recordWords(ctx, tx, w, t); err != nil {
			return true, err
		}
		return true, d.answer(ctx, tx, w, t.ID, w.say.T("emergency.goes_on", Args{"Number": t.Number, "Next": d.byClock(e.NextAt, w.customer)}))
	}
	return false, nil
}
