package migrations_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"servicedesk/migrations"
)

func TestUpStatusRollback(t *testing.T) {
	both(t, func(t *testing.T, connect func() *bun.DB) {
		ctx, db := context.Background(), connect()
		require.ErrorIs(t, migrations.Check(ctx, db), migrations.ErrPending)
		steps, err := migrations.Status(ctx, db)
		require.NoError(t, err)
		require.NotEmpty(t, steps)
		for _, s := range steps {
			require.Zero(t, s.AppliedAt)
		}
		require.ErrorIs(t, migrations.Check(ctx, db), migrations.ErrPending)

		names, err := migrations.Up(ctx, db)
		require.NoError(t, err)
		require.Len(t, names, len(steps))
		require.NoError(t, migrations.Check(ctx, db))
		again, err := migrations.Up(ctx, db)
		require.NoError(t, err)
		require.Empty(t, again)
		steps, err = migrations.Status(ctx, db)
		require.NoError(t, err)
		for i, s := range steps {
			require.Equal(t, names[i], s.Name)
			require.NotZero(t, s.AppliedAt)
			require.False(t, s.Unknown)
		}
		latest, err := migrations.Latest(ctx, db)
		require.NoError(t, err)
		require.Equal(t, names[len(names)-1], latest)

		back, err := migrations.Rollback(ctx, db)
		require.NoError(t, err)
		require.ElementsMatch(t, names, back)
		for _, table := range tablesOf(t, db) {
			require.True(t, strings.HasPrefix(table, "bun_"), "%s is left over", table)
		}
		_, err = migrations.Up(ctx, db)
		require.NoError(t, err)
		require.NoError(t, migrations.Check(ctx, db))
	})
}

func TestAnUnknownSchemaIsRefusedAndLeftAlone(t *testing.T) {
	both(t, func(t *testing.T, connect func() *bun.DB) {
		ctx, db := context.Background(), connect()
		_, err := migrations.Up(ctx, db)
		require.NoError(t, err)
		_, err = db.ExecContext(ctx, "INSERT INTO bun_migrations (name, group_id) VALUES ('9999', 7)")
		require.NoError(t, err)
		for _, refused := range []error{second(migrations.Up(ctx, db)), second(migrations.Rollback(ctx, db)), migrations.Check(ctx, db)} {
			require.ErrorIs(t, refused, migrations.ErrNewer)
			require.ErrorContains(t, refused, "9999")
			require.ErrorContains(t, refused, "restore the backup") // how to mend it
		}
		steps, err := migrations.Status(ctx, db)
		require.NoError(t, err)
		require.True(t, steps[len(steps)-1].Unknown)
		require.Contains(t, tablesOf(t, db), "tickets")
	})
}

func second[T any](_ T, err error) error { return err }

func TestSeveralProcessesBringTheSchemaUpAtOnce(t *testing.T) {
	both(t, func(t *testing.T, connect func() *bun.DB) {
		const processes = 6
		require.NoError(t, connect().PingContext(context.Background())) // the first to open a file turns it to WAL, which waits for nobody
		var wg sync.WaitGroup
		results := make([][]string, processes)
		for p := range processes {
			db := connect()
			wg.Go(func() {
				names, err := migrations.Up(context.Background(), db)
				if err != nil {
					t.Error(err)
				}
				results[p] = names
			})
		}
		wg.Wait()
		taken := slices.Sorted(slices.Values(slices.Concat(results...)))
		require.NotEmpty(t, taken)
		require.Len(t, slices.Compact(slices.Clone(taken)), len(taken), "no step is taken by two")
		require.NoError(t, migrations.Check(context.Background(), connect()))
	})
}

// A step that fails on its way, as one that is killed, leaves neither tables nor a note.
func TestAFailedStepLeavesNothing(t *testing.T) {
	both(t, func(t *testing.T, connect func() *bun.DB) {
		ctx, db := context.Background(), connect()
		_, err := db.ExecContext(ctx, "CREATE TABLE ticks (x INTEGER)") // the step's last table is taken
		require.NoError(t, err)
		_, err = migrations.Up(ctx, db)
		require.Error(t, err)
		for _, table := range tablesOf(t, db) {
			require.True(t, strings.HasPrefix(table, "bun_") || table == "ticks", "%s is left over", table)
		}
		require.ErrorIs(t, migrations.Check(ctx, db), migrations.ErrPending)
		_, err = db.ExecContext(ctx, "DROP TABLE ticks")
		require.NoError(t, err)
		_, err = migrations.Up(ctx, db)
		require.NoError(t, err)
	})
}

// A process killed between a step's commit and bun's own note finds the note that was committed with the step.
func TestTheNoteIsCommittedWithTheStep(t *testing.T) {
	both(t, func(t *testing.T, connect func() *bun.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		db := connect().WithQueryHook(&killer{cancel: cancel})
		_, err := migrations.Up(ctx, db)
		require.ErrorIs(t, err, context.Canceled)
		fresh := connect()
		steps, err := migrations.Status(context.Background(), fresh)
		require.NoError(t, err)
		require.NotZero(t, steps[0].AppliedAt)
		names, err := migrations.Up(context.Background(), fresh)
		require.NoError(t, err)
		require.NotContains(t, names, steps[0].Name)
		require.NoError(t, migrations.Check(context.Background(), fresh))
	})
}

// killer ends everything at the commit of the first transaction.
type killer struct{ cancel func() }

func (k *killer) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context { return ctx }
func (k *killer) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	if e.Query == "COMMIT" {
		k.cancel()
	}
}

func TestFoldersAreTwins(t *testing.T) {
	names := func(folder string) (list []string) {
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		for _, e := range entries {
			list = append(list, e.Name())
			require.Regexp(t, `^\d{4}_[a-z_]+\.tx\.(up|down)\.sql$`, e.Name())
		}
		return list
	}
	require.Equal(t, names("sqlite"), names("postgres"))
}
