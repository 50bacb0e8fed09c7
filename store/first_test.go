package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/store"
	"servicedesk/tickets"
)

func TestASettingNotedOnceStandsForAll(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		first, err := db.SettingOnce(ctx, "name", "one")
		require.NoError(t, err)
		second, err := db.SettingOnce(ctx, "name", "two")
		require.NoError(t, err)
		require.Equal(t, []string{"one", "one"}, []string{first, second})
	})
}

func TestTheFirstAdministratorsAreKnownOrAddedOnce(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		_, err := db.ImportDirectory(ctx, customers.Directory{Staff: []customers.Staff{{Name: "郑宇", Mobile: "138", Active: true, Roles: []customers.Role{customers.RoleEngineer}}}})
		require.NoError(t, err)
		for range 2 {
			_, err = db.EnsureAdmin(ctx, "138", "管理员")
			require.NoError(t, err)
			_, err = db.EnsureAdmin(ctx, "ou_x", "管理员")
			require.NoError(t, err)
		}
		changed, err := db.EnsureAdmin(ctx, "138", "管理员")
		require.NoError(t, err)
		require.False(t, changed)
		require.NoError(t, db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
			all, err := tx.AllStaff(ctx)
			require.Len(t, all, 2)
			for _, s := range all {
				require.True(t, s.Has(customers.RoleAdmin), s.Name)
			}
			require.True(t, all[0].Has(customers.RoleEngineer))
			return err
		}))
	})
}
