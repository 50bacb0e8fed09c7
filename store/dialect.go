package store

import (
	"cmp"
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"servicedesk/tickets"
)

// engine is one of the two databases.
type engine interface {
	// begin opens a session on a connection of its own; it must be ended by commit or rollback.
	begin(ctx context.Context) (session, error)
	// do executes one statement that commits by itself; look executes one that only reads.
	do(ctx context.Context, o op) error
	look(ctx context.Context, o op) error
	// lease is do for what may be forgotten when the database's machine fails; it waits for no disk.
	lease(ctx context.Context, o op) error
	// insertEvents keeps what is not known yet, in order, within the session or, if that is nil, with a commit of its own.
	insertEvents(ctx context.Context, s session, rows []event) (lanes []string, err error)
	dialect() dialect
	// writer and reader are for what is rare: bun builds those statements.
	writer() *bun.DB
	reader() *bun.DB
	close() error
}

// session is one transaction.
type session interface {
	// run executes statements in order, in one round trip where the database is remote, after those kept by later.
	run(ctx context.Context, ops ...op) error
	// later executes a statement at any time before the next run or the commit ends.
	later(ctx context.Context, o op) error
	commit(ctx context.Context) error
	rollback()
}

// dialect is what the two databases spell differently.
type dialect struct {
	lock string // behind a SELECT: nobody else changes the row until the transaction ends
	like string // LIKE without regard to the case of letters
	// inTurn waits for the others who want the visitors' counter, one by one; waiting for the row itself, all would wake at every commit.
	inTurn string
	nextID string // answers one tickets id, block-1 entries ids and block-1 outbox ids, that nobody else gets
}

// op is one statement and what is expected of it. The text is a constant, with $1, $2 … for its arguments.
type op struct {
	what string // the action, for errors and logs
	sql  string
	args []any
	// row takes each row that comes back.
	row func(scanner) error
	// must: that no row was touched is tickets.ErrNotFound, or the error in otherwise.
	must      bool
	otherwise error
	// adds is set for a plain insert, which may become one statement with others of its kind.
	adds *insertion
	// ahead: a platform waits for it, so it may overtake what only the desk waits for.
	ahead bool
}

// scanner is one row of a result.
type scanner interface{ Scan(dest ...any) error }

// missing is the error of an op that touched n rows.
func (o op) missing(n int64) error {
	if !o.must || n > 0 {
		return nil
	}
	return fmt.Errorf("%s: %w", o.what, cmp.Or(o.otherwise, tickets.ErrNotFound))
}

func (o op) failed(err error) error { return fmt.Errorf("%s: %w", o.what, translate(err)) }

// runner executes statements: in a transaction, or each for itself.
type runner func(ctx context.Context, ops ...op) error

// one reads the row that read+rest finds first; there being none is tickets.ErrNotFound.
func one[T any](ctx context.Context, run runner, m *mapping[T], what, rest string, args ...any) (T, error) {
	var row T
	err := run(ctx, op{what: what, sql: m.read + rest, args: args, must: true, row: func(s scanner) error { return s.Scan(m.targets(&row)...) }})
	return row, err
}

// many reads all rows that read+rest finds.
func many[T any](ctx context.Context, run runner, m *mapping[T], what, rest string, args ...any) ([]T, error) {
	var rows []T
	err := run(ctx, op{what: what, sql: m.read + rest, args: args, row: func(s scanner) error {
		var row T
		if err := s.Scan(m.targets(&row)...); err != nil {
			return err
		}
		rows = append(rows, row)
		return nil
	}})
	return rows, err
}
