package tickets

import "time"

// FailureClass says what to do about a failed send; nothing else about a failure decides that.
type FailureClass string

// The classes.
const (
	// Transient: busy, broken network, 5xx. Again with the same key after a back-off.
	Transient FailureClass = "transient"
	// Throttled: again after the time the platform names; the whole platform pauses.
	Throttled FailureClass = "throttled"
	// Unauthorized: the token died and could not be renewed at once. Again like Transient, and doctor should look.
	Unauthorized FailureClass = "unauthorized"
	// Rejected: this message will never be taken. Bury it and tell the engineer.
	Rejected FailureClass = "rejected"
	// CountSpent: the sending window's places are used up. Hold until the contact writes.
	CountSpent FailureClass = "count_spent"
	// WindowShut: the sending window is over by time or state. Hold until the contact writes.
	WindowShut FailureClass = "window_shut"
	// Occupied: a human servicer has the session. Hold until he is done or it is taken back.
	Occupied FailureClass = "occupied"
	// Stale: what it refers to is gone (recalled message, dead welcome code). Drop it.
	Stale FailureClass = "stale"
	// Aged: the message may not be edited any more. Post it anew.
	Aged FailureClass = "aged"
	// Rerender: the content was refused by form (a card); try the plain fallback.
	Rerender FailureClass = "rerender"
	// Misconfigured: a right, address or switch is missing; an administrator must act. Again later.
	Misconfigured FailureClass = "misconfigured"
)

// Failure is why a delivery did not go out.
type Failure struct {
	Class FailureClass
	// Certain is false when the call may have had its effect (time-out, broken answer).
	Certain bool
	// After is how long the platform wants to be left alone; 0 = unsaid.
	After time.Duration
	// Code is the platform's number, 0 = none. Reason is short, without tokens, ids or addresses.
	Code   int
	Reason string
}

// Step is what the sender of a lane does next.
type Step string

// The steps.
const (
	StepSend  Step = "send"  // send what was prepared
	StepNext  Step = "next"  // this row is done with, look at the next
	StepLater Step = "later" // the lane rests until Prepared.At (machine time)
	StepRest  Step = "rest"  // nothing to do until the lane is woken (all held, or empty)
)

// Prepared is a delivery made ready at the moment it leaves.
type Prepared struct {
	Step     Step
	Delivery int64
	Out      Outgoing
	At       time.Time
}
