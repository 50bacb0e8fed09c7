package tickets

import (
	"context"
	"maps"
	"strings"
	"time"
)

// TimerKind says what happens when a timer runs out.
type TimerKind string

// Timer kinds of a ticket's ordinary life; those of promises, gates, emergencies and plans stand with them.
const (
	TimerConfirm TimerKind = "confirm" // silence counts as agreement
	TimerClose   TimerKind = "close"   // a confirmed ticket is closed
	TimerWord    TimerKind = "word"    // the next word that a contact was promised
)

// TimerID is the database's key of a timer.
type TimerID int64

// Timer is a deadline as a row: one per kind and subject; setting it again or cancelling it raises Gen, so a stale nudge does nothing.
type Timer struct {
	ID      TimerID
	Kind    TimerKind
	Subject int64 // ticket, conversation, or whatever the kind is about
	Gen     int64
	DueAt   time.Time
	Urgency Urgency
}

// firing is what happens when a timer of a kind runs out, inside the transaction that took it.
type firing func(ctx context.Context, d *Desk, tx Tx, timer Timer) error

// firings are all kinds; filled at start, because what fires sets timers again.
var firings = map[TimerKind]firing{}

func init() {
	for _, part := range []map[TimerKind]firing{
		lifecycleTimers, clockTimers, presenceTimers, routingTimers, gateTimers, emergencyTimers, supervisionTimers, mergeTimers,
	} {
		maps.Copy(firings, part)
	}
}

// FireTimer acts on a deadline; the caller took the timer in the same transaction, so it acts once.
func (d *Desk) FireTimer(ctx context.Context, tx Tx, timer Timer) error {
	if name, isPlan := strings.CutPrefix(string(timer.Kind), planPrefix); isPlan {
		return d.carryOut(ctx, tx, name, timer.DueAt)
	}
	if fire, ok := firings[timer.Kind]; ok {
		return fire(ctx, d, tx, timer)
	}
	return nil
}
