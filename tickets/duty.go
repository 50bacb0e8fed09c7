package tickets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Duties keeps duty rosters and who has a duty in place of whose turn it is.
type Duties interface {
	// Rosters are all, in the order of the directory.
	Rosters(ctx context.Context) ([]customers.Roster, error)
	// StartRoster notes the day of the first turn of a roster that has none.
	StartRoster(ctx context.Context, id int64, day string) error
	// Shifts are those of a roster that touch the time between two moments, in the order in which they were made.
	Shifts(ctx context.Context, rosterID int64, from, until time.Time) ([]customers.Shift, error)
	AddShift(ctx context.Context, s customers.Shift) error
}

// gapsAhead is how far ahead gaps of a roster are announced.
const gapsAhead = 8 * 24 * time.Hour

// Turn is a stretch in which one colleague has a duty. Who is the zero Staff when nobody has.
type Turn struct {
	From, Until time.Time
	Who         customers.Staff
	// Swapped: it is not his turn, he took it over.
	Swapped bool
}

// DutyGap is a stretch in which a duty has nobody who could act.
type DutyGap struct {
	Roster      customers.Roster
	From, Until time.Time
	// Who has the turn but cannot act; the zero Staff: nobody has it.
	Who customers.Staff
	// Reason: he is on leave, or he left.
	Away Absence
}

// turn is the number of the turn at a moment and its bounds. Turns begin at the wall clock's hour, so that a day on which clocks are moved
// is longer or shorter, as its turn is.
func turn(r customers.Roster, zone *time.Location, at time.Time) (number int, from, until time.Time) {
	start, err := time.ParseInLocation(time.DateOnly, r.Start, zone)
	if err != nil || r.Days < 1 { // it begins today
		start, r.Days = midnightOf(firstHandover(r, at.In(zone))), max(1, r.Days)
	}
	boundary := func(n int) time.Time {
		return time.Date(start.Year(), start.Month(), start.Day()+n*r.Days, 0, int(r.Handover/time.Minute), 0, 0, zone)
	}
	number = int(at.Sub(start).Hours()/24) / r.Days
	for boundary(number).After(at) {
		number--
	}
	for !boundary(number + 1).After(at) {
		number++
	}
	return number, boundary(number), boundary(number + 1)
}

// firstHandover is the latest hand-over that is not after a moment: from it the first turn counts, so that it has begun.
func firstHandover(r customers.Roster, at time.Time) time.Time {
	first := time.Date(at.Year(), at.Month(), at.Day(), 0, int(r.Handover/time.Minute), 0, 0, at.Location())
	if first.After(at) {
		first = time.Date(at.Year(), at.Month(), at.Day()-1, 0, int(r.Handover/time.Minute), 0, 0, at.Location())
	}
	return first
}

func midnightOf(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, at.Location())
}

// member is whose turn it is; 0 for a roster that only has shifts.
func member(r customers.Roster, number int) int64 {
	n := len(r.Members)
	if n == 0 {
		return 0
	}
	return r.Members[(number%n+n)%n]
}

// turns are who has a duty between two moments, in order and without holes; of two shifts at once the later made counts.
func turns(r customers.Roster, zone *time.Location, shifts []customers.Shift, from, until time.Time) []Turn {
	var list []Turn
	for at := from; at.Before(until); {
		number, _, end := turn(r, zone, at)
		next := Turn{From: at, Until: end, Who: customers.Staff{ID: member(r, number)}}
		for _, s := range shifts {
			switch {
			case !s.From.After(at) && s.Until.After(at):
				next.Who.ID, next.Swapped = s.StaffID, len(r.Members) > 0 && s.StaffID != member(r, number)
			case s.From.After(at) && s.From.Before(next.Until):
				next.Until = s.From
			}
			if s.Until.After(at) && s.Until.Before(next.Until) {
				next.Until = s.Until
			}
		}
		if n := len(list); n > 0 && list[n-1].Who.ID == next.Who.ID && list[n-1].Swapped == next.Swapped {
			list[n-1].Until = next.Until
		} else {
			list = append(list, next)
		}
		at = next.Until
	}
	return list
}

// zoneOf is the zone in which a roster is handed over.
func (d *Desk) zoneOf(r customers.Roster) *time.Location {
	return d.zone(customers.Customer{Timezone: r.Timezone})
}

// rosters are all rosters, begun: one without a first day begins now.
func (d *Desk) rosters(ctx context.Context, tx Tx) ([]customers.Roster, error) {
	list, err := tx.Rosters(ctx)
	for i, r := range list {
		if err == nil && r.Start == "" {
			list[i].Start = firstHandover(r, d.Now().In(d.zoneOf(r))).Format(time.DateOnly)
			err = tx.StartRoster(ctx, r.ID, list[i].Start)
		}
	}
	return list, err
}

// onDuty are the emergency responders in the order in which they are called: who is on duty now first, then the next of the roster, then the
// other responders; who said that he is away comes last. Without a roster they are called in the order of the directory, and those who keep
// the roster are told.
func (d *Desk) onDuty(ctx context.Context, tx Tx) ([]customers.Staff, error) {
	all, err := tx.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := d.ladder(ctx, tx)
	if err != nil {
		return nil, err
	}
	var first, list []customers.Staff
	for _, id := range ids {
		if i := slices.IndexFunc(all, func(s customers.Staff) bool { return s.ID == id }); i >= 0 && !has(first, id) {
			first = append(first, all[i])
		}
	}
	list = first
	for _, s := range all {
		if s.Has(customers.RoleResponder) && !has(list, s.ID) {
			list = append(list, s)
		}
	}
	away, err := d.absences(ctx, tx)
	if err != nil {
		return nil, err
	}
	present := func(s customers.Staff) bool { // on duty, a meeting is no excuse
		a, isAway := away[s.ID]
		return !isAway || a.Kind == AwayCalendar
	}
	slices.SortStableFunc(list, func(a, b customers.Staff) int { return rank(present(a)) - rank(present(b)) })
	if len(first) == 0 {
		err = d.alarm(ctx, tx, "duty", d.group().T("duty.nobody"))
	}
	return list, err
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

func has(list []customers.Staff, id int64) bool {
	return slices.ContainsFunc(list, func(s customers.Staff) bool { return s.ID == id })
}

// OnDuty are the emergency responders in the order in which they are called.
func (d *Desk) OnDuty(ctx context.Context, tx Tx) ([]customers.Staff, error) {
	return d.onDuty(ctx, tx)
}

// ladder are the members of the responders' rosters: who has the duty now, then the others in the order of their turns.
func (d *Desk) ladder(ctx context.Context, tx Tx) ([]int64, error) {
	rosters, err := d.rosters(ctx, tx)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	var head, rest []int64
	for _, r := range rosters {
		if r.Role != customers.RoleResponder {
			continue
		}
		shifts, err := tx.Shifts(ctx, r.ID, now, now.Add(time.Microsecond))
		if err != nil {
			return nil, err
		}
		if on := turns(r, d.zoneOf(r), shifts, now, now.Add(time.Microsecond)); on[0].Who.ID != 0 {
			head = append(head, on[0].Who.ID)
		}
		number, _, _ := turn(r, d.zoneOf(r), now)
		for i := range r.Members {
			rest = append(rest, member(r, number+i))
		}
	}
	return append(head, rest...), nil
}

// DutyPlan is a roster with its turns between two moments, and the gaps among them.
type DutyPlan struct {
	Roster customers.Roster
	Zone   *time.Location
	Turns  []Turn
	Gaps   []DutyGap
}

// DutyPlans are the turns of all rosters between two moments.
func (d *Desk) DutyPlans(ctx context.Context, tx Tx, from, until time.Time) ([]DutyPlan, error) {
	rosters, err := d.rosters(ctx, tx)
	if err != nil {
		return nil, err
	}
	staff, err := tx.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	away, err := tx.Absences(ctx, 0, from, until)
	if err != nil {
		return nil, err
	}
	var plans []DutyPlan
	for _, r := range rosters {
		shifts, err := tx.Shifts(ctx, r.ID, from, until)
		if err != nil {
			return nil, err
		}
		p := DutyPlan{Roster: r, Zone: d.zoneOf(r), Turns: turns(r, d.zoneOf(r), shifts, from, until)}
		for i, t := range p.Turns {
			if t.Who, err = d.staffOrNobody(ctx, tx, t.Who.ID); err != nil {
				return nil, err
			}
			p.Turns[i].Who = t.Who
			p.Gaps = append(p.Gaps, d.gapsIn(r, t, has(staff, t.Who.ID), away, until)...)
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// gapsIn are the stretches of a turn, up to a moment, in which whoever has it cannot act: he left, is on leave, or nobody has it.
func (d *Desk) gapsIn(r customers.Roster, t Turn, serves bool, away []Away, until time.Time) []DutyGap {
	if !serves {
		return []DutyGap{{Roster: r, From: t.From, Until: t.Until, Who: t.Who}}
	}
	var gaps []DutyGap
	for _, a := range away {
		from, end := a.From, a.Until
		if t.From.After(from) {
			from = t.From
		}
		if t.Until.Before(end) {
			end = t.Until
		}
		if a.Kind == AwayLeave && a.StaffID == t.Who.ID && from.Before(end) && from.Before(until) {
			gaps = append(gaps, DutyGap{Roster: r, From: from, Until: end, Who: t.Who, Away: d.named(Absence{Kind: a.Kind, Until: a.Until})})
		}
	}
	return gaps
}

// dutyGaps are the gaps of all rosters between two moments.
func (d *Desk) dutyGaps(ctx context.Context, tx Tx, from, until time.Time) ([]DutyGap, error) {
	plans, err := d.DutyPlans(ctx, tx, from, until)
	var gaps []DutyGap
	for _, p := range plans {
		gaps = append(gaps, p.Gaps...)
	}
	return gaps, err
}

// announceGaps tells liaisons and administrators of the coming gaps, of each once.
func announceGaps(ctx context.Context, d *Desk, tx Tx, _ time.Time) error {
	now := d.Now()
	gaps, err := d.dutyGaps(ctx, tx, now, now.Add(gapsAhead))
	if err != nil {
		return err
	}
	return d.tellGaps(ctx, tx, gaps)
}

func (d *Desk) tellGaps(ctx context.Context, tx Tx, gaps []DutyGap) error {
	for _, g := range gaps {
		// The end of a gap names it, for its beginning may move with the look; where nobody has the duty, the end moves instead until it begins.
		named := g.Until
		if g.Who.ID == 0 && g.From.After(d.Now()) {
			named = g.From
		}
		key := fmt.Sprintf("duty_gap:%d:%d:%d", g.Roster.ID, g.Who.ID, named.Unix())
		card := func(say words.Locale) Card {
			return Card{Title: say.T("duty.gap_title", Args{"Name": g.Roster.Name}), Summary: say.T("duty.gap_title", Args{"Name": g.Roster.Name}),
				Colour: ColourAlarm, Lines: []Line{{Text: d.GapWords(say, g)}, {Text: say.T("duty.gap_how")}}}
		}
		if err := d.tellKeepers(ctx, tx, key, card, customers.RoleLiaison, customers.RoleAdmin); err != nil {
			return err
		}
	}
	return nil
}

// GapWords say when a duty has nobody, and why.
func (d *Desk) GapWords(say words.Locale, g DutyGap) string {
	args := Args{"From": d.From(g.From), "Until": d.Until(g.Until), "Name": g.Who.Name}
	switch {
	case g.Who.ID == 0 || g.Who.Name == "":
		return say.T("duty.gap_nobody", args)
	case !g.Away.Away():
		return say.T("duty.gap_left", args)
	}
	return say.T("duty.gap_leave", args)
}
