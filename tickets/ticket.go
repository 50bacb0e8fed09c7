// Package tickets is the heart of the desk: tickets, conversations, what we owe to whom, and the rules that move them.
// It knows no platform and no database; both reach it through the interfaces of ports.go.
package tickets

import "time"

// Status is where a ticket stands on its way from the first word to the archive.
type Status string

// The statuses. Reopened is an open status of its own, so that it is seen and counted.
const (
	StatusNew        Status = "new"         // nobody has it yet
	StatusAssigned   Status = "assigned"    // somebody is named, has not acted
	StatusInProgress Status = "in_progress" // ours to move
	StatusWaiting    Status = "waiting"     // waiting for the customer
	StatusSolved     Status = "solved"      // a solution was given, the customer is asked
	StatusConfirmed  Status = "confirmed"   // the customer agreed, or said nothing for the agreed time
	StatusReopened   Status = "reopened"    // said to be solved, was not
	StatusClosed     Status = "closed"
	StatusCancelled  Status = "cancelled"
)

// Open reports whether somebody still owes something on it: the customer's words belong to open tickets.
func (s Status) Open() bool {
	switch s {
	case StatusClosed, StatusCancelled, StatusConfirmed:
		return false
	}
	return true
}

// Over reports whether nothing can happen to it any more except being reopened.
func (s Status) Over() bool { return s == StatusClosed || s == StatusCancelled }

// moves lists the legal transitions; everything else is refused with a reason.
var moves = map[Status][]Status{
	StatusNew:        {StatusAssigned, StatusInProgress, StatusWaiting, StatusSolved, StatusCancelled},
	StatusAssigned:   {StatusAssigned, StatusInProgress, StatusWaiting, StatusSolved, StatusCancelled},
	StatusInProgress: {StatusAssigned, StatusInProgress, StatusWaiting, StatusSolved, StatusCancelled},
	StatusWaiting:    {StatusAssigned, StatusInProgress, StatusWaiting, StatusSolved, StatusCancelled},
	StatusReopened:   {StatusAssigned, StatusInProgress, StatusWaiting, StatusSolved, StatusCancelled},
	StatusSolved:     {StatusConfirmed, StatusReopened, StatusSolved, StatusCancelled},
	StatusConfirmed:  {StatusClosed, StatusReopened},
	StatusClosed:     {StatusReopened},
	StatusCancelled:  {StatusReopened},
}

// CanMove reports whether a ticket may go from s to next.
func (s Status) CanMove(next Status) bool {
	for _, m := range moves[s] {
		if m == next {
			return true
		}
	}
	return false
}

// Type is the class of a request.
type Type string

// The request types of the service catalogue.
const (
	TypeOutage      Type = "outage"
	TypeError       Type = "error"
	TypeHowTo       Type = "how_to"
	TypeConsult     Type = "consult"
	TypeRequirement Type = "requirement"
	TypeEnvironment Type = "environment"
	TypeComplaint   Type = "complaint"
	TypeIdea        Type = "idea"
)

// Source is where a matter came from.
type Source string

// The sources.
const (
	SourceKF    Source = "kf"
	SourceApp   Source = "app"
	SourcePhone Source = "phone"
	SourceMail  Source = "mail"
	SourceVisit Source = "visit"
)

// Priority runs from 1 (highest) to 4.
type Priority int

// TicketID is the database's key of a ticket; people see its Number.
type TicketID int64

// Ticket is one matter of one contact.
type Ticket struct {
	ID             TicketID
	Number         string // customer code and counter, HLDL-0123
	CustomerID     int64  // 0 = visitor not yet bound
	ContactID      int64
	ConversationID int64
	Status         Status
	Type           Type
	Priority       Priority
	// Module is the part of the product it is about, as the directory names it; empty = not known yet.
	Module string
	// Judged says why type, priority and module are what they are, Routed why its owner has it; Tags are words of the rules, parted by spaces.
	Judged Judgement
	Routed string
	Tags   string
	// Source is where it came from.
	Source Source
	// Level is who has it: 1 the first level, 2 the second; gates are beside it.
	Level int
	// Urgent is set by the contact's 紧急: red card, first in lists, owner mentioned.
	Urgent bool
	Title  string
	// OwnerID is the staff member who has it; 0 = nobody.
	OwnerID int64
	// LastWords are the customer's latest words, shortened for the card.
	LastWords string
	Solution  string
	// Rating is the customer's 1–5 after confirmation; 0 = none.
	Rating   int
	Nudges   int
	Reopened int
	// ChatID and CardID say where its topic lives in Feishu: the group and the card that is the topic's root.
	ChatID RemoteID
	CardID RemoteID
	// CardShown counts the renderings of the card, so that each edit has a key of its own; CardEditedAt (machine time) paces them.
	CardShown    int64
	CardEditedAt time.Time

	// Workaround is what lets the customer go on until it is solved.
	Workaround string
	// ParentID is the ticket that waits for this one; MergedInto the one that took it in; 0 = none.
	ParentID   TicketID
	MergedInto TicketID
	// Followed is the status that clocks, gates and reminders were last told; see Desk.change.
	Followed Status

	OpenedAt     time.Time // UTC, as all times
	DiagnosedAt  time.Time // type and module confirmed by an engineer
	RespondedAt  time.Time // first human words to the customer
	SpokenAt     time.Time // latest human words to the customer
	WorkaroundAt time.Time
	SolvedAt     time.Time
	ConfirmedAt  time.Time
	ClosedAt     time.Time
	UpdatedAt    time.Time
}

// Move changes the status or refuses with ErrIllegalMove.
func (t *Ticket) Move(next Status, now time.Time) error {
	if !t.Status.CanMove(next) {
		return &Error{Code: CodeConflict, Key: "refuse.move", Args: Args{"Number": t.Number, "From": t.Status, "To": next}}
	}
	t.Status, t.UpdatedAt = next, now
	switch next {
	case StatusSolved:
		t.SolvedAt = now
	case StatusConfirmed:
		t.ConfirmedAt = now
	case StatusClosed, StatusCancelled:
		t.ClosedAt = now
	case StatusReopened:
		t.Reopened++
		t.SolvedAt, t.ConfirmedAt, t.ClosedAt = time.Time{}, time.Time{}, time.Time{}
	}
	return nil
}
