package tickets

import (
	"context"

	"servicedesk/words"
)

// Gates keeps the steps of escalation.
type Gates interface{}

var gateTimers = map[TimerKind]firing{}

var gateTaps = map[string]tap{}

// GateCause says why a gate opens.
type GateCause string

// The causes.
const (
	GateBreach  GateCause = "breach"  // a promise was broken
	GateAsked   GateCause = "asked"   // the owner asked for help
	GateNudges  GateCause = "nudges"  // the third 催办
	GateLiaison GateCause = "liaison" // the liaison decided
)

// openGate opens the next gate of a ticket unless one is open already; text says why, by is empty for the desk itself.
func (d *Desk) openGate(_ context.Context, _ Tx, _ *Ticket, _ GateCause, _, _ string) error {
	return nil
}

// gatesFollow stops the chain when a ticket is solved, merged or cancelled, and starts it anew when it is reopened.
func (d *Desk) gatesFollow(_ context.Context, _ Tx, _ *Ticket, _ Status) error { return nil }

// gateLines are the card's lines about an open gate.
func (d *Desk) gateLines(_ context.Context, _ Tx, _ *Ticket, _ view, _ words.Locale) ([]Line, error) {
	return nil, nil
}
