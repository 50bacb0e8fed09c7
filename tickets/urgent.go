package tickets

import (
	"context"
	"fmt"
)

// saidUrgent turns the matter red at once and asks the contact to confirm by one tap; a slip is taken back the same way.
func (d *Desk) saidUrgent(ctx context.Context, tx Tx, w *told) error {
	open, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Joined: true, Statuses: OpenStatuses})
	if err != nil {
		return err
	}
	var about TicketID
	if len(open) > 0 {
		about = pick(open, w.conv).ID
		t, err := tx.LockTicket(ctx, about)
		if err != nil {
			return err
		}
		if err := d.setUrgent(ctx, tx, w, t); err != nil {
			return err
		}
	}
	menu := Menu{Head: w.say.T("urgent.head"), Items: []MenuItem{
		{ID: fmt.Sprintf("urgent:%d:yes", about), Text: w.say.T("word.really")},
		{ID: fmt.Sprintf("urgent:%d:no", about), Text: w.say.T("word.calm")},
	}}
	return d.askContact(ctx, tx, w.conv, about, UseAnswer, "urgent:"+string(w.in.ID), AskUrgent, menu)
}

// setUrgent marks the ticket and calls its owner.
func (d *Desk) setUrgent(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	if t.Urgent {
		return nil
	}
	t.Urgent, t.Priority = true, 1
	if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryUrgent})); err != nil {
		return err
	}
	if err := d.mentionOwner(ctx, tx, w, t, "urgent:", "topic.urgent"); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// reallyUrgent marks the matter again when the contact had called it off before.
func (d *Desk) reallyUrgent(ctx context.Context, tx Tx, w *told, id TicketID) error {
	if id == 0 {
		return nil
	}
	t, err := tx.LockTicket(ctx, id)
	if err != nil || !t.Status.Open() {
		return err
	}
	return d.setUrgent(ctx, tx, w, t)
}

// urgentAnswered goes on to "what stands still?" or takes the alarm back.
func (d *Desk) urgentAnswered(ctx context.Context, tx Tx, w *told, id TicketID, yes bool) error {
	if w.conv.Asked == AskUrgent {
		w.conv.Answered()
	}
	if yes {
		if err := d.reallyUrgent(ctx, tx, w, id); err != nil {
			return err
		}
		w.conv.Ask(AskStopped, id, d.Now())
		return d.answer(ctx, tx, w, id, w.say.T("urgent.what"))
	}
	if id != 0 {
		t, err := tx.LockTicket(ctx, id)
		if err != nil {
			return err
		}
		if t.Urgent && t.Status.Open() {
			t.Urgent, t.Priority = false, max(1, defaultPriority-Priority(t.Nudges))
			if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryCalm})); err != nil {
				return err
			}
			if err := d.tellTopic(ctx, tx, t, "calm:"+string(w.in.ID), d.group().T("topic.calm", Args{"Name": w.contact.Name})); err != nil {
				return err
			}
			if err := d.change(ctx, tx, t); err != nil {
				return err
			}
		}
	}
	return d.answer(ctx, tx, w, id, w.say.T("urgent.calmed"))
}

// whatStopped keeps the answer to "what stands still?" on the urgent matter, opening one when there was none.
func (d *Desk) whatStopped(ctx context.Context, tx Tx, w *told) error {
	id := w.conv.AskedTicket
	w.conv.Answered()
	if id == 0 {
		return d.open(ctx, tx, w, true)
	}
	t, err := tx.Ticket(ctx, id)
	if err != nil {
		return err
	}
	if !t.Status.Open() {
		return d.open(ctx, tx, w, true)
	}
	if err := d.keepWords(ctx, tx, w, id); err != nil {
		return err
	}
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	name := owner.Name
	if name == "" {
		name = w.say.T("role.liaison")
	}
	return d.answer(ctx, tx, w, id, w.say.T("urgent.taken", Args{"Number": t.Number, "Owner": name}))
}
