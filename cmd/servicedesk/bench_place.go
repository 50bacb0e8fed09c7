package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"servicedesk/store"
)

// place is where a desk keeps its things: a database of its own and a queue.
type place struct {
	name     string // "postgres" or "embedded"
	database string
	queue    string
	dir      string // for files
}

// Names of the two places.
const (
	onPostgres = "postgres"
	onEmbedded = "embedded"
)

func (p *place) lite() bool { return p.name == onEmbedded }

// places are the names of those that can be measured.
func (b *bench) places() []string {
	if b.postgres == "" || b.redis == "" {
		return []string{onEmbedded}
	}
	return []string{onPostgres, onEmbedded}
}

// best is the place of benchmarks that are measured once.
func (b *bench) best() string { return b.places()[0] }

// fresh makes an empty place; it is gone when the command ends.
func (b *bench) fresh(ctx context.Context, name string) (*place, error) {
	id := "servicedesk_bench_" + strings.ToLower(rand.Text()[:8])
	p := &place{name: name, dir: filepath.Join(b.dir, id)}
	if name == onEmbedded {
		p.database, p.queue = "sqlite:"+p.dir+".db", "embedded"
		return p, nil
	}
	var err error
	if p.database, err = b.createDatabase(ctx, id); err != nil {
		return nil, err
	}
	p.queue, err = b.emptyQueue(ctx)
	return p, err
}

func (b *bench) createDatabase(ctx context.Context, name string) (string, error) {
	if err := b.onPostgres(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("create a database for the benchmark: %w", err)
	}
	b.later(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := b.onPostgres(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			b.say("database " + name + " is left behind: " + oneLine(err))
		}
	})
	u, err := url.Parse(b.postgres)
	if err != nil {
		return "", errors.New("--postgres is not a URL") // the cause may hold the password
	}
	u.Path = "/" + name
	return u.String(), nil
}

func (b *bench) onPostgres(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, b.postgres)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// emptyQueue chooses an empty database of the Redis, unless the URL names one, and empties it for each place anew: one is measured at a time.
func (b *bench) emptyQueue(ctx context.Context) (string, error) {
	if b.queue == nil {
		options, err := redis.ParseURL(b.redis)
		if err != nil {
			return "", errors.New("--redis is not a Redis URL") // the cause may hold the password
		}
		if b.queue, err = unusedDatabase(ctx, options, b.redis); err != nil {
			return "", err
		}
		b.later(func() {
			_ = b.queue.FlushDB(context.Background()).Err() // nothing of worth is in it
			_ = b.queue.Close()
		})
	}
	u, _ := url.Parse(b.redis) // parsed above
	u.Path = fmt.Sprintf("/%d", b.queue.Options().DB)
	return u.String(), b.queue.FlushDB(ctx).Err()
}

// unusedDatabase is the one that the URL names, or the last empty one.
func unusedDatabase(ctx context.Context, options *redis.Options, address string) (*redis.Client, error) {
	if u, err := url.Parse(address); err == nil && strings.Trim(u.Path, "/") != "" {
		return redis.NewClient(options), nil
	}
	for options.DB = 15; options.DB >= 0; options.DB-- {
		client := redis.NewClient(options)
		size, err := client.DBSize(ctx).Result()
		if err == nil && size == 0 {
			return client, nil
		}
		_ = client.Close()
		if err != nil {
			return nil, fmt.Errorf("reach the Redis: %w", err)
		}
	}
	return nil, errors.New("no database of the Redis is empty; name one with --redis redis://…/N")
}

// open opens the place's database beside the desk, with its schema.
func (p *place) open(ctx context.Context) (*store.DB, error) {
	return openStore(ctx, config{"database.url": p.database}, slog.New(slog.DiscardHandler))
}

// executes runs statements that both databases understand.
func executes(ctx context.Context, db *store.DB, statements ...string) error {
	for _, s := range statements {
		if _, err := db.Bun().ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(strings.Fields(s), " "), err)
		}
	}
	return nil
}

// seasoned gives the database the statistics that a desk at work has: autovacuum gathers them, but only once a minute.
func seasoned(ctx context.Context, p *place, db *store.DB) error {
	if p.lite() {
		return nil
	}
	return executes(ctx, db, "VACUUM (ANALYZE)", "CHECKPOINT")
}

// ask reads one number.
func ask(ctx context.Context, db *store.DB, query string) (n int64, err error) {
	err = db.Bun().QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
