package tickets

import "context"

// Routing keeps rules and the reasons of routings.
type Routing interface{}

var routingTimers = map[TimerKind]firing{}

var routingPlans []plan

// judge guesses type, priority and module of a new ticket from its words; the ticket is not saved yet.
func (d *Desk) judge(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }

// route gives a new ticket to whom it belongs; the ticket is not saved yet.
func (d *Desk) route(_ context.Context, _ Tx, w *told, t *Ticket) error {
	if w.team.Owner.ID != 0 {
		t.Status, t.OwnerID = StatusAssigned, w.team.Owner.ID
	}
	return nil
}

// routed keeps why, now that the ticket has an id.
func (d *Desk) routed(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }
