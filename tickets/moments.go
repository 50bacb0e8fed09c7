package tickets

import (
	"context"

	"servicedesk/customers"
)

// The moments of a ticket's life at which promises, gates, emergencies and reminders have something to do. Each is one list, in order, inside
// the transaction of its cause.

// opened: the ticket exists and its people are known; the contact was not told yet.
func (d *Desk) opened(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	return inTurn(
		func() error { return d.routed(ctx, tx, w, t) },
		func() error { return d.startClocks(ctx, tx, t, w.customer) },
	)
}

// announced: the group and the contact were told of the new ticket.
func (d *Desk) announced(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	return inTurn(
		func() error { return d.routingAnnounced(ctx, tx, w, t) },
		func() error { return d.emergencyOpened(ctx, tx, w, t) },
		func() error { return d.supervisionOpened(ctx, tx, w, t) },
		func() error { return d.contractOpened(ctx, tx, w, t) },
	)
}

// spoken: a person's words go to the customer (a reply, a workaround, a solution, progress in an emergency). from is his message.
func (d *Desk) spoken(ctx context.Context, tx Tx, t *Ticket, who customers.Staff, text string, from Origin) error {
	t.SpokenAt = d.Now()
	if t.RespondedAt.IsZero() {
		t.RespondedAt = t.SpokenAt
	}
	if err := tx.CancelTimer(ctx, TimerWord, int64(t.ID)); err != nil { // the promised word is this one
		return err
	}
	return inTurn(
		func() error { return d.clocksAnswered(ctx, tx, t, who, text) },
		func() error { return d.supervisionSpoken(ctx, tx, t, who) },
		func() error { return d.pledgeHeard(ctx, tx, t, who, text, from) },
		func() error { return d.emergencySpoken(ctx, tx, t, who) },
		func() error { return tx.AnswerDirectLines(ctx, t.ID, who.ID, d.Now()) },
	)
}

// heard: the customer's words were kept on the ticket.
func (d *Desk) heard(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	return inTurn(
		func() error { return d.routingHeard(ctx, tx, w, t) },
		func() error { return d.clocksHeard(ctx, tx, w, t) },
		func() error { return d.emergencyHeard(ctx, tx, w, t) },
		func() error { return d.supervisionHeard(ctx, tx, w, t) },
	)
}

// moved: the status is another than the followers were last told. It is called by change, so that no path can forget it.
func (d *Desk) moved(ctx context.Context, tx Tx, t *Ticket, from Status) error {
	return inTurn(
		func() error { return d.clocksFollow(ctx, tx, t, from) },
		func() error { return d.gatesFollow(ctx, tx, t, from) },
		func() error { return d.emergencyFollows(ctx, tx, t, from) },
		func() error { return d.supervisionFollows(ctx, tx, t, from) },
		func() error { return d.mergeFollows(ctx, tx, t, from) },
	)
}

// reclassed: type, priority, module, tier or customer of an open ticket changed; was is the ticket before. The caller saves the ticket after.
func (d *Desk) reclassed(ctx context.Context, tx Tx, t *Ticket, was Ticket) error {
	return inTurn(
		func() error { return d.clocksReaimed(ctx, tx, t, was) },
		func() error { return d.emergencyReclassed(ctx, tx, t, was) },
		func() error { return d.gatesReclassed(ctx, tx, t, was) },
	)
}

// inTurn runs steps until one fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
