// Package migrations holds the schema of the desk's database as numbered steps, twice: in SQLite's words and in PostgreSQL's.
// A step and the note that it was taken are committed together, so a crash leaves either both or neither.
package migrations

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/migrate"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// table is where bun notes which steps were taken.
const table = "bun_migrations"

// lockKey is the advisory lock under which the schema of a PostgreSQL database changes: an arbitrary number of our own.
const lockKey = 0x5e71ce_de5c

// Errors of a schema that does not fit this program; the text says how to mend it.
var (
	ErrNewer   = errors.New("the database has a newer schema than this program knows")
	ErrPending = errors.New("the database lacks steps of the schema; run: servicedesk migrate up")
)

// Step is one step of the schema.
type Step struct {
	Name string
	// AppliedAt is when it was taken (UTC); zero = not yet.
	AppliedAt time.Time
	// Unknown steps were taken by a newer program.
	Unknown bool
}

// Up takes all steps that are missing, in order, and names them. Several processes may call it at once. A schema with steps unknown to
// this program is refused with ErrNewer and left alone.
func Up(ctx context.Context, db *bun.DB) ([]string, error) {
	return locked(ctx, db, func(m *migrate.Migrator) (*migrate.MigrationGroup, error) {
		for {
			group, err := m.Migrate(ctx)
			if !errors.Is(err, errTaken) {
				return group, err
			}
		}
	})
}

// Rollback takes back the steps of the latest Up, with all data in what they created, and names them.
func Rollback(ctx context.Context, db *bun.DB) ([]string, error) {
	return locked(ctx, db, func(m *migrate.Migrator) (*migrate.MigrationGroup, error) { return m.Rollback(ctx) })
}

// Status lists the known steps in order, then those of a newer program.
func Status(ctx context.Context, db *bun.DB) ([]Step, error) {
	m, err := migrator(db)
	if err != nil {
		return nil, err
	}
	if err := m.Init(ctx); err != nil {
		return nil, fmt.Errorf("read the schema's state: %w", err)
	}
	return steps(ctx, m)
}

// Check answers nil when the schema is the one this program knows, ErrPending when steps are missing, ErrNewer when there are unknown ones.
func Check(ctx context.Context, db *bun.DB) error {
	m, err := migrator(db)
	if err != nil {
		return err
	}
	all, err := steps(ctx, m)
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrPending, err)
	}
	if err := refuseUnknown(all); err != nil {
		return err
	}
	for _, s := range all {
		if s.AppliedAt.IsZero() {
			return fmt.Errorf("%w (first missing: %s)", ErrPending, s.Name)
		}
	}
	return nil
}

// Latest names the last step taken; empty when there is none.
func Latest(ctx context.Context, db *bun.DB) (string, error) {
	m, err := migrator(db)
	if err != nil {
		return "", err
	}
	all, err := steps(ctx, m)
	if err != nil {
		return "", err
	}
	latest := ""
	for _, s := range all {
		if !s.AppliedAt.IsZero() {
			latest = s.Name
		}
	}
	return latest, nil
}

func migrator(db *bun.DB) (*migrate.Migrator, error) {
	folder := "sqlite"
	if db.Dialect().Name() == dialect.PG {
		folder = "postgres"
	}
	sub, err := fs.Sub(files, folder)
	if err != nil {
		return nil, err
	}
	known := migrate.NewMigrations()
	if err := known.Discover(sub); err != nil {
		return nil, err
	}
	return migrate.NewMigrator(db, known, migrate.WithTableName(table), migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true),
		migrate.BeforeMigration(before), migrate.AfterMigration(after)), nil
}

// errTaken stops a step that another process has taken since we looked.
var errTaken = errors.New("taken by another process meanwhile")

// before runs inside a step's transaction. SQLite knows no advisory lock: there its write lock, which the transaction holds, decides.
func before(ctx context.Context, tx bun.IConn, m *migrate.Migration) error {
	if m.IsApplied() {
		return nil
	}
	var n int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table+" WHERE name = ?", m.Name).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return errTaken
	}
	return nil
}

// after runs inside a step's transaction: the note is committed with the step. bun writes the same note once more after the commit.
func after(ctx context.Context, tx bun.IConn, m *migrate.Migration) error {
	if m.IsApplied() {
		_, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE name = ?", m.Name)
		return err
	}
	m.MigratedAt = time.Now().UTC()
	_, err := tx.ExecContext(ctx, "INSERT INTO "+table+" (name, group_id, migrated_at) VALUES (?, ?, ?)", m.Name, m.GroupID, m.MigratedAt)
	return err
}

// locked runs change while no other process changes the schema, and refuses an unknown one.
func locked(ctx context.Context, db *bun.DB, change func(*migrate.Migrator) (*migrate.MigrationGroup, error)) ([]string, error) {
	m, err := migrator(db)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("lock the schema: %w", err)
	}
	defer unlock()
	if err := m.Init(ctx); err != nil {
		return nil, fmt.Errorf("prepare the schema's bookkeeping: %w", err)
	}
	all, err := steps(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := refuseUnknown(all); err != nil {
		return nil, err
	}
	group, err := change(m)
	if err != nil {
		return nil, fmt.Errorf("change the schema: %w", err)
	}
	names := make([]string, len(group.Migrations))
	for i := range group.Migrations {
		names[i] = group.Migrations[i].String()
	}
	return names, nil
}

// lock takes PostgreSQL's advisory lock on a connection of its own, which gives it up even when this process dies.
func lock(ctx context.Context, db *bun.DB) (unlock func(), err error) {
	if db.Dialect().Name() != dialect.PG {
		return func() {}, nil
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock(?)", int64(lockKey)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock(?)", int64(lockKey)) // without an answer the lock ends with the session
		_ = conn.Close()
	}, nil
}

func steps(ctx context.Context, m *migrate.Migrator) ([]Step, error) {
	known, err := m.MigrationsWithStatus(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the schema's state: %w", err)
	}
	unknown, err := m.MissingMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the schema's state: %w", err)
	}
	var all []Step
	for _, s := range known {
		all = append(all, Step{Name: s.String(), AppliedAt: s.MigratedAt.UTC()})
	}
	for _, s := range unknown {
		all = append(all, Step{Name: s.Name, AppliedAt: s.MigratedAt.UTC(), Unknown: true})
	}
	return all, nil
}

func refuseUnknown(all []Step) error {
	var last string
	var unknown []string
	for _, s := range all {
		if s.Unknown {
			unknown = append(unknown, s.Name)
		} else {
			last = s.Name
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return fmt.Errorf("%w (it has %s, this program knows up to %s): start the program that upgraded it or a later one, "+
		"or restore the backup made before the upgrade", ErrNewer, strings.Join(unknown, ", "), last)
}
