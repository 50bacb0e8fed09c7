package store_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/store"
	"servicedesk/tickets"
)

func TestKeepSkipsWhatIsKnownByKeyOrMessage(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		var b bell
		db.SetWaker(&b)
		keep := func(events ...bot.Event) []string {
			require.NoError(t, db.Keep(ctx, events))
			return b.rung()
		}
		raw := []byte("{\"a\":\"\x00\xff\"}") // bytes stay bytes
		first := bot.Event{Platform: tickets.Feishu, Key: "e1", MessageKey: "om_1", Lane: "oc_1", Raw: raw}
		require.Equal(t, []string{"inbox oc_1"}, keep(first))
		require.Empty(t, keep(first), "the same event")
		require.Empty(t, keep(bot.Event{Platform: tickets.Feishu, Key: "e2", MessageKey: "om_1", Lane: "oc_1"}), "the same message in another event")
		require.Equal(t, []string{"inbox wk_1"}, keep(bot.Event{Platform: tickets.WeCom, Key: "e1", Lane: "wk_1"}), "another platform")
		require.Equal(t, []string{"inbox oc_1", "inbox oc_2"}, keep(
			bot.Event{Platform: tickets.Feishu, Key: "e3", Lane: "oc_1"}, first,
			bot.Event{Platform: tickets.Feishu, Key: "e4", Lane: "oc_2"}, bot.Event{Platform: tickets.Feishu, Key: "e4", Lane: "oc_2"},
			bot.Event{Platform: tickets.Feishu, Key: "e5", Lane: "oc_1"}), "each lane once")
		require.NoError(t, db.Keep(ctx, nil))
		row, at, ok, err := db.NextEvent(ctx, "oc_1", morning)
		require.NoError(t, err)
		require.True(t, ok)
		require.Zero(t, at)
		require.Equal(t, first, row.Event)
		require.Zero(t, row.Attempts)
		backlog, err := db.Backlog(ctx, morning)
		require.NoError(t, err)
		require.Equal(t, scheduler.Backlog{Inbox: 5}, backlog)
	})
}

func TestKeepTakesAnyNumberAtOnceInOrder(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		var events []bot.Event
		for _, n := range count(1000) {
			events = append(events, bot.Event{Platform: tickets.WeCom, Key: n, Lane: "wk"})
		}
		require.NoError(t, db.Keep(ctx, events))
		for _, n := range count(1000)[:20] {
			row, _, ok, err := db.NextEvent(ctx, "wk", morning)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, n, row.Event.Key)
			require.NoError(t, db.InEvent(ctx, row.ID, func(context.Context, tickets.Tx) error { return nil }))
		}
	})
}

// 64 callers on two replicas, each event told twice: all are there once, and each lane has them in the order of one caller.
func TestKeepUnderABurst(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		ctx := context.Background()
		const callers, each = 64, 20
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for n := range each {
					e := bot.Event{Platform: tickets.Feishu, Key: fmt.Sprintf("%d/%d", c/2, n), Lane: fmt.Sprint(c / 2)}
					if err := dbs[c%2].Keep(ctx, []bot.Event{e}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		b, err := dbs[0].Backlog(ctx, morning)
		require.NoError(t, err)
		require.Equal(t, callers/2*each, b.Inbox)
		lanes, err := dbs[1].ReadyLanes(ctx, scheduler.Inbox, morning, callers)
		require.NoError(t, err)
		require.Len(t, lanes, callers/2)
		for n := range each {
			row, _, ok, err := dbs[0].NextEvent(ctx, "7", morning)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, fmt.Sprintf("7/%d", n), row.Event.Key)
			require.NoError(t, dbs[0].InEvent(ctx, row.ID, func(context.Context, tickets.Tx) error { return nil }))
		}
	})
}

func TestOneCallersBadEventFailsNobodyElse(t *testing.T) {
	needPostgres(t) // SQLite takes keys of any length
	empty(t)
	db := open(t, postgresURL)
	ctx := context.Background()
	noise := make([]byte, 9000) // longer than an index entry may be, and not to be compressed
	random := rand.NewChaCha8([32]byte{})
	_, _ = random.Read(noise) // never fails
	bad := bot.Event{Platform: tickets.Feishu, Key: hex.EncodeToString(noise), Lane: "bad"}
	var wg sync.WaitGroup
	for c := range 32 {
		wg.Go(func() {
			e := bot.Event{Platform: tickets.Feishu, Key: fmt.Sprint(c), Lane: "good"}
			if c%8 == 0 {
				e = bad
			}
			if err := db.Keep(ctx, []bot.Event{e}); (err != nil) != (c%8 == 0) {
				t.Errorf("event %d: %v", c, err)
			}
		})
	}
	wg.Wait()
	b, err := db.Backlog(ctx, morning)
	require.NoError(t, err)
	require.Equal(t, 28, b.Inbox)
}

func TestAnEventRestsOrDiesOrIsDone(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		require.NoError(t, db.Keep(ctx, []bot.Event{{Platform: tickets.WeCom, Key: "1", Lane: "a"}, {Platform: tickets.WeCom, Key: "2", Lane: "a"}, {Platform: tickets.WeCom, Key: "3", Lane: "b"}}))
		next := func(lane string, at time.Time) (string, time.Time, scheduler.Row) {
			row, rests, ok, err := db.NextEvent(ctx, lane, at)
			require.NoError(t, err)
			require.Equal(t, ok, row.ID != 0)
			return row.Event.Key, rests, row
		}
		ready := func(at time.Time) []string {
			lanes, err := db.ReadyLanes(ctx, scheduler.Inbox, at, 10)
			require.NoError(t, err)
			return lanes
		}
		require.Equal(t, []string{"a", "b"}, ready(morning))
		_, _, row := next("a", morning)
		until := morning.Add(time.Minute)
		require.NoError(t, db.DeferEvent(ctx, row.ID, until, "busy", false))
		key, rests, _ := next("a", morning)
		require.Empty(t, key)
		require.Equal(t, kept(until), rests)
		require.Equal(t, []string{"b"}, ready(morning), "the head rests, so does all behind it")
		require.Equal(t, []string{"a", "b"}, ready(until))
		key, _, row = next("a", until)
		require.Equal(t, "1", key)
		require.Equal(t, 1, row.Attempts)
		require.False(t, row.Last)
		require.NoError(t, db.DeferEvent(ctx, row.ID, until, "never", true))
		key, _, row = next("a", until)
		require.Equal(t, "2", key)
		require.True(t, row.Last)

		boom := errors.New("boom")
		require.ErrorIs(t, db.InEvent(ctx, row.ID, func(context.Context, tickets.Tx) error { return boom }), boom)
		key, _, _ = next("a", until)
		require.Equal(t, "2", key, "what failed is not done")
		for n := range 2 {
			require.NoError(t, db.InEvent(ctx, row.ID, func(ctx context.Context, tx tickets.Tx) error {
				return tx.Enqueue(ctx, &tickets.Delivery{Lane: "topic:1", Key: fmt.Sprint("effect", n)})
			}))
		}
		require.NoError(t, db.InEvent(ctx, row.ID, func(context.Context, tickets.Tx) error { return nil }), "nothing to do, and done already")
		b, err := db.Backlog(ctx, until)
		require.NoError(t, err)
		require.Equal(t, 1, b.Outbox, "it has its effect once")
		key, rests, _ = next("a", until)
		require.Empty(t, key)
		require.Zero(t, rests)
		require.NoError(t, db.DeferEvent(ctx, row.ID, until, "too late", false))
		require.Empty(t, func() string { k, _, _ := next("a", until.Add(time.Hour)); return k }())
	})
}

// The lane is free when the last event's transaction has ended well, and only then.
func TestTheLastEventGivesTheLaneBack(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		require.NoError(t, db.Keep(ctx, []bot.Event{{Platform: tickets.WeCom, Key: "1", Lane: "a"}}))
		row, _, _, err := db.NextEvent(ctx, "a", morning)
		require.NoError(t, err)
		claim := func(at time.Time) (int64, bool) {
			fence, ok, err := db.Claim(ctx, scheduler.Inbox, "a", at, time.Minute)
			require.NoError(t, err)
			return fence, ok
		}
		fence, ok := claim(morning)
		require.True(t, ok)
		owe := func(ctx context.Context, tx tickets.Tx) error {
			return tx.Enqueue(ctx, &tickets.Delivery{Lane: "topic:1", Key: "effect"})
		}
		boom := errors.New("boom")
		released, err := db.InLastEvent(ctx, row.ID, "a", fence, func(ctx context.Context, tx tickets.Tx) error { return errors.Join(owe(ctx, tx), boom) })
		require.ErrorIs(t, err, boom)
		require.False(t, released)
		_, ok = claim(morning)
		require.False(t, ok, "still held")
		released, err = db.InLastEvent(ctx, row.ID, "a", fence, owe)
		require.NoError(t, err)
		require.True(t, released)
		fence, ok = claim(morning)
		require.True(t, ok)
		released, err = db.InLastEvent(ctx, row.ID, "a", fence, owe) // somebody else has handled it
		require.NoError(t, err)
		require.False(t, released)
		_, ok = claim(morning)
		require.False(t, ok, "still held")
	})
}

func TestMarkSeen(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		mark := func(p tickets.Platform, key string) (first bool) {
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				var err error
				first, err = tx.MarkSeen(ctx, p, key)
				require.NoError(t, err)
			})
			return first
		}
		require.True(t, mark(tickets.Feishu, "press1"))
		require.False(t, mark(tickets.Feishu, "press1"))
		require.True(t, mark(tickets.WeCom, "press1"))
		_ = db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
			_, err := tx.MarkSeen(ctx, tickets.Feishu, "press2")
			require.NoError(t, err)
			return errors.New("failed after all")
		})
		require.True(t, mark(tickets.Feishu, "press2"))
		b, err := db.Backlog(context.Background(), morning)
		require.NoError(t, err)
		require.Zero(t, b.Inbox)
	})
}

func TestCursors(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		var b bell
		db.SetWaker(&b)
		state := func() scheduler.Cursor {
			c, err := db.PullState(ctx, "wk1")
			require.NoError(t, err)
			return c
		}
		pulls := func() (names []string) {
			list, err := db.Pulls(ctx)
			require.NoError(t, err)
			for _, c := range list {
				names = append(names, string(c.Account))
			}
			return names
		}
		require.Equal(t, scheduler.Cursor{Account: "wk1"}, state())
		page := func(n int) bot.Page {
			return bot.Page{Next: fmt.Sprint("c", n), Events: []bot.Event{{Platform: tickets.WeCom, Key: fmt.Sprint(n), Lane: "wecom:1"}, {Platform: tickets.WeCom, Key: fmt.Sprint(n, "b"), Lane: "wecom:1"}}}
		}
		require.NoError(t, db.SavePage(ctx, "wk1", "", page(1), 0), "an account that never rang")
		require.Equal(t, []string{"inbox wecom:1"}, b.rung())
		require.Equal(t, scheduler.Cursor{Account: "wk1", Cursor: "c1"}, state())

		require.NoError(t, db.WantPull(ctx, "wk1", "token", morning))
		require.NoError(t, db.WantPull(ctx, "wk1", "", morning.Add(time.Hour)))
		require.NoError(t, db.WantPull(ctx, "wk2", "", morning))
		require.Equal(t, []string{"pull wk1", "pull wk1", "pull wk2"}, b.rung())
		require.Equal(t, scheduler.Cursor{Account: "wk1", Cursor: "c1", Token: "token", TokenAt: kept(morning), Wanted: 2}, state())
		require.Equal(t, []string{"wk1", "wk2"}, pulls())
		backlog, err := db.Backlog(ctx, morning)
		require.NoError(t, err)
		require.Equal(t, 2, backlog.Pulls)

		require.ErrorIs(t, db.SavePage(ctx, "wk1", "c0", page(2), 2), tickets.ErrConflict)
		require.ErrorIs(t, db.SavePage(ctx, "wk1", "", page(2), 2), tickets.ErrConflict)
		require.Empty(t, b.rung())
		require.Equal(t, "c1", state().Cursor)
		require.NoError(t, db.SavePage(ctx, "wk1", "c1", page(2), 2))
		require.Equal(t, []string{"wk2"}, pulls())
		require.NoError(t, db.SavePage(ctx, "wk1", "c2", bot.Page{Next: "c2"}, 1), "nothing new; what was followed stays followed")
		require.EqualValues(t, 2, state().Done)
		backlog, err = db.Backlog(ctx, morning)
		require.NoError(t, err)
		require.Equal(t, scheduler.Backlog{Inbox: 4, Pulls: 1}, backlog, "the refused page left nothing")
	})
}

func TestBellsOfManyAreAllCounted(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		ctx := context.Background()
		var wg sync.WaitGroup
		for c := range 64 {
			wg.Go(func() {
				if err := dbs[c%2].WantPull(ctx, tickets.RemoteID(fmt.Sprint("wk", c%4)), fmt.Sprint("token", c), morning); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for a := range 4 {
			c, err := dbs[0].PullState(ctx, tickets.RemoteID(fmt.Sprint("wk", a)))
			require.NoError(t, err)
			require.EqualValues(t, 16, c.Wanted)
			require.True(t, strings.HasPrefix(c.Token, "token"))
		}
	})
}

func TestATickBelongsToOne(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		results := make(chan bool, 16)
		for c := range 16 {
			go func() {
				mine, err := dbs[c%2].Tick(context.Background(), "prune", morning)
				if err != nil {
					t.Error(err)
				}
				results <- mine
			}()
		}
		var list []bool
		for range 16 {
			list = append(list, <-results)
		}
		require.Len(t, slices.DeleteFunc(list, func(mine bool) bool { return !mine }), 1)
		mine, err := dbs[0].Tick(context.Background(), "prune", morning.Add(time.Hour))
		require.NoError(t, err)
		require.True(t, mine)
		mine, err = dbs[0].Tick(context.Background(), "greet", morning)
		require.NoError(t, err)
		require.True(t, mine)
	})
}

func TestPruneForgetsWhatIsOldAndDone(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		clock := morning
		db.SetClock(func() time.Time { return clock })
		event := func(key string) bot.Event { return bot.Event{Platform: tickets.WeCom, Key: key, Lane: key} }
		finish := func(key string) {
			row, _, ok, err := db.NextEvent(ctx, key, clock)
			require.NoError(t, err)
			require.True(t, ok)
			require.NoError(t, db.InEvent(ctx, row.ID, func(context.Context, tickets.Tx) error { return nil }))
		}
		var many []bot.Event
		for _, n := range count(1100) {
			many = append(many, event("many"+n))
		}
		require.NoError(t, db.Keep(ctx, append(many, event("old done"), event("old undone"))))
		for _, n := range count(1100)[:1050] {
			finish("many" + n)
		}
		finish("old done")
		deliver := func(key string, state tickets.DeliveryState) {
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				require.NoError(t, tx.Enqueue(ctx, &tickets.Delivery{Lane: "wecom:1", Key: key, State: state, CreatedAt: clock, RemoteID: tickets.RemoteID(key), Body: tickets.Body{Text: key}}))
			})
		}
		deliver("sent", tickets.DeliverySent)
		deliver("pending", tickets.DeliveryPending)
		deliver("held", tickets.DeliveryHeld)
		first, err := db.Tick(ctx, "job", clock)
		require.NoError(t, err)
		require.True(t, first)
		clock = morning.Add(48 * time.Hour)
		require.NoError(t, db.Keep(ctx, []bot.Event{event("new done")}))
		finish("new done")
		deliver("new sent", tickets.DeliverySent)

		require.NoError(t, db.Prune(ctx, morning.Add(24*time.Hour)))
		known := func(key string) bool {
			before, err := db.Backlog(ctx, clock)
			require.NoError(t, err)
			require.NoError(t, db.Keep(ctx, []bot.Event{event(key)}))
			after, err := db.Backlog(ctx, clock)
			require.NoError(t, err)
			return before == after
		}
		require.False(t, known("old done"))
		require.False(t, known("many0"))
		require.False(t, known("many1049"))
		require.True(t, known("many1050"))
		require.True(t, known("old undone"))
		require.True(t, known("new done"))
		again, err := db.Tick(ctx, "job", morning)
		require.NoError(t, err)
		require.True(t, again, "forgotten")
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for key, text := range map[string]string{"sent": "", "pending": "pending", "held": "held", "new sent": "new sent"} {
				d, err := tx.DeliveryByRemote(ctx, tickets.WeCom, tickets.RemoteID(key))
				require.NoError(t, err)
				require.Equal(t, text, d.Body.Text)
			}
		})
	})
}
