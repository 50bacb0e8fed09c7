package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// service gives the address of a test's server. Without one the story is skipped, unless nothing may be skipped.
func service(t *testing.T, variable string) *url.URL {
	t.Helper()
	address := os.Getenv(variable)
	if address == "" {
		if os.Getenv("SERVICEDESK_TEST_STRICT") == "1" {
			t.Fatalf("%s is not set: run the tests with make test", variable)
		}
		t.Skipf("%s is not set: make test tells the stories on PostgreSQL and Redis, too", variable)
	}
	u, err := url.Parse(address)
	require.NoError(t, err, variable)
	return u
}

var databases atomic.Int64

// testDatabase makes a database that is dropped after the story.
func testDatabase(t *testing.T) string {
	t.Helper()
	u := service(t, "SERVICEDESK_TEST_POSTGRES")
	admin, err := sql.Open("pgx", u.String())
	require.NoError(t, err)
	name := fmt.Sprintf("story_%d_%d", os.Getpid(), databases.Add(1))
	_, err = admin.ExecContext(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, err := admin.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
		require.NoError(t, err)
		require.NoError(t, admin.Close())
	})
	u.Path = "/" + name
	query := u.Query()
	query.Set("pool_max_conns", "8") // several stories share the server
	u.RawQuery = query.Encode()
	return u.String()
}

// redisNumbers are the free databases of the Redis server: every story has one to itself. The last three belong to other tests.
var redisNumbers = func() chan int {
	free := make(chan int, 13)
	for n := range 13 {
		free <- n
	}
	return free
}()

func testRedis(t *testing.T) string {
	t.Helper()
	u := service(t, "SERVICEDESK_TEST_REDIS")
	n := <-redisNumbers
	u.Path = fmt.Sprintf("/%d", n)
	t.Cleanup(func() {
		defer func() { redisNumbers <- n }()
		options, err := redis.ParseURL(u.String())
		require.NoError(t, err)
		client := redis.NewClient(options)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, client.FlushDB(ctx).Err()) // of this number only
		require.NoError(t, client.Close())
	})
	return u.String()
}

// logBook keeps what the desk logs.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds lines.
func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logBook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}

func (l *logBook) tail(n int) string {
	lines := l.lines()
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
