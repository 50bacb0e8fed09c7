package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/store"
	"servicedesk/tickets"
)

func TestALaneBelongsToOne(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		now := morning
		claim := func() (int64, bool) {
			fence, ok, err := db.Claim(ctx, scheduler.Outbox, "topic:1", now, 10*time.Second)
			require.NoError(t, err)
			return fence, ok
		}
		renew := func(fence int64) bool {
			ok, err := db.Renew(ctx, scheduler.Outbox, "topic:1", fence, now, 10*time.Second)
			require.NoError(t, err)
			return ok
		}
		first, ok := claim()
		require.True(t, ok)
		_, ok = claim()
		require.False(t, ok)
		_, ok, err := db.Claim(ctx, scheduler.Inbox, "topic:1", now, time.Second) // the other box is another matter
		require.NoError(t, err)
		require.True(t, ok)

		now = now.Add(9 * time.Second)
		require.True(t, renew(first))
		now = now.Add(9 * time.Second)
		_, ok = claim()
		require.False(t, ok, "the lease was renewed")
		now = now.Add(time.Second)
		require.True(t, renew(first), "run out, but nobody came")
		now = now.Add(10 * time.Second)
		second, ok := claim()
		require.True(t, ok)
		require.Greater(t, second, first)
		require.False(t, renew(first))
		require.NoError(t, db.Release(ctx, scheduler.Outbox, "topic:1", first)) // too late: without effect
		_, ok = claim()
		require.False(t, ok)
		require.NoError(t, db.Release(ctx, scheduler.Outbox, "topic:1", second))
		require.False(t, renew(second), "given back")

		now = now.Add(-time.Hour) // a replica whose clock is behind
		third, ok := claim()
		require.True(t, ok)
		require.Greater(t, third, second)
		require.NoError(t, db.Release(ctx, scheduler.Outbox, "topic:1", third))
		require.NoError(t, db.Prune(ctx, morning.Add(24*time.Hour)))
		now = now.Add(time.Hour + time.Second)
		fourth, ok := claim()
		require.True(t, ok)
		require.Greater(t, fourth, third, "although the lane was forgotten")
	})
}

func TestReadyLanesOfTheOutbox(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		ready := func(at time.Time, limit int) []string {
			lanes, err := db.ReadyLanes(ctx, scheduler.Outbox, at, limit)
			require.NoError(t, err)
			return lanes
		}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for i, d := range []tickets.Delivery{
				{Lane: "care", Urgency: tickets.UrgencyCare},
				{Lane: "rests", Urgency: tickets.UrgencyInteractive, NextAt: morning.Add(time.Minute)},
				{Lane: "rests", Urgency: tickets.UrgencyEmergency}, // behind a resting head
				{Lane: "later", Urgency: tickets.UrgencyInteractive},
				{Lane: "lifted", Urgency: tickets.UrgencyCare},
				{Lane: "lifted", Urgency: tickets.UrgencyEmergency},
				{Lane: "leased", Urgency: tickets.UrgencyEmergency},
				{Lane: "held", Urgency: tickets.UrgencyEmergency, State: tickets.DeliveryHeld},
				{Lane: "sent", Urgency: tickets.UrgencyEmergency, State: tickets.DeliverySent},
				{Lane: "behind held", Urgency: tickets.UrgencyInteractive, State: tickets.DeliveryHeld},
				{Lane: "behind held", Urgency: tickets.UrgencyInteractive},
			} {
				d.Key = fmt.Sprint(i)
				require.NoError(t, tx.Enqueue(ctx, &d))
			}
		})
		_, ok, err := db.Claim(ctx, scheduler.Outbox, "leased", morning, 10*time.Second)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, []string{"lifted", "later", "behind held", "care"}, ready(morning, 10))
		require.Equal(t, []string{"lifted", "later"}, ready(morning, 2))
		require.Equal(t, []string{"lifted", "leased", "later", "behind held", "care"}, ready(morning.Add(10*time.Second), 10))
		require.Equal(t, []string{"rests", "lifted", "leased"}, ready(morning.Add(time.Minute), 3))
		inbox, err := db.ReadyLanes(ctx, scheduler.Inbox, morning.Add(time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, inbox)
	})
}

// replicas runs a test on two handles of one database.
func replicas(t *testing.T, test func(t *testing.T, dbs [2]*store.DB)) {
	t.Run("sqlite", func(t *testing.T) {
		url := "sqlite:" + filepath.Join(t.TempDir(), "desk.db")
		test(t, [2]*store.DB{open(t, url), open(t, url)})
	})
	t.Run("postgres", func(t *testing.T) {
		needPostgres(t)
		empty(t)
		test(t, [2]*store.DB{open(t, postgresURL), open(t, postgresURL)})
	})
}

var errDied = errors.New("the worker died")

// crew works on all lanes of a box with 16 workers on two replicas until all rows are done. Some die on the way, holding a lease, and some
// transactions fail; the machine's clock moves on only when nothing is left to claim and nobody is at work.
type crew struct {
	t       *testing.T
	dbs     [2]*store.DB
	box     scheduler.Box
	machine atomic.Int64 // seconds since morning
	calm    sync.RWMutex // held for reading by those at work
	inside  sync.Map     // lane → *atomic.Int32
	done    atomic.Int64
	total   int64
	// turn works on the head of a lane: false when there is nothing to do.
	turn func(ctx context.Context, db *store.DB, lane string, now time.Time) (bool, error)
}

const crewLease = 5 * time.Second

func (c *crew) now() time.Time { return morning.Add(time.Duration(c.machine.Load()) * time.Second) }

func (c *crew) work() {
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for c.done.Load() < c.total {
				found, err := c.look(c.dbs[w%2])
				if err != nil {
					c.t.Error(err)
					return
				}
				if !found {
					c.calm.Lock()
					c.machine.Add(1)
					c.calm.Unlock()
				}
			}
		})
	}
	wg.Wait()
}

func (c *crew) look(db *store.DB) (found bool, err error) {
	c.calm.RLock()
	defer c.calm.RUnlock()
	lanes, err := db.ReadyLanes(context.Background(), c.box, c.now(), 100)
	if err != nil || len(lanes) == 0 {
		return false, err
	}
	return true, c.lane(db, lanes[rand.IntN(len(lanes))])
}

func (c *crew) lane(db *store.DB, lane string) error {
	ctx := context.Background()
	fence, ok, err := db.Claim(ctx, c.box, lane, c.now(), crewLease)
	if err != nil || !ok {
		return err
	}
	counter, _ := c.inside.LoadOrStore(lane, &atomic.Int32{})
	inside := counter.(*atomic.Int32)
	for range 3 {
		held, err := db.Renew(ctx, c.box, lane, fence, c.now(), crewLease)
		if err != nil || !held {
			return err
		}
		more, err := func() (bool, error) {
			if inside.Add(1) > 1 {
				return false, fmt.Errorf("two work on lane %s", lane)
			}
			defer inside.Add(-1)
			return c.turn(ctx, db, lane, c.now())
		}()
		if errors.Is(err, errDied) {
			return nil // without giving the lane back
		}
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return db.Release(ctx, c.box, lane, fence)
}

func TestInboxIsWorkedInOrderOnceEachByManyWorkers(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		const lanes, each = 8, 25
		for n := range each {
			var page []bot.Event
			for l := range lanes {
				page = append(page, bot.Event{Platform: tickets.WeCom, Key: fmt.Sprintf("%d/%d", l, n), Lane: fmt.Sprint("wecom:", l), Raw: []byte(fmt.Sprint(n))})
			}
			require.NoError(t, dbs[n%2].Keep(context.Background(), page))
		}
		var mu sync.Mutex
		got := map[string][]string{}
		c := &crew{t: t, dbs: dbs, box: scheduler.Inbox, total: lanes * each}
		c.turn = func(ctx context.Context, db *store.DB, lane string, now time.Time) (bool, error) {
			row, _, ok, err := db.NextEvent(ctx, lane, now)
			if err != nil || !ok {
				return false, err
			}
			switch rand.IntN(20) {
			case 0:
				return false, errDied
			case 1:
				return false, db.DeferEvent(ctx, row.ID, now.Add(2*time.Second), "busy", false)
			}
			err = db.InEvent(ctx, row.ID, func(ctx context.Context, tx tickets.Tx) error {
				if _, err := tx.LockConversation(ctx, "wk", tickets.RemoteID(lane)); err != nil {
					return err
				}
				if rand.IntN(20) == 0 {
					return errDied
				}
				return tx.AddEntry(ctx, &tickets.Entry{TicketID: 1, Text: row.Event.Key})
			})
			if err != nil {
				return false, err
			}
			mu.Lock()
			got[lane] = append(got[lane], string(row.Event.Raw))
			mu.Unlock()
			c.done.Add(1)
			return true, nil
		}
		c.work()
		for l := range lanes {
			require.Equal(t, count(each), got[fmt.Sprint("wecom:", l)])
		}
		within(t, dbs[0], func(ctx context.Context, tx tickets.Tx) { // effects are as many as events, and in order
			entries, err := tx.Entries(ctx, 1, 0)
			require.NoError(t, err)
			require.Len(t, entries, lanes*each)
		})
		b, err := dbs[1].Backlog(context.Background(), morning)
		require.NoError(t, err)
		require.Zero(t, b)
	})
}

func TestOutboxIsWorkedInOrderOnceEachByManyWorkers(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		const lanes, each = 8, 25
		for n := range each {
			require.NoError(t, dbs[n%2].InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
				for l := range lanes {
					if err := tx.Enqueue(ctx, &tickets.Delivery{Lane: tickets.TopicLane(tickets.TicketID(l)), Key: fmt.Sprintf("%d/%d", l, n), Body: tickets.Body{Text: fmt.Sprint(n)}}); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		var mu sync.Mutex
		got := map[string][]string{}
		c := &crew{t: t, dbs: dbs, box: scheduler.Outbox, total: lanes * each}
		c.turn = func(ctx context.Context, db *store.DB, lane string, now time.Time) (more bool, err error) {
			var sent *tickets.Delivery
			err = db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
				sent, more = nil, false
				rows, err := tx.Waiting(ctx, tickets.Lane(lane))
				if err != nil || len(rows) == 0 || rows[0].NextAt.After(now) {
					return err
				}
				more = true
				head := rows[0]
				head.Attempts++
				if rand.IntN(10) == 0 {
					head.NextAt = now.Add(2 * time.Second)
					return tx.SaveDelivery(ctx, head)
				}
				head.State = tickets.DeliverySent
				sent = head
				if err := tx.SaveDelivery(ctx, head); err != nil {
					return err
				}
				if rand.IntN(20) == 0 {
					return errDied
				}
				return nil
			})
			if err == nil && sent != nil {
				mu.Lock()
				got[lane] = append(got[lane], sent.Body.Text)
				mu.Unlock()
				c.done.Add(1)
			}
			return more, err
		}
		c.work()
		for l := range lanes {
			require.Equal(t, count(each), got[fmt.Sprint("topic:", l)])
		}
	})
}

func count(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint(i))
	}
	return list
}
