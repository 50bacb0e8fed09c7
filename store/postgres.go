package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// Sizes of the pools of one process, unless the URL says otherwise (pool_max_conns): statements of the desk, and what is rare.
const (
	pgConns     = 16
	pgRareConns = 4
)

var postgresDialect = dialect{
	lock:   " FOR UPDATE",
	like:   "ILIKE",
	inTurn: "SELECT pg_advisory_xact_lock(hashtextextended('counters', 0))",
	nextID: "SELECT nextval('tickets_id_seq')" +
		strings.Repeat(", nextval('entries_id_seq')", block-1) + strings.Repeat(", nextval('outbox_id_seq')", block-1),
}

// postgres speaks pgx itself: prepared statements, many in one round trip. With bun the same ticket costs more than twice the processor
// time. bun's own statements run over a second small pool in the simple protocol, where they are not prepared one by one in vain.
type postgres struct {
	pool *pgxpool.Pool
	bun  *bun.DB
}

func openPostgres(ctx context.Context, url string) (*postgres, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("database.url is not a PostgreSQL URL (postgres://user:password@host:5432/database)") // the cause may hold the password
	}
	if !strings.Contains(url, "pool_max_conns") {
		cfg.MaxConns = pgConns
	}
	params := cfg.ConnConfig.RuntimeParams
	params["timezone"] = "UTC"
	if params["application_name"] == "" {
		params["application_name"] = "servicedesk"
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	rare := cfg.ConnConfig.Copy()
	rare.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	db := stdlib.OpenDB(*rare)
	db.SetMaxOpenConns(pgRareConns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &postgres{pool: pool, bun: bun.NewDB(db, pgdialect.New())}, nil
}

func (p *postgres) dialect() dialect { return postgresDialect }
func (p *postgres) writer() *bun.DB  { return p.bun }
func (p *postgres) reader() *bun.DB  { return p.bun }

func (p *postgres) close() error {
	p.pool.Close()
	return p.bun.Close()
}

func (p *postgres) look(ctx context.Context, o op) error { return p.do(ctx, o) }

func (p *postgres) do(ctx context.Context, o op) error {
	rows, err := p.pool.Query(ctx, o.sql, o.args...)
	if err != nil {
		return o.failed(err)
	}
	return take(rows, o)
}

// lease is do: the table of leases is unlogged, so its commits wait for no disk.
func (p *postgres) lease(ctx context.Context, o op) error { return p.do(ctx, o) }

// take hands the rows over and closes them.
func take(rows pgx.Rows, o op) error {
	defer rows.Close()
	for rows.Next() {
		if o.row == nil {
			continue
		}
		if err := o.row(rows); err != nil {
			return o.failed(err)
		}
	}
	if err := rows.Err(); err != nil {
		return o.failed(err)
	}
	return o.missing(rows.CommandTag().RowsAffected())
}

// insertEvents is one statement whatever the number of rows.
func (p *postgres) insertEvents(ctx context.Context, s session, rows []event) ([]string, error) {
	n := len(rows)
	platforms, keys, messages, lanes, raws := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([][]byte, n)
	for i, e := range rows {
		platforms[i], keys[i], messages[i], lanes[i], raws[i] = e.platform, e.key, e.messageKey, e.lane, e.raw
	}
	var kept []string
	o := op{what: "keep events", args: []any{platforms, keys, messages, lanes, raws, when(rows[0].at)},
		sql: `INSERT INTO inbox (platform, event_key, message_key, lane, raw, received_at)
			SELECT platform, event_key, message_key, lane, raw, $6
			FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[])
				WITH ORDINALITY AS e (platform, event_key, message_key, lane, raw, n) ORDER BY n
			ON CONFLICT DO NOTHING RETURNING lane`,
		row: collect(&kept)}
	if s == nil {
		return kept, p.do(ctx, o)
	}
	err := s.run(ctx, o)
	return kept, err
}

func (p *postgres) begin(ctx context.Context) (session, error) {
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &pgSession{conn: conn}, nil
}

// pgSession saves round trips: BEGIN travels with the first statement, what was put off with the next one, the rest with COMMIT.
type pgSession struct {
	conn  *pgxpool.Conn
	begun bool
	queue []op
}

// later lets plain inserts that only other plain inserts part share a statement: each costs as much as its rows.
func (s *pgSession) later(_ context.Context, o op) error {
	for i := len(s.queue) - 1; o.adds != nil && i >= 0 && s.queue[i].adds != nil; i-- {
		if s.queue[i].join(o) {
			return nil
		}
	}
	s.queue = append(s.queue, o)
	return nil
}

func (s *pgSession) run(ctx context.Context, ops ...op) error { return s.send(ctx, ops, false) }

func (s *pgSession) commit(ctx context.Context) error {
	if s.begun || len(s.queue) > 0 {
		if err := s.send(ctx, nil, true); err != nil {
			return err
		}
	}
	s.conn.Release()
	s.conn = nil
	return nil
}

func (s *pgSession) rollback() {
	if s.conn == nil {
		return
	}
	if status := s.conn.Conn().PgConn().TxStatus(); status != 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = s.conn.Exec(ctx, "ROLLBACK") // the pool throws a connection away that is not idle
	}
	s.conn.Release()
	s.conn = nil
}

// send sends everything in one round trip.
func (s *pgSession) send(ctx context.Context, ops []op, commit bool) error {
	ops = append(s.queue, ops...)
	s.queue = nil
	batch := &pgx.Batch{}
	begin := !s.begun
	if begin {
		batch.Queue("BEGIN")
	}
	for _, o := range ops {
		batch.Queue(o.sql, o.args...)
	}
	if commit {
		batch.Queue("COMMIT")
	}
	s.begun = true
	results := s.conn.SendBatch(ctx, batch)
	err := receive(results, begin, ops, commit)
	if e := results.Close(); err == nil && e != nil {
		err = op{what: "transaction"}.failed(e)
	}
	return err
}

func receive(results pgx.BatchResults, begin bool, ops []op, commit bool) error {
	if begin {
		if _, err := results.Exec(); err != nil {
			return op{what: "begin"}.failed(err)
		}
	}
	for _, o := range ops {
		rows, err := results.Query()
		if err != nil {
			return o.failed(err)
		}
		if err := take(rows, o); err != nil {
			return err
		}
	}
	if !commit {
		return nil
	}
	tag, err := results.Exec()
	if err != nil {
		return op{what: "commit"}.failed(err)
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("commit: the database answered %s", tag)
	}
	return nil
}
