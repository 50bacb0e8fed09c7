package main

import (
	"context"
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// eachPlace gives a bench with every place there is.
func eachPlace(t *testing.T, test func(t *testing.T, b *bench, place string)) {
	b := &bench{postgres: os.Getenv("SERVICEDESK_TEST_POSTGRES"), redis: os.Getenv("SERVICEDESK_TEST_REDIS"), dir: t.TempDir(), rounds: 1, quick: true,
		out: io.Discard, progress: io.Discard, bigs: map[string]*bigDB{}}
	t.Cleanup(b.cleanUp)
	for _, place := range b.places() {
		t.Run(place, func(t *testing.T) { test(t, b, place) })
	}
}

// What the benchmarks write past the store must go on fitting the schema, and mean what it should.
func TestBenchmarksKnowTheSchema(t *testing.T) {
	eachPlace(t, func(t *testing.T, b *bench, place string) {
		ctx := context.Background()
		big, err := b.big(ctx, place, 400)
		require.NoError(t, err)
		db, err := big.place.open(ctx)
		require.NoError(t, err)
		defer db.Close()
		require.NoError(t, db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
			ticket, conversation, err := tx.LockMatter(ctx, bigSolved)
			require.NoError(t, err)
			require.Equal(t, tickets.StatusSolved, ticket.Status)
			contact, err := tx.Contact(ctx, ticket.ContactID)
			require.NoError(t, err)
			require.NotZero(t, contact.CustomerID)
			require.NotZero(t, conversation.ContactID)
			require.False(t, ticket.SolvedAt.IsZero())
			return nil
		}))
		due, err := db.DueTimers(ctx, machine(), 10)
		require.NoError(t, err)
		require.Empty(t, due)
		require.NoError(t, big.arm(ctx, db, 3, machine().Add(-time.Minute), time.Second))
		due, err = db.DueTimers(ctx, machine(), 10)
		require.NoError(t, err)
		require.Len(t, due, 3)
		require.NoError(t, b.quieten(ctx, big))
	})
}

func TestBenchmarksContactsAreKnown(t *testing.T) {
	eachPlace(t, func(t *testing.T, b *bench, place string) {
		ctx := context.Background()
		p, err := b.fresh(ctx, place)
		require.NoError(t, err)
		db, err := p.open(ctx)
		require.NoError(t, err)
		defer db.Close()
		_, err = db.ImportDirectory(ctx, benchDirectory(ticketCustomers, false))
		require.NoError(t, err)
		require.NoError(t, knownContacts(ctx, db, 100))
		require.NoError(t, seasoned(ctx, p, db))
		require.NoError(t, db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error {
			contact, err := tx.ContactByWeCom(ctx, "wmKnown7")
			require.NoError(t, err)
			require.False(t, contact.NoticedAt.IsZero())
			team, err := tx.Team(ctx, contact.CustomerID)
			require.NoError(t, err)
			require.Equal(t, customers.RoleOwner, team.Owner.Roles[1])
			conversation, err := tx.LockConversation(ctx, benchKF, "wmKnown7")
			require.NoError(t, err)
			require.Equal(t, contact.ID, conversation.ContactID)
			return nil
		}))
		require.NoError(t, queueMessages(ctx, db, 7, 3))
		lanes, err := db.ReadyLanes(ctx, "outbox", machine(), 10)
		require.NoError(t, err)
		require.Len(t, lanes, 3)
	})
}

// A desk understands the callbacks and answers that the benchmarks make up.
func TestBenchmarksSpeakThePlatforms(t *testing.T) {
	f := newPlatforms(nil)
	defer f.close()
	cfg, err := loadConfig("", false, append(f.deskEnv(), "SERVICEDESK_DATABASE_URL=sqlite:"+t.TempDir()+"/desk.db", "SERVICEDESK_LISTEN=127.0.0.1:0",
		"SERVICEDESK_MEDIA_DIR="+t.TempDir()))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	a, err := openApp(ctx, cfg, newLogger(io.Discard, "error"), appOptions{role: roleAll})
	require.NoError(t, err)
	defer a.Close()
	_, err = a.db.ImportDirectory(ctx, benchDirectory(1, true))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	defer func() { cancel(); require.NoError(t, <-done) }()
	f.writes("wmRelay0", "m1", "words")
	ids, events := messages("e", 1)
	require.Len(t, kilobyte(spoken{id: ids[0], chat: "oc_1", sender: "ou_x"}).event(), 1024)
	got := closedLoop(ctx, a.addr(), 2, [][]byte{events[0], events[0], kfBell(benchKF, "token")}, time.Minute)
	require.NoError(t, got.failure)
	require.Len(t, got.acked, 3)
	lost, err := kept(ctx, a.db, "e", append(ids, "e-never"), []int{0, 1})
	require.NoError(t, err)
	require.Equal(t, 1, lost, "the first is there once, the second never was")
	require.NoError(t, until(ctx, time.Minute, "the contact has a ticket", func() (bool, error) {
		n, err := ask(ctx, a.db, "SELECT COUNT(*) FROM tickets")
		return n == 1, err
	}))
}

func TestPercentile(t *testing.T) {
	values := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	require.Equal(t, 5, percentile(values, 0.5))
	require.Equal(t, 10, percentile(values, 0.99))
	require.Equal(t, 1, percentile(values, 0))
	require.Zero(t, percentile([]int{}, 0.5))
	require.True(t, slices.IsSorted(values))
}

func TestBarsAreJudged(t *testing.T) {
	f := figure{Ours: 10, Limit: 20, Ratio: 0.5}
	for _, tt := range []struct {
		asked *bar
		text  string
		met   bool
	}{
		{atMost(10), "≤ 10", true}, {atMost(9.5), "≤ 9.50", false}, {atLeast(10), "≥ 10", true}, {atLeast(11), "≥ 11", false},
		{ratioAtLeast(0.5), "ratio ≥ 0.50", true}, {ratioAtLeast(0.6), "ratio ≥ 0.60", false}, {ratioAtMost(0.4), "ratio ≤ 0.40", false},
	} {
		require.Equal(t, tt.text, tt.asked.text())
		require.Equal(t, tt.met, tt.asked.met(f), tt.text)
	}
}
