package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"servicedesk/scheduler"
)

// queue is the Redis behind the nudges: a real one, or one inside the process that is rebuilt from the database.
type queue struct {
	client redis.UniversalClient

	mu   sync.Mutex
	mini *miniredis.Miniredis
}

// openQueue connects; the embedded Redis is started on a free port of the loopback.
func openQueue(address string) (*queue, error) {
	q := &queue{}
	if address == "embedded" {
		q.mini = miniredis.NewMiniRedis()
		if err := q.mini.StartAddr("127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("start the embedded queue: %w", err)
		}
		address = "redis://" + q.mini.Addr()
	}
	client, err := scheduler.OpenRedis(address)
	if err != nil {
		return nil, fmt.Errorf("redis.url: %w", err)
	}
	q.client = client
	return q, nil
}

// Ping reports whether the queue answers. The desk works on without it, only slower.
func (q *queue) Ping(ctx context.Context) error { return q.client.Ping(ctx).Err() }

// recycleAfter is how many commands an embedded Redis serves before it is replaced: it never forgets key names, so it would grow for ever.
const recycleAfter = 4_000_000

// drive lets time pass in the embedded Redis, whose expiry only moves when told, and replaces it when it has grown old. What it held was
// nudges; the sweep rings them again from the database.
func (q *queue) drive(ctx context.Context, log *slog.Logger) error {
	if q.mini == nil {
		<-ctx.Done()
		return nil
	}
	last := time.Now()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now := time.Now()
		if passed := now.Round(0).Sub(last.Round(0)); passed > 0 { // wall time, so that a laptop's sleep counts
			q.mini.FastForward(passed)
		}
		last = now
		if q.mini.CommandCount() < recycleAfter {
			continue
		}
		if err := q.replace(); err != nil {
			return err
		}
		log.Info("embedded queue replaced")
	}
}

func (q *queue) replace() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	addr := q.mini.Addr()
	q.mini.Close()
	q.mini = miniredis.NewMiniRedis()
	if err := q.mini.StartAddr(addr); err != nil {
		return fmt.Errorf("replace the embedded queue: %w", err)
	}
	return nil
}

// Close ends the connection and the embedded Redis.
func (q *queue) Close() {
	_ = q.client.Close() // nothing is kept there that matters
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.mini != nil {
		q.mini.Close()
	}
}

// tokenCache keeps the platforms' access tokens where every replica finds them.
type tokenCache struct{ client redis.UniversalClient }

// Get gives a value; the empty string is a miss.
func (t tokenCache) Get(ctx context.Context, key string) (string, error) {
	value, err := t.client.Get(ctx, "servicedesk:"+key).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return value, err
}

// Set keeps a value for ttl; one that lives no time is not kept.
func (t tokenCache) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if ttl <= 0 {
		return nil
	}
	return t.client.Set(ctx, "servicedesk:"+key, value, ttl).Err()
}

// Delete forgets a value.
func (t tokenCache) Delete(ctx context.Context, key string) error {
	return t.client.Del(ctx, "servicedesk:"+key).Err()
}
