package tickets

import (
	"context"
	"reflect"
	"slices"
	"time"

	"servicedesk/customers"
	"servicedesk/worktime"
)

// Clocks keeps service-level policies and the clocks of tickets.
type Clocks interface {
	// Clocks are those of a ticket in the order in which people read them.
	Clocks(ctx context.Context, id TicketID) ([]Clock, error)
	// SaveClocks writes all clocks of one ticket.
	SaveClocks(ctx context.Context, list []Clock) error
	// SetTimers arms (or re-arms) timers of different kinds; one without a due time is cancelled.
	SetTimers(ctx context.Context, timers []Timer) error
	// Owing are the next tickets after one that have a promise to keep, by id.
	Owing(ctx context.Context, after TicketID, limit int) ([]TicketID, error)
	// Policies are the edited ones; see customers.WithEdits.
	Policies(ctx context.Context) ([]customers.Policy, error)
	// SavePolicy replaces the policy of that key and notes the change.
	SavePolicy(ctx context.Context, p customers.Policy, change customers.PolicyChange) error
	// PolicyChanges are the latest, newest first.
	PolicyChanges(ctx context.Context, limit int) ([]customers.PolicyChange, error)
}

// dial is what clocks of one customer count by.
type dial struct{ work, all *worktime.Calendar }

func (d *Desk) dialOf(ctx context.Context, tx Tx, c customers.Customer) (dial, error) {
	work, err := d.calendarOf(ctx, tx, c)
	return dial{work: work, all: worktime.AllHours(d.zone(c))}, err
}

func (x dial) of(c *Clock) *worktime.Calendar {
	if c.AllHours {
		return x.all
	}
	return x.work
}

// policiesFor are the policies meant for a ticket, the one that holds first.
func (d *Desk) policiesFor(ctx context.Context, tx Tx, t *Ticket, c customers.Customer) ([]customers.Policy, error) {
	edited, err := tx.Policies(ctx)
	if err != nil {
		return nil, err
	}
	return customers.MatchPolicies(customers.WithEdits(edited), customers.PolicyKeyOf(c, string(t.Type))), nil
}

// promised is the length of a policy's promise.
func promised(p customers.Policy, kind ClockKind) time.Duration {
	switch kind {
	case ClockResponse:
		return p.Response
	case ClockWorkaround:
		return p.Workaround
	case ClockSolution:
		return p.Solution
	}
	return 0
}

// startClocks starts what a new ticket promises.
func (d *Desk) startClocks(ctx context.Context, tx Tx, t *Ticket, c customers.Customer) error {
	matching, err := d.policiesFor(ctx, tx, t, c)
	if err != nil || len(matching) == 0 {
		return err
	}
	x, err := d.dialOf(ctx, tx, c)
	if err != nil {
		return err
	}
	return d.keepClocks(ctx, tx, t, begun(t, matching[0], x), x)
}

// begun are the clocks that a policy starts for a new ticket.
func begun(t *Ticket, p customers.Policy, x dial) []Clock {
	var list []Clock
	for _, kind := range ClockKinds {
		if target := promised(p, kind); target > 0 {
			clock := Clock{TicketID: t.ID, Kind: kind, Policy: p.Key(), Target: target, AllHours: p.AllHours, StartedAt: t.OpenedAt}
			clock.run(t.OpenedAt, x.of(&clock))
			list = append(list, clock)
		}
	}
	return list
}

// keepClocks saves the clocks of a ticket and sets the timer of each.
func (d *Desk) keepClocks(ctx context.Context, tx Tx, t *Ticket, list []Clock, x dial) error {
	if len(list) == 0 {
		return nil
	}
	timers := make([]Timer, len(list))
	for i := range list {
		timers[i] = Timer{Kind: clockTimer(list[i].Kind), Subject: int64(t.ID), DueAt: list[i].wakesAt(x.of(&list[i])), Urgency: clockUrgency(t)}
	}
	if err := tx.SaveClocks(ctx, list); err != nil {
		return err
	}
	return tx.SetTimers(ctx, timers)
}

// clockUrgency is how soon a ticket's timers are looked at when many are due at once.
func clockUrgency(t *Ticket) Urgency {
	switch {
	case t.Type == TypeOutage || t.Urgent || t.Priority == 1:
		return UrgencyEmergency
	case t.Priority >= 4:
		return UrgencyCare
	}
	return UrgencyInteractive
}

// withClocks changes the clocks of a ticket: f says whether it did.
func (d *Desk) withClocks(ctx context.Context, tx Tx, t *Ticket, f func(list []Clock, x dial) (changed bool)) error {
	list, err := tx.Clocks(ctx, t.ID)
	if err != nil || len(list) == 0 {
		return err
	}
	customer, err := d.served(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	x, err := d.dialOf(ctx, tx, customer)
	if err != nil || !f(list, x) {
		return err
	}
	return d.keepClocks(ctx, tx, t, list, x)
}

// served is the customer without those who serve him; the zero customer for a visitor.
func (d *Desk) served(ctx context.Context, tx Tx, id int64) (customers.Customer, error) {
	if id == 0 {
		return customers.Customer{Code: customers.UnboundCode}, nil
	}
	return tx.Customer(ctx, id)
}

// clocksAnswered: a person's words went to the customer. The first ones keep the promise of a response, empty ones for the time being.
func (d *Desk) clocksAnswered(ctx context.Context, tx Tx, t *Ticket, _ customers.Staff, text string) error {
	empty := emptyAnswer(text)
	return d.withClocks(ctx, tx, t, func(list []Clock, x dial) bool {
		for i := range list {
			c := &list[i]
			switch {
			case c.Kind != ClockResponse:
			case c.Owed():
				c.meet(d.Now(), x.of(c))
				c.Hollow = empty
				return true
			case c.Hollow && c.FlaggedAt.IsZero() && !empty:
				c.Hollow = false
				return true
			}
		}
		return false
	})
}

// clocksHeard: the customer's words came. Whatever waited for them goes on, by whichever path they came.
func (d *Desk) clocksHeard(ctx context.Context, tx Tx, _ *told, t *Ticket) error {
	return d.resumed(ctx, tx, t)
}

// resumed takes a ticket that waited for the customer back to work: he answered. The caller saves the ticket.
func (d *Desk) resumed(ctx context.Context, tx Tx, t *Ticket) error {
	if t.Status != StatusWaiting {
		return nil
	}
	if err := t.Move(StatusInProgress, d.Now()); err != nil {
		return err
	}
	_, err := d.record(ctx, tx, t, Entry{Kind: EntryResumed})
	return err
}

// clocksFollow pauses, resumes and stops the clocks as the status says.
func (d *Desk) clocksFollow(ctx context.Context, tx Tx, t *Ticket, from Status) error {
	if from == StatusWaiting {
		if err := d.stopReminding(ctx, tx, t); err != nil {
			return err
		}
	}
	now, why := d.Now(), PauseWaiting
	if asked, err := d.reproAsked(ctx, tx, t); err != nil {
		return err
	} else if asked {
		why = PauseRepro
	}
	return d.withClocks(ctx, tx, t, func(list []Clock, x dial) bool {
		before := slices.Clone(list)
		for i := range list {
			list[i].follow(t, why, now, x.of(&list[i]))
		}
		return !reflect.DeepEqual(before, list)
	})
}

// follow is what a ticket's status means for one of its clocks; why is the fact for which a waiting ticket waits. The first response waits for
// nobody: only the others pause.
func (c *Clock) follow(t *Ticket, why PauseWhy, now time.Time, cal *worktime.Calendar) {
	switch t.Status {
	case StatusWaiting:
		if c.Kind != ClockResponse && c.MetAt.IsZero() {
			c.pause(now, cal, why)
		}
	case StatusSolved:
		if c.MetAt.IsZero() {
			c.meet(now, cal)
		}
	case StatusCancelled:
		if c.MetAt.IsZero() {
			c.pause(now, cal, PauseOver)
		}
	case StatusReopened:
		if c.Kind == ClockSolution || c.Kind == ClockWorkaround && t.WorkaroundAt.IsZero() {
			c.again(now, cal)
		}
	case StatusNew, StatusAssigned, StatusInProgress:
		if c.MetAt.IsZero() {
			c.run(now, cal)
		}
	case StatusConfirmed, StatusClosed:
	}
}

// clocksReaimed aims the clocks anew because type, tier, contract, customer, policy or calendar changed; used time is kept.
func (d *Desk) clocksReaimed(ctx context.Context, tx Tx, t *Ticket, was Ticket) error {
	_, err := d.reaimClocks(ctx, tx, t, was)
	return err
}

// reaimClocks is clocksReaimed; changed: something is due at another time.
func (d *Desk) reaimClocks(ctx context.Context, tx Tx, t *Ticket, was Ticket) (changed bool, err error) {
	if !t.Status.Open() {
		return false, nil
	}
	list, err := tx.Clocks(ctx, t.ID)
	if err != nil {
		return false, err
	}
	customer, err := d.served(ctx, tx, t.CustomerID)
	if err != nil {
		return false, err
	}
	matching, err := d.policiesFor(ctx, tx, t, customer)
	if err != nil || len(matching) == 0 {
		return false, err
	}
	to, err := d.dialOf(ctx, tx, customer)
	if err != nil {
		return false, err
	}
	from := to
	if was.CustomerID != t.CustomerID {
		before, err := d.served(ctx, tx, was.CustomerID)
		if err != nil {
			return false, err
		}
		if from, err = d.dialOf(ctx, tx, before); err != nil {
			return false, err
		}
	}
	old := slices.Clone(list)
	next, promisedAnew := reaim(list, t, matching[0], d.Now(), from, to)
	if promisedAnew {
		if _, err := d.record(ctx, tx, t, Entry{Kind: EntryReaimed, Text: d.reaimedText(next, matching[0], customer)}); err != nil {
			return false, err
		}
	}
	changed = !reflect.DeepEqual(old, next)
	if !changed && clockUrgency(&was) == clockUrgency(t) {
		return false, nil
	}
	return changed, d.keepClocks(ctx, tx, t, next, to)
}

// reaim gives the clocks their promises by a policy; changed: one of them is another. A clock that comes late has used what the oldest one has.
func reaim(list []Clock, t *Ticket, p customers.Policy, now time.Time, from, to dial) (next []Clock, changed bool) {
	for _, kind := range ClockKinds {
		target := promised(p, kind)
		c := clockOf(list, kind)
		switch {
		case c == nil && target == 0:
			continue
		case c == nil:
			c = lateClock(list, t, kind, now, from)
		case c.Target == target && c.AllHours == p.AllHours && c.Policy == p.Key():
			c.aim(to.of(c))
			next = append(next, *c)
			continue
		}
		changed = true
		c.retarget(target, p.AllHours, p.Key(), now, from.of(c), to.of(&Clock{AllHours: p.AllHours}))
		next = append(next, *c)
	}
	return next, changed
}

// lateClock is one that the ticket did not have so far.
func lateClock(list []Clock, t *Ticket, kind ClockKind, now time.Time, x dial) *Clock {
	c := &Clock{TicketID: t.ID, Kind: kind, StartedAt: t.OpenedAt}
	if like := clockOf(list, ClockSolution); like != nil {
		c.AllHours, c.Used = like.AllHours, like.UsedBy(now, x.of(like))
		c.Pauses = append(c.Pauses, like.Pauses...)
		if !like.Runs() && like.MetAt.IsZero() {
			return c // the ticket waits
		}
	}
	switch {
	case kind == ClockResponse && !t.RespondedAt.IsZero():
		c.MetAt = t.RespondedAt
	case kind == ClockWorkaround && !t.WorkaroundAt.IsZero():
		c.MetAt = t.WorkaroundAt
	case t.Status == StatusSolved:
		c.MetAt = t.SolvedAt
	default:
		c.RunsSince = now
	}
	return c
}

func clockOf(list []Clock, kind ClockKind) *Clock {
	for i := range list {
		if list[i].Kind == kind {
			return &list[i]
		}
	}
	return nil
}
