package tickets

import (
	"context"
	"fmt"
	"slices"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Presence keeps absences, duty rosters and calendars.
type Presence interface {
	Duties
	WorkingTime
	// Absences are those of a colleague (0 = of all) that touch the time between two moments, in order of their beginning.
	Absences(ctx context.Context, staffID int64, from, until time.Time) ([]Away, error)
	AddAbsence(ctx context.Context, a Away) error
	// EndAbsence makes an absence end at a moment; one that has not begun by then is taken back.
	EndAbsence(ctx context.Context, id int64, at time.Time) error
	// ForgetAbsences removes those that ended before a moment.
	ForgetAbsences(ctx context.Context, before time.Time) error
	// Places are the roles that a colleague has for customers.
	Places(ctx context.Context, staffID int64) ([]customers.Assignment, error)
}

var presenceTimers = map[TimerKind]firing{}

var presencePlans = []plan{
	{name: "duty_gaps", next: daily(9, 0), run: announceGaps},
	{name: "calendar_gap", next: weekly(time.Monday, 9, 5), run: askForCalendar},
	{name: "forget_absences", next: daily(4, 10), run: forgetAbsences},
}

// AwayKind says how the desk knows that somebody is away.
type AwayKind string

// The kinds. AwayBack is none: while it lasts, he is there whatever his calendar says.
const (
	AwayBusy     AwayKind = "busy"     // he said so
	AwayLeave    AwayKind = "leave"    // he is on leave
	AwayCalendar AwayKind = "calendar" // his Feishu calendar says so
	AwayBack     AwayKind = "back"
)

// Away is one noted absence.
type Away struct {
	ID, StaffID int64
	Kind        AwayKind
	Reason      string // as he said it; empty for leave and calendar
	From, Until time.Time
}

// Stretch is a time between two moments.
type Stretch struct{ From, Until time.Time }

// Absence is why and until when a colleague cannot act; the zero value: he is there.
type Absence struct {
	Kind   AwayKind
	Reason string    // readable: 高铁, 请假, 日程有安排
	Until  time.Time // UTC; zero = unknown
}

// Away reports whether he is absent.
func (a Absence) Away() bool { return a.Reason != "" || !a.Until.IsZero() }

// lookAhead is how far an absence is followed through others that join it.
const lookAhead = 60 * 24 * time.Hour

// keepAbsences is how long one that is over stays on record.
const keepAbsences = 90 * 24 * time.Hour

// absence tells whether a colleague is away at this moment: what he said, leave, his calendar.
func (d *Desk) absence(ctx context.Context, tx Tx, staffID int64) (Absence, error) {
	now := d.Now()
	noted, err := tx.Absences(ctx, staffID, now, now.Add(lookAhead))
	return d.named(absenceAt(noted, now)), err
}

// AbsenceOf tells whether a colleague is away at this moment.
func (d *Desk) AbsenceOf(ctx context.Context, tx Tx, s customers.Staff) (Absence, error) {
	return d.absence(ctx, tx, s.ID)
}

// absences are all who are away at this moment.
func (d *Desk) absences(ctx context.Context, tx Tx) (map[int64]Absence, error) {
	now := d.Now()
	noted, err := tx.Absences(ctx, 0, now, now.Add(lookAhead))
	if err != nil {
		return nil, err
	}
	byStaff := map[int64][]Away{}
	for _, a := range noted {
		byStaff[a.StaffID] = append(byStaff[a.StaffID], a)
	}
	away := map[int64]Absence{}
	for id, own := range byStaff {
		if a := d.named(absenceAt(own, now)); a.Away() {
			away[id] = a
		}
	}
	return away, nil
}

// absenceAt is what the noted absences of one colleague come to at a moment: what he said himself goes before his calendar, the latest word
// first; absences that join make one.
func absenceAt(noted []Away, at time.Time) Absence {
	covers := func(a Away) bool { return !a.From.After(at) && a.Until.After(at) }
	if slices.ContainsFunc(noted, func(a Away) bool { return a.Kind == AwayBack && covers(a) }) {
		noted = slices.DeleteFunc(slices.Clone(noted), func(a Away) bool { return a.Kind == AwayCalendar && covers(a) })
	}
	var now Away
	for _, a := range noted {
		if a.Kind == AwayBack || !covers(a) {
			continue
		}
		if now.Kind == "" || now.Kind == AwayCalendar || a.Kind != AwayCalendar && a.ID > now.ID {
			now = a
		}
	}
	if now.Kind == "" {
		return Absence{}
	}
	until := now.Until
	for _, a := range noted { // they are in order of their beginning
		if a.Kind != AwayBack && !a.From.After(until) && a.Until.After(until) {
			until = a.Until
		}
	}
	return Absence{Kind: now.Kind, Reason: now.Reason, Until: until}
}

// named gives an absence a reason that people read.
func (d *Desk) named(a Absence) Absence {
	switch {
	case a.Reason != "":
	case a.Kind == AwayLeave:
		a.Reason = d.group().T("away.reason_leave")
	case a.Kind != "":
		a.Reason = d.group().T("away.reason_calendar")
	}
	return a
}

// AwayWords say why somebody cannot act and until when: 张伟在高铁，到 15:00.
func (d *Desk) AwayWords(say words.Locale, s customers.Staff, a Absence) string {
	args := Args{"Name": s.Name, "Reason": a.Reason, "Until": d.Until(a.Until)}
	switch a.Kind {
	case AwayLeave:
		return say.T("away.leave", args)
	case AwayCalendar:
		return say.T("away.calendar", args)
	}
	return say.T("away.busy", args)
}

// Until writes the end of something in the desk's zone: the hour, with the day unless it is today's; midnight ends a day.
func (d *Desk) Until(at time.Time) string {
	at, now := at.In(d.Zone), d.Now().In(d.Zone)
	day, hour := at, at.Format("15:04")
	if hour == "00:00" {
		day, hour = at.AddDate(0, 0, -1), "24:00"
	}
	switch {
	case day.Year() != now.Year():
		return day.Format("2006-01-02 ") + hour
	case day.YearDay() != now.YearDay():
		return day.Format("01-02 ") + hour
	}
	return hour
}

// From writes the beginning of something in the desk's zone as Until writes an end; at midnight a whole day begins.
func (d *Desk) From(at time.Time) string {
	at = at.In(d.Zone)
	switch {
	case at.Format("15:04") != "00:00":
		return d.Until(at)
	case at.Year() != d.Now().In(d.Zone).Year():
		return at.Format(time.DateOnly)
	}
	return at.Format("01-02")
}

// acting is who fills a role for a customer at this moment: the bound person, when away his stand-in, without either somebody present who
// holds the role for the company, then the liaison, then an administrator. how is empty for the bound person, else a reason people read; when
// nobody at all is there, the bound person keeps it, and how says that he is away. ID 0: nobody.
func (d *Desk) acting(ctx context.Context, tx Tx, team customers.Team, role customers.Role) (who customers.Staff, how string, err error) {
	away, err := d.absences(ctx, tx)
	if err != nil {
		return who, "", err
	}
	bound := team.In(role)
	if bound.ID != 0 {
		absent, isAway := away[bound.ID]
		if !isAway {
			return bound, "", nil
		}
		how = d.AwayWords(d.group(), bound, absent)
	} else {
		how = d.group().T("role." + string(role))
	}
	candidates, err := d.candidates(ctx, tx, team, role)
	if err != nil {
		return who, "", err
	}
	for _, s := range candidates {
		if _, isAway := away[s.ID]; !isAway && s.ID != bound.ID {
			return s, how, nil
		}
	}
	if bound.ID == 0 && len(candidates) > 0 {
		bound = candidates[0]
	}
	return bound, how, nil
}

// candidates are who may stand in for a role, first choice first.
func (d *Desk) candidates(ctx context.Context, tx Tx, team customers.Team, role customers.Role) ([]customers.Staff, error) {
	all, err := tx.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	var list []customers.Staff
	if role == customers.RoleResponder {
		if list, err = d.onDuty(ctx, tx); err != nil {
			return nil, err
		}
	}
	list = append(list, team.StandIns[role]...)
	for i, r := range []customers.Role{role, customers.RoleLiaison, customers.RoleAdmin} {
		if i == 1 && team.Liaison.ID != 0 {
			list = append(list, team.Liaison)
		}
		for _, s := range all {
			if s.Has(r) {
				list = append(list, s)
			}
		}
	}
	return list, nil
}

// StandIn is who has a colleague's place at a customer meanwhile.
type StandIn struct {
	Customer customers.Customer
	Role     customers.Role
	Who      customers.Staff
}

// standInsShown is for how many places an answer names the stand-in.
const standInsShown = 12

// SetBusy notes that a colleague is away for a while; what he said before about now no longer counts. It answers who stands in.
func (d *Desk) SetBusy(ctx context.Context, tx Tx, who customers.Staff, reason string, until time.Time) ([]StandIn, error) {
	if err := d.endNow(ctx, tx, who, AwayBusy, AwayBack); err != nil {
		return nil, err
	}
	if err := tx.AddAbsence(ctx, Away{StaffID: who.ID, Kind: AwayBusy, Reason: Shorten(reason, 40), From: d.Now(), Until: until}); err != nil {
		return nil, err
	}
	return d.standIns(ctx, tx, who)
}

// TakeLeave notes a leave. It answers who stands in now, and in which stretches he would have had a duty; those who mend it are told.
func (d *Desk) TakeLeave(ctx context.Context, tx Tx, who customers.Staff, from, until time.Time) (in []StandIn, gaps []DutyGap, err error) {
	if err := tx.AddAbsence(ctx, Away{StaffID: who.ID, Kind: AwayLeave, From: from, Until: until}); err != nil {
		return nil, nil, err
	}
	if !from.After(d.Now()) {
		if in, err = d.standIns(ctx, tx, who); err != nil {
			return nil, nil, err
		}
	}
	all, err := d.dutyGaps(ctx, tx, from, until)
	if err != nil {
		return nil, nil, err
	}
	gaps = slices.DeleteFunc(all, func(g DutyGap) bool { return g.Who.ID != who.ID })
	return in, gaps, d.tellGaps(ctx, tx, gaps)
}

// CancelLeave takes back all leaves of a colleague that have not begun, and counts them.
func (d *Desk) CancelLeave(ctx context.Context, tx Tx, who customers.Staff) (n int, err error) {
	now := d.Now()
	noted, err := tx.Absences(ctx, who.ID, now, now.AddDate(5, 0, 0))
	for _, a := range noted {
		if err == nil && a.Kind == AwayLeave && a.From.After(now) {
			n++
			err = tx.EndAbsence(ctx, a.ID, a.From)
		}
	}
	return n, err
}

// Back notes that a colleague is there again; was is what he was absent for.
func (d *Desk) Back(ctx context.Context, tx Tx, who customers.Staff) (was Absence, err error) {
	if was, err = d.absence(ctx, tx, who.ID); err != nil || !was.Away() {
		return was, err
	}
	if err := d.endNow(ctx, tx, who, AwayBusy, AwayLeave); err != nil {
		return was, err
	}
	if after, err := d.absence(ctx, tx, who.ID); err != nil || !after.Away() {
		return was, err
	}
	return was, tx.AddAbsence(ctx, Away{StaffID: who.ID, Kind: AwayBack, From: d.Now(), Until: was.Until})
}

// endNow ends a colleague's absences of some kinds that last at this moment.
func (d *Desk) endNow(ctx context.Context, tx Tx, who customers.Staff, kinds ...AwayKind) error {
	now := d.Now()
	noted, err := tx.Absences(ctx, who.ID, now, now.Add(time.Microsecond))
	for _, a := range noted {
		if err == nil && slices.Contains(kinds, a.Kind) {
			err = tx.EndAbsence(ctx, a.ID, now)
		}
	}
	return err
}

// standIns are who has a colleague's places while he is away.
func (d *Desk) standIns(ctx context.Context, tx Tx, who customers.Staff) ([]StandIn, error) {
	places, err := tx.Places(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	var list []StandIn
	for _, p := range places[:min(len(places), standInsShown)] {
		customer, team, err := d.customerOf(ctx, tx, p.CustomerID)
		if err != nil {
			return nil, err
		}
		other, _, err := d.acting(ctx, tx, team, p.Role)
		if err != nil {
			return nil, err
		}
		list = append(list, StandIn{customer, p.Role, other})
	}
	return list, nil
}

func forgetAbsences(ctx context.Context, d *Desk, tx Tx, _ time.Time) error {
	return tx.ForgetAbsences(ctx, d.Now().Add(-keepAbsences))
}

// tellKeepers tells those who mend rosters and calendars, each in his language: the liaisons and the administrators, or the latter alone.
func (d *Desk) tellKeepers(ctx context.Context, tx Tx, key string, card func(words.Locale) Card, roles ...customers.Role) error {
	all, err := tx.AllStaff(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if !slices.ContainsFunc(roles, s.Has) {
			continue
		}
		if err := d.notifyStaff(ctx, tx, s, 0, fmt.Sprintf("%s:%d", key, s.ID), card(d.ToStaff(s))); err != nil {
			return err
		}
	}
	return nil
}
