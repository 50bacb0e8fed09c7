package tickets

import (
	"context"
	"fmt"
	"strings"

	"servicedesk/customers"
	"servicedesk/words"
)

// Cancellable refuses to cancel what is over, what children wait for, or without a reason.
func (d *Desk) Cancellable(ctx context.Context, tx Tx, t *Ticket, reason string) error {
	if strings.TrimSpace(reason) == "" {
		return Refuse(CodeInvalid, "refuse.no_reason", Args{"Verb": Verb("cancel")})
	}
	if t.MergedInto != 0 {
		return d.alreadyMerged(ctx, tx, t)
	}
	if !t.Status.CanMove(StatusCancelled) {
		return Refuse(CodeConflict, "refuse.cancel_over", Args{"Number": t.Number, "State": t.Status})
	}
	return d.childrenOver(ctx, tx, t)
}

// CancelWords are what the contact reads when his ticket is cancelled.
func (d *Desk) CancelWords(say words.Locale, t *Ticket, reason string) string {
	return say.T("cancel.told", Args{"Number": t.Number, "Title": t.Title, "Reason": strings.TrimSpace(reason)})
}

// Cancel ends a ticket that needs no solution; everything that ran on it stops, and everyone whom it concerns is told why.
func (d *Desk) Cancel(ctx context.Context, tx Tx, who customers.Staff, id TicketID, reason string) (*Ticket, error) {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := d.Cancellable(ctx, tx, t, reason); err != nil {
		return nil, err
	}
	if err := t.Move(StatusCancelled, d.Now()); err != nil {
		return nil, err
	}
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryCancelled, Text: strings.TrimSpace(reason)}))
	if err != nil {
		return nil, err
	}
	if err := d.stopTimers(ctx, tx, t); err != nil {
		return nil, err
	}
	conv.leave(t.ID, 0)
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return nil, err
	}
	key := fmt.Sprintf("cancelled:%d", entry)
	text := d.group().T("topic.cancelled", Args{"By": who.Name, "Reason": strings.TrimSpace(reason)})
	if err := d.tellTopic(ctx, tx, t, key, text); err != nil {
		return nil, err
	}
	err = d.tellReporters(ctx, tx, t, UseNotice, key, func(say words.Locale, _ Reporter) string { return d.CancelWords(say, t, reason) })
	if err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}
