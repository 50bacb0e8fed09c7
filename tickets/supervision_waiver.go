package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

// Waivers keeps exceptions from the rules.
type Waivers interface {
	// AddWaiver keeps an exception and sets its ID; one with the same key is there already: added is false.
	AddWaiver(ctx context.Context, w *Waiver) (added bool, err error)
	Waiver(ctx context.Context, id int64) (Waiver, error)
	SaveWaiver(ctx context.Context, w Waiver) error
	// Waivers are a ticket's, oldest first.
	Waivers(ctx context.Context, id TicketID) ([]Waiver, error)
}

// WaiverState is where an exception stands.
type WaiverState string

// The states.
const (
	WaiverAsked   WaiverState = "asked"
	WaiverGranted WaiverState = "granted"
	WaiverRefused WaiverState = "refused"
	WaiverEnded   WaiverState = "ended"
)

// Waiver is an exception for a ticket, with its reason, until a moment.
type Waiver struct {
	ID        int64
	TicketID  TicketID
	Key       string
	Text      string // what and why
	Until     time.Time
	State     WaiverState
	AskedBy   int64
	DecidedBy int64
	CreatedAt time.Time
}

// TimerWaiver ends an exception at its limit; the subject is the exception.
const TimerWaiver TimerKind = "waiver"

// Entry kinds of exceptions; the text is limit and words.
const (
	EntryWaiverAsked   EntryKind = "waiver_asked"
	EntryWaiverGranted EntryKind = "waiver_granted"
	EntryWaiverRefused EntryKind = "waiver_refused"
	EntryWaiverEnded   EntryKind = "waiver_ended"
)

// MayWaive reports whether a colleague may grant exceptions.
func MayWaive(s customers.Staff) bool {
	return s.Has(customers.RoleAccountManager) || s.Has(customers.RoleProductManager)
}

var waiverTimers = map[TimerKind]firing{
	TimerWaiver: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.waiverOver(ctx, tx, timer.Subject)
	},
}

// Waive records an exception; who may not grant it himself asks the account manager, whose name is answered.
func (d *Desk) Waive(
	ctx context.Context, tx Tx, who customers.Staff, id TicketID, text string, until time.Time, from Origin,
) (asked customers.Staff, err error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return asked, err
	}
	if err := workable(t); err != nil {
		return asked, err
	}
	if !until.After(d.Now()) {
		return asked, Refuse(CodeInvalid, "refuse.waiver_past", nil)
	}
	w := Waiver{TicketID: id, Key: string(from.Message), Text: Shorten(text, 200), Until: until.UTC(), State: WaiverAsked, AskedBy: who.ID,
		CreatedAt: d.Now()}
	kind := EntryWaiverAsked
	if MayWaive(who) {
		w.State, w.DecidedBy, kind = WaiverGranted, who.ID, EntryWaiverGranted
	}
	added, err := tx.AddWaiver(ctx, &w)
	if err != nil || !added {
		return asked, err
	}
	if err := tx.SetTimer(ctx, Timer{Kind: TimerWaiver, Subject: w.ID, DueAt: w.Until, Urgency: UrgencyCare}); err != nil {
		return asked, err
	}
	if w.State == WaiverAsked {
		if asked, err = d.askWaiver(ctx, tx, who, t, w); err != nil {
			return asked, err
		}
	}
	return asked, d.waiverStep(ctx, tx, by(who, Entry{Kind: kind}), t, w)
}

// askWaiver shows an exception to who grants it.
func (d *Desk) askWaiver(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, w Waiver) (customers.Staff, error) {
	customer, team, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return customers.Staff{}, err
	}
	to, _, err := d.acting(ctx, tx, team, customers.RoleAccountManager)
	if err != nil {
		return to, err
	}
	if to.ID == 0 {
		if to, err = d.actingOr(ctx, tx, team, customers.RoleProductManager); err != nil {
			return to, err
		}
	}
	say := d.ToStaff(to)
	title := say.T("waiver.ask", Args{"Number": t.Number, "Name": who.Name})
	button := func(verb, style string) Button {
		return Button{Text: say.T("button." + verb), Verb: verb, Ticket: t.ID, Style: style,
			Args: map[string]string{"waiver": fmt.Sprint(w.ID)}}
	}
	return to, d.notifyStaff(ctx, tx, to, t.ID, fmt.Sprintf("waiver:%d", w.ID), Card{Title: title, Summary: title, Colour: ColourNew, Lines: []Line{
		{Label: say.T("card.contact"), Text: orElse(customer.Name, say.T("card.unbound"))},
		{Label: say.T("waiver.what"), Text: w.Text},
		{Label: say.T("waiver.until"), Text: d.Clock(w.Until, customer)},
	}, Buttons: []Button{button("waiver_yes", "primary"), button("waiver_no", "")}})
}

// waiverStep records a step of an exception and shows the card.
func (d *Desk) waiverStep(ctx context.Context, tx Tx, e Entry, t *Ticket, w Waiver) error {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	e.Internal, e.Text = true, d.group().T("waiver.entry", Args{"Words": w.Text, "Until": d.Clock(w.Until, customer)})
	if _, err := d.record(ctx, tx, t, e); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// lockWaiver reads an exception under its ticket's lock.
func (d *Desk) lockWaiver(ctx context.Context, tx Tx, id int64) (Waiver, *Ticket, error) {
	w, err := tx.Waiver(ctx, id)
	if isNotFound(err) {
		return w, nil, Refuse(CodeInvalid, "refuse.old_card", nil)
	}
	if err != nil {
		return w, nil, err
	}
	t, _, err := d.Lock(ctx, tx, w.TicketID)
	if err != nil {
		return w, nil, err
	}
	w, err = tx.Waiver(ctx, id)
	return w, t, err
}

// DecideWaiver grants or refuses an exception that was asked for, and tells the asker.
func (d *Desk) DecideWaiver(ctx context.Context, tx Tx, who customers.Staff, id int64, yes bool) (Waiver, error) {
	w, t, err := d.lockWaiver(ctx, tx, id)
	if err != nil {
		return w, err
	}
	switch {
	case !MayWaive(who):
		return w, Refuse(CodeDenied, "refuse.waiver_role", nil)
	case w.State != WaiverAsked:
		return w, Refuse(CodeConflict, "refuse.waiver_decided", Args{"Number": t.Number})
	}
	w.State, w.DecidedBy = WaiverRefused, who.ID
	kind, key := EntryWaiverRefused, "waiver.refused"
	if yes {
		w.State, kind, key = WaiverGranted, EntryWaiverGranted, "waiver.granted"
	}
	if err := tx.SaveWaiver(ctx, w); err != nil {
		return w, err
	}
	text := d.group().T(key, Args{"Name": who.Name, "Words": w.Text})
	asker, err := d.staffOrNobody(ctx, tx, w.AskedBy)
	if err != nil {
		return w, err
	}
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("waiver:%d:%s", w.ID, w.State), text, openIDs(asker)...); err != nil {
		return w, err
	}
	return w, d.waiverStep(ctx, tx, by(who, Entry{Kind: kind}), t, w)
}

// waiverOver ends an exception at its limit, with a note; one that nobody decided on lapses the same way.
func (d *Desk) waiverOver(ctx context.Context, tx Tx, id int64) error {
	w, t, err := d.lockWaiver(ctx, tx, id)
	if err != nil || w.State != WaiverGranted && w.State != WaiverAsked {
		return err
	}
	w.State = WaiverEnded
	if err := tx.SaveWaiver(ctx, w); err != nil {
		return err
	}
	if t.Status.Open() {
		owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
		if err != nil {
			return err
		}
		text := d.group().T("waiver.over", Args{"Words": w.Text})
		if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("waiver:%d:over", w.ID), text, openIDs(owner)...); err != nil {
			return err
		}
	}
	return d.waiverStep(ctx, tx, Entry{Kind: EntryWaiverEnded}, t, w)
}
