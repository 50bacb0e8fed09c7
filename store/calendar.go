package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
	"servicedesk/worktime"
)

type calendarDayRow struct {
	CustomerID int64
	Day        string
	Name       string
	Work       bool
	SetBy      int64
	SetAt      time.Time
}

type calendarHoursRow struct {
	CustomerID int64
	Spans      []worktime.Span
	Timezone   string
}

var (
	calendarDayRows   = mapped[calendarDayRow]("calendar_days")
	calendarHoursRows = mapped[calendarHoursRow]("calendar_hours")
)

const calendarRevision = "calendar.revision"

func (t *tx) CalendarRevision(ctx context.Context) (revision string, err error) {
	err = t.run(ctx, op{what: "read the calendars' revision", sql: "SELECT value FROM settings WHERE name = $1", args: []any{calendarRevision},
		row: func(s scanner) error { return s.Scan(&revision) }})
	return revision, err
}

// revised gives the calendars a revision that they never had, so that nobody takes what was rolled back for what is.
func (t *tx) revised(ctx context.Context) error {
	return t.run(ctx, op{what: "revise the calendars", args: []any{calendarRevision, rand.Text()},
		sql: "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"})
}

func (t *tx) Calendars(ctx context.Context) (all tickets.Calendars, err error) {
	days, err := many(ctx, t.run, calendarDayRows, "list the calendars' days", "ORDER BY customer_id, day")
	if err != nil {
		return all, err
	}
	for _, d := range days {
		all.Days = append(all.Days, tickets.CalendarDay{CustomerID: d.CustomerID, Exception: worktime.Exception{Day: d.Day, Name: d.Name, Work: d.Work}})
	}
	hours, err := many(ctx, t.run, calendarHoursRows, "list the calendars' hours", "ORDER BY customer_id")
	if err != nil {
		return all, err
	}
	for _, h := range hours {
		all.Hours = append(all.Hours, customers.WorkHours(h))
	}
	err = t.run(ctx, op{what: "list the calendars' years", sql: "SELECT year FROM calendar_years ORDER BY year", row: func(s scanner) error {
		var year int
		err := s.Scan(&year)
		all.Years = append(all.Years, year)
		return err
	}})
	return all, err
}

func (t *tx) PutYear(ctx context.Context, year int, days []worktime.Exception, by int64, at time.Time) error {
	err := t.run(ctx,
		op{what: "forget a year's days", sql: "DELETE FROM calendar_days WHERE customer_id = 0 AND day >= $1 AND day <= $2",
			args: []any{fmt.Sprintf("%04d-01-01", year), fmt.Sprintf("%04d-12-31", year)}},
		op{what: "note a year", args: []any{year, when(at)},
			sql: "INSERT INTO calendar_years (year, set_at) VALUES ($1, $2) ON CONFLICT (year) DO UPDATE SET set_at = excluded.set_at"})
	if err != nil {
		return err
	}
	return t.PutDays(ctx, 0, days, by, at)
}

func (t *tx) PutDays(ctx context.Context, customerID int64, days []worktime.Exception, by int64, at time.Time) error {
	for _, d := range days {
		row := calendarDayRow{CustomerID: customerID, Day: d.Day, Name: d.Name, Work: d.Work, SetBy: by, SetAt: at}
		args, err := calendarDayRows.values(&row)
		if err != nil {
			return err
		}
		err = t.run(ctx, op{what: "set a day", args: args, sql: calendarDayRows.insert +
			" ON CONFLICT (customer_id, day) DO UPDATE SET name = excluded.name, work = excluded.work, set_by = excluded.set_by, set_at = excluded.set_at"})
		if err != nil {
			return err
		}
	}
	return t.revised(ctx)
}

func (t *tx) DropDays(ctx context.Context, customerID int64, from, until string) error {
	err := t.run(ctx, op{what: "forget days", sql: "DELETE FROM calendar_days WHERE customer_id = $1 AND day >= $2 AND day <= $3",
		args: []any{customerID, clean(from), clean(until)}})
	if err != nil {
		return err
	}
	return t.revised(ctx)
}

// ImportYear keeps a year's statutory days; a second time nothing changes.
func (d *DB) ImportYear(ctx context.Context, year int, days []worktime.Exception) (changes int, err error) {
	err = d.inTx(ctx, func(ctx context.Context, t *tx) error {
		all, err := t.Calendars(ctx)
		if err != nil {
			return err
		}
		changes = all.Differ(year, days)
		if changes == 0 {
			return nil
		}
		return t.PutYear(ctx, year, days, 0, d.clock())
	})
	return changes, err
}
