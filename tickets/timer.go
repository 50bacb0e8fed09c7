package tickets

import "time"

// TimerKind says what happens when a timer runs out.
type TimerKind string

// Timer kinds.
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
	Subject int64 // ticket or conversation
	Gen     int64
	DueAt   time.Time
	Urgency Urgency
}
