package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
	"servicedesk/store"
	"servicedesk/tickets"
)

func fullTicket() tickets.Ticket {
	at := func(h int) time.Time { return kept(morning.Add(time.Duration(h) * time.Hour)) }
	return tickets.Ticket{Number: "HLDL-0001", CustomerID: 1, ContactID: 2, ConversationID: 3, Status: tickets.StatusSolved, Type: tickets.TypeOutage,
		Priority: 1, Urgent: true, Title: "打不开", OwnerID: 4, LastWords: "还是不行", Solution: "重启", Rating: 5, Nudges: 6, Reopened: 7, ChatID: "oc_1",
		CardID: "om_1", CardShown: 8, CardEditedAt: at(0), OpenedAt: at(1), RespondedAt: at(2), SolvedAt: at(3), ConfirmedAt: at(4), ClosedAt: at(5), UpdatedAt: at(6)}
}

func TestTicketComesBackAsItWasSaved(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		want := fullTicket()
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			require.NoError(t, tx.SaveTicket(ctx, &want))
			require.NotZero(t, want.ID)
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for _, read := range []func() (*tickets.Ticket, error){
				func() (*tickets.Ticket, error) { return tx.Ticket(ctx, want.ID) },
				func() (*tickets.Ticket, error) { return tx.LockTicket(ctx, want.ID) },
				func() (*tickets.Ticket, error) { return tx.TicketByNumber(ctx, "HLDL-0001") },
				func() (*tickets.Ticket, error) { return tx.TicketByCard(ctx, "om_1") },
			} {
				got, err := read()
				require.NoError(t, err)
				require.Equal(t, want, *got)
			}
			bare := tickets.Ticket{ID: want.ID, Number: "HLDL-0001"}
			require.NoError(t, tx.SaveTicket(ctx, &bare))
			got, err := tx.Ticket(ctx, want.ID)
			require.NoError(t, err)
			require.Equal(t, bare, *got)
			for _, missing := range []func() (*tickets.Ticket, error){
				func() (*tickets.Ticket, error) { return tx.Ticket(ctx, 99) },
				func() (*tickets.Ticket, error) { return tx.LockTicket(ctx, 99) },
				func() (*tickets.Ticket, error) { return tx.TicketByNumber(ctx, "HLDL-0099") },
				func() (*tickets.Ticket, error) { return tx.TicketByCard(ctx, "") },
			} {
				_, err := missing()
				require.ErrorIs(t, err, tickets.ErrNotFound)
			}
			require.ErrorIs(t, tx.SaveTicket(ctx, &tickets.Ticket{ID: 99, Number: "X-1"}), tickets.ErrNotFound)
		})
	})
}

func TestNumbersHaveNoGapsAndOldOnesStillLead(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		_, err := db.ImportDirectory(context.Background(), customers.Directory{Customers: []customers.DirectoryCustomer{{Customer: customers.Customer{Code: "HLDL", Name: "恒力电缆"}}}})
		require.NoError(t, err)
		var hl int64
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.FindCustomer(ctx, "hldl")
			require.NoError(t, err)
			hl = c.ID
		})
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[string]bool{}
		for n := range 24 {
			wg.Go(func() {
				id := []int64{0, hl}[n%2]
				err := db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
					number, err := tx.NextNumber(ctx, id)
					if err != nil {
						return err
					}
					if n >= 20 {
						return errors.New("given back")
					}
					mu.Lock()
					defer mu.Unlock()
					got[number] = true
					return nil
				})
				if n < 20 {
					require.NoError(t, err)
				}
			})
		}
		wg.Wait()
		for n := 1; n <= 10; n++ {
			require.True(t, got[fmt.Sprintf("NEW-%04d", n)])
			require.True(t, got[fmt.Sprintf("HLDL-%04d", n)])
		}
		require.ErrorIs(t, db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
			_, err := tx.NextNumber(ctx, 99)
			return err
		}), tickets.ErrNotFound)

		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			x := &tickets.Ticket{Number: "NEW-0011"}
			require.NoError(t, tx.SaveTicket(ctx, x))
			x.Number, x.CustomerID = "HLDL-0011", hl
			require.NoError(t, tx.SaveTicket(ctx, x))
			require.NoError(t, tx.SaveTicket(ctx, x))
			for _, number := range []string{"NEW-0011", "HLDL-0011"} {
				found, err := tx.TicketByNumber(ctx, number)
				require.NoError(t, err)
				require.Equal(t, *x, *found)
			}
		})
		for _, taken := range []string{"NEW-0011", "HLDL-0011"} {
			require.ErrorIs(t, db.InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
				return tx.SaveTicket(ctx, &tickets.Ticket{Number: taken})
			}), tickets.ErrConflict, taken)
		}
	})
}

func TestAMatterIsLockedWhole(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		var ticket, loose tickets.Ticket
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.LockConversation(ctx, "wk1", "wm1")
			require.NoError(t, err)
			ticket = tickets.Ticket{Number: "A-1", ConversationID: c.ID, Status: tickets.StatusNew}
			require.NoError(t, tx.SaveTicket(ctx, &ticket))
			loose = tickets.Ticket{Number: "A-2", ConversationID: 99}
			require.NoError(t, tx.SaveTicket(ctx, &loose))
		})
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			got, c, err := tx.LockMatter(ctx, ticket.ID)
			require.NoError(t, err)
			require.Equal(t, "A-1", got.Number)
			require.Equal(t, tickets.RemoteID("wm1"), c.Peer)
			for _, id := range []tickets.TicketID{loose.ID, 99} {
				_, _, err = tx.LockMatter(ctx, id)
				require.ErrorIs(t, err, tickets.ErrNotFound)
			}
		})
	})
}

// Many count on one matter at once, through its ticket or its conversation: nobody's step is lost.
func TestAMatterLetsOneInAtATime(t *testing.T) {
	replicas(t, func(t *testing.T, dbs [2]*store.DB) {
		var ticket tickets.Ticket
		var conversation int64
		within(t, dbs[0], func(ctx context.Context, tx tickets.Tx) {
			c, err := tx.LockConversation(ctx, "wk1", "wm1")
			require.NoError(t, err)
			conversation = c.ID
			ticket = tickets.Ticket{Number: "A-1", ConversationID: c.ID}
			require.NoError(t, tx.SaveTicket(ctx, &ticket))
		})
		const workers, rounds = 8, 10
		var wg sync.WaitGroup
		for w := range workers {
			wg.Go(func() {
				for range rounds {
					err := dbs[w%2].InTx(context.Background(), func(ctx context.Context, tx tickets.Tx) error {
						if w%4 == 0 {
							c, err := tx.LockConversationByID(ctx, conversation)
							if err != nil {
								return err
							}
							c.Window.Sent++
							return tx.SaveConversation(ctx, c)
						}
						got, c, err := tx.LockMatter(ctx, ticket.ID)
						if err != nil {
							return err
						}
						got.Nudges++
						c.Window.Sent++
						if err := tx.SaveConversation(ctx, c); err != nil {
							return err
						}
						return tx.SaveTicket(ctx, got)
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		within(t, dbs[0], func(ctx context.Context, tx tickets.Tx) {
			got, c, err := tx.LockMatter(ctx, ticket.ID)
			require.NoError(t, err)
			require.Equal(t, workers*rounds*3/4, got.Nudges)
			require.Equal(t, workers*rounds, c.Window.Sent)
		})
	})
}

func TestFindTickets(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			for _, x := range []tickets.Ticket{
				{Number: "A-1", CustomerID: 1, ContactID: 1, ConversationID: 1, OwnerID: 1, Status: tickets.StatusNew, Title: "100% sure", OpenedAt: morning},
				{Number: "A-2", CustomerID: 1, ContactID: 1, ConversationID: 1, OwnerID: 2, Status: tickets.StatusClosed, Title: "snake_case", OpenedAt: morning.Add(time.Hour)},
				{Number: "A-3", CustomerID: 2, ContactID: 2, ConversationID: 2, OwnerID: 2, Status: tickets.StatusNew, Urgent: true, Solution: `C:\temp 重启`, OpenedAt: morning.Add(2 * time.Hour)},
				{Number: "A-4", CustomerID: 2, ContactID: 3, ConversationID: 3, OwnerID: 1, Status: tickets.StatusWaiting, Title: "snakeXcase 1000", OpenedAt: morning.Add(3 * time.Hour)},
			} {
				require.NoError(t, tx.SaveTicket(ctx, &x))
				if x.Number == "A-2" {
					require.NoError(t, tx.AddEntry(ctx, &tickets.Entry{TicketID: x.ID, Text: "Printer 打印机坏了"}))
					x.Number = "B-2"
					require.NoError(t, tx.SaveTicket(ctx, &x))
				}
			}
			for _, c := range []struct {
				name   string
				filter tickets.Filter
				want   []string
			}{
				{"all, urgent first, then newest", tickets.Filter{}, []string{"A-3", "A-4", "B-2", "A-1"}},
				{"limit", tickets.Filter{Limit: 2}, []string{"A-3", "A-4"}},
				{"customer", tickets.Filter{CustomerID: 1}, []string{"B-2", "A-1"}},
				{"contact", tickets.Filter{ContactID: 3}, []string{"A-4"}},
				{"conversation", tickets.Filter{ConversationID: 2}, []string{"A-3"}},
				{"owner and statuses", tickets.Filter{OwnerID: 1, Statuses: []tickets.Status{tickets.StatusWaiting, tickets.StatusClosed}}, []string{"A-4"}},
				{"opened after", tickets.Filter{OpenedAfter: morning.Add(time.Hour)}, []string{"A-3", "A-4"}},
				{"percent is a letter", tickets.Filter{Words: []string{"0%"}}, []string{"A-1"}},
				{"underscore is a letter", tickets.Filter{Words: []string{"e_c"}}, []string{"B-2"}},
				{"backslash is a letter", tickets.Filter{Words: []string{`:\t`}}, []string{"A-3"}},
				{"words said", tickets.Filter{Words: []string{"打印机"}}, []string{"B-2"}},
				{"any case", tickets.Filter{Words: []string{"pRINTER"}}, []string{"B-2"}},
				{"every word must occur", tickets.Filter{Words: []string{"打印机", "重启"}}, nil},
				{"in different places", tickets.Filter{Words: []string{"Printer", "snake"}}, []string{"B-2"}},
				{"an old number", tickets.Filter{Words: []string{"A-2"}}, []string{"B-2"}},
				{"empty words select nothing away", tickets.Filter{Words: []string{"", " \x00"}, CustomerID: 2}, []string{"A-3", "A-4"}},
				{"any number of words of any length", tickets.Filter{Words: slices.Repeat([]string{strings.Repeat("长", 50_000)}, 70_000)}, nil},
				{"everything at once", tickets.Filter{CustomerID: 2, ContactID: 3, ConversationID: 3, OwnerID: 1, Statuses: []tickets.Status{tickets.StatusWaiting},
					OpenedAfter: morning, Words: []string{"1000"}, Limit: 5}, []string{"A-4"}},
			} {
				found, err := tx.FindTickets(ctx, c.filter)
				require.NoError(t, err, c.name)
				var numbers []string
				for _, x := range found {
					numbers = append(numbers, x.Number)
				}
				require.Equal(t, c.want, numbers, c.name)
			}
		})
	})
}

func TestTimeline(t *testing.T) {
	both(t, func(t *testing.T, db *store.DB) {
		within(t, db, func(ctx context.Context, tx tickets.Tx) {
			want := tickets.Entry{TicketID: 1, At: kept(morning), Kind: tickets.EntryWords, By: tickets.ByContact, AuthorID: 2, AuthorName: "李工", Internal: true, Text: "词",
				Platform: tickets.WeCom, RemoteID: "m1", Attached: []tickets.Attachment{{Remote: "r", Key: "k", Name: "n", Image: true}}, Data: map[string]string{"from": "a"}}
			require.NoError(t, tx.AddEntry(ctx, &want))
			require.NotZero(t, want.ID)
			later := []tickets.Entry{{TicketID: 1, Text: "two", Platform: tickets.WeCom, RemoteID: "m1"}, {TicketID: 1, Text: "three"}, {TicketID: 2, Text: "other"},
				{TicketID: 1, Text: "four"}, {TicketID: 1, Text: "five"}}
			last := want.ID
			for i := range later {
				require.NoError(t, tx.AddEntry(ctx, &later[i]))
				require.Greater(t, later[i].ID, last)
				last = later[i].ID
			}
			texts := func(id tickets.TicketID, limit int) (list []string) {
				entries, err := tx.Entries(ctx, id, limit)
				require.NoError(t, err)
				for _, e := range entries {
					list = append(list, e.Text)
				}
				return list
			}
			require.Equal(t, []string{"词", "two", "three", "four", "five"}, texts(1, 0))
			require.Equal(t, []string{"four", "five"}, texts(1, 2))
			require.Empty(t, texts(3, 0))
			got, err := tx.EntryByRemote(ctx, tickets.WeCom, "m1")
			require.NoError(t, err)
			require.Equal(t, want, *got)
			_, err = tx.EntryByRemote(ctx, tickets.Feishu, "m1")
			require.ErrorIs(t, err, tickets.ErrNotFound)
			_, err = tx.EntryByRemote(ctx, "", "")
			require.ErrorIs(t, err, tickets.ErrNotFound)
			require.NoError(t, tx.MoveEntry(ctx, want.ID, 2))
			require.Equal(t, []string{"词", "other"}, texts(2, 0))
			require.ErrorIs(t, tx.MoveEntry(ctx, 99, 2), tickets.ErrNotFound)
		})
	})
}
