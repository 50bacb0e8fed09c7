package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/store"
	"servicedesk/tickets"
)

func TestWhatSupervisionKeepsActsOnce(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		at := kept(morning)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			task := tickets.Task{StaffID: 1, TicketID: 2, Key: "k", Title: "打电话", Text: "说明", Call: true, CreatedAt: at}
			added, err := tx.AddTask(ctx, &task)
			require.NoError(t, err)
			require.True(t, added)
			again := tickets.Task{StaffID: 9, Key: "k"}
			added, err = tx.AddTask(ctx, &again)
			require.NoError(t, err)
			require.False(t, added)
			list, err := tx.OpenTasks(ctx, 1, true)
			require.NoError(t, err)
			require.Equal(t, []tickets.Task{task}, list)
			for _, want := range []bool{true, false} {
				first, err := tx.FinishTask(ctx, task.ID, 3, at)
				require.NoError(t, err)
				require.Equal(t, want, first)
			}
			list, err = tx.OpenTasks(ctx, 1, false)
			require.NoError(t, err)
			require.Empty(t, list)
			got, err := tx.Task(ctx, task.ID)
			require.NoError(t, err)
			require.Equal(t, int64(3), got.DoneBy)

			draft := tickets.Draft{CustomerID: 1, Week: "2026-W09", Text: "进展", Tickets: []tickets.TicketID{4, 5}, State: tickets.DraftOpen, CreatedAt: at}
			added, err = tx.AddDraft(ctx, &draft)
			require.NoError(t, err)
			require.True(t, added)
			twice := draft
			added, err = tx.AddDraft(ctx, &twice)
			require.NoError(t, err)
			require.False(t, added)
			read, err := tx.Draft(ctx, draft.ID)
			require.NoError(t, err)
			require.Equal(t, draft, read)
			draft.State = tickets.DraftApproved
			for _, want := range []bool{true, false} {
				first, err := tx.SettleDraft(ctx, draft)
				require.NoError(t, err)
				require.Equal(t, want, first)
			}

			notice := tickets.Notice{StaffID: 1, TicketID: 2, Key: "n", Card: tickets.Card{Title: "夜里"}, CreatedAt: at}
			require.NoError(t, tx.HoldNotice(ctx, &notice))
			require.NoError(t, tx.HoldNotice(ctx, &notice))
			held, err := tx.HeldNotices(ctx, 1)
			require.NoError(t, err)
			require.Len(t, held, 1)
			require.Equal(t, notice.Card, held[0].Card)
			require.NoError(t, tx.TellNotices(ctx, 1, held[0].ID, at))
			held, err = tx.HeldNotices(ctx, 1)
			require.NoError(t, err)
			require.Empty(t, held)
		})
	})
}

func TestPledgesAndExceptionsComeBack(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		at := kept(morning)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for i, state := range []tickets.PledgeState{tickets.PledgeKept, tickets.PledgeKept, tickets.PledgeBroken, tickets.PledgePending} {
				p := tickets.Pledge{TicketID: 1, StaffID: 7, Key: string(rune('a' + i)), Words: "给补丁", DueAt: at, State: tickets.PledgePending, CreatedAt: at}
				added, err := tx.AddPledge(ctx, &p)
				require.NoError(t, err)
				require.True(t, added)
				p.State = state
				require.NoError(t, tx.SavePledge(ctx, p))
				got, err := tx.Pledge(ctx, p.ID)
				require.NoError(t, err)
				require.Equal(t, p, got)
			}
			kept, broken, err := tx.PledgeCounts(ctx, 7)
			require.NoError(t, err)
			require.Equal(t, []int{2, 1}, []int{kept, broken})
			w := tickets.Waiver{TicketID: 1, Key: "w", Text: "上门", Until: at, State: tickets.WaiverAsked, AskedBy: 7, CreatedAt: at}
			_, err = tx.AddWaiver(ctx, &w)
			require.NoError(t, err)
			w.State, w.DecidedBy = tickets.WaiverGranted, 8
			require.NoError(t, tx.SaveWaiver(ctx, w))
			list, err := tx.Waivers(ctx, 1)
			require.NoError(t, err)
			require.Equal(t, []tickets.Waiver{w}, list)
			_, err = tx.Pledge(ctx, 99)
			require.ErrorIs(t, err, tickets.ErrNotFound)
			_, err = tx.Waiver(ctx, 99)
			require.ErrorIs(t, err, tickets.ErrNotFound)
		})
	})
}

func TestTicketsThatNeedALook(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		at := kept(morning)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			ids := map[string]tickets.TicketID{}
			for _, n := range []tickets.Ticket{
				{Number: "A-0001", Status: tickets.StatusNew},                                   // nobody has it
				{Number: "A-0002", Status: tickets.StatusAssigned, OwnerID: 1},                  // not begun for long
				{Number: "A-0003", Status: tickets.StatusAssigned, OwnerID: 1, UpdatedAt: at},   // just given
				{Number: "A-0004", Status: tickets.StatusInProgress, OwnerID: 1},                // silent
				{Number: "A-0005", Status: tickets.StatusWaiting, OwnerID: 1},                   // the customer's step
				{Number: "A-0006", Status: tickets.StatusInProgress, OwnerID: 1},                // broke a promise
				{Number: "A-0007", Status: tickets.StatusInProgress, OwnerID: 1, UpdatedAt: at}, // broke one and made another
			} {
				n.CustomerID, n.Module, n.OpenedAt = 1, "ERP/库存", at.Add(-48*time.Hour)
				if n.UpdatedAt.IsZero() {
					n.UpdatedAt = n.OpenedAt
				}
				require.NoError(t, tx.SaveTicket(ctx, &n))
				ids[n.Number] = n.ID
			}
			require.NoError(t, tx.AddSilence(ctx, ids["A-0004"], at))
			require.NoError(t, tx.AddSilence(ctx, ids["A-0004"], at))
			require.NoError(t, tx.AddSilence(ctx, ids["A-0005"], at))
			for i, p := range []tickets.Pledge{
				{TicketID: ids["A-0006"], State: tickets.PledgeBroken},
				{TicketID: ids["A-0007"], State: tickets.PledgeBroken},
				{TicketID: ids["A-0007"], State: tickets.PledgePending},
			} {
				p.Key = string(rune('a' + i))
				_, err := tx.AddPledge(ctx, &p)
				require.NoError(t, err)
			}
			for why, want := range map[tickets.Watch][]string{
				tickets.WatchIdle: {"A-0001", "A-0002"}, tickets.WatchSilent: {"A-0004"}, tickets.WatchOverdue: {"A-0006"},
			} {
				var got []string
				list, err := tx.Watched(ctx, why, at.Add(-time.Hour))
				require.NoError(t, err)
				for _, n := range list {
					got = append(got, n.Number)
				}
				require.Equal(t, want, got, why)
			}
			require.NoError(t, tx.EndSilence(ctx, ids["A-0004"]))
			silent, err := tx.Watched(ctx, tickets.WatchSilent, at)
			require.NoError(t, err)
			require.Empty(t, silent)
			long, err := tx.LongOpen(ctx, at)
			require.NoError(t, err)
			require.Len(t, long, 7)
			third, err := tx.Ticket(ctx, ids["A-0003"])
			require.NoError(t, err)
			beside, err := tx.Beside(ctx, third, at.Add(-90*24*time.Hour))
			require.NoError(t, err)
			require.Equal(t, tickets.Beside{Earlier: []string{"A-0001", "A-0002"}}, beside)
			third.ID, third.Module = ids["A-0007"], ""
			beside, err = tx.Beside(ctx, third, at)
			require.NoError(t, err)
			require.Empty(t, beside.Earlier)
			require.Len(t, beside.Pending, 1)
		})
	})
}
