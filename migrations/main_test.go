package migrations_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite"
)

const maintenance = "SERVICEDESK_TEST_POSTGRES"

// both runs a test on an empty database of either kind.
func both(t *testing.T, test func(t *testing.T, connect func() *bun.DB)) {
	t.Run("sqlite", func(t *testing.T) { test(t, newSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, newPostgres(t)) })
}

// newSQLite gives a function that opens connections to one new database.
func newSQLite(t *testing.T) func() *bun.DB {
	dsn := "file:" + filepath.Join(t.TempDir(), "a.db") + "?_busy_timeout=5000&_journal_mode=WAL&_txlock=immediate&_foreign_keys=1"
	return func() *bun.DB {
		db, err := sql.Open("sqlite", dsn)
		require.NoError(t, err)
		db.SetMaxOpenConns(1)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return bun.NewDB(db, sqlitedialect.New())
	}
}

func newPostgres(t *testing.T) func() *bun.DB {
	admin := os.Getenv(maintenance)
	if admin == "" {
		const why = maintenance + " is not set: no PostgreSQL to test with"
		if os.Getenv("SERVICEDESK_TEST_STRICT") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	u, err := url.Parse(admin)
	require.NoError(t, err)
	name := fmt.Sprintf("migrations_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	execute(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	u.Path = "/" + name
	q := u.Query()
	q.Set("default_query_exec_mode", "simple_protocol")
	u.RawQuery = q.Encode()
	return func() *bun.DB {
		db, err := sql.Open("pgx", u.String())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return bun.NewDB(db, pgdialect.New())
	}
}

func execute(t *testing.T, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	require.NoError(t, err)
}
