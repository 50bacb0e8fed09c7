package bot

import (
	"errors"
	"fmt"

	"servicedesk/tickets"
)

// SendError is a failed call of a platform, classed.
type SendError struct {
	tickets.Failure
	Err error
}

func (e *SendError) Error() string {
	if e.Code != 0 {
		return fmt.Sprintf("%s %d: %s", e.Class, e.Code, e.Reason)
	}
	return fmt.Sprintf("%s: %s", e.Class, e.Reason)
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// FailureOf gives the failure an error stands for; what is no SendError is transient and uncertain.
func FailureOf(err error) tickets.Failure {
	var s *SendError
	if errors.As(err, &s) {
		return s.Failure
	}
	return tickets.Failure{Class: tickets.Transient, Reason: "unexpected error"}
}

// ErrNotYet is what the treatment of an event fails with as long as something is missing that must be known first: the event keeps its place
// and is tried again, however long that takes.
var ErrNotYet = errors.New("cannot be understood yet")

// CallbackError is a refused callback; Status is the HTTP status (4xx) it is answered with.
type CallbackError struct {
	Status int
	Reason string
}

func (e *CallbackError) Error() string {
	return fmt.Sprintf("callback refused (%d): %s", e.Status, e.Reason)
}
