package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

// gateOverdue acts when nobody answered by the deadline: the next gate opens, or the last one is asked again. A deadline that was moved, or a
// gate that is open no more, changes nothing.
func (d *Desk) gateOverdue(ctx context.Context, tx Tx, id int64) error {
	seen, err := tx.Gate(ctx, id)
	if err != nil {
		return ignoreMissing(err)
	}
	t, _, err := d.Lock(ctx, tx, seen.TicketID)
	if err != nil {
		return err
	}
	g, err := tx.Gate(ctx, id)
	if err != nil || g.State != GateOpen || g.DueAt.After(d.Now()) {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	if g.Level == lastGate {
		return d.repeatGate(ctx, tx, t, v, g)
	}
	asked, err := d.staffOrNobody(ctx, tx, g.ActingID)
	if err != nil {
		return err
	}
	g.State, g.EndedAt = GateOverdue, d.Now()
	if err := tx.SaveGate(ctx, &g); err != nil {
		return err
	}
	entry := Entry{Kind: EntryGateOverdue, Internal: true, Data: map[string]string{"to": asked.Name}}
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	return d.openGateAt(ctx, tx, t, opening{level: g.Level + 1, cause: g.Cause, reason: g.Reason, by: g.OpenedBy,
		told: "gate.told_next", before: asked.Name})
}

func ignoreMissing(err error) error {
	if isNotFound(err) {
		return nil
	}
	return err
}

// repeatGate asks the last gate again; who is meant is found anew. The customer was promised word by now: the owner gives it, because the few
// places of the sending window are kept for the answer.
func (d *Desk) repeatGate(ctx context.Context, tx Tx, t *Ticket, v view, g Gate) error {
	k, err := d.gatekeeperFor(ctx, tx, t, v, lastGate)
	if err != nil {
		return err
	}
	if g.DueAt, err = d.worked(ctx, tx, t, v.customer, gateAtOnce, gateInTime); err != nil {
		return err
	}
	g.Repeats++
	g.PersonID, g.ActingID = k.person.ID, k.acting.ID
	if err := tx.SaveGate(ctx, &g); err != nil {
		return err
	}
	if err := d.armGate(ctx, tx, t, g); err != nil {
		return err
	}
	say := d.group()
	entry := Entry{Kind: EntryGateRepeated, Internal: true, Data: map[string]string{"to": k.acting.Name, "count": fmt.Sprint(g.Repeats + 1)}}
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	if err := d.askGate(ctx, tx, t, v, g, k); err != nil {
		return err
	}
	if g.Repeats > 1 && d.sameDay(d.Now(), g.DueAt, v.customer) { // the topic hears of it first, and then once a day
		return d.showCard(ctx, tx, t)
	}
	text := say.T("gate.topic_repeated", Args{"Who": d.gateName(say, g, k, v.team), "Count": g.Repeats + 1, "At": d.hour(g.DueAt, v.customer)})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("gate:%d:%d", g.ID, g.Repeats), text, openIDs(k.acting, v.owner)...); err != nil {
		return err
	}
	if g.Repeats == 1 {
		if err := d.tellBystanders(ctx, tx, t, v, fmt.Sprintf("gate:%d:repeated", g.ID), text, k.acting.ID); err != nil {
			return err
		}
	}
	return d.showCard(ctx, tx, t)
}

// gatesFollow stops the chain when a ticket is solved, merged or cancelled, and starts it anew when it is reopened.
func (d *Desk) gatesFollow(ctx context.Context, tx Tx, t *Ticket, from Status) error {
	if t.Status == StatusReopened {
		t.Nudges = 0 // they count anew, as the gates do
		return nil
	}
	if t.Status.Open() && t.Status != StatusSolved {
		if from == StatusCancelled { // a merge was undone
			return d.gateAgain(ctx, tx, t)
		}
		return nil
	}
	g, err := d.openGateOf(ctx, tx, t.ID)
	if err != nil || g == nil {
		return err
	}
	g.State, g.EndedAt = GateStopped, d.Now()
	if err := tx.SaveGate(ctx, g); err != nil {
		return err
	}
	if err := tx.CancelTimer(ctx, TimerGate, g.ID); err != nil {
		return err
	}
	asked, err := d.staffOrNobody(ctx, tx, g.ActingID)
	if err != nil {
		return err
	}
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryGateStopped, Internal: true, Data: map[string]string{"to": asked.Name}}); err != nil {
		return err
	}
	if asked.ID == 0 {
		return nil
	}
	say := d.ToStaff(asked)
	title := say.T("gate.stopped_title", Args{"Number": t.Number})
	card := Card{Title: title, Summary: title, Colour: ColourSolved,
		Lines: []Line{{Text: say.T("gate.stopped", Args{"State": say.T("state." + string(t.Status))})}}}
	return d.notifyStaff(ctx, tx, asked, t.ID, fmt.Sprintf("gate:%d:stopped", g.ID), card)
}

// gateAgain opens the gate again at which the ticket stood when it was taken in by another.
func (d *Desk) gateAgain(ctx context.Context, tx Tx, t *Ticket) error {
	gates, err := tx.GatesOf(ctx, t.ID)
	if err != nil || len(gates) == 0 {
		return err
	}
	g := gates[len(gates)-1]
	if g.State != GateStopped || g.Round != t.Reopened {
		return nil
	}
	return d.openGateAt(ctx, tx, t, opening{level: g.Level, cause: g.Cause, reason: g.Reason, by: g.OpenedBy, told: "gate.told"})
}

// gatesReclassed shortens the deadline of an open gate when its ticket turns into an outage.
func (d *Desk) gatesReclassed(ctx context.Context, tx Tx, t *Ticket, was Ticket) error {
	if !pressing(t) || pressing(&was) {
		return nil
	}
	g, err := d.openGateOf(ctx, tx, t.ID)
	if err != nil || g == nil {
		return err
	}
	soon := d.Now().Add(gateAtOnce)
	if !g.DueAt.After(soon) {
		return nil
	}
	g.DueAt = soon
	if err := tx.SaveGate(ctx, g); err != nil {
		return err
	}
	return d.armGate(ctx, tx, t, *g)
}

// sameDay reports whether two moments lie on one day of the customer's zone.
func (d *Desk) sameDay(a, b time.Time, c customers.Customer) bool {
	zone := d.zone(c)
	return a.In(zone).Format(time.DateOnly) == b.In(zone).Format(time.DateOnly)
}
