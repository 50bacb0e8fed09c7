package tickets

import (
	"context"
	"time"

	"servicedesk/customers"
	"servicedesk/worktime"
)

// Presence keeps absences and duty rosters.
type Presence interface{}

var presenceTimers = map[TimerKind]firing{}

var presencePlans []plan

// Absence is why and until when a colleague cannot act; the zero value: he is there.
type Absence struct {
	Reason string
	Until  time.Time // UTC; zero = unknown
}

// Away reports whether he is absent.
func (a Absence) Away() bool { return a.Reason != "" || !a.Until.IsZero() }

// absence tells whether a colleague is away at this moment: what he said, leave, his calendar.
func (d *Desk) absence(_ context.Context, _ Tx, _ int64) (Absence, error) { return Absence{}, nil }

// onDuty are the emergency responders in the order in which they are called: who is on duty now first, then the next of the roster.
func (d *Desk) onDuty(ctx context.Context, tx Tx) ([]customers.Staff, error) {
	return d.holders(ctx, tx, customers.RoleResponder)
}

// acting is who fills a role for a customer at this moment: the bound person, when away his stand-in, without either somebody present who
// holds the role for the company. how is empty for the bound person, else a reason people read. ID 0: nobody.
func (d *Desk) acting(ctx context.Context, tx Tx, team customers.Team, role customers.Role) (who customers.Staff, how string, err error) {
	if bound := team.In(role); bound.ID != 0 {
		return bound, "", nil
	}
	found, err := d.holders(ctx, tx, role)
	if err != nil || len(found) == 0 {
		return customers.Staff{}, "", err
	}
	return found[0], d.group().T("role." + string(role)), nil
}

// calendarOf is the working time of a customer: his zone, his shutdowns, the statutory days. It is not the 7×24 clock of a contract.
func (d *Desk) calendarOf(_ context.Context, _ Tx, c customers.Customer) (*worktime.Calendar, error) {
	return worktime.New(d.zone(c), worktime.Usual, worktime.Statutory, worktime.StatutoryKnown), nil
}
