package tickets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"servicedesk/customers"
)

// Swap is a duty that somebody took over, and who had it at its beginning.
type Swap struct {
	Roster      customers.Roster
	From, Until time.Time
	Before      customers.Staff
}

// SwapDuty gives somebody the duty from the hand-over of one day to that of the day after another; a swap of today counts at once. Both
// colleagues are told.
func (d *Desk) SwapDuty(ctx context.Context, tx Tx, by, to customers.Staff, first, last time.Time) (Swap, error) {
	r, err := d.rosterFor(ctx, tx, to)
	if err != nil {
		return Swap{}, err
	}
	now, zone := d.Now(), d.zoneOf(r)
	handover := func(day time.Time, more int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+more, 0, int(r.Handover/time.Minute), 0, 0, zone)
	}
	from, until := handover(first, 0), handover(last, 1)
	if now.In(zone).Format(time.DateOnly) == first.Format(time.DateOnly) {
		from = now
	}
	if from.Before(now) {
		return Swap{}, Refuse(CodeInvalid, "duty.past", Args{"Day": first.Format(time.DateOnly)})
	}
	if err := d.mustBeFree(ctx, tx, to, from, until); err != nil {
		return Swap{}, err
	}
	shifts, err := tx.Shifts(ctx, r.ID, from, until)
	if err != nil {
		return Swap{}, err
	}
	had := turns(r, zone, shifts, from, until)
	if len(had) == 1 && had[0].Who.ID == to.ID {
		return Swap{}, Refuse(CodeConflict, "duty.has_it", Args{"Name": to.Name, "Until": d.Until(until)})
	}
	out := Swap{Roster: r, From: from, Until: until}
	if out.Before, err = d.staffOrNobody(ctx, tx, had[0].Who.ID); err != nil {
		return out, err
	}
	shift := customers.Shift{RosterID: r.ID, StaffID: to.ID, Origin: customers.ShiftSwapped, From: from, Until: until}
	if err := tx.AddShift(ctx, shift); err != nil {
		return out, err
	}
	return out, d.tellSwapped(ctx, tx, out, by, to)
}

// rosterFor is the roster in which somebody may take a turn: one that names him, else one of a role that he has.
func (d *Desk) rosterFor(ctx context.Context, tx Tx, s customers.Staff) (customers.Roster, error) {
	rosters, err := d.rosters(ctx, tx)
	if err != nil {
		return customers.Roster{}, err
	}
	if len(rosters) == 0 {
		return customers.Roster{}, Refuse(CodeNotFound, "duty.no_roster", nil)
	}
	for _, fits := range []func(customers.Roster) bool{
		func(r customers.Roster) bool { return slices.Contains(r.Members, s.ID) },
		func(r customers.Roster) bool { return s.Has(r.Role) },
	} {
		if i := slices.IndexFunc(rosters, fits); i >= 0 {
			return rosters[i], nil
		}
	}
	return customers.Roster{}, Refuse(CodeDenied, "duty.not_theirs", Args{"Name": s.Name, "Role": d.group().T("role." + string(rosters[0].Role))})
}

// mustBeFree refuses a duty for somebody who is on leave then.
func (d *Desk) mustBeFree(ctx context.Context, tx Tx, s customers.Staff, from, until time.Time) error {
	noted, err := tx.Absences(ctx, s.ID, from, until)
	for _, a := range noted {
		if err == nil && a.Kind == AwayLeave {
			return Refuse(CodeConflict, "duty.on_leave", Args{"Name": s.Name, "From": d.From(a.From), "Until": d.Until(a.Until)})
		}
	}
	return err
}

// tellSwapped tells both colleagues, unless they said it themselves.
func (d *Desk) tellSwapped(ctx context.Context, tx Tx, swap Swap, by, to customers.Staff) error {
	for _, s := range []customers.Staff{to, swap.Before} {
		if s.ID == 0 || s.ID == by.ID {
			continue
		}
		say := d.ToStaff(s)
		args := Args{"Roster": swap.Roster.Name, "Name": to.Name, "From": d.From(swap.From), "Until": d.Until(swap.Until), "By": by.Name}
		card := Card{Title: say.T("duty.swap_title", args), Summary: say.T("duty.swap_title", args), Colour: ColourNew,
			Lines: []Line{{Text: say.T("duty.swap_told", args)}}}
		key := fmt.Sprintf("swap:%d:%d:%d", swap.Roster.ID, to.ID, swap.From.UnixMicro())
		if err := d.notifyStaff(ctx, tx, s, 0, key, card); err != nil {
			return err
		}
	}
	return nil
}
