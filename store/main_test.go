package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"servicedesk/migrations"
	"servicedesk/store"
	"servicedesk/tickets"
)

// maintenance is the URL of a PostgreSQL database with the right to create others.
const maintenance = "SERVICEDESK_TEST_POSTGRES"

// postgresURL is this package's own database; empty when there is no PostgreSQL.
var postgresURL string

func TestMain(m *testing.M) {
	status := 1
	if err := withPostgres(func() { status = m.Run() }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	if err := goleak.Find(); status == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// withPostgres runs f beside a database that is thrown away afterwards.
func withPostgres(f func()) (err error) {
	admin := os.Getenv(maintenance)
	if admin == "" {
		f()
		return nil
	}
	u, err := url.Parse(admin)
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", admin)
	if err != nil {
		return err
	}
	defer db.Close()
	name := fmt.Sprintf("store_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		return err
	}
	u.Path = "/" + name
	postgresURL = u.String()
	f()
	_, err = db.Exec("DROP DATABASE " + name + " WITH (FORCE)")
	return err
}

// needPostgres skips, or fails where a missing database must not look like a passed test.
func needPostgres(t testing.TB) {
	t.Helper()
	if postgresURL != "" {
		return
	}
	const why = maintenance + " is not set: no PostgreSQL to test with"
	if os.Getenv("SERVICEDESK_TEST_STRICT") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// both runs a test on an empty store of either kind.
func both(t *testing.T, test func(t *testing.T, db *store.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "a b?c#d%.db"))) })
	t.Run("postgres", func(t *testing.T) {
		needPostgres(t)
		empty(t)
		test(t, open(t, postgresURL))
	})
}

// open opens a store with its schema; a second one on the same URL plays another replica.
func open(t testing.TB, url string) *store.DB {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = migrations.Up(ctx, db.Bun())
	require.NoError(t, err)
	return db
}

// empty brings the package's database back to its beginning.
func empty(t testing.TB) {
	t.Helper()
	db, err := sql.Open("pgx", postgresURL)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.Query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	require.NoError(t, err)
	defer rows.Close()
	var tables []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		if !strings.HasPrefix(name, "bun_") {
			tables = append(tables, name)
		}
	}
	require.NoError(t, rows.Err())
	slices.Sort(tables) // assignments, which refer to others, come first
	for _, table := range tables {
		_, err = db.Exec("DELETE FROM " + table) // truncating costs a file per table and index
		require.NoError(t, err)
	}
}

// within runs f in a transaction that must succeed.
func within(t *testing.T, db *store.DB, f func(ctx context.Context, tx tickets.Tx)) {
	t.Helper()
	require.NoError(t, db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
		f(ctx, tx)
		return nil
	}))
}

// morning is where the tests' clocks begin: with microseconds, which both databases keep, and nanoseconds, which neither does.
var morning = time.Date(2026, 2, 24, 9, 0, 0, 123456789, time.FixedZone("Shanghai", 8*3600))

// kept is a time as the store gives it back.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
