// Package store keeps the desk's data in SQLite or PostgreSQL: bun describes the rows and does what is rare, prepared statements do the
// daily work. The database is the truth; everything that wakes somebody happens after the commit and may get lost.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"servicedesk/migrations"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

// Options of Open; the zero value is good.
type Options struct {
	// Waker is told after commits; see also SetWaker, InboxWaker and PullWaker.
	Waker tickets.Waker
	Log   *slog.Logger
	// Slow is how long a transaction or statement may take before it is logged; 0 = one second.
	Slow time.Duration
}

// InboxWaker is a Waker that also wants to know which lanes of the inbox got something.
type InboxWaker interface{ WakeInbox(lane string) }

// PullWaker is a Waker that also wants to know which accounts rang.
type PullWaker interface {
	WakePull(account tickets.RemoteID)
}

// DB is the store. It is safe for concurrent use.
type DB struct {
	engine engine
	log    *slog.Logger
	slow   time.Duration
	waker  atomic.Value // of wakerBox
	now    atomic.Value // of func() time.Time
	kept   *group[event]
	rung   *group[ring]
}

var (
	_ tickets.Store    = (*DB)(nil)
	_ scheduler.Queues = (*DB)(nil)
)

// Open connects to sqlite:PATH (created when missing) or postgres://…; the schema is the caller's to bring up, see package migrations.
func Open(ctx context.Context, url string, opts Options) (*DB, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	var e engine
	var err error
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		e, err = openSQLite(ctx, path)
	} else if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		e, err = openPostgres(ctx, url)
	} else {
		return nil, fmt.Errorf("database.url must be sqlite:PATH or postgres://…")
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	d := &DB{engine: e, log: opts.Log, slow: opts.Slow}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.slow == 0 {
		d.slow = time.Second
	}
	d.kept = &group[event]{commit: d.keepGroup}
	d.rung = &group[ring]{commit: d.ringGroup}
	d.SetWaker(opts.Waker)
	d.SetClock(time.Now)
	return d, nil
}

// Close ends all connections; what is under way fails.
func (d *DB) Close() error { return d.engine.close() }

// Ping reaches for the database.
func (d *DB) Ping(ctx context.Context) error {
	return d.look(ctx, op{what: "ping", sql: "SELECT 1"})
}

// Bun is the database as package migrations wants it.
func (d *DB) Bun() *bun.DB { return d.engine.writer() }

// CheckSchema answers nil when the schema is the one this program knows; see migrations.Check for the errors.
func (d *DB) CheckSchema(ctx context.Context) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	return migrations.Check(ctx, d.engine.reader())
}

// SchemaVersion names the latest step of the schema; empty when there is none.
func (d *DB) SchemaVersion(ctx context.Context) (string, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	return migrations.Latest(ctx, d.engine.reader())
}

// wakerBox gives atomic.Value the one type it needs.
type wakerBox struct{ tickets.Waker }

// SetWaker replaces the waker; nil wakes nobody.
func (d *DB) SetWaker(w tickets.Waker) { d.waker.Store(wakerBox{w}) }

// SetClock replaces the desk's clock, by which the ages of kept events count; at first it is the machine's.
func (d *DB) SetClock(now func() time.Time) { d.now.Store(now) }

func (d *DB) clock() time.Time { return d.now.Load().(func() time.Time)() }

func (d *DB) currentWaker() tickets.Waker { return d.waker.Load().(wakerBox).Waker }

// do executes statements that each commit by themselves; look executes statements that only read what is committed.
func (d *DB) do(ctx context.Context, ops ...op) error {
	if nested(ctx) {
		return errNested
	}
	return d.single(ctx, d.engine.do, ops)
}

func (d *DB) lease(ctx context.Context, o op) error {
	if nested(ctx) {
		return errNested
	}
	return d.single(ctx, d.engine.lease, []op{o})
}

func (d *DB) look(ctx context.Context, ops ...op) error { return d.single(ctx, d.engine.look, ops) }

func (d *DB) single(ctx context.Context, execute func(context.Context, op) error, ops []op) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	for _, o := range ops {
		start := time.Now()
		err := retry(ctx, func() error { return execute(ctx, o) })
		d.slowness(ctx, o.what, start)
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) slowness(ctx context.Context, what string, start time.Time) {
	if took := time.Since(start); took > d.slow {
		d.log.WarnContext(ctx, "slow database", slog.String("what", what), slog.Duration("took", took))
	}
}
