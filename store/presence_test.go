package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/store"
	"servicedesk/tickets"
	"servicedesk/worktime"
)

func TestWhatACalendarSaysIsKeptOnce(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		at := func(h int) time.Time { return time.Date(2026, 3, 2, h, 0, 0, 0, time.UTC) }
		kept := func() (list []tickets.Away) {
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				var err error
				list, err = tx.Absences(ctx, 7, at(0), at(23))
				require.NoError(t, err)
			})
			return list
		}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.AddAbsence(ctx, tickets.Away{StaffID: 7, Kind: tickets.AwayBusy, Reason: "高铁", From: at(1), Until: at(4)}))
			require.NoError(t, tx.AddAbsence(ctx, tickets.Away{StaffID: 8, Kind: tickets.AwayLeave, From: at(1), Until: at(4)}))
		})
		ctx := t.Context()
		require.NoError(t, db.NoteBusy(ctx, 7, at(2), at(20), []tickets.Stretch{{From: at(5), Until: at(6)}, {From: at(8), Until: at(9)}}))
		first := kept()
		require.Len(t, first, 3)
		require.NoError(t, db.NoteBusy(ctx, 7, at(3), at(20), []tickets.Stretch{{From: at(5), Until: at(6)}, {From: at(8), Until: at(9)}}))
		require.Equal(t, first, kept(), "the same again writes nothing")
		require.NoError(t, db.NoteBusy(ctx, 7, at(3), at(20), []tickets.Stretch{{From: at(5), Until: at(7)}}))
		list := kept()
		require.Len(t, list, 2)
		require.Equal(t, tickets.AwayBusy, list[0].Kind)
		require.Equal(t, at(7), list[1].Until)
		require.NoError(t, db.NoteBusy(ctx, 7, at(3), at(20), nil))
		require.Len(t, kept(), 1)

		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			all, err := tx.Absences(ctx, 0, at(2), at(3))
			require.NoError(t, err)
			require.Len(t, all, 2)
			require.NoError(t, tx.EndAbsence(ctx, all[0].ID, at(2)))
			require.NoError(t, tx.EndAbsence(ctx, all[1].ID, at(0)))
			all, err = tx.Absences(ctx, 0, at(0), at(20))
			require.NoError(t, err)
			require.Len(t, all, 1, "one that had not begun is taken back")
			require.Equal(t, at(2), all[0].Until)
			require.NoError(t, tx.ForgetAbsences(ctx, at(3)))
			all, err = tx.Absences(ctx, 0, at(0), at(20))
			require.NoError(t, err)
			require.Empty(t, all)
		})
	})
}

func TestEveryChangeOfACalendarRevisesIt(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		days := []worktime.Exception{{Day: "2027-01-01", Name: "元旦"}, {Day: "2027-01-02", Name: "元旦"}}
		seen := map[string]bool{}
		revised := func(want bool) {
			t.Helper()
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				revision, err := tx.CalendarRevision(ctx)
				require.NoError(t, err)
				require.Equal(t, want, !seen[revision])
				seen[revision] = true
			})
		}
		revised(true)
		n, err := db.ImportYear(t.Context(), 2027, days)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		revised(true)
		n, err = db.ImportYear(t.Context(), 2027, days)
		require.NoError(t, err)
		require.Zero(t, n)
		revised(false)
		n, err = db.ImportYear(t.Context(), 2027, days[:1])
		require.NoError(t, err)
		require.Equal(t, 1, n)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.PutDays(ctx, 3, days[1:], 9, time.Now()))
			require.NoError(t, tx.DropDays(ctx, 3, "2027-01-02", "2027-01-02"))
			all, err := tx.Calendars(ctx)
			require.NoError(t, err)
			require.Equal(t, tickets.Calendars{Years: []int{2027}, Days: []tickets.CalendarDay{{Exception: days[0]}}}, all)
		})
		revised(true)
	})
}

func TestRostersFollowTheDirectoryAndSwapsStay(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		dir, problems := customers.ParseDirectory(customers.Sample)
		require.Empty(t, problems)
		_, err := db.ImportDirectory(t.Context(), dir)
		require.NoError(t, err)
		from := time.Date(2026, 3, 4, 1, 0, 0, 0, time.UTC)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			rosters, err := tx.Rosters(ctx)
			require.NoError(t, err)
			require.Len(t, rosters, 1)
			require.NoError(t, tx.StartRoster(ctx, rosters[0].ID, "2026-03-02"))
			require.NoError(t, tx.StartRoster(ctx, rosters[0].ID, "2026-04-02"))
			require.NoError(t, tx.AddShift(ctx, customers.Shift{RosterID: rosters[0].ID, StaffID: 5, Origin: customers.ShiftSwapped, From: from,
				Until: from.Add(time.Hour)}))
		})
		dir.Duty[0].Days = 1
		dir.Duty[0].Shifts = []customers.DirectoryShift{{Name: "何静", From: from, Until: from.Add(time.Hour)}}
		changes, err := db.ImportDirectory(t.Context(), dir)
		require.NoError(t, err)
		require.Equal(t, 2, changes)
		changes, err = db.ImportDirectory(t.Context(), dir)
		require.NoError(t, err)
		require.Zero(t, changes)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			rosters, err := tx.Rosters(ctx)
			require.NoError(t, err)
			require.Equal(t, "2026-03-02", rosters[0].Start)
			require.Equal(t, 1, rosters[0].Days)
			shifts, err := tx.Shifts(ctx, rosters[0].ID, from, from.Add(time.Minute))
			require.NoError(t, err)
			require.Len(t, shifts, 2)
		})
		dir.Duty[0].Name = "另一班"
		_, err = db.ImportDirectory(t.Context(), dir)
		require.NoError(t, err)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			rosters, err := tx.Rosters(ctx)
			require.NoError(t, err)
			require.Len(t, rosters, 1)
			shifts, err := tx.Shifts(ctx, rosters[0].ID, from, from.Add(time.Minute))
			require.NoError(t, err)
			require.Len(t, shifts, 1)
		})
	})
}
