package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"

	"github.com/uptrace/bun"
)

// statements keeps the prepared statements of one pool.
type statements struct {
	db    *sql.DB
	bun   *bun.DB
	mu    sync.RWMutex
	known map[string]prepared
}

// prepared is a statement with ? in the place of $1, $2 …; order says which argument goes where.
type prepared struct {
	text  string
	order []int
	stmt  *sql.Stmt
}

func (s *statements) find(text string) (prepared, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	p, ok := s.known[text]
	return p, ok
}

func (s *statements) prepare(ctx context.Context, text string) (prepared, error) {
	p := positional(text)
	stmt, err := s.db.PrepareContext(ctx, p.text)
	if err != nil {
		return p, err
	}
	p.stmt = stmt
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.known[text]; ok {
		defer stmt.Close() // somebody else was quicker
		return old, nil
	}
	s.known[text] = p
	return p, nil
}

func (s *statements) execute(ctx context.Context, o op) error {
	p, ok := s.find(o.sql)
	if !ok {
		var err error
		if p, err = s.prepare(ctx, o.sql); err != nil {
			return o.failed(err)
		}
	}
	return perform(ctx, p.stmt, p, o)
}

// source is a statement ready to be executed.
type source interface {
	ExecContext(ctx context.Context, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

type onTx struct {
	tx   *sql.Tx
	text string
}

func (t onTx) ExecContext(ctx context.Context, args ...any) (sql.Result, error) {
	return t.tx.ExecContext(ctx, t.text, args...)
}

func (t onTx) QueryContext(ctx context.Context, args ...any) (*sql.Rows, error) {
	return t.tx.QueryContext(ctx, t.text, args...)
}

func perform(ctx context.Context, from source, p prepared, o op) error {
	args := make([]any, len(p.order))
	for i, n := range p.order {
		args[i] = o.args[n]
	}
	if o.row == nil {
		result, err := from.ExecContext(ctx, args...)
		if err != nil {
			return o.failed(err)
		}
		n, err := result.RowsAffected()
		if err != nil {
			return o.failed(err)
		}
		return o.missing(n)
	}
	rows, err := from.QueryContext(ctx, args...)
	if err != nil {
		return o.failed(err)
	}
	defer rows.Close()
	var n int64
	for rows.Next() {
		if err := o.row(rows); err != nil {
			return o.failed(err)
		}
		n++
	}
	if err := rows.Err(); err != nil {
		return o.failed(err)
	}
	return o.missing(n)
}

// positional turns $1, $2 … into ?: the driver looks numbered arguments up by their printed names, each among all.
func positional(text string) prepared {
	var p prepared
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "$")
		b.WriteString(before)
		if !found {
			p.text = b.String()
			return p
		}
		end := 0
		for end < len(after) && after[end] >= '0' && after[end] <= '9' {
			end++
		}
		n, _ := strconv.Atoi(after[:end]) // digits
		p.order = append(p.order, n-1)
		b.WriteByte('?')
		text = after[end:]
	}
}
