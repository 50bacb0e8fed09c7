package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/customers"
	"servicedesk/migrations"
	"servicedesk/store"
	"servicedesk/tickets"
)

func TestConversationIsFoundOrCreatedAndKept(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		want := tickets.Conversation{Account: "wk1", Peer: "wm1", ContactID: 7, Current: 3, Asked: tickets.AskWhich, AskedTicket: 4, AskedAt: kept(morning),
			AskedEntry: 5, Window: tickets.Window{LastIn: kept(morning), LastClick: kept(morning.Add(time.Minute)), Sent: 2, Shut: true}}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.LockConversation(ctx, "wk1", "wm1")
			require.NoError(t, err)
			want.ID = c.ID
			require.NotZero(t, c.ID)
			require.Equal(t, tickets.Conversation{ID: c.ID, Account: "wk1", Peer: "wm1"}, *c)
			changed := want
			changed.AskedAt, changed.Window.LastIn = morning, morning // any zone, any precision
			require.NoError(t, tx.SaveConversation(ctx, &changed))
			same, err := tx.LockConversationByID(ctx, c.ID) // a transaction sees what it wrote
			require.NoError(t, err)
			require.Equal(t, want, *same)
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.LockConversation(ctx, "wk1", "wm1")
			require.NoError(t, err)
			require.Equal(t, want, *c)
			c, err = tx.Conversation(ctx, want.ID)
			require.NoError(t, err)
			require.Equal(t, want, *c)
			other, err := tx.LockConversation(ctx, "wk2", "wm1")
			require.NoError(t, err)
			require.NotEqual(t, want.ID, other.ID)
			_, err = tx.Conversation(ctx, 99)
			require.ErrorIs(t, err, tickets.ErrNotFound)
			_, err = tx.LockConversationByID(ctx, 99)
			require.ErrorIs(t, err, tickets.ErrNotFound)
			require.ErrorIs(t, tx.SaveConversation(ctx, &tickets.Conversation{ID: 99}), tickets.ErrNotFound)
		})
	})
}

// Many create the same conversation at once and count on it: all get the same one, and nobody's step is lost.
func TestConversationLockLetsOneInAtATime(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		const workers, rounds = 16, 10
		var wg sync.WaitGroup
		errs := make(chan error, workers*rounds)
		for w := range workers {
			wg.Go(func() {
				for range rounds {
					errs <- dbs[w%2].InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
						c, err := tx.LockConversation(ctx, "wk1", "wm1")
						if err != nil {
							return err
						}
						c.Window.Sent++
						return tx.SaveConversation(ctx, c)
					})
				}
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		within(t, dbs[0], func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.LockConversation(ctx, "wk1", "wm1")
			require.NoError(t, err)
			require.Equal(t, workers*rounds, c.Window.Sent)
		})
	})
}

func TestAnErrorOrPanicLeavesNothingBehindAndWakesNobody(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		var bell bell
		db.SetWaker(&bell)
		work := func(ctx context.Context, tx tickets.Tx) {
			_, err := tx.LockConversation(ctx, "wk1", "wm1")
			require.NoError(t, err)
			require.NoError(t, tx.SaveTicket(ctx, &tickets.Ticket{Number: "NEW-0001", Status: tickets.StatusNew}))
			require.NoError(t, tx.AddEntry(ctx, &tickets.Entry{TicketID: 1}))
			require.NoError(t, tx.Enqueue(ctx, &tickets.Delivery{Lane: "topic:1", Key: "k"}))
			require.NoError(t, tx.SetTimer(ctx, tickets.Timer{Kind: tickets.TimerClose, Subject: 1, DueAt: morning}))
		}
		boom := errors.New("boom")
		require.ErrorIs(t, db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error { work(ctx, tx); return boom }), boom)
		require.PanicsWithValue(t, "bang", func() {
			_ = db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error { work(ctx, tx); panic("bang") })
		})
		ctx, cancel := context.WithCancel(context.Background())
		require.ErrorIs(t, db.InTx(ctx, func(ctx context.Context, tx tickets.Tx) error { work(ctx, tx); cancel(); return nil }), context.Canceled)
		require.Empty(t, bell.rung())
		b, err := db.Backlog(context.Background(), morning.Add(time.Hour))
		require.NoError(t, err)
		require.Zero(t, b)
		within(t, db, func(ctx context.Context, tx tickets.Tx) { // and the store still works
			found, err := tx.FindTickets(ctx, tickets.Filter{})
			require.NoError(t, err)
			require.Empty(t, found)
			work(ctx, tx)
		})
		require.Equal(t, []string{"lane topic:1", "timer " + kept(morning).String()}, bell.rung())
	})
}

func TestASwallowedErrorStillSpoilsTheTransaction(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		err := db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
			first := customers.Contact{WeComID: "wm1", Name: "李工"}
			require.NoError(t, tx.SaveContact(ctx, &first))
			require.ErrorIs(t, tx.SaveContact(ctx, &customers.Contact{WeComID: "wm1"}), tickets.ErrConflict)
			_, err := tx.Contact(ctx, first.ID)
			require.ErrorIs(t, err, tickets.ErrConflict)
			return nil
		})
		require.ErrorIs(t, err, tickets.ErrConflict)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			_, err := tx.ContactByWeCom(ctx, "wm1")
			require.ErrorIs(t, err, tickets.ErrNotFound)
		})
	})
}

func TestWritingBesideATransactionIsRefusedInsteadOfWaitingForItself(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		var leaked tickets.Tx
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			leaked = tx
			_, err := tx.LockConversation(ctx, "wk1", "wm1")
			require.NoError(t, err)
			require.Error(t, db.InTx(ctx, func(context.Context, tickets.Tx) error { return nil }))
			require.Error(t, db.SetSetting(ctx, "a", "b"))
			require.Error(t, db.WantPull(ctx, "wk1", "", morning))
			_, _, err = db.Claim(ctx, "outbox", "l", morning, time.Second)
			require.Error(t, err)
		})
		_, err := leaked.Ticket(context.Background(), 1)
		require.ErrorContains(t, err, "over")
	})
}

// Two transactions that lock two conversations crosswise: the database ends one of them, the store runs it again.
func TestADeadlockIsTriedAgain(t *testing.T) {
	needPostgres(t)
	empty(t)
	db := open(t, postgresURL)
	within(t, db, func(ctx context.Context, tx tickets.Tx) {
		for _, peer := range []tickets.RemoteID{"a", "b"} {
			_, err := tx.LockConversation(ctx, "wk1", peer)
			require.NoError(t, err)
		}
	})
	var runs atomic.Int32
	var both sync.WaitGroup
	both.Add(2)
	cross := func(first, second tickets.RemoteID) error {
		once := sync.OnceFunc(func() { both.Done(); both.Wait() })
		return db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
			runs.Add(1)
			for _, peer := range []tickets.RemoteID{first, second} {
				c, err := tx.LockConversation(ctx, "wk1", peer)
				if err != nil {
					return err
				}
				once()
				c.Window.Sent++
				if err := tx.SaveConversation(ctx, c); err != nil {
					return err
				}
			}
			return nil
		})
	}
	errs := make(chan error, 2)
	go func() { errs <- cross("a", "b") }()
	go func() { errs <- cross("b", "a") }()
	require.NoError(t, <-errs)
	require.NoError(t, <-errs)
	require.GreaterOrEqual(t, runs.Load(), int32(3), "at least one of them was tried again; a slow machine may sacrifice both")
	within(t, db, func(ctx context.Context, tx tickets.Tx) {
		c, err := tx.LockConversation(ctx, "wk1", "a")
		require.NoError(t, err)
		require.Equal(t, 2, c.Window.Sent)
	})
}

func TestTextIsCleanedAtTheEdge(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		dirty := "a\x00b\xffc'd\\e"
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			ticket := &tickets.Ticket{Number: "NEW-0001", Title: dirty}
			require.NoError(t, tx.SaveTicket(ctx, ticket))
			e := &tickets.Entry{TicketID: ticket.ID, Text: dirty, Attached: []tickets.Attachment{{Name: dirty}}, Data: map[string]string{dirty: dirty}}
			require.NoError(t, tx.AddEntry(ctx, e))
			got, err := tx.Ticket(ctx, ticket.ID)
			require.NoError(t, err)
			const clean = "ab\uFFFDc'd\\e"
			require.Equal(t, clean, got.Title)
			line, err := tx.Entries(ctx, ticket.ID, 0)
			require.NoError(t, err)
			require.Equal(t, clean, line[0].Text)
			require.Equal(t, clean, line[0].Attached[0].Name)
			require.Equal(t, map[string]string{clean: clean}, line[0].Data)
			big := &tickets.Entry{TicketID: ticket.ID, Text: strings.Repeat("长\U0001F600", 150_000)}
			require.NoError(t, tx.AddEntry(ctx, big))
			line, err = tx.Entries(ctx, ticket.ID, 1)
			require.NoError(t, err)
			require.Equal(t, big.Text, line[0].Text)
		})
	})
}

func TestWhatIsSlowIsLoggedWithoutWhatWasSaid(t *testing.T) {
	var log bytes.Buffer
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "a.db"), store.Options{Slow: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	defer db.Close()
	_, err = migrations.Up(ctx, db.Bun())
	require.NoError(t, err)
	require.NoError(t, db.Keep(ctx, []bot.Event{{Platform: tickets.WeCom, Key: "geheim", Raw: []byte("geheim")}}))
	within(t, db, func(ctx context.Context, tx tickets.Tx) {
		require.NoError(t, tx.AddEntry(ctx, &tickets.Entry{TicketID: 1, Text: "geheim"}))
	})
	require.Contains(t, log.String(), "what=\"keep events\"")
	require.Contains(t, log.String(), "what=transaction")
	require.NotContains(t, log.String(), "geheim")
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct{ url, says string }{
		{"mysql://localhost", "database.url"}, {"sqlite:", "sqlite:PATH"}, {"sqlite::memory:", "sqlite:PATH"},
		{"sqlite:" + filepath.Join(t.TempDir(), "no", "such", "folder", "x.db"), "no such file"},
		{"postgres://user:geheim@:::/x", "database.url"},
	} {
		_, err := store.Open(ctx, c.url, store.Options{})
		require.ErrorContains(t, err, c.says, c.url)
		require.NotContains(t, fmt.Sprint(err), "geheim")
	}
}
