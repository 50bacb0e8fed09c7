package customers

import (
	"time"

	"servicedesk/worktime"
)

// Roster is a duty that colleagues have in turns: each of Members for Days days, handed over at the wall clock's Handover.
type Roster struct {
	ID   int64
	Name string
	// Role is what the duty is; RoleResponder for emergencies.
	Role Role
	// Members are staff ids in the order of their turns.
	Members []int64
	// Start is the day (2006-01-02) on which the first turn of the first member begins; empty = the day on which the desk first looks.
	Start string
	Days  int
	// Handover is when a turn ends and the next begins, as time since midnight.
	Handover time.Duration
	// Timezone is an IANA name; empty = the desk's.
	Timezone string
}

// Shift is a stretch in which somebody has a duty whose turn it is not.
type Shift struct {
	ID, RosterID, StaffID int64
	// Origin is ShiftStated or ShiftSwapped.
	Origin      string
	From, Until time.Time
}

// Where shifts come from.
const (
	ShiftStated  = "directory"
	ShiftSwapped = "swap"
)

// DirectoryRoster is a roster as a directory states it, by names.
type DirectoryRoster struct {
	Roster
	Names  []string
	Shifts []DirectoryShift
}

// DirectoryShift is a shift as a directory states it.
type DirectoryShift struct {
	Name        string
	From, Until time.Time
}

// WorkHours are a customer's own windows of a working day; none = the usual ones. Timezone is an IANA name; empty = the customer's.
type WorkHours struct {
	CustomerID int64
	Spans      []worktime.Span
	Timezone   string
}

// DirectoryCalendar is a customer's working time as a directory states it.
type DirectoryCalendar struct {
	Customer string // code
	WorkHours
	Days []worktime.Exception
}
