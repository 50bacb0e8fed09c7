package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"servicedesk/tickets"
)

// Errors of a transaction used wrongly.
var (
	errNested = errors.New("something was written beside a transaction from inside it; write through its Tx")
	errOver   = errors.New("the transaction is over")
)

type inTxKey struct{}

// nested reports whether ctx belongs to a transaction: on SQLite, with its one writer, another one would wait for itself.
func nested(ctx context.Context) bool { return ctx.Value(inTxKey{}) != nil }

// InTx implements tickets.Store. f may run more than once. A failed statement spoils the transaction: all further ones give the same error,
// whatever f makes of it. A call without a deadline gets one of 30 s.
func (d *DB) InTx(ctx context.Context, f func(context.Context, tickets.Tx) error) error {
	return d.inTx(ctx, func(ctx context.Context, t *tx) error { return f(ctx, t) })
}

func (d *DB) inTx(ctx context.Context, f func(context.Context, *tx) error) error {
	if nested(ctx) {
		return errNested
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	start := time.Now()
	var t *tx
	err := retry(ctx, func() error {
		t = &tx{db: d, seen: map[rowKey]string{}}
		return t.attempt(ctx, f)
	})
	d.slowness(ctx, "transaction", start)
	if err != nil {
		return err
	}
	t.wake()
	return nil
}

// block is how many ids of each kind are fetched at once, and one more: the ids of one transaction's usual rows.
const block = 5

// tx is a transaction. Ids are fetched in a block, after the first lock; so the order of ids is the order of those who held the lock, and
// the rows themselves can travel together.
type tx struct {
	db      *DB
	session session
	failed  error
	// Ids that nobody else gets, not yet used.
	ticketIDs, entryIDs, outboxIDs []int64
	lastOutbox                     int64 // SQLite gives an id again whose delivery was known already
	// seen holds the rows known to exist, tickets with the number they had.
	seen   map[rowKey]string
	beside surroundings
	clocks map[tickets.TicketID][]tickets.Clock // as last written here
	lanes  []tickets.Lane
	timers []tickets.Timer
}

var _ tickets.Tx = (*tx)(nil)

type rowKey struct {
	table string
	id    int64
}

func (t *tx) attempt(ctx context.Context, f func(context.Context, *tx) error) error {
	s, err := t.db.engine.begin(ctx)
	if err != nil {
		return op{what: "begin"}.failed(err)
	}
	t.session = s
	defer func() { // after a commit there is nothing to roll back; after a panic there is
		t.failed = errOver
		s.rollback()
	}()
	if err := f(context.WithValue(ctx, inTxKey{}, true), t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	return s.commit(ctx)
}

func (t *tx) wake() {
	w := t.db.currentWaker()
	if w == nil {
		return
	}
	for _, lane := range t.lanes {
		w.WakeLane(lane)
	}
	for _, timer := range t.timers {
		w.WakeTimer(timer.ID, timer.DueAt)
	}
}

func (t *tx) touch(lane tickets.Lane) {
	if !slices.Contains(t.lanes, lane) {
		t.lanes = append(t.lanes, lane)
	}
}

// run executes statements now; it is a runner.
func (t *tx) run(ctx context.Context, ops ...op) error {
	return t.guard(func() error { return t.session.run(ctx, ops...) })
}

// later executes a statement whose outcome nobody waits for.
func (t *tx) later(ctx context.Context, o op) error {
	return t.guard(func() error { return t.session.later(ctx, o) })
}

func (t *tx) guard(f func() error) error {
	if t.failed != nil {
		return t.failed
	}
	err := f()
	if err != nil && !isMissing(err) {
		t.failed = err
	}
	return err
}

// lock reads the row that m.read+rest finds and keeps it; ids are fetched behind it in the same round trip.
func lock[T any](ctx context.Context, t *tx, m *mapping[T], what, rest string, args ...any) (T, error) {
	var row T
	found := false
	read := op{what: what, sql: m.read + rest + t.db.engine.dialect().lock, args: args, row: func(s scanner) error {
		found = true
		return s.Scan(m.targets(&row)...)
	}}
	if err := t.run(ctx, read, t.fetchIDs()); err != nil {
		return row, err
	}
	if !found {
		return row, op{what: what, must: true}.missing(0)
	}
	return row, nil
}

// fetchIDs forgets what is left of an earlier block: it was fetched before the lock.
func (t *tx) fetchIDs() op {
	return op{what: "fetch ids", sql: t.db.engine.dialect().nextID, row: func(s scanner) error {
		ids := make([]int64, 2*block-1)
		targets := make([]any, len(ids))
		for i := range ids {
			targets[i] = &ids[i]
		}
		if err := s.Scan(targets...); err != nil {
			return err
		}
		t.ticketIDs, t.entryIDs, t.outboxIDs = ids[:1], ids[1:block], ids[block:]
		skip := max(0, t.lastOutbox+1-t.outboxIDs[0])
		for i := range t.outboxIDs {
			t.outboxIDs[i] += skip
		}
		return nil
	}}
}

// nextID takes one of the ids in list, which is one of t's.
func (t *tx) nextID(ctx context.Context, list *[]int64) (int64, error) {
	if len(*list) == 0 {
		if err := t.run(ctx, t.fetchIDs()); err != nil {
			return 0, err
		}
	}
	id := (*list)[0]
	*list = (*list)[1:]
	return id, nil
}

// change writes a row by its id: with others later when it is known to be there, else at once, and tickets.ErrNotFound says when it is not.
func (t *tx) change(ctx context.Context, key rowKey, o op) error {
	if _, ok := t.seen[key]; ok {
		return t.later(ctx, o)
	}
	o.must = true
	if err := t.run(ctx, o); err != nil {
		return err
	}
	t.seen[key] = ""
	return nil
}
