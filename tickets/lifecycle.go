package tickets

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"servicedesk/customers"
)

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

func newestFirst(ts []*Ticket) []*Ticket {
	out := append([]*Ticket(nil), ts...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].OpenedAt.After(out[j].OpenedAt) })
	return out
}

// Lock takes a ticket for changing it: the conversation first, then the ticket, in the order every path uses.
func (d *Desk) Lock(ctx context.Context, tx Tx, id TicketID) (*Ticket, *Conversation, error) {
	return tx.LockMatter(ctx, id)
}

// reopenFor reopens because the contact said so, to the same owner.
func (d *Desk) reopenFor(ctx context.Context, tx Tx, w *told, t *Ticket, kind EntryKind) error {
	cause := byContact(w.contact, Entry{Kind: kind, RemoteID: w.in.ID, Platform: WeCom, Data: map[string]string{}})
	if err := d.reopen(ctx, tx, t, cause); err != nil {
		return err
	}
	if w.conv.AskedTicket == t.ID {
		w.conv.Answered()
	}
	w.conv.Current = t.ID
	if err := d.mentionOwner(ctx, tx, w, t, "unsolved:", "topic.unsolved"); err != nil {
		return err
	}
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	key := "unsolved.answer"
	if owner.ID == 0 {
		key = "unsolved.answer_nobody"
	}
	return d.answer(ctx, tx, w, t.ID, w.say.T(key, Args{"Number": t.Number, "Owner": owner.Name}))
}

// recurred reopens a just confirmed ticket because the trouble is back.
func (d *Desk) recurred(ctx context.Context, tx Tx, w *told, id TicketID) error {
	t, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	if _, err := d.recordWords(ctx, tx, w, t); err != nil {
		return err
	}
	t.LastWords = Shorten(d.readable(w), 120)
	if err := d.relayWords(ctx, tx, w, t); err != nil {
		return err
	}
	return d.reopenFor(ctx, tx, w, t, EntryUnsolved)
}

// reopen moves a ticket back to work, stops what ran towards its end, and records both the cause and the step.
func (d *Desk) reopen(ctx context.Context, tx Tx, t *Ticket, cause Entry) error {
	if err := t.Move(StatusReopened, d.Now()); err != nil {
		return err
	}
	if cause.Kind != EntryReopened {
		if _, err := d.record(ctx, tx, t, cause); err != nil {
			return err
		}
		cause.RemoteID, cause.Text = "", ""
		cause.Kind = EntryReopened
	}
	if _, err := d.record(ctx, tx, t, cause); err != nil {
		return err
	}
	if err := d.stopTimers(ctx, tx, t); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

func (d *Desk) stopTimers(ctx context.Context, tx Tx, t *Ticket) error {
	for _, kind := range []TimerKind{TimerConfirm, TimerClose} {
		if err := tx.CancelTimer(ctx, kind, int64(t.ID)); err != nil {
			return err
		}
	}
	return nil
}

// closeNow ends a confirmed ticket; one that is over already stays as it is, and one whose child was reopened waits another while for it.
func (d *Desk) closeNow(ctx context.Context, tx Tx, t *Ticket) error {
	if t.Status == StatusConfirmed {
		children, err := d.openChildren(ctx, tx, t)
		if err != nil {
			return err
		}
		if len(children) > 0 {
			again := Timer{Kind: TimerClose, Subject: int64(t.ID), DueAt: d.Now().Add(d.CloseAfter), Urgency: UrgencyCare}
			return inTurn(func() error { return tx.SetTimer(ctx, again) }, func() error { return d.change(ctx, tx, t) })
		}
		if err := t.Move(StatusClosed, d.Now()); err != nil {
			return err
		}
		if _, err := d.record(ctx, tx, t, Entry{Kind: EntryClosed}); err != nil {
			return err
		}
		if err := d.stopTimers(ctx, tx, t); err != nil {
			return err
		}
	}
	return d.change(ctx, tx, t)
}

var lifecycleTimers = map[TimerKind]firing{
	TimerConfirm: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.silenceConfirms(ctx, tx, TicketID(timer.Subject))
	},
	TimerWord: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.wordDue(ctx, tx, TicketID(timer.Subject))
	},
	TimerClose: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		t, _, err := d.Lock(ctx, tx, TicketID(timer.Subject))
		if err != nil {
			return err
		}
		return d.closeNow(ctx, tx, t)
	},
}

// silenceConfirms takes 72 hours without a word as agreement, as the contact was told when he was asked.
func (d *Desk) silenceConfirms(ctx context.Context, tx Tx, id TicketID) error {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	if t.Status != StatusSolved {
		return nil
	}
	now := d.Now()
	if err := t.Move(StatusConfirmed, now); err != nil {
		return err
	}
	say := d.group()
	entry := Entry{Kind: EntryConfirmed, Text: say.T("confirm.silence", Args{"Hours": int(d.ConfirmAfter.Hours())})}
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	// The window is shut after so long a silence: the rating is left out, visibly.
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntrySkipped, Text: say.T("skip.rating_window")}); err != nil {
		return err
	}
	if conv.AskedTicket == id {
		conv.Answered()
		if err := tx.SaveConversation(ctx, conv); err != nil {
			return err
		}
	}
	text := say.T("topic.silence", Args{"Hours": int(d.ConfirmAfter.Hours())})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("silence:%d:%d", t.ID, t.Reopened), text); err != nil {
		return err
	}
	if err := tx.SetTimer(ctx, Timer{Kind: TimerClose, Subject: int64(t.ID), DueAt: now.Add(d.CloseAfter), Urgency: UrgencyCare}); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// Bind makes a visitor a contact of a customer: his tickets get the customer's numbers, the old ones keep resolving, and open ones get its owner.
func (d *Desk) Bind(ctx context.Context, tx Tx, who customers.Staff, contact customers.Contact, customer customers.Customer) error {
	if contact.CustomerID == customer.ID {
		return Refuse(CodeConflict, "refuse.bound_already", Args{"Contact": contact.Name, "Customer": customer.Name})
	}
	if contact.Bound() {
		return Refuse(CodeConflict, "refuse.bound_elsewhere", Args{"Contact": contact.Name})
	}
	team, err := tx.Team(ctx, customer.ID)
	if err != nil {
		return err
	}
	ts, err := tx.FindTickets(ctx, Filter{ContactID: contact.ID})
	if err != nil {
		return err
	}
	for _, t := range ts { // his words wait while he is bound
		if _, err := tx.LockConversationByID(ctx, t.ConversationID); err != nil {
			return err
		}
	}
	if contact, err = tx.Contact(ctx, contact.ID); err != nil {
		return err
	}
	contact.CustomerID = customer.ID
	if err := d.awaited(ctx, tx, &contact); err != nil {
		return err
	}
	if err := tx.SaveContact(ctx, &contact); err != nil {
		return err
	}
	change := customers.Change{Field: "customer_id", New: customer.Name}
	if err := d.keep(ctx, tx, who, aboutContact(contact), []customers.Change{change}); err != nil {
		return err
	}
	for _, seen := range slices.Backward(newestFirst(ts)) { // numbers in the order of opening
		if err := d.rebind(ctx, tx, who, seen.ID, binding{customer, contact, team}); err != nil {
			return err
		}
	}
	return nil
}

// binding is the customer a visitor turned out to belong to, and who looks after it.
type binding struct {
	customer customers.Customer
	contact  customers.Contact
	team     customers.Team
}

// rebind gives one ticket of the visitor its new number and, if it is open and has none, its owner.
func (d *Desk) rebind(ctx context.Context, tx Tx, who customers.Staff, id TicketID, to binding) error {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	number, err := tx.NextNumber(ctx, to.customer.ID)
	if err != nil {
		return err
	}
	old, was := t.Number, *t
	t.Number, t.CustomerID = number, to.customer.ID
	entry := by(who, Entry{Kind: EntryBound, Data: map[string]string{"from": old, "to": number, "customer": to.customer.Name}})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	say := d.toContact(view{customer: to.customer, contact: to.contact})
	var holder customers.Staff
	if t.OwnerID == 0 && t.Status.Open() {
		if holder, err = d.routeBound(ctx, tx, t, to); err != nil {
			return err
		}
	}
	if holder.ID != 0 {
		t.OwnerID = holder.ID
		if t.Status == StatusNew {
			if err := t.Move(StatusAssigned, d.Now()); err != nil {
				return err
			}
		}
		text := say.T("bound.notice", Args{"Old": old, "Number": number, "Owner": holder.Name})
		if err := d.tellContact(ctx, tx, conv, t.ID, UseNotice, fmt.Sprintf("bound:%d", t.ID), text); err != nil {
			return err
		}
	}
	text := d.group().T("topic.bound", Args{"Old": old, "Number": number, "Customer": to.customer.Name, "By": who.Name})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("bound:%d", t.ID), text, openIDs(holder)...); err != nil {
		return err
	}
	if t.Status.Open() {
		if err := d.reclassed(ctx, tx, t, was); err != nil {
			return err
		}
		if err := d.likeBound(ctx, tx, to, conv, t); err != nil {
			return err
		}
		if err := tx.SaveConversation(ctx, conv); err != nil {
			return err
		}
	}
	return d.change(ctx, tx, t)
}
