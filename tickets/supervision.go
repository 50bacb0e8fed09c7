package tickets

import (
	"context"
	"maps"
	"time"

	"servicedesk/customers"
)

// Supervision keeps what watches over tickets: tasks, promises in words, exceptions, drafts, and what quiet hours hold.
type Supervision interface {
	Tasks
	Notices
	Pledges
	Waivers
	Drafts
	Watching
}

var supervisionTimers = joined(quietTimers, silenceTimers, pledgeTimers, waiverTimers)

func joined(parts ...map[TimerKind]firing) map[TimerKind]firing {
	all := map[TimerKind]firing{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// supervisionTaps is empty: no menu of a contact is about supervision.
var supervisionTaps = map[string]tap{}

var supervisionPlans = []plan{
	{name: "daily-watch", next: daily(9, 0), run: func(ctx context.Context, d *Desk, tx Tx, _ time.Time) error { return d.dailyWatch(ctx, tx) }},
	{name: "weekly-progress", next: weekly(time.Friday, 16, 30), run: func(ctx context.Context, d *Desk, tx Tx, due time.Time) error {
		return d.weeklyProgress(ctx, tx, due)
	}},
}

// supervisionOpened starts to count the silence towards the customer.
func (d *Desk) supervisionOpened(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	return d.listen(ctx, tx, t, w.customer)
}

// supervisionSpoken: the silence towards the customer is broken.
func (d *Desk) supervisionSpoken(ctx context.Context, tx Tx, t *Ticket, _ customers.Staff) error {
	return d.silenceBroken(ctx, tx, t)
}

// supervisionHeard does nothing: the customer's own words do not break our silence.
func (d *Desk) supervisionHeard(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }

// supervisionFollows counts silence only while the next step is ours, and settles promises with the ticket.
func (d *Desk) supervisionFollows(ctx context.Context, tx Tx, t *Ticket, from Status) error {
	switch {
	case !owesWord(t.Status):
		if err := d.stopListening(ctx, tx, t); err != nil {
			return err
		}
	case !owesWord(from):
		if err := d.silenceBroken(ctx, tx, t); err != nil { // our step begins now: what was silent before was the customer's
			return err
		}
	}
	return d.pledgesFollow(ctx, tx, t)
}

// minder is who looks after a customer's tickets: the acting liaison, without one an administrator; nothing waits for nobody.
func (d *Desk) minder(ctx context.Context, tx Tx, customerID int64) (customers.Staff, error) {
	_, team, err := d.customerOf(ctx, tx, customerID)
	if err != nil {
		return customers.Staff{}, err
	}
	return d.actingOr(ctx, tx, team, customers.RoleLiaison)
}

// actingOr is who fills a role for a customer now; when nobody does, a liaison or an administrator of the company.
func (d *Desk) actingOr(ctx context.Context, tx Tx, team customers.Team, role customers.Role) (customers.Staff, error) {
	who, _, err := d.acting(ctx, tx, team, role)
	if err != nil || who.ID != 0 {
		return who, err
	}
	found, err := d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin)
	if err != nil || len(found) == 0 {
		return customers.Staff{}, err
	}
	return found[0], nil
}
