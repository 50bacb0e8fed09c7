package tickets

import (
	"context"
	"time"

	"servicedesk/customers"
)

// A gate is a person above the owner who owes one of five answers by a deadline: first the product manager, then the leader. Without an
// answer the next gate opens; the last one is asked again in the same rhythm. All steps of a ticket's gates happen under the ticket's lock.

// Gates keeps the steps of escalation, and the direct lines to those who answer them.
type Gates interface {
	Gate(ctx context.Context, id int64) (Gate, error)
	// GatesOf are all gates of a ticket, oldest first; at most one of them is open.
	GatesOf(ctx context.Context, id TicketID) ([]Gate, error)
	// GatesBefore are the open gates that wait for a colleague, the most pressing first.
	GatesBefore(ctx context.Context, staffID int64) ([]Gate, error)
	// SaveGate inserts when the ID is 0 and sets it.
	SaveGate(ctx context.Context, g *Gate) error
	// GateDelegate is who may answer everything in a colleague's place at that moment; 0 = nobody.
	GateDelegate(ctx context.Context, staffID int64, now time.Time) (int64, error)
	// SetGateDelegate ends at until; a zero until takes the right back.
	SetGateDelegate(ctx context.Context, staffID, delegateID int64, until time.Time) error

	DirectLine(ctx context.Context, id int64) (DirectLine, error)
	// SaveDirectLine inserts when the ID is 0 and sets it.
	SaveDirectLine(ctx context.Context, l *DirectLine) error
	// AnswerDirectLines marks a ticket's open lines to a colleague as answered.
	AnswerDirectLines(ctx context.Context, id TicketID, staffID int64, now time.Time) error
	// WasAskedFor reports whether a contact asked for that colleague in person about a ticket.
	WasAskedFor(ctx context.Context, id TicketID, staffID int64) (bool, error)
}

// Timer kinds of gates; the subject is the gate or the direct line.
const (
	TimerGate       TimerKind = "gate"        // a gate's answer is due
	TimerGateKept   TimerKind = "gate_kept"   // did what was granted come?
	TimerDirectLine TimerKind = "direct_line" // somebody was asked for in person
)

var gateTimers = map[TimerKind]firing{
	TimerGate: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.gateOverdue(ctx, tx, timer.Subject)
	},
	TimerGateKept: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.askKept(ctx, tx, timer.Subject)
	},
	TimerDirectLine: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.lineOverdue(ctx, tx, timer.Subject)
	},
}

var gateTaps = map[string]tap{}

// Entry kinds of gates and direct lines.
const (
	EntryGateOpened   EntryKind = "gate_opened"
	EntryGateAnswered EntryKind = "gate_answered"
	EntryGateOverdue  EntryKind = "gate_overdue"
	EntryGateRepeated EntryKind = "gate_repeated"
	EntryGateStopped  EntryKind = "gate_stopped"
	EntryGateKept     EntryKind = "gate_kept"
	EntryDirectLine   EntryKind = "direct_line"
)

// GateCause says why a gate opens.
type GateCause string

// The causes.
const (
	GateBreach  GateCause = "breach"  // a promise was broken
	GateAsked   GateCause = "asked"   // the owner asked for help
	GateNudges  GateCause = "nudges"  // the third 催办
	GateLiaison GateCause = "liaison" // the liaison decided
)

// GateState is where a gate stands.
type GateState string

// The states. A gate leaves the open state once.
const (
	GateOpen     GateState = "open"
	GateAnswered GateState = "answered"
	GateOverdue  GateState = "overdue" // no answer by the deadline: the next one was opened
	GateStopped  GateState = "stopped" // the ticket was solved, merged or cancelled
)

// GateAnswer is one of the five answers.
type GateAnswer string

// The answers.
const (
	GatePeople   GateAnswer = "people"
	GateMoney    GateAnswer = "money"
	GateSolution GateAnswer = "solution"
	GateTakeOver GateAnswer = "takeover"
	GateDecline  GateAnswer = "decline"
)

// GateAnswers are all of them, in the order of the card.
var GateAnswers = []GateAnswer{GatePeople, GateMoney, GateSolution, GateTakeOver, GateDecline}

// personal reports whether an answer needs the gate's own person: nobody else spends his budget or his time.
func (a GateAnswer) personal() bool { return a == GateMoney || a == GateTakeOver }

// Levels of gates; level 1 is the owner himself.
const (
	firstGate = 2
	lastGate  = 3
)

// gateRoles are whose gates they are.
var gateRoles = map[int]customers.Role{firstGate: customers.RoleProductManager, lastGate: customers.RoleLeader}

// Gate is one step of a ticket's escalation: who was asked why, until when, and what he answered.
type Gate struct {
	ID       int64
	TicketID TicketID
	Round    int // the ticket's Reopened: reopening begins at the first gate again
	Level    int
	PersonID int64 // whose gate it is
	ActingID int64 // who is asked: himself, or who stands in for him
	Cause    GateCause
	Reason   string
	OpenedBy string // a name; empty = the desk

	State      GateState
	Answer     GateAnswer
	AnsweredBy int64
	Note       string
	Cents      int64  // granted money in 分, 1/100 CNY; never shown to customers
	HelperID   int64  // the colleague given
	Kept       string // whether what was granted came: GateCame, GateMissing, empty = not known yet
	Repeats    int

	OpenedAt time.Time // UTC, as all times
	DueAt    time.Time
	EndedAt  time.Time
}

// Values of Gate.Kept.
const (
	GateCame    = "yes"
	GateMissing = "no"
)

// Role is whose gate it is.
func (g Gate) Role() customers.Role { return gateRoles[g.Level] }

// standsIn reports whether somebody is asked in the place of the gate's own person.
func (g Gate) standsIn() bool { return g.ActingID != g.PersonID }

// openAmong is the open gate of a list; nil: there is none.
func openAmong(gates []Gate) *Gate {
	for i := range gates {
		if gates[i].State == GateOpen {
			return &gates[i]
		}
	}
	return nil
}

// nextLevel is the gate above the highest that was asked in this round; the last one has none above it.
func nextLevel(gates []Gate, round int) int {
	level := firstGate
	for _, g := range gates {
		if g.Round == round {
			level = max(level, g.Level+1)
		}
	}
	return min(level, lastGate)
}

const (
	// gateAtOnce is the deadline in an outage, around the clock; gateInTime is working time (contract, settled point 8).
	gateAtOnce = 30 * time.Minute
	gateInTime = 2 * time.Hour
)

// pressing reports whether a ticket's gates run around the clock.
func pressing(t *Ticket) bool { return t.Type == TypeOutage || t.Urgent }

// worked is the moment by which so much time has passed on the clock that counts for a ticket: around the clock when it presses, else the
// customer's working time.
func (d *Desk) worked(ctx context.Context, tx Tx, t *Ticket, c customers.Customer, atOnce, inTime time.Duration) (time.Time, error) {
	if pressing(t) {
		return d.Now().Add(atOnce), nil
	}
	calendar, err := d.calendarOf(ctx, tx, c)
	if err != nil {
		return time.Time{}, err
	}
	return calendar.Add(d.Now(), inTime).UTC(), nil
}

// hour writes a moment of the coming days in the customer's zone: the hour, with the date when it is not today.
func (d *Desk) hour(at time.Time, c customers.Customer) string {
	at = at.In(d.zone(c))
	if today := d.Now().In(d.zone(c)); at.YearDay() == today.YearDay() && at.Year() == today.Year() {
		return at.Format("15:04")
	}
	return at.Format("01-02 15:04")
}
