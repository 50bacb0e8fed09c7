package tickets

import (
	"context"
	"strings"

	"servicedesk/customers"
)

// GiveWorkaround tells the customer how he can go on meanwhile. It keeps the promise of a workaround and no other.
func (d *Desk) GiveWorkaround(ctx context.Context, tx Tx, who customers.Staff, id TicketID, text string, from Origin) (*Ticket, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, Refuse(CodeInvalid, "refuse.no_workaround", nil)
	}
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := workable(t); err != nil {
		return nil, err
	}
	if t.Status == StatusSolved {
		return nil, Refuse(CodeConflict, "refuse.solved_already", Args{"Number": t.Number})
	}
	if t.Status != StatusWaiting { // who waits for the customer goes on waiting
		if err := d.startsWork(t, who); err != nil {
			return nil, err
		}
	}
	t.Workaround, t.WorkaroundAt = text, d.Now()
	entry := by(who, Entry{Kind: EntryWorkaround, Text: text, Platform: Feishu, RemoteID: from.Message})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return nil, err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	said := d.toContact(v).T("workaround.given", Args{"Number": t.Number, "Text": text})
	if err := d.oweReply(ctx, tx, who, t, conv, Said{Text: said, From: from}); err != nil {
		return nil, err
	}
	if err := d.spoken(ctx, tx, t, who, text, from); err != nil {
		return nil, err
	}
	err = d.withClocks(ctx, tx, t, func(list []Clock, x dial) bool {
		c := clockOf(list, ClockWorkaround)
		if c == nil || !c.MetAt.IsZero() {
			return false
		}
		c.meet(t.WorkaroundAt, x.of(c))
		return true
	})
	if err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}
