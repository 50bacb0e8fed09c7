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
	head := w.say.T("urgent.head")
	if len(open) > 0 {
		about = pick(open, w.conv).ID
		t, err := tx.LockTicket(ctx, about)
		if err != nil {
			return err
		}
		e, err := d.running(ctx, tx, t)
		if err != nil {
			return err
		}
		if e != nil {
			if head, err = d.emergencyNews(ctx, tx, w, t, e); err != nil {
				return err
			}
			if e.HolderID != 0 || e.StartedBy == w.contact.Name {
				return d.answer(ctx, tx, w, t.ID, head)
			}
		} else if err := d.setUrgent(ctx, tx, w, t); err != nil {
			return err
		}
	}
	menu := Menu{Head: head, Items: []MenuItem{
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

// emergencyNews is what who says 紧急 hears of a matter that is treated so already. As long as nobody has it and he
// did not ask for that himself, he is asked all the same: it may have been taken for an outage by its words alone.
func (d *Desk) emergencyNews(ctx context.Context, tx Tx, w *told, t *Ticket, e *Emergency) (string, error) {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return "", err
	}
	state, err := d.emergencyState(ctx, tx, e, v, w.say)
	return w.say.T("urgent.already", Args{"Number": t.Number, "State": state}), err
}

// urgentAnswered starts the emergency lane and goes on to "what stands still?", or takes the alarm back.
func (d *Desk) urgentAnswered(ctx context.Context, tx Tx, w *told, id TicketID, yes bool) error {
	if w.conv.Asked == AskUrgent {
		w.conv.Answered()
	}
	if yes {
		return d.reallyUrgent(ctx, tx, w, id)
	}
	if id != 0 {
		t, err := tx.LockTicket(ctx, id)
		if err != nil {
			return err
		}
		if t.Urgent && t.Status.Open() {
			if err := d.calmed(ctx, tx, w, t); err != nil {
				return err
			}
		}
	}
	return d.answer(ctx, tx, w, id, w.say.T("urgent.calmed"))
}

// calmed takes the alarm back, and ends the calling if it had begun.
func (d *Desk) calmed(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	text := d.group().T("topic.calm", Args{"Name": w.contact.Name})
	e, err := d.running(ctx, tx, t)
	if err != nil {
		return err
	}
	if e != nil {
		if err := d.endEmergency(ctx, tx, e, "calm", Card{Title: text, Colour: ColourSolved, Summary: text}); err != nil {
			return err
		}
	}
	t.Urgent, t.Priority = false, max(1, defaultPriority-Priority(t.Nudges))
	if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryCalm})); err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, "calm:"+string(w.in.ID), text); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// reallyUrgent starts the emergency lane of the matter he confirmed, opening one when there is none, and asks what stands still.
func (d *Desk) reallyUrgent(ctx context.Context, tx Tx, w *told, id TicketID) error {
	var t *Ticket
	if id != 0 {
		var err error
		if t, err = tx.LockTicket(ctx, id); err != nil {
			return err
		}
	}
	if t == nil || !t.Status.Open() {
		w.title = w.say.T("urgent.untitled")
		if err := d.open(ctx, tx, w, true); err != nil {
			return err
		}
		id = w.conv.Current
	} else if err := d.confirmedUrgent(ctx, tx, w, t); err != nil {
		return err
	}
	w.conv.Ask(AskStopped, id, d.Now())
	return d.answer(ctx, tx, w, id, w.say.T("urgent.what"))
}

// confirmedUrgent marks an open matter again, when the contact had called it off before, and starts its lane.
func (d *Desk) confirmedUrgent(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	if t.Status == StatusSolved { // still in trouble: the solution was none
		if err := d.reopenFor(ctx, tx, w, t, EntryUnsolved); err != nil {
			return err
		}
	}
	if err := d.setUrgent(ctx, tx, w, t); err != nil {
		return err
	}
	return d.startEmergency(ctx, tx, t, cry{by: w.contact.Name, text: t.LastWords, answered: true})
}

// whatStopped keeps the answer to "what stands still?" on the urgent matter, opening one when that is over already.
func (d *Desk) whatStopped(ctx context.Context, tx Tx, w *told) error {
	id := w.conv.AskedTicket
	w.conv.Answered()
	if id == 0 {
		return d.open(ctx, tx, w, true)
	}
	t, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if !t.Status.Open() {
		return d.open(ctx, tx, w, true)
	}
	if t.Title == w.say.T("urgent.untitled") {
		t.Title = Shorten(d.readable(w), titleLength)
		if err := tx.SaveTicket(ctx, t); err != nil {
			return err
		}
	}
	if err := d.keepWords(ctx, tx, w, id); err != nil {
		return err
	}
	if t, err = tx.LockTicket(ctx, id); err != nil {
		return err
	}
	return d.stoppedKept(ctx, tx, w, t)
}

// stoppedKept shows those at work what stands still, and tells the contact who is being called, or who has it already.
func (d *Desk) stoppedKept(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	e, err := d.running(ctx, tx, t)
	if err != nil {
		return err
	}
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	key := "urgent.taken"
	if e != nil {
		e.Text = d.readable(w)
		if err := tx.SaveEmergency(ctx, e); err != nil {
			return err
		}
		if err := d.redrawRoom(ctx, tx, t, e, "what:"+string(w.in.ID)); err != nil {
			return err
		}
		if owner, err = d.staffOrNobody(ctx, tx, max(e.HolderID, e.CalleeID)); err != nil { // only one of them is set
			return err
		}
		if e.HolderID != 0 {
			key = "urgent.held"
		}
	}
	name := owner.Name
	if name == "" {
		name = w.say.T("role.liaison")
	}
	return d.answer(ctx, tx, w, t.ID, w.say.T(key, Args{"Number": t.Number, "Owner": name}))
}
