package tickets

import (
	"context"

	"servicedesk/customers"
	"servicedesk/words"
)

// Clocks keeps service-level policies and the clocks of tickets.
type Clocks interface{}

var clockTimers = map[TimerKind]firing{}

// startClocks starts what a new ticket promises.
func (d *Desk) startClocks(_ context.Context, _ Tx, _ *Ticket, _ customers.Customer) error {
	return nil
}

// clocksAnswered: a person's words went to the customer.
func (d *Desk) clocksAnswered(_ context.Context, _ Tx, _ *Ticket, _ customers.Staff, _ string) error {
	return nil
}

// clocksHeard: the customer's words came.
func (d *Desk) clocksHeard(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }

// clocksFollow pauses, resumes and stops the clocks as the status says.
func (d *Desk) clocksFollow(_ context.Context, _ Tx, _ *Ticket, _ Status) error { return nil }

// clocksReaimed aims the clocks anew; used time is kept.
func (d *Desk) clocksReaimed(_ context.Context, _ Tx, _ *Ticket, _ Ticket) error { return nil }

// clockLines are the card's lines about promises.
func (d *Desk) clockLines(_ context.Context, _ Tx, _ *Ticket, _ view, _ words.Locale) ([]Line, error) {
	return nil, nil
}
