package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/store"
	"servicedesk/tickets"
)

func TestKinAndJoinedTickets(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		open := func(number string, contact int64, change func(*tickets.Ticket)) *tickets.Ticket {
			made := &tickets.Ticket{Number: number, CustomerID: 1, ContactID: contact, ConversationID: contact + 10, Status: tickets.StatusAssigned}
			change(made)
			within(t, db, func(ctx context.Context, tx tickets.Tx) { require.NoError(t, tx.SaveTicket(ctx, made)) })
			return made
		}
		plain := func(*tickets.Ticket) {}
		whole := open("A-0001", 1, plain)
		merged := open("A-0002", 2, func(m *tickets.Ticket) { m.MergedInto, m.Status = whole.ID, tickets.StatusCancelled })
		child := open("A-0003", 3, func(m *tickets.Ticket) { m.ParentID = whole.ID })
		grandchild := open("A-0004", 3, func(m *tickets.Ticket) { m.ParentID = merged.ID })
		own := open("A-0005", 2, plain)
		open("A-0006", 4, plain)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			kin, err := tx.Kin(ctx, whole.ID)
			require.NoError(t, err)
			require.Equal(t, []tickets.TicketID{merged.ID, child.ID, grandchild.ID}, ids(kin))
			kin, err = tx.Kin(ctx, own.ID)
			require.NoError(t, err)
			require.Empty(t, kin)
			for want, f := range map[string]tickets.Filter{
				"contact":      {ContactID: 2, Joined: true, Statuses: tickets.OpenStatuses},
				"conversation": {ConversationID: 12, Joined: true, Statuses: tickets.OpenStatuses},
			} {
				found, err := tx.FindTickets(ctx, f)
				require.NoError(t, err)
				require.Equal(t, []tickets.TicketID{own.ID, whole.ID}, ids(found), want)
				f.Joined = false
				found, err = tx.FindTickets(ctx, f)
				require.NoError(t, err)
				require.Equal(t, []tickets.TicketID{own.ID}, ids(found), want)
			}
		})
	})
}

func ids(ts []*tickets.Ticket) (list []tickets.TicketID) {
	for _, t := range ts {
		list = append(list, t.ID)
	}
	return list
}

func TestTheLastMergeThatHolds(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		first := tickets.Merge{Kind: tickets.MergeJoin, TicketID: 7, IntoID: 8, StaffID: 9, At: kept(morning), Was: tickets.MergeWas{
			Status: tickets.StatusWaiting, Carried: []tickets.TicketID{3}, Before: tickets.Gravity{Type: tickets.TypeError, Priority: 3},
			After: tickets.Gravity{Type: tickets.TypeOutage, Priority: 1, Urgent: true}}}
		second := tickets.Merge{Kind: tickets.MergeSplit, TicketID: 11, IntoID: 7, At: kept(morning.Add(time.Hour)), Was: tickets.MergeWas{Entries: []int64{4, 5}}}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			_, err := tx.LastMerge(ctx, 7)
			require.ErrorIs(t, err, tickets.ErrNotFound)
			require.NoError(t, tx.SaveMerge(ctx, &first))
			require.NoError(t, tx.SaveMerge(ctx, &second))
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for id, want := range map[tickets.TicketID]tickets.Merge{7: second, 11: second, 8: first} {
				got, err := tx.LastMerge(ctx, id)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			second.UndoneAt = kept(morning.Add(2 * time.Hour))
			require.NoError(t, tx.SaveMerge(ctx, &second))
			got, err := tx.LastMerge(ctx, 7)
			require.NoError(t, err)
			require.Equal(t, first, got)
			_, err = tx.LastMerge(ctx, 11)
			require.ErrorIs(t, err, tickets.ErrNotFound)
		})
	})
}
