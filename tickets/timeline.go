package tickets

import "time"

// EntryKind says what a timeline entry records.
type EntryKind string

// Entry kinds. Words first, then steps, then what became of deliveries.
const (
	EntryWords      EntryKind = "words" // the customer said
	EntryReply      EntryKind = "reply" // said to the customer by a person
	EntryNote       EntryKind = "note"  // internal
	EntryNotice     EntryKind = "notice"
	EntryOpened     EntryKind = "opened"
	EntryAssigned   EntryKind = "assigned"
	EntryClaimed    EntryKind = "claimed"
	EntryWaiting    EntryKind = "waiting"
	EntryResumed    EntryKind = "resumed"
	EntrySolved     EntryKind = "solved"
	EntryConfirmed  EntryKind = "confirmed"
	EntryUnsolved   EntryKind = "unsolved"
	EntryReopened   EntryKind = "reopened"
	EntryClosed     EntryKind = "closed"
	EntryCancelled  EntryKind = "cancelled"
	EntryRated      EntryKind = "rated"
	EntrySkipped    EntryKind = "skipped" // a step left out, with its reason
	EntryUrgent     EntryKind = "urgent"
	EntryCalm       EntryKind = "calm" // urgent taken back
	EntryNudged     EntryKind = "nudged"
	EntryBound      EntryKind = "bound"
	EntryMoved      EntryKind = "moved" // words kept first on another ticket
	EntryRecalled   EntryKind = "recalled"
	EntryFailed     EntryKind = "failed"  // not delivered, with the reason
	EntryRetaken    EntryKind = "retaken" // the session was taken back from a human servicer
	EntryHandPerson EntryKind = "person"  // a person was asked for
)

// AuthorKind says who did it.
type AuthorKind string

// The authors.
const (
	ByContact AuthorKind = "contact"
	ByStaff   AuthorKind = "staff"
	ByDesk    AuthorKind = "desk"
)

// Entry is one line of a ticket's timeline; entries are only ever added, except that words may move to the ticket they belong to.
type Entry struct {
	ID         int64
	TicketID   TicketID
	At         time.Time
	Kind       EntryKind
	By         AuthorKind
	AuthorID   int64 // contact or staff
	AuthorName string
	// Internal entries are never shown to the customer.
	Internal bool
	Text     string
	Platform Platform
	// RemoteID is the platform message it came from.
	RemoteID RemoteID
	Attached []Attachment
	// Data holds old and new values of a step.
	Data map[string]string
}
