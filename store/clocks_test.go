package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/store"
	"servicedesk/tickets"
)

func TestClocksComeBackAsTheyWereSaved(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		at := func(h int) time.Time { return kept(morning.Add(time.Duration(h) * time.Hour)) }
		response := tickets.Clock{TicketID: 7, Kind: tickets.ClockResponse, Policy: "error/A/", Target: time.Hour, StartedAt: at(0), MetAt: at(1), DueAt: at(2),
			BreachedAt: at(3), Stage: 100, Hollow: true, FlaggedAt: at(4), Round: 2}
		solution := tickets.Clock{TicketID: 7, Kind: tickets.ClockSolution, Policy: "error/A/", Target: 8 * time.Hour, AllHours: true, StartedAt: at(0),
			Used: 90*time.Minute + time.Nanosecond, RunsSince: at(5), DueAt: at(9),
			Pauses: []tickets.Pause{{From: at(1), To: at(2), Why: tickets.PauseWaiting}, {From: at(3), Why: tickets.PauseRepro}}}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.SaveClocks(ctx, []tickets.Clock{solution, response}))
			require.NoError(t, tx.SaveClocks(ctx, []tickets.Clock{response, solution}))
			list, err := tx.Clocks(ctx, 7)
			require.NoError(t, err)
			list[1].Pauses[0].Why = "" // what a caller does to its copy is its own
			require.Error(t, tx.SaveClocks(ctx, nil))
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			list, err := tx.Clocks(ctx, 7)
			require.NoError(t, err)
			require.Equal(t, []tickets.Clock{response, solution}, list)
			list, err = tx.Clocks(ctx, 8)
			require.NoError(t, err)
			require.Empty(t, list)
			for id := tickets.TicketID(20); id < 25; id++ {
				require.NoError(t, tx.SaveClocks(ctx, []tickets.Clock{{TicketID: id, Kind: tickets.ClockResponse}, {TicketID: id, Kind: tickets.ClockSolution}}))
			}
			owing, err := tx.Owing(ctx, 7, 3)
			require.NoError(t, err)
			require.Equal(t, []tickets.TicketID{20, 21, 22}, owing)
		})
	})
}

func TestTimersOfAClockAreSetAndCancelledTogether(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		set := func(first, second time.Time) {
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				require.NoError(t, tx.SetTimers(ctx, nil))
				require.NoError(t, tx.SetTimers(ctx, []tickets.Timer{{Kind: "clock:response", Subject: 7, DueAt: first}, {Kind: "clock:solution", Subject: 7, DueAt: second}}))
			})
		}
		due := func() (kinds []tickets.TimerKind) {
			list, err := db.DueTimers(ctx, morning.Add(time.Hour), 10)
			require.NoError(t, err)
			for _, timer := range list {
				kinds = append(kinds, timer.Kind)
			}
			return kinds
		}
		set(morning, morning.Add(2*time.Hour))
		require.Equal(t, []tickets.TimerKind{"clock:response"}, due())
		set(time.Time{}, morning)
		require.Equal(t, []tickets.TimerKind{"clock:solution"}, due())
		set(time.Time{}, time.Time{})
		require.Empty(t, due())
	})
}

func TestPoliciesAreImportedOnceAndNoted(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		db.SetClock(func() time.Time { return morning })
		key := customers.PolicyKey{Type: "error", Tier: customers.TierB}
		dir := customers.Directory{Policies: []customers.Policy{{PolicyKey: key, Response: time.Hour, Solution: 8 * time.Hour}}}
		for _, want := range []int{1, 0} {
			changes, err := db.ImportDirectory(ctx, dir)
			require.NoError(t, err)
			require.Equal(t, want, changes)
		}
		dir.Policies[0].Response = 30 * time.Minute
		_, err := db.ImportDirectory(ctx, dir)
		require.NoError(t, err)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			list, err := tx.Policies(ctx)
			require.NoError(t, err)
			require.Equal(t, dir.Policies, list)
			changes, err := tx.PolicyChanges(ctx, 1)
			require.NoError(t, err)
			require.Equal(t, []customers.PolicyChange{{ID: changes[0].ID, At: kept(morning), By: "import", Policy: key, Old: "1h/–/8h", New: "30m/–/8h"}}, changes)
		})
		list, err := db.DueTimers(ctx, morning, 10)
		require.NoError(t, err)
		require.Len(t, list, 1, "open tickets are aimed anew")
	})
}
