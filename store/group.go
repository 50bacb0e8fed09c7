package store

import (
	"context"
	"slices"
	"sync"
)

// groupSize is how many rows share one statement.
const groupSize = 128

// group lets concurrent callers share one commit. The first caller goes at once; those who come while its commit is under way are the next
// group. So a quiet desk waits for nothing, and a burst pays for one commit instead of a hundred.
type group[T any] struct {
	commit func(context.Context, []T) error

	mu      sync.Mutex
	running bool
	waiting []*groupCall[T]
}

type groupCall[T any] struct {
	items []T
	done  chan error
}

// do commits the items with whatever group they fall into. When ctx ends first nobody knows whether they were committed.
func (g *group[T]) do(ctx context.Context, items []T) error {
	c := &groupCall[T]{items: items, done: make(chan error, 1)}
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	start := !g.running
	g.running = true
	g.mu.Unlock()
	if start {
		go g.drain(context.WithoutCancel(ctx))
	}
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		g.forget(c)
		return ctx.Err()
	}
}

// drain commits group after group until nobody waits. No caller's deadline bounds it: the others' rows are in the same statement.
func (g *group[T]) drain(ctx context.Context) {
	for {
		calls := g.next()
		if len(calls) == 0 {
			return
		}
		g.settle(ctx, calls)
	}
}

func (g *group[T]) settle(ctx context.Context, calls []*groupCall[T]) {
	var items []T
	for _, c := range calls {
		items = append(items, c.items...)
	}
	err := g.attempt(ctx, items)
	for _, c := range calls {
		if len(calls) > 1 && faulty(err) {
			c.done <- g.attempt(ctx, c.items) // one caller's bad row must not fail the others
		} else {
			c.done <- err
		}
	}
}

func (g *group[T]) attempt(ctx context.Context, items []T) error {
	ctx, cancel := limited(ctx)
	defer cancel()
	return retry(ctx, func() error { return g.commit(ctx, items) })
}

// next takes the callers whose rows fit into one statement, at least one.
func (g *group[T]) next() []*groupCall[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, rows := 0, 0
	for n < len(g.waiting) && (n == 0 || rows+len(g.waiting[n].items) <= groupSize) {
		rows += len(g.waiting[n].items)
		n++
	}
	calls := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	g.running = n > 0
	return calls
}

func (g *group[T]) forget(c *groupCall[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, c); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
}
