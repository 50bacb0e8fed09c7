package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite"
)

// limit is what the machine allows: the database's own rate for a fixed transaction.
type limit struct {
	name    string
	measure func(ctx context.Context, during time.Duration) (perSecond float64, err error)
	// What the transactions so far cost the PostgreSQL server, if it is on this machine: processor time moves with the machine's mood too.
	server meter
	spent  time.Duration
	done   float64
}

// run measures once.
func (l *limit) run(ctx context.Context, during time.Duration) (float64, error) {
	before := l.server.read()
	perSecond, err := l.measure(ctx, during)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", l.name, err)
	}
	l.spent += l.server.read().minus(before).database
	l.done += perSecond * during.Seconds()
	return perSecond, nil
}

// cost is the server's processor time for one transaction; zero when it is not known.
func (l *limit) cost() time.Duration {
	if l.done == 0 {
		return 0
	}
	return time.Duration(float64(l.spent) / l.done)
}

const (
	limitTable = `CREATE TABLE bench_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, channel int NOT NULL, ext_id bigint NOT NULL,
		body text NOT NULL, UNIQUE (channel, ext_id))`
	limitInsert = "INSERT INTO bench_rows (channel, ext_id, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
)

// limitBody is the kilobyte that the limit's rows carry.
var limitBody = strings.Repeat("x", 1024)

// postgresLimit inserts rows of 1 KB, so many in a transaction, from so many clients: with pgbench where there is one, else from here.
func (b *bench) postgresLimit(ctx context.Context, rows, clients int) (*limit, error) {
	p, err := b.fresh(ctx, onPostgres)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.New(ctx, p.database)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, limitTable); err != nil {
		return nil, err
	}
	what := fmt.Sprintf("%d row, %d clients", rows, clients)
	if program := pgbench(ctx, p); program != "" {
		return b.pgbenchLimit(ctx, p, program, what, rows, clients)
	}
	return &limit{name: "pgx " + what, server: newMeter(ctx, p, 0), measure: func(ctx context.Context, during time.Duration) (float64, error) {
		return pgxRate(ctx, p.database, rows, clients, during)
	}}, nil
}

// pgbench is where the program is: beside the server that runs, else where it is usually found.
func pgbench(ctx context.Context, p *place) string {
	var tries []string
	if server, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", postmasterOf(ctx, p.database))); err == nil {
		tries = append(tries, filepath.Join(filepath.Dir(server), "pgbench"))
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench") // the pattern is fine
	slices.Reverse(installed)
	for _, path := range append(tries, installed...) {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	path, _ := exec.LookPath("pgbench")
	return path
}

func (b *bench) pgbenchLimit(ctx context.Context, p *place, program, what string, rows, clients int) (*limit, error) {
	u, err := url.Parse(p.database)
	if err != nil {
		return nil, errors.New("--postgres is not a URL")
	}
	script := strings.Repeat("\\set id random(1, 9000000000000000)\n"+
		"INSERT INTO bench_rows (channel, ext_id, body) VALUES (1, :id, :body) ON CONFLICT DO NOTHING;\n", rows)
	if rows > 1 {
		script = "BEGIN;\n" + script + "COMMIT;\n"
	}
	file := filepath.Join(b.dir, fmt.Sprintf("limit%d.sql", rows))
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return nil, err
	}
	password, _ := u.User.Password()
	return &limit{name: "pgbench " + what, server: newMeter(ctx, p, 0), measure: func(ctx context.Context, during time.Duration) (float64, error) {
		cmd := exec.CommandContext(ctx, program, "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2",
			"-T", strconv.Itoa(max(1, int(during.Seconds()))), "-f", file, "-D", "body="+limitBody,
			"-h", u.Hostname(), "-p", u.Port(), "-U", u.User.Username(), strings.Trim(u.Path, "/"))
		cmd.Env = append(os.Environ(), "PGPASSWORD="+password)
		output, err := cmd.CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("pgbench: %w: %s", err, oneLine(errors.New(string(output))))
		}
		return tps(output)
	}}, nil
}

var tpsForm = regexp.MustCompile(`tps = ([0-9.]+)`)

func tps(output []byte) (float64, error) {
	m := tpsForm.FindSubmatch(output)
	if m == nil {
		return 0, errors.New("pgbench printed no tps")
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// pgxRate does what pgbench does, with prepared statements one round trip each.
func pgxRate(ctx context.Context, database string, rows, clients int, during time.Duration) (float64, error) {
	cfg, err := pgxpool.ParseConfig(database)
	if err != nil {
		return 0, errors.New("the database's URL is not understood")
	}
	cfg.MaxConns = int32(clients)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	return rate(ctx, clients, during, func(ctx context.Context) error {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		if rows == 1 {
			_, err := conn.Exec(ctx, limitInsert, 1, rand.Int64(), limitBody)
			return err
		}
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after the commit it does nothing
		for range rows {
			if _, err := tx.Exec(ctx, limitInsert, 1, rand.Int64(), limitBody); err != nil {
				return err
			}
		}
		return tx.Commit(ctx)
	})
}

// rate is how often clients together do something in a second.
func rate(ctx context.Context, clients int, during time.Duration, do func(context.Context) error) (float64, error) {
	var n atomic.Int64
	var all sync.WaitGroup
	var failed atomic.Pointer[error]
	start := time.Now()
	for range clients {
		all.Go(func() {
			for time.Since(start) < during && ctx.Err() == nil && failed.Load() == nil {
				if err := do(ctx); err != nil {
					failed.Store(&err)
					return
				}
				n.Add(1)
			}
		})
	}
	all.Wait()
	took := time.Since(start)
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(n.Load()) / took.Seconds(), ctx.Err()
}

// sqliteLimit inserts rows of 1 KB one by one, each in a transaction that is on the disk when it ends.
func (b *bench) sqliteLimit(ctx context.Context) (*limit, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.dir, fmt.Sprintf("limit%d.db", rand.Uint32()))+
		"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000")
	if err != nil {
		return nil, err
	}
	b.later(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE TABLE bench_rows (id integer PRIMARY KEY AUTOINCREMENT, channel integer NOT NULL,
		ext_id integer NOT NULL, body text NOT NULL, UNIQUE (channel, ext_id))`); err != nil {
		return nil, err
	}
	insert, err := db.PrepareContext(ctx, "INSERT INTO bench_rows (channel, ext_id, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
	if err != nil {
		return nil, err
	}
	b.later(func() { _ = insert.Close() })
	return &limit{name: "SQLite 1 row FULL", measure: func(ctx context.Context, during time.Duration) (float64, error) {
		return rate(ctx, 1, during, func(ctx context.Context) error {
			_, err := insert.ExecContext(ctx, 1, rand.Int64(), limitBody)
			return err
		})
	}}, nil
}

// compared is what rounds of limit, ours, limit came to: medians over the rounds that count.
type compared struct {
	ours, limit, ratio float64
	dropped            int
}

// compare measures in turn. A round beside a limit more than a quarter off the limits' median is dropped: the machine was in another mood.
func (b *bench) compare(ctx context.Context, l *limit, ours func() (float64, error)) (c compared, err error) {
	during := b.span(3*time.Second, time.Second)
	type round struct{ ours, limit float64 }
	var rounds []round
	b.settle(ctx)
	before, err := l.run(ctx, during)
	if err != nil {
		return c, err
	}
	for n := range b.rounds {
		b.settle(ctx)
		o, err := ours()
		if err != nil {
			return c, err
		}
		after, err := l.run(ctx, during)
		if err != nil {
			return c, err
		}
		b.say(fmt.Sprintf("round %d: %s beside %s and %s (%s)", n+1, number(o), number(before), number(after), l.name))
		rounds = append(rounds, round{o, (before + after) / 2})
		before = after
	}
	var limits []float64
	for _, r := range rounds {
		limits = append(limits, r.limit)
	}
	usual := median(limits)
	good := slices.DeleteFunc(slices.Clone(rounds), func(r round) bool { return r.limit < 0.75*usual || r.limit > 1.25*usual })
	c.dropped = len(rounds) - len(good)
	var all, ratios []float64
	limits = nil
	for _, r := range good {
		all, limits, ratios = append(all, r.ours), append(limits, r.limit), append(ratios, r.ours/r.limit)
	}
	c.ours, c.limit, c.ratio = median(all), median(limits), median(ratios)
	return c, nil
}
