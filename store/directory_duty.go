package store

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"servicedesk/customers"
	"servicedesk/worktime"
)

// importWorkingTime brings rosters and calendars to what the directory states. A section that is missing changes nothing; a roster that the
// section no longer names ends. Swaps made in between stay.
func (i *importer) importWorkingTime(ctx context.Context, dir customers.Directory) error {
	if len(dir.Duty) > 0 {
		if err := i.importRosters(ctx, dir.Duty); err != nil {
			return err
		}
	}
	for _, c := range dir.Calendars {
		if err := i.importCalendar(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) importRosters(ctx context.Context, duty []customers.DirectoryRoster) error {
	rows, err := many(ctx, i.tx.run, rosterRows, "list rosters", "ORDER BY place, id")
	if err != nil {
		return err
	}
	old := map[string]rosterRow{}
	for _, r := range rows {
		old[r.Name] = r
	}
	for place, roster := range duty {
		was := old[roster.Name]
		delete(old, roster.Name)
		id, err := i.importRoster(ctx, was, place, roster)
		if err != nil {
			return err
		}
		if err := i.importShifts(ctx, id, roster.Shifts); err != nil {
			return err
		}
	}
	for _, gone := range old {
		i.changes++
		err := i.tx.run(ctx, op{what: "end a roster", sql: "DELETE FROM rosters WHERE id = $1", args: []any{gone.ID}},
			op{what: "end a roster's shifts", sql: "DELETE FROM shifts WHERE roster_id = $1", args: []any{gone.ID}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) importRoster(ctx context.Context, was rosterRow, place int, r customers.DirectoryRoster) (int64, error) {
	row := rosterRow{ID: was.ID, Name: r.Name, Role: r.Role, StartDay: r.Start, Days: r.Days, Handover: int(r.Handover / time.Minute),
		Timezone: r.Timezone, Place: place}
	if row.StartDay == "" { // it began when the desk first looked
		row.StartDay = was.StartDay
	}
	for _, name := range r.Names {
		id, err := i.colleague(name)
		if err != nil {
			return 0, err
		}
		row.Members = append(row.Members, id)
	}
	err := put(ctx, i, rosterRows, "save the roster "+r.Name, was, &row, row.ID)
	return row.ID, err
}

func (i *importer) colleague(name string) (int64, error) {
	at := i.find(customers.Staff{Name: name})
	if at < 0 {
		return 0, fmt.Errorf("a roster names %s, who is not on the staff", name)
	}
	return i.staff[at].ID, nil
}

func (i *importer) importShifts(ctx context.Context, rosterID int64, stated []customers.DirectoryShift) error {
	old, err := many(ctx, i.tx.run, shiftRows, "list stated shifts", "WHERE roster_id = $1 AND origin = $2 ORDER BY id", rosterID, customers.ShiftStated)
	if err != nil {
		return err
	}
	for _, s := range stated {
		id, err := i.colleague(s.Name)
		if err != nil {
			return err
		}
		row := shiftRow{RosterID: rosterID, StaffID: id, Origin: customers.ShiftStated, FromAt: s.From, UntilAt: s.Until}
		at := slices.IndexFunc(old, func(o shiftRow) bool {
			return o.StaffID == id && o.FromAt.Equal(s.From) && o.UntilAt.Equal(s.Until)
		})
		if at >= 0 {
			old = slices.Delete(old, at, at+1)
			continue
		}
		i.changes++
		if err := save(ctx, i.tx, shiftRows, "save a shift", &row, 0); err != nil {
			return err
		}
	}
	for _, gone := range old {
		i.changes++
		if err := i.tx.run(ctx, op{what: "end a shift", sql: "DELETE FROM shifts WHERE id = $1", args: []any{gone.ID}}); err != nil {
			return err
		}
	}
	return nil
}

// importCalendar sets a customer's hours and adds his days; days that people added in between stay.
func (i *importer) importCalendar(ctx context.Context, c customers.DirectoryCalendar) error {
	customer, err := i.tx.FindCustomer(ctx, c.Customer)
	if err != nil {
		return fmt.Errorf("the calendar of %s: %w", c.Customer, err)
	}
	before := i.changes
	old, err := many(ctx, i.tx.run, calendarHoursRows, "read a customer's hours", "WHERE customer_id = $1", customer.ID)
	if err != nil {
		return err
	}
	row := calendarHoursRow{CustomerID: customer.ID, Spans: c.Spans, Timezone: c.Timezone}
	stated := len(c.Spans) > 0 || c.Timezone != ""
	if stated && (len(old) == 0 || !reflect.DeepEqual(old[0], row)) {
		i.changes++
		args, err := calendarHoursRows.values(&row)
		if err != nil {
			return err
		}
		err = i.tx.run(ctx, op{what: "set a customer's hours", args: args, sql: calendarHoursRows.insert +
			" ON CONFLICT (customer_id) DO UPDATE SET spans = excluded.spans, timezone = excluded.timezone"})
		if err != nil {
			return err
		}
	}
	fresh, err := i.freshDays(ctx, customer.ID, c.Days)
	if err != nil {
		return err
	}
	i.changes += len(fresh)
	if i.changes == before {
		return nil
	}
	return i.tx.PutDays(ctx, customer.ID, fresh, 0, i.now)
}

// freshDays are those that the customer's calendar does not have so.
func (i *importer) freshDays(ctx context.Context, customerID int64, days []worktime.Exception) ([]worktime.Exception, error) {
	rows, err := many(ctx, i.tx.run, calendarDayRows, "list a customer's days", "WHERE customer_id = $1", customerID)
	if err != nil {
		return nil, err
	}
	known := map[worktime.Exception]bool{}
	for _, r := range rows {
		known[worktime.Exception{Day: r.Day, Name: r.Name, Work: r.Work}] = true
	}
	return slices.DeleteFunc(slices.Clone(days), func(e worktime.Exception) bool { return known[e] }), nil
}
