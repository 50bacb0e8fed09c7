package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

const liteReaders = 4

var sqliteDialect = dialect{like: "LIKE", nextID: sqliteNextID()}

// sqliteNextID: whoever is in a transaction is the only writer, so the next ids are those behind the last ones.
func sqliteNextID() string {
	last := func(table string, n int) string {
		return fmt.Sprintf("COALESCE((SELECT seq FROM sqlite_sequence WHERE name = '%s'), 0) + %d", table, n)
	}
	list := []string{last("tickets", 1)}
	for _, table := range []string{"entries", "outbox"} {
		for n := 1; n < block; n++ {
			list = append(list, last(table, n))
		}
	}
	return "SELECT " + strings.Join(list, ", ")
}

// lite has one connection that writes and a few that read. Transactions take the write lock when they begin: one that reads first and
// writes later would fail at once when another one wrote in between, whatever busy_timeout says.
//
// A second one writes leases. They need not survive a power failure, so its commits wait for no disk. The gate lets one of the two in at a
// time, while the database itself would let them poll.
type lite struct {
	write, leases, read *statements
	gate                gate
}

func openSQLite(ctx context.Context, path string) (*lite, error) {
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("database.url needs a file: sqlite:PATH")
	}
	// The file holds customers' words: nobody else may read it. SQLite gives its companions the same rights.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	l := &lite{}
	for _, pool := range []struct {
		to    **statements
		more  string
		conns int
	}{
		{&l.write, "&_synchronous=FULL&_txlock=immediate", 1},
		{&l.leases, "&_synchronous=NORMAL&_txlock=immediate", 1},
		{&l.read, "&_query_only=1", liteReaders},
	} {
		if *pool.to, err = openLite(path, pool.more, pool.conns); err != nil {
			return nil, errors.Join(err, l.close())
		}
	}
	if err := l.write.db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, l.close())
	}
	return l, nil
}

func openLite(path, more string, conns int) (*statements, error) {
	file := (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()
	db, err := sql.Open("sqlite", "file:"+file+"?_busy_timeout=5000&_journal_mode=WAL&_foreign_keys=1&_time_format=sqlite"+more)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return &statements{db: db, bun: bun.NewDB(db, sqlitedialect.New()), known: map[string]prepared{}}, nil
}

func (l *lite) dialect() dialect { return sqliteDialect }
func (l *lite) writer() *bun.DB  { return l.write.bun }
func (l *lite) reader() *bun.DB  { return l.read.bun }

func (l *lite) close() error {
	var errs []error
	for _, s := range []*statements{l.read, l.leases, l.write} {
		if s != nil {
			errs = append(errs, s.db.Close())
		}
	}
	return errors.Join(errs...)
}

func (l *lite) look(ctx context.Context, o op) error  { return l.read.execute(ctx, o) }
func (l *lite) do(ctx context.Context, o op) error    { return l.alone(ctx, l.write, o) }
func (l *lite) lease(ctx context.Context, o op) error { return l.alone(ctx, l.leases, o) }

func (l *lite) alone(ctx context.Context, s *statements, o op) error {
	if err := l.gate.enter(ctx, o.ahead); err != nil {
		return o.failed(err)
	}
	defer l.gate.leave()
	return s.execute(ctx, o)
}

func (l *lite) insertEvents(ctx context.Context, s session, rows []event) ([]string, error) {
	if s == nil {
		own, err := l.enter(ctx, true)
		if err != nil {
			return nil, op{what: "keep events"}.failed(err)
		}
		defer own.rollback()
		lanes, err := l.insertEvents(ctx, own, rows)
		if err != nil {
			return nil, err
		}
		return lanes, own.commit(ctx)
	}
	var lanes []string
	for _, e := range rows {
		err := s.run(ctx, op{what: "keep an event", args: []any{e.platform, e.key, e.messageKey, e.lane, e.raw, when(e.at)},
			sql: `INSERT INTO inbox (platform, event_key, message_key, lane, raw, received_at) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT DO NOTHING RETURNING lane`,
			row: collect(&lanes)})
		if err != nil {
			return nil, err
		}
	}
	return lanes, nil
}

func (l *lite) begin(ctx context.Context) (session, error) { return l.enter(ctx, false) }

func (l *lite) enter(ctx context.Context, ahead bool) (session, error) {
	if err := l.gate.enter(ctx, ahead); err != nil {
		return nil, err
	}
	tx, err := l.write.db.BeginTx(ctx, nil)
	if err != nil {
		l.gate.leave()
		return nil, err
	}
	return &liteSession{lite: l, tx: tx}, nil
}

// liteSession executes everything at once: there are no round trips to save.
type liteSession struct {
	lite    *lite
	tx      *sql.Tx
	unknown []string
	ended   bool
}

func (s *liteSession) later(ctx context.Context, o op) error { return s.run(ctx, o) }

func (s *liteSession) run(ctx context.Context, ops ...op) error {
	for _, o := range ops {
		p, ok := s.lite.write.find(o.sql)
		if !ok {
			p = positional(o.sql)
			s.unknown = append(s.unknown, o.sql)
		}
		var from source = onTx{s.tx, p.text}
		if ok {
			from = s.tx.StmtContext(ctx, p.stmt)
		}
		if err := perform(ctx, from, p, o); err != nil {
			return err
		}
	}
	return nil
}

func (s *liteSession) commit(context.Context) error {
	err := s.tx.Commit()
	s.end()
	if err != nil {
		return op{what: "commit"}.failed(err)
	}
	return nil
}

func (s *liteSession) rollback() {
	if !s.ended {
		_ = s.tx.Rollback() // when its context ended first it has nothing to do and says so
		s.end()
	}
}

// end also prepares the statements seen for the first time. Within the transaction it could not: that holds the connection.
func (s *liteSession) end() {
	s.ended = true
	defer s.lite.gate.leave()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, text := range s.unknown {
		_, _ = s.lite.write.prepare(ctx, text) // it works unprepared too
	}
}
