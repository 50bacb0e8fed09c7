package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// answerLimit is how long a caller waits for an answer: WeCom's five seconds.
const answerLimit = 5 * time.Second

// caller keeps one connection. It writes whole requests and reads no more of an answer than it must: with net/http the load would cost as much
// as the desk, on the same processors.
type caller struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
}

// call makes one exchange. A connection that was used before may have been closed meanwhile: then it is made once more over a new one, as
// HTTP clients do.
func (c *caller) call(ctx context.Context, request []byte) (status int, err error) {
	if c.conn != nil {
		if status, err = c.exchange(request); err == nil {
			return status, nil
		}
		c.close()
	}
	conn, err := (&net.Dialer{Timeout: answerLimit}).DialContext(ctx, "tcp", c.addr)
	if err != nil {
		return 0, err
	}
	c.conn, c.in = conn, bufio.NewReaderSize(conn, 4096)
	if status, err = c.exchange(request); err != nil {
		c.close()
	}
	return status, err
}

func (c *caller) exchange(request []byte) (status int, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	length := 0
	for first := true; ; first = false {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first:
			if len(line) < 12 {
				return 0, errors.New("no HTTP answer")
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, err
			}
		case len(line) == 0:
			_, err := c.in.Discard(length)
			return status, err
		case len(line) > 16 && bytes.EqualFold(line[:16], []byte("content-length: ")):
			if length, err = strconv.Atoi(string(line[16:])); err != nil {
				return 0, err
			}
		}
	}
}

func (c *caller) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// loaded is what a run of requests came to. acked holds the numbers of those answered 200.
type loaded struct {
	acked     []int
	latencies []time.Duration // sorted; of acknowledged ones, in an open loop from the moment each was due
	failures  int
	failure   error // one of them
	took      time.Duration
}

func (l *loaded) rate() float64 { return float64(len(l.acked)) / l.took.Seconds() }

// errOver says that the time of a run is over.
var errOver = errors.New("over")

// closedLoop lets some callers make the requests one after the other, each as soon as its last was answered, until the time is over.
func closedLoop(ctx context.Context, addr string, callers int, requests [][]byte, limit time.Duration) *loaded {
	end := time.Now().Add(limit)
	return drive(ctx, addr, callers, len(requests), func(c *caller, i int) (time.Time, int, error) {
		now := time.Now()
		if now.After(end) {
			return now, 0, errOver
		}
		status, err := c.call(ctx, requests[i])
		return now, status, err
	})
}

// openLoop makes the requests at their times, a fixed number a second, whatever the answers do.
func openLoop(ctx context.Context, addr string, callers int, requests [][]byte, perSecond float64) *loaded {
	start := time.Now().Add(10 * time.Millisecond)
	return drive(ctx, addr, callers, len(requests), func(c *caller, i int) (time.Time, int, error) {
		due := start.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))
		time.Sleep(time.Until(due))
		status, err := c.call(ctx, requests[i])
		return due, status, err
	})
}

// drive hands the numbers below n to callers; exchange says from when the time of its answer counts.
func drive(ctx context.Context, addr string, callers, n int, exchange func(c *caller, i int) (from time.Time, status int, err error)) *loaded {
	var (
		out  loaded
		mu   sync.Mutex
		next atomic.Int64
		all  sync.WaitGroup
	)
	start := time.Now()
	for range callers {
		all.Go(func() {
			c := &caller{addr: addr}
			defer c.close()
			var own loaded
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				from, status, err := exchange(c, i)
				if errors.Is(err, errOver) {
					break
				}
				own.note(i, from, status, err)
			}
			mu.Lock()
			defer mu.Unlock()
			out.merge(&own)
		})
	}
	all.Wait()
	out.took = time.Since(start)
	slices.Sort(out.latencies)
	return &out
}

func (l *loaded) note(i int, from time.Time, status int, err error) {
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		l.failures++
		l.failure = err
		return
	}
	l.acked = append(l.acked, i)
	l.latencies = append(l.latencies, time.Since(from))
}

func (l *loaded) merge(other *loaded) {
	l.acked = append(l.acked, other.acked...)
	l.latencies = append(l.latencies, other.latencies...)
	l.failures += other.failures
	if other.failure != nil {
		l.failure = other.failure
	}
}
