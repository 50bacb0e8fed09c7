package store

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"servicedesk/tickets"
)

// conflict is a driver's error as tickets.ErrConflict; the driver's own words stay for the log.
type conflict struct{ error }

func (c conflict) Is(target error) bool { return target == tickets.ErrConflict }
func (c conflict) Unwrap() error        { return c.error }

// PostgreSQL's error codes (its manual, appendix A).
const (
	pgUnique        = "23505"
	pgSerialization = "40001"
	pgDeadlock      = "40P01"
)

// translate turns a driver's error into a named one, by its code.
func translate(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == pgUnique {
		return conflict{err}
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
			return conflict{err}
		}
	}
	return err
}

func isMissing(err error) bool { return errors.Is(err, tickets.ErrNotFound) }

// faulty reports whether the database refused the rows themselves, so that other rows may still be good.
func faulty(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		class := pg.Code[:min(2, len(pg.Code))]
		return class == "22" || class == "23" || class == "54" // data exception, integrity, limits
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & 0xff
		return primary == sqlite3.SQLITE_CONSTRAINT || primary == sqlite3.SQLITE_TOOBIG || primary == sqlite3.SQLITE_MISMATCH
	}
	return false
}

// passing reports whether the database asks to try the whole transaction again.
func passing(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == pgSerialization || pg.Code == pgDeadlock
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		primary := lite.Code() & 0xff
		return primary == sqlite3.SQLITE_BUSY || primary == sqlite3.SQLITE_LOCKED
	}
	return false
}

// attempts bounds how often a transaction is tried.
const attempts = 8

// retry runs f again while the database asks for it.
func retry(ctx context.Context, f func() error) error {
	for n := 0; ; n++ {
		err := f()
		if err == nil || !passing(err) || n == attempts-1 {
			return err
		}
		pause := time.Duration(1+rand.IntN(4<<n)) * time.Millisecond
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return err
		}
	}
}

// limit is the deadline of one call that came without one; no wait for the database is endless.
const limit = 30 * time.Second

func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, limit)
}
