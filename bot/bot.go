// Package bot says what the desk needs of a chat platform: one required interface, and optional ones found by type assertion.
package bot

import (
	"context"
	"io"
	"net/http"
	"time"

	"servicedesk/tickets"
)

// Platform sends. The context carries the deadline of one attempt.
type Platform interface {
	Name() tickets.Platform
	// Send delivers one message, card, edit or reaction. Every error is a *SendError.
	Send(ctx context.Context, out tickets.Outgoing) (tickets.Receipt, error)
}

// Event is one thing that a platform told us, as it is kept in the inbox before the platform gets its acknowledgement.
type Event struct {
	Platform tickets.Platform
	// Key is unique per platform: the event's id, or the kf message's id.
	Key string
	// MessageKey is the id of the message it speaks of, when a redelivery may carry another event id; empty otherwise.
	MessageKey string
	// Lane keeps the order of what belongs together.
	Lane string
	Raw  []byte
}

// Hint says that an account has news to be pulled. Token lifts the rate limit of a pull for ten minutes (clock time).
type Hint struct {
	Account tickets.RemoteID // open_kfid; empty = every account
	Token   string
}

// Callback is a verified and decrypted call of a platform.
type Callback struct {
	Events []Event
	Hint   *Hint
	// Action is set for a card action, which is answered in the same exchange.
	Action *tickets.Action
	// Echo is the body that answers an address check; nil otherwise.
	Echo []byte
}

// Receiver takes HTTP callbacks.
type Receiver interface {
	Platform
	// Decode verifies and decrypts; now bounds the age. Errors are *CallbackError.
	Decode(r *http.Request, body []byte, now time.Time) (Callback, error)
	// Acknowledge writes the positive answer, with the toast of an action.
	Acknowledge(w http.ResponseWriter, c Callback, a *tickets.Answer)
}

// Converter turns a kept event into what the desk understands. It is pure, and it never fails for unknown kinds: they become tickets.KindOther
// with a readable placeholder. ok=false: nothing to do for the desk. Errors are for ever, but for ErrNotYet.
type Converter interface {
	Convert(raw []byte) (in tickets.Inbound, ok bool, err error)
}

// Page is one page of pulled events. Next is the cursor behind it.
type Page struct {
	Events []Event
	Next   string
	More   bool
}

// Puller fetches what a hint announced. The cursor is stored in the same transaction as the page's events.
type Puller interface {
	Accounts(ctx context.Context) ([]tickets.RemoteID, error)
	Pull(ctx context.Context, account tickets.RemoteID, cursor, token string) (Page, error)
}

// Listener holds a long connection and hands over what comes through it; it returns when ctx ends or the platform refuses for good.
type Listener interface {
	Listen(ctx context.Context, sink Sink) error
}

// Sink takes what a long connection brings.
type Sink interface {
	// Accept keeps the events durably; after nil the platform is acknowledged.
	Accept(ctx context.Context, events []Event) error
	// Act carries out a card action and answers at once.
	Act(ctx context.Context, a tickets.Action) (tickets.Answer, error)
}

// Fetcher opens a received attachment. ErrGone (a *SendError of class rejected) when the platform no longer has it.
type Fetcher interface {
	Fetch(ctx context.Context, in tickets.Inbound, a tickets.Attachment) (body io.ReadCloser, name string, err error)
}

// Profiler knows a contact's display name.
type Profiler interface {
	Nickname(ctx context.Context, contact tickets.RemoteID) (string, error)
}

// Files opens a file of the desk's own store, for uploads.
type Files interface {
	Open(ctx context.Context, key string) (body io.ReadCloser, size int64, err error)
}
