package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
)

// When the customer is reminded of what he was asked for to reproduce a fault.
const (
	firstReminder = 24 * time.Hour
	lastReminder  = 72 * time.Hour
)

// askedKey and its value mark the waiting entry of a reproduction asked for.
const (
	askedKey   = "asked"
	askedRepro = "repro"
)

// Wait records that the customer must move next. With a reason he hears what is waited for.
func (d *Desk) Wait(ctx context.Context, tx Tx, who customers.Staff, id TicketID, reason string, from Origin) (*Ticket, error) {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := workable(t); err != nil {
		return nil, err
	}
	if t.Status == StatusWaiting {
		return nil, Refuse(CodeConflict, "refuse.waiting_already", Args{"Number": t.Number})
	}
	recent, err := tx.Entries(ctx, t.ID, 40)
	if err != nil {
		return nil, err
	}
	reason = strings.TrimSpace(reason)
	ask := ""
	if reason != "" {
		v, err := d.viewOf(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		ask = d.toContact(v).T("wait.asked", Args{"Reason": reason})
	}
	if err := d.awaitCustomer(ctx, tx, who, t, conv, Entry{Kind: EntryWaiting, Text: reason}, ask, from); err != nil {
		return nil, err
	}
	if falsePause(recent, reason != "") {
		v, err := d.viewOf(ctx, tx, t)
		if err != nil {
			return nil, err
		}
		if err := d.flag(ctx, tx, t, v, fmt.Sprintf("falsepause:%d:%d", t.ID, d.Now().UnixMilli()), "clock.false_pause"); err != nil {
			return nil, err
		}
	}
	return t, d.change(ctx, tx, t)
}

// falsePause reports whether a pause is not honest: the customer had the last word, so he waits for us. Who was never spoken to may be asked by
// the reason itself. recent is the end of the timeline before the pause, oldest first.
func falsePause(recent []Entry, asksNow bool) bool {
	customerLast := false
	for i := len(recent) - 1; i >= 0; i-- {
		switch recent[i].Kind {
		case EntryWords:
			customerLast = true
		case EntryReply, EntrySolved, EntryWorkaround:
			return customerLast
		case EntryWaiting:
			if recent[i].Text != "" || recent[i].Data[askedKey] != "" { // the customer was asked by it
				return customerLast
			}
		}
	}
	return customerLast && !asksNow
}

// Repro asks the contact for what is needed to reproduce a fault: recording, environment, network log, data volume. Until he answers the clocks
// stand; he is reminded twice.
func (d *Desk) Repro(ctx context.Context, tx Tx, who customers.Staff, id TicketID, from Origin) (*Ticket, error) {
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
	if asked, err := d.reproAsked(ctx, tx, t); err != nil || asked {
		return nil, orRefuse(err, CodeConflict, "refuse.repro_already", Args{"Number": t.Number})
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	entry := Entry{Kind: EntryWaiting, Text: d.group().T("repro.entry"), Data: map[string]string{askedKey: askedRepro}}
	if err := d.awaitCustomer(ctx, tx, who, t, conv, entry, d.toContact(v).T("repro.asked"), from); err != nil {
		return nil, err
	}
	err = tx.SetTimers(ctx, []Timer{
		{Kind: timerReproDay, Subject: int64(t.ID), DueAt: d.Now().Add(firstReminder), Urgency: UrgencyCare},
		{Kind: timerReproLast, Subject: int64(t.ID), DueAt: d.Now().Add(lastReminder), Urgency: UrgencyCare},
	})
	if err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}

// orRefuse is err, or without one the refusal.
func orRefuse(err error, code Code, key string, args Args) error {
	if err != nil {
		return err
	}
	return Refuse(code, key, args)
}

// reproAsked reports whether the ticket waits for a reproduction already.
func (d *Desk) reproAsked(ctx context.Context, tx Tx, t *Ticket) (bool, error) {
	if t.Status != StatusWaiting {
		return false, nil
	}
	recent, err := tx.Entries(ctx, t.ID, 40)
	if err != nil {
		return false, err
	}
	for i := len(recent) - 1; i >= 0; i-- {
		if recent[i].Kind == EntryWaiting {
			return recent[i].Data[askedKey] == askedRepro, nil
		}
	}
	return false, nil
}

// awaitCustomer makes the customer the one to move next, and tells him what he is asked for unless that is empty.
func (d *Desk) awaitCustomer(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, conv *Conversation, e Entry, ask string, from Origin) error {
	if t.OwnerID == 0 && who.Serves() {
		t.OwnerID = who.ID
	}
	if err := t.Move(StatusWaiting, d.Now()); err != nil {
		return err
	}
	e.Platform, e.RemoteID = Feishu, from.Message
	if _, err := d.record(ctx, tx, t, by(who, e)); err != nil || ask == "" {
		return err
	}
	if err := d.oweReply(ctx, tx, who, t, conv, Said{Text: ask, From: from}); err != nil {
		return err
	}
	return d.spoken(ctx, tx, t, who, ask, from)
}

// stopReminding: what was waited for came, or is not waited for any more.
func (d *Desk) stopReminding(ctx context.Context, tx Tx, t *Ticket) error {
	for _, kind := range []TimerKind{timerReproDay, timerReproLast} {
		if err := tx.CancelTimer(ctx, kind, int64(t.ID)); err != nil {
			return err
		}
	}
	return nil
}

// remindOfRepro reminds the contact of what he was asked for; when nothing may be sent to him, whoever has the ticket is told to call.
func (d *Desk) remindOfRepro(ctx context.Context, tx Tx, id TicketID, after time.Duration) error {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil || t.Status != StatusWaiting {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("repro:%d:%d:%d", t.ID, int(after.Hours()), d.Now().Unix())
	if conv.Window.Free(UseNotice, d.Now()) > 0 {
		text := d.toContact(v).T("repro.reminder", Args{"Number": t.Number, "Owner": v.owner.Name})
		if _, err := d.record(ctx, tx, t, Entry{Kind: EntryReminded, Text: d.group().T("repro.reminded", Args{"Hours": int(after.Hours())})}); err != nil {
			return err
		}
		return d.tellContact(ctx, tx, conv, t.ID, UseNotice, key, text)
	}
	return d.callAbout(ctx, tx, t, v, key, after)
}

// callAbout gives whoever has the ticket the task to call: the sending window is shut.
func (d *Desk) callAbout(ctx context.Context, tx Tx, t *Ticket, v view, key string, after time.Duration) error {
	args := Args{"Number": t.Number, "Name": v.contact.Name, "Hours": int(after.Hours())}
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryReminded, Internal: true, Text: d.group().T("repro.call_entry", args)}); err != nil {
		return err
	}
	to, err := d.keepers(ctx, tx, t, v)
	if err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, key, d.group().T("repro.call", args), openIDs(to...)...); err != nil {
		return err
	}
	for _, s := range to {
		say := d.ToStaff(s)
		task := Task{StaffID: s.ID, TicketID: t.ID, Key: fmt.Sprintf("%s:%d", key, s.ID),
			Title: say.T("repro.call_title", args), Text: say.T("repro.call", args)}
		if err := d.giveTask(ctx, tx, s, task); err != nil {
			return err
		}
	}
	return nil
}
