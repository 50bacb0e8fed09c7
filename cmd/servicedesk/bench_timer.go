package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"servicedesk/handlers"
	"servicedesk/scheduler"
	"servicedesk/store"
	"servicedesk/tickets"
)

// timeForm is how both databases read a moment.
const timeForm = "2006-01-02 15:04:05.000000+00:00"

// bigDB is a desk that has been at work for years: a million tickets, one in twenty of them open, and as many timers armed for later.
type bigDB struct {
	place   *place
	tickets int
	next    int // first ticket that no timer has fired for
}

// Shares of the big database's tickets, by their number.
const (
	bigOpen   = 20 // one in so many is open
	bigSolved = 40 // one in so many is solved: those have a timer that means something
)

// big makes a database of that many tickets at the place, once.
func (b *bench) big(ctx context.Context, name string, size int) (*bigDB, error) {
	key := fmt.Sprintf("%s %d", name, size)
	if big := b.bigs[key]; big != nil {
		return big, nil
	}
	p, err := b.fresh(ctx, name)
	if err != nil {
		return nil, err
	}
	db, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	b.say(fmt.Sprintf("making a database of %d tickets and timers", size))
	if _, err := db.ImportDirectory(ctx, benchDirectory(1, false)); err != nil {
		return nil, err
	}
	people := max(1, size/20)
	if err := executes(ctx, db, bigRows(size, people)...); err != nil {
		return nil, err
	}
	after := []string{"VACUUM (ANALYZE)", "CHECKPOINT"} // or autovacuum would do it in the middle of a measurement
	if p.lite() {
		after = []string{"ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)"}
	}
	if err := executes(ctx, db, after...); err != nil {
		return nil, err
	}
	big := &bigDB{place: p, tickets: size, next: bigSolved}
	b.bigs[key] = big
	return big, nil
}

// conversationRows are the conversations of contacts whose ids follow those of so many others.
const conversationRows = `INSERT INTO conversations (account, peer, contact_id, current_ticket, asked, asked_ticket, asked_at, asked_entry,
	window_last_in, window_last_click, window_sent, window_shut)
	SELECT '` + benchKF + `', 'wmKnown' || i, i + %d, 0, '', 0, NULL, 0, '2026-01-02 03:04:05+00:00', NULL, 0, FALSE FROM n`

// bigRows fills the tables that grow.
func bigRows(size, people int) []string {
	const then = "'2026-01-02 03:04:05+00:00'"
	return []string{
		sequence(people) + `INSERT INTO contacts (customer_id, name, kind, wecom_id, mobile, locale, noticed_at, created_at)
			SELECT 1, 'K' || i, 'technical', 'wmKnown' || i, '', '', ` + then + `, ` + then + ` FROM n`,
		sequence(people) + fmt.Sprintf(conversationRows, 1),
		sequence(size) + fmt.Sprintf(`INSERT INTO tickets (number, customer_id, contact_id, conversation_id, status, type, priority, urgent, title,
			owner_id, last_words, solution, rating, nudges, reopened, chat_id, card_id, card_shown, card_edited_at, opened_at, responded_at,
			solved_at, confirmed_at, closed_at, updated_at)
			SELECT 'BNAA-' || i, 1, 1 + i %% %[1]d, 1 + i %% %[1]d,
			CASE WHEN i %% %[2]d = 0 THEN 'solved' WHEN i %% %[3]d = 0 THEN 'in_progress' ELSE 'closed' END, 'error', 3, FALSE,
			'采购订单保存不了 ' || i, 1, '还是不行', '清了缓存', 0, 0, 0, 'oc_big', 'om_big' || i, 1, NULL, %[4]s, %[4]s, %[4]s, NULL, NULL, %[4]s
			FROM n`,
			people, bigSolved, bigOpen, then),
		sequence(size) + `INSERT INTO timers (kind, subject, gen, due_at, urgency, armed)
			SELECT 'close', i, 1, '2036-01-02 03:04:05+00:00', 2, TRUE FROM n`,
	}
}

// arm sets timers on solved tickets that nobody used yet, each due a step after the one before.
func (big *bigDB) arm(ctx context.Context, db *store.DB, n int, first time.Time, step time.Duration) error {
	statement := "INSERT INTO timers (kind, subject, gen, due_at, urgency, armed) VALUES "
	for from := 0; from < n; from += 500 {
		text := statement
		for i := from; i < min(n, from+500); i++ {
			if i > from {
				text += ", "
			}
			text += fmt.Sprintf("('confirm', %d, 1, '%s', 2, TRUE)", big.next, first.Add(time.Duration(i)*step).UTC().Format(timeForm))
			if big.next += bigSolved; big.next > big.tickets {
				return fmt.Errorf("a database of %d tickets has not enough solved ones", big.tickets)
			}
		}
		if err := executes(ctx, db, text); err != nil {
			return err
		}
	}
	return nil
}

// firings is the desk with a note of when each timer fired.
type firings struct {
	*handlers.Router
	first time.Time // due

	mu    sync.Mutex
	times map[tickets.TimerID]int
	late  []time.Duration
	last  time.Time // fired
}

var _ scheduler.Desk = (*firings)(nil)

// FireTimer notes the moment at which the timer's work was done.
func (f *firings) FireTimer(ctx context.Context, tx tickets.Tx, t tickets.Timer) error {
	err := f.Router.FireTimer(ctx, tx, t)
	now := machine()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.times[t.ID]++
		f.late = append(f.late, now.Sub(t.DueAt))
		f.last = now
	}
	return err
}

// await waits for so many firings and sorts their lateness; none may come twice.
func (f *firings) await(ctx context.Context, n int, limit time.Duration) error {
	err := until(ctx, limit, fmt.Sprintf("%d timers have fired", n), func() (bool, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.late) >= n, nil
	})
	if err != nil {
		return err
	}
	sleep(ctx, time.Second) // what fires twice does so a poll later
	f.mu.Lock()
	defer f.mu.Unlock()
	slices.Sort(f.late)
	if twice := len(f.late) - len(f.times); twice > 0 {
		return fmt.Errorf("%d timers fired twice", twice)
	}
	return nil
}

// timerRun fires timers that are due a step after each other, beside all that are not.
func (b *bench) timerRun(ctx context.Context, big *bigDB, n int, ahead, step time.Duration) (*firings, error) {
	db, err := big.place.open(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	b.settle(ctx)
	f := &firings{Router: benchRouter(), times: map[tickets.TimerID]int{}}
	_, stop, err := startScheduler(ctx, db, f, nil)
	if err != nil {
		return nil, err
	}
	defer stop()
	f.first = machine().Add(ahead)
	if err := big.arm(ctx, db, n, f.first, step); err != nil {
		return nil, err
	}
	if machine().After(f.first) {
		b.say("arming took longer than thought: the first timers count as late")
	}
	return f, f.await(ctx, n, ahead+time.Duration(n)*step+time.Minute)
}

// benchTimers is benchmark 8.
func benchTimers(ctx context.Context, b *bench) error {
	big, err := b.big(ctx, b.best(), b.scale(1_000_000))
	if err != nil {
		return err
	}
	during := b.span(20*time.Second, 5*time.Second)
	if b.rounds >= 5 {
		during = time.Minute
	}
	f, err := b.timerRun(ctx, big, int(during.Seconds()*10), time.Second, 100*time.Millisecond)
	if err != nil {
		return err
	}
	where := fmt.Sprintf("%d pending, %s", big.tickets, big.place.name)
	b.add(figure{Name: "timer lateness, p50", Ours: millis(percentile(f.late, 0.5)), Unit: "ms", Note: where}, atMost(250))
	b.add(figure{Name: "timer lateness, p99", Ours: millis(percentile(f.late, 0.99)), Unit: "ms"}, atMost(1000))
	n := b.scale(10_000)
	if f, err = b.timerRun(ctx, big, n, 3*time.Second, time.Second/time.Duration(n)); err != nil {
		return err
	}
	b.add(figure{Name: fmt.Sprintf("%d timers due in one second, all fired in", n), Ours: f.last.Sub(f.first).Seconds(), Unit: "s",
		Note: "each once"}, atMost(5))
	return b.quieten(ctx, big)
}

// quieten takes away what the firings left to be delivered: the next benchmark wants a desk with nothing to do.
func (b *bench) quieten(ctx context.Context, big *bigDB) error {
	db, err := big.place.open(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	statements := []string{"DELETE FROM outbox", "VACUUM (ANALYZE)", "CHECKPOINT"}
	if big.place.lite() {
		statements = statements[:1]
	}
	return executes(ctx, db, statements...)
}
