package store

import (
	"context"
	"slices"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

type awayRow struct {
	ID      int64
	StaffID int64
	Kind    tickets.AwayKind
	Reason  string
	FromAt  time.Time
	UntilAt time.Time
}

type rosterRow struct {
	ID       int64
	Name     string
	Role     customers.Role
	StartDay string
	Days     int
	Handover int // minutes since midnight
	Timezone string
	Members  []int64
	Place    int
}

type shiftRow struct {
	ID       int64
	RosterID int64
	StaffID  int64
	Origin   string
	FromAt   time.Time
	UntilAt  time.Time
}

var (
	awayRows   = mapped[awayRow]("absences")
	rosterRows = mapped[rosterRow]("rosters")
	shiftRows  = mapped[shiftRow]("shifts")
)

func (t *tx) Absences(ctx context.Context, staffID int64, from, until time.Time) ([]tickets.Away, error) {
	rows, err := many(ctx, t.run, awayRows, "list absences",
		"WHERE until_at > $1 AND from_at < $2 AND (CAST($3 AS bigint) = 0 OR staff_id = $3) ORDER BY from_at, id", when(from), when(until), staffID)
	list := make([]tickets.Away, len(rows))
	for i, r := range rows {
		list[i] = tickets.Away{ID: r.ID, StaffID: r.StaffID, Kind: r.Kind, Reason: r.Reason, From: r.FromAt, Until: r.UntilAt}
	}
	return list, err
}

func (t *tx) AddAbsence(ctx context.Context, a tickets.Away) error {
	row := awayRow{StaffID: a.StaffID, Kind: a.Kind, Reason: a.Reason, FromAt: a.From, UntilAt: a.Until}
	return save(ctx, t, awayRows, "note an absence", &row, 0)
}

func (t *tx) EndAbsence(ctx context.Context, id int64, at time.Time) error {
	return t.run(ctx, op{what: "take an absence back", sql: "DELETE FROM absences WHERE id = $1 AND from_at >= $2", args: []any{id, when(at)}},
		op{what: "end an absence", sql: "UPDATE absences SET until_at = $2 WHERE id = $1", args: []any{id, when(at)}})
}

func (t *tx) ForgetAbsences(ctx context.Context, before time.Time) error {
	return t.run(ctx, op{what: "forget absences that are over", sql: "DELETE FROM absences WHERE until_at < $1", args: []any{when(before)}})
}

// NoteBusy makes the calendar's share of a colleague's absences what his calendar says between two moments. It writes only what is new.
func (d *DB) NoteBusy(ctx context.Context, staffID int64, from, until time.Time, busy []tickets.Stretch) error {
	const what = "list what a calendar said"
	const among = "WHERE staff_id = $1 AND kind = $2 AND until_at > $3 AND from_at < $4 ORDER BY from_at, until_at"
	args := []any{staffID, string(tickets.AwayCalendar), when(from), when(until)}
	known, err := many(ctx, d.look, awayRows, what, among, args...)
	if err != nil || sameStretches(known, busy) {
		return err
	}
	return d.inTx(ctx, func(ctx context.Context, t *tx) error {
		rows, err := many(ctx, t.run, awayRows, what, among, args...)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := t.run(ctx, op{what: "forget what a calendar said", sql: "DELETE FROM absences WHERE id = $1", args: []any{r.ID}}); err != nil {
				return err
			}
		}
		for _, b := range busy {
			if err := t.AddAbsence(ctx, tickets.Away{StaffID: staffID, Kind: tickets.AwayCalendar, From: b.From, Until: b.Until}); err != nil {
				return err
			}
		}
		return nil
	})
}

// sameStretches compares ends only from now on: the platform cuts what began before it was asked.
func sameStretches(known []awayRow, busy []tickets.Stretch) bool {
	return slices.EqualFunc(known, busy, func(r awayRow, b tickets.Stretch) bool {
		return r.UntilAt.Equal(b.Until) && !r.FromAt.After(b.From)
	})
}

// Correspondent is a contact who writes, as far as it matters before his words are handled.
type Correspondent struct {
	Known bool
	// OwnerID and OwnerOpenID are who owns his customer; 0 and empty = nobody, or nobody whom Feishu knows.
	OwnerID     int64
	OwnerOpenID tickets.RemoteID
}

// Correspondent looks for a contact by his WeCom id.
func (d *DB) Correspondent(ctx context.Context, externalID tickets.RemoteID) (c Correspondent, err error) {
	err = d.look(ctx, op{what: "look who writes", args: []any{clean(string(externalID)), string(customers.RoleOwner)},
		sql: `SELECT COALESCE(s.id, 0), COALESCE(s.open_id, '') FROM contacts AS c
			LEFT JOIN assignments AS a ON a.customer_id = c.customer_id AND a.role = $2 AND a.place = 0
			LEFT JOIN staff AS s ON s.id = a.staff_id AND s.active
			WHERE c.wecom_id <> '' AND c.wecom_id = $1 LIMIT 1`,
		row: func(s scanner) error {
			c.Known = true
			return s.Scan(&c.OwnerID, (*string)(&c.OwnerOpenID))
		}})
	return c, err
}

func (t *tx) Rosters(ctx context.Context) ([]customers.Roster, error) {
	rows, err := many(ctx, t.run, rosterRows, "list rosters", "ORDER BY place, id")
	list := make([]customers.Roster, len(rows))
	for i, r := range rows {
		list[i] = customers.Roster{ID: r.ID, Name: r.Name, Role: r.Role, Members: r.Members, Start: r.StartDay, Days: r.Days,
			Handover: time.Duration(r.Handover) * time.Minute, Timezone: r.Timezone}
	}
	return list, err
}

func (t *tx) StartRoster(ctx context.Context, id int64, day string) error {
	return t.run(ctx, op{what: "start a roster", sql: "UPDATE rosters SET start_day = $2 WHERE id = $1 AND start_day = ''", args: []any{id, clean(day)}})
}

func (t *tx) Shifts(ctx context.Context, rosterID int64, from, until time.Time) ([]customers.Shift, error) {
	rows, err := many(ctx, t.run, shiftRows, "list shifts", "WHERE roster_id = $1 AND until_at > $2 AND from_at < $3 ORDER BY id",
		rosterID, when(from), when(until))
	list := make([]customers.Shift, len(rows))
	for i, r := range rows {
		list[i] = customers.Shift{ID: r.ID, RosterID: r.RosterID, StaffID: r.StaffID, Origin: r.Origin, From: r.FromAt, Until: r.UntilAt}
	}
	return list, err
}

func (t *tx) AddShift(ctx context.Context, s customers.Shift) error {
	row := shiftRow{RosterID: s.RosterID, StaffID: s.StaffID, Origin: s.Origin, FromAt: s.From, UntilAt: s.Until}
	return save(ctx, t, shiftRows, "swap a duty", &row, 0)
}

func (t *tx) Places(ctx context.Context, staffID int64) ([]customers.Assignment, error) {
	rows, err := many(ctx, t.run, assignmentRows, "list a colleague's places", "WHERE staff_id = $1 AND place = 0 ORDER BY customer_id, role", staffID)
	list := make([]customers.Assignment, len(rows))
	for i, r := range rows {
		list[i] = customers.Assignment(r)
	}
	return list, err
}
