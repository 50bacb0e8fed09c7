package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/store"
	"servicedesk/tickets"
)

func fullDelivery() tickets.Delivery {
	at := func(h int) time.Time { return kept(morning.Add(time.Duration(h) * time.Hour)) }
	return tickets.Delivery{Lane: "wecom:3", Key: "reply:1", Use: tickets.UseReply, State: tickets.DeliveryPending, TicketID: 1, ConversationID: 3, StaffID: 4, Chat: "oc_1",
		Target: "om_2", Urgency: tickets.UrgencyEmergency, ExpiresAt: at(1), CreatedAt: at(2), QueuedAt: at(3), NextAt: at(4), Attempts: 5, FirstTry: at(6), RemoteID: "r1",
		LastError: "busy", MergedIn: 7, Body: tickets.Body{Text: "您好", Menu: &tickets.Menu{Head: "?", Items: []tickets.MenuItem{{ID: "1", Text: "是"}}},
			Card: &tickets.Card{Title: "卡", Lines: []tickets.Line{{Label: "a", Text: "b"}}}, Media: &tickets.Attachment{Key: "f"}, Mentions: []tickets.RemoteID{"ou_1"},
			Emoji: "OK", Code: "c", Sources: []tickets.RemoteID{"om_source", "om_second"}}}
}

func TestDeliveryComesBackAsItWasSaved(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		want := fullDelivery()
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.Enqueue(ctx, &want))
			require.NotZero(t, want.ID)
			copied := tickets.Delivery{Lane: "wecom:3", Key: "reply:2", Body: tickets.Body{Sources: want.Body.Sources}}
			require.NoError(t, tx.Enqueue(ctx, &copied))
			require.Equal(t, tickets.DeliveryPending, copied.State)
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for _, read := range []func() (*tickets.Delivery, error){
				func() (*tickets.Delivery, error) { return tx.LockDelivery(ctx, want.ID) },
				func() (*tickets.Delivery, error) { return tx.DeliveryByRemote(ctx, tickets.WeCom, "r1") },
				func() (*tickets.Delivery, error) { return tx.DeliveryBySource(ctx, "om_source") },
			} {
				got, err := read()
				require.NoError(t, err)
				require.Equal(t, want, *got)
			}
			for _, missing := range []func() (*tickets.Delivery, error){
				func() (*tickets.Delivery, error) { return tx.LockDelivery(ctx, 99) },
				func() (*tickets.Delivery, error) { return tx.DeliveryByRemote(ctx, tickets.Feishu, "r1") },
				func() (*tickets.Delivery, error) { return tx.DeliveryByRemote(ctx, tickets.WeCom, "") },
				func() (*tickets.Delivery, error) { return tx.DeliveryBySource(ctx, "om_second") },
				func() (*tickets.Delivery, error) { return tx.DeliveryBySource(ctx, "") },
			} {
				_, err := missing()
				require.ErrorIs(t, err, tickets.ErrNotFound)
			}
			changed := want
			changed.State, changed.Attempts, changed.LastError, changed.RemoteID, changed.MergedIn = tickets.DeliverySent, 9, "", "r2", 0
			changed.Body = tickets.Body{Text: "merged"}
			changed.NextAt = time.Time{}
			require.NoError(t, tx.SaveDelivery(ctx, &changed))
			got, err := tx.DeliveryBySource(ctx, "om_source") // what it was made from stays known
			require.NoError(t, err)
			require.Equal(t, changed, *got)
			require.ErrorIs(t, tx.SaveDelivery(ctx, &tickets.Delivery{ID: 99}), tickets.ErrNotFound)
		})
	})
}

func TestTheSameCauseOwesOnce(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		first := tickets.Delivery{Lane: "topic:1", Key: "k", Body: tickets.Body{Text: "first"}}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.Enqueue(ctx, &first))
			again := tickets.Delivery{Lane: "topic:1", Key: "k", Body: tickets.Body{Text: "again in the same transaction"}}
			require.NoError(t, tx.Enqueue(ctx, &again))
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			again := tickets.Delivery{Lane: "topic:2", Key: "k", Body: tickets.Body{Text: "again"}}
			require.NoError(t, tx.Enqueue(ctx, &again))
			for i := range 10 { // nor does any other delivery get its id
				other := tickets.Delivery{Lane: "topic:3", Key: fmt.Sprint("other", i)}
				require.NoError(t, tx.Enqueue(ctx, &other))
				require.NotEqual(t, again.ID, other.ID)
				if i%3 == 0 {
					again = tickets.Delivery{Lane: "topic:2", Key: "k"}
					require.NoError(t, tx.Enqueue(ctx, &again))
				}
			}
			again.State = tickets.DeliverySent
			require.ErrorIs(t, tx.SaveDelivery(ctx, &again), tickets.ErrNotFound)
			rows, err := tx.Waiting(ctx, "topic:1")
			require.NoError(t, err)
			require.Len(t, rows, 1)
			require.Equal(t, first, *rows[0])
			rows, err = tx.Waiting(ctx, "topic:2")
			require.NoError(t, err)
			require.Empty(t, rows)
		})
	})
}

func TestWaitingAndRelease(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		var b bell
		db.SetWaker(&b)
		states := []tickets.DeliveryState{tickets.DeliveryPending, tickets.DeliveryHeld, tickets.DeliverySent, tickets.DeliveryHeld, tickets.DeliveryFailed, tickets.DeliveryPending,
			tickets.DeliveryMerged, tickets.DeliveryCancelled, tickets.DeliveryUnknown}
		keys := func(ctx context.Context, tx tickets.Tx, lane tickets.Lane) (list []string) {
			rows, err := tx.Waiting(ctx, lane)
			require.NoError(t, err)
			for _, d := range rows {
				list = append(list, fmt.Sprintf("%s %s", d.Key, d.State))
			}
			return list
		}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for i, s := range states {
				require.NoError(t, tx.Enqueue(ctx, &tickets.Delivery{Lane: "wecom:1", Key: fmt.Sprint(i), State: s, NextAt: morning}))
			}
			require.NoError(t, tx.Enqueue(ctx, &tickets.Delivery{Lane: "wecom:2", Key: "other", State: tickets.DeliveryHeld}))
			require.Equal(t, []string{"0 pending", "1 held", "3 held", "5 pending"}, keys(ctx, tx, "wecom:1"))
		})
		require.Equal(t, []string{"lane wecom:1", "lane wecom:2"}, b.rung()) // each once
		backlog, err := db.Backlog(context.Background(), morning)
		require.NoError(t, err)
		require.Equal(t, 2, backlog.Outbox)
		require.Equal(t, 3, backlog.Held)
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.Release(ctx, "wecom:1"))
			require.Equal(t, []string{"0 pending", "1 pending", "3 pending", "5 pending"}, keys(ctx, tx, "wecom:1"))
			require.Equal(t, []string{"other held"}, keys(ctx, tx, "wecom:2"))
			rows, err := tx.Waiting(ctx, "wecom:1")
			require.NoError(t, err)
			require.Zero(t, rows[1].NextAt) // due at once
			require.Equal(t, kept(morning), rows[0].NextAt)
		})
		require.Equal(t, []string{"lane wecom:1"}, b.rung())
	})
}

// Rows that travel together arrive whole and in order, however many there are.
func TestManyRowsOfOneTransaction(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		const n = 21
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for i := range n {
				require.NoError(t, tx.AddEntry(ctx, &tickets.Entry{TicketID: 1, Text: fmt.Sprint(i), At: morning}))
				d := tickets.Delivery{Lane: "wecom:1", Key: fmt.Sprint(i / 2), Body: tickets.Body{Text: fmt.Sprint(i)}} // every other key is known
				require.NoError(t, tx.Enqueue(ctx, &d))
			}
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			entries, err := tx.Entries(ctx, 1, 0)
			require.NoError(t, err)
			require.Len(t, entries, n)
			for i, e := range entries {
				require.Equal(t, fmt.Sprint(i), e.Text)
				require.Equal(t, kept(morning), e.At)
			}
			rows, err := tx.Waiting(ctx, "wecom:1")
			require.NoError(t, err)
			require.Len(t, rows, (n+1)/2)
			for i, d := range rows {
				require.Equal(t, fmt.Sprint(2*i), d.Body.Text)
			}
		})
	})
}

// A lane towards a customer is read whole: what has a reserved place may overtake everything held. Of a Feishu lane the head decides.
func TestWaitingReadsAsMuchOfALaneAsCanMatter(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for i := range 120 {
				for _, lane := range []tickets.Lane{"wecom:1", "topic:1"} {
					require.NoError(t, tx.Enqueue(ctx, &tickets.Delivery{Lane: lane, Key: fmt.Sprint(lane, i)}))
				}
			}
			customer, err := tx.Waiting(ctx, "wecom:1")
			require.NoError(t, err)
			require.Len(t, customer, 120)
			topic, err := tx.Waiting(ctx, "topic:1")
			require.NoError(t, err)
			require.Less(t, len(topic), 120)
			for i, d := range topic {
				require.Equal(t, fmt.Sprint("topic:1", i), d.Key)
			}
		})
	})
}

func TestTimers(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		_, some, err := db.NextDue(ctx)
		require.NoError(t, err)
		require.False(t, some)
		set := func(kind tickets.TimerKind, subject int64, due time.Time, u tickets.Urgency) {
			within(t, db, func(ctx context.Context, tx tickets.Tx) {
				require.NoError(t, tx.SetTimer(ctx, tickets.Timer{Kind: kind, Subject: subject, DueAt: due, Urgency: u}))
			})
		}
		set(tickets.TimerConfirm, 1, morning.Add(time.Hour), tickets.UrgencyInteractive)
		set(tickets.TimerClose, 1, morning.Add(2*time.Hour), tickets.UrgencyInteractive)
		set(tickets.TimerConfirm, 2, morning.Add(3*time.Hour), tickets.UrgencyEmergency)
		set(tickets.TimerConfirm, 3, morning.Add(4*time.Hour), tickets.UrgencyCare)
		next, some, err := db.NextDue(ctx)
		require.NoError(t, err)
		require.True(t, some)
		require.Equal(t, kept(morning.Add(time.Hour)), next)

		names := func(list []tickets.Timer, err error) (out []string) {
			require.NoError(t, err)
			for _, x := range list {
				out = append(out, fmt.Sprintf("%s %d gen %d", x.Kind, x.Subject, x.Gen))
			}
			return out
		}
		at := morning.Add(3 * time.Hour)
		require.Equal(t, []string{"confirm 2 gen 1", "confirm 1 gen 1", "close 1 gen 1"}, names(db.DueTimers(ctx, at, 10)))
		require.Equal(t, []string{"confirm 2 gen 1"}, names(db.DueTimers(ctx, at, 1)))
		require.Empty(t, names(db.DueTimers(ctx, morning, 10)))
		require.Equal(t, []string{"confirm 3 gen 1"}, names(db.UpcomingTimers(ctx, at, at.Add(time.Hour), 10)))
		require.Empty(t, names(db.UpcomingTimers(ctx, at, at.Add(time.Minute), 10)))
		b, err := db.Backlog(ctx, at)
		require.NoError(t, err)
		require.Equal(t, 3, b.DueTimers)

		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.CancelTimer(ctx, tickets.TimerClose, 1))
			require.NoError(t, tx.CancelTimer(ctx, tickets.TimerClose, 99))
		})
		set(tickets.TimerConfirm, 1, morning.Add(6*time.Hour), tickets.UrgencyInteractive)
		require.Equal(t, []string{"confirm 2 gen 1"}, names(db.DueTimers(ctx, at, 10)))
		require.Equal(t, []string{"confirm 3 gen 1", "confirm 1 gen 2"}, names(db.UpcomingTimers(ctx, at, at.Add(9*time.Hour), 10)))
		set(tickets.TimerClose, 1, morning, tickets.UrgencyInteractive)
		require.Equal(t, []string{"close 1 gen 3"}, names(db.DueTimers(ctx, morning, 10)))
	})
}

func TestACardIsUnderWayFromItsFirstAttemptToItsEnd(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		under := func(tx tickets.Tx, chat tickets.RemoteID) bool {
			found, err := tx.CardUnderWay(context.Background(), chat)
			require.NoError(t, err)
			return found
		}
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			ticket := tickets.Ticket{Number: "HLDL-0001", Status: tickets.StatusNew, ChatID: "oc_1"}
			require.NoError(t, tx.SaveTicket(ctx, &ticket))
			words := tickets.Delivery{Lane: "topic:1", Key: "words", Use: tickets.UseTopic, TicketID: ticket.ID, Attempts: 1}
			require.NoError(t, tx.Enqueue(ctx, &words))
			card := tickets.Delivery{Lane: "topic:1", Key: "card", Use: tickets.UseTicketCard, TicketID: ticket.ID}
			require.NoError(t, tx.Enqueue(ctx, &card))
			require.False(t, under(tx, "oc_1"), "nothing was sent yet")
			card.Attempts = 1
			require.NoError(t, tx.SaveDelivery(ctx, &card))
			require.True(t, under(tx, "oc_1"))
			require.False(t, under(tx, "oc_2"), "another group")
			card.State = tickets.DeliverySent
			require.NoError(t, tx.SaveDelivery(ctx, &card))
			require.False(t, under(tx, "oc_1"))
		})
	})
}

func TestATimerIsTakenOnceWhenItIsDue(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.SetTimer(ctx, tickets.Timer{Kind: tickets.TimerConfirm, Subject: 1, DueAt: morning}))
		})
		due, err := db.DueTimers(context.Background(), morning, 1)
		require.NoError(t, err)
		take := func(now time.Time) (got tickets.Timer, err error) {
			err = db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) (err error) {
				got, err = tx.TakeTimer(ctx, due[0].ID, now)
				return err
			})
			return got, err
		}
		_, err = take(morning.Add(-time.Millisecond)) // early
		require.ErrorIs(t, err, tickets.ErrNotFound)
		const workers = 16
		results := make(chan error, workers)
		for range workers {
			go func() { _, err := take(morning); results <- err }()
		}
		taken := 0
		for range workers {
			if err := <-results; err == nil {
				taken++
			} else {
				require.ErrorIs(t, err, tickets.ErrNotFound)
			}
		}
		require.Equal(t, 1, taken)
		within(t, db, func(ctx context.Context, tx tickets.Tx) { // re-armed, an old nudge for the same row is early
			require.NoError(t, tx.SetTimer(ctx, tickets.Timer{Kind: tickets.TimerConfirm, Subject: 1, DueAt: morning.Add(time.Hour)}))
		})
		_, err = take(morning)
		require.ErrorIs(t, err, tickets.ErrNotFound)
		got, err := take(morning.Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, tickets.Timer{ID: due[0].ID, Kind: tickets.TimerConfirm, Subject: 1, Gen: 2, DueAt: kept(morning.Add(time.Hour))}, got)
	})
}
