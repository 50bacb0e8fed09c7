package tickets

import (
	"context"

	"servicedesk/customers"
	"servicedesk/words"
)

// Emergencies keeps the emergency lane: who was called, who has it, the war room, the updates.
type Emergencies interface{}

var emergencyTimers = map[TimerKind]firing{}

var emergencyTaps = map[string]tap{}

// emergencyOpened starts the lane for a ticket that is born as an outage or as urgent.
func (d *Desk) emergencyOpened(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }

// emergencySpoken: the affected contacts heard something; the next update is due later.
func (d *Desk) emergencySpoken(_ context.Context, _ Tx, _ *Ticket, _ customers.Staff) error {
	return nil
}

// emergencyFollows ends the lane with the ticket.
func (d *Desk) emergencyFollows(_ context.Context, _ Tx, _ *Ticket, _ Status) error { return nil }

// emergencyReclassed starts the lane when a ticket becomes an outage.
func (d *Desk) emergencyReclassed(_ context.Context, _ Tx, _ *Ticket, _ Ticket) error { return nil }

// emergencyLines are the card's lines about a running emergency.
func (d *Desk) emergencyLines(_ context.Context, _ Tx, _ *Ticket, _ view, _ words.Locale) ([]Line, error) {
	return nil, nil
}
