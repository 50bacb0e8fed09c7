package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/store"
	"servicedesk/tickets"
)

// Customer and team are the same whether they were read beside a contact or by themselves.
func TestAContactsSurroundings(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		dir, problems := customers.ParseDirectory(customers.Sample)
		require.Empty(t, problems)
		_, err := db.ImportDirectory(context.Background(), dir)
		require.NoError(t, err)
		for _, c := range dir.Customers {
			var customer customers.Customer
			var team customers.Team
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				customer, err = tx.FindCustomer(ctx, c.Code)
				require.NoError(t, err)
				team, err = tx.Team(ctx, customer.ID)
				require.NoError(t, err)
				require.NotZero(t, team.Owner.ID)
			})
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				for _, person := range c.Contacts {
					contact, err := tx.ContactByWeCom(ctx, tickets.RemoteID(person.WeComID))
					require.NoError(t, err)
					require.Equal(t, customer.ID, contact.CustomerID)
				}
				gotCustomer, err := tx.Customer(ctx, customer.ID)
				require.NoError(t, err)
				require.Equal(t, customer, gotCustomer)
				gotTeam, err := tx.Team(ctx, customer.ID)
				require.NoError(t, err)
				require.Equal(t, team, gotTeam)
				owner, err := tx.Staff(ctx, team.Owner.ID)
				require.NoError(t, err)
				require.Equal(t, team.Owner, owner)
			})
		}
	})
}

func TestAVisitorHasNoSurroundings(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.SaveContact(ctx, &customers.Contact{Name: "visitor", WeComID: "wm1"}))
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			_, err := tx.ContactByWeCom(ctx, "wm1")
			require.NoError(t, err)
			_, err = tx.Customer(ctx, 0)
			require.ErrorIs(t, err, tickets.ErrNotFound)
			_, err = tx.Staff(ctx, 0)
			require.ErrorIs(t, err, tickets.ErrNotFound)
			_, err = tx.ContactByWeCom(ctx, "wm2")
			require.ErrorIs(t, err, tickets.ErrNotFound)
			_, err = tx.ContactByWeCom(ctx, "")
			require.ErrorIs(t, err, tickets.ErrNotFound)
		})
		for id, want := range map[tickets.RemoteID]bool{"wm1": true, "wm2": false, "": false} {
			who, err := db.Correspondent(ctx, id)
			require.NoError(t, err)
			require.Equal(t, store.Correspondent{Known: want}, who, id)
		}
	})
}
