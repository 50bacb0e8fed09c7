package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"servicedesk/tickets"
)

type taskRow struct {
	ID        int64
	StaffID   int64
	TicketID  tickets.TicketID
	Key       string
	Title     string
	Text      string
	Call      bool
	CreatedAt time.Time
	DoneAt    time.Time
	DoneBy    int64
}

type noticeRow struct {
	ID        int64
	StaffID   int64
	TicketID  tickets.TicketID
	Key       string
	Card      tickets.Card
	CreatedAt time.Time
	ToldAt    time.Time
}

type pledgeRow struct {
	ID        int64
	TicketID  tickets.TicketID
	StaffID   int64
	Key       string
	Words     string
	DueAt     time.Time
	State     tickets.PledgeState
	CreatedAt time.Time
	SettledAt time.Time
}

type waiverRow struct {
	ID        int64
	TicketID  tickets.TicketID
	Key       string
	Text      string
	Until     time.Time
	State     tickets.WaiverState
	AskedBy   int64
	DecidedBy int64
	CreatedAt time.Time
}

type draftRow struct {
	ID         int64
	CustomerID int64
	Week       string
	Text       string
	Tickets    []tickets.TicketID
	State      tickets.DraftState
	CreatedAt  time.Time
	SettledAt  time.Time
	SettledBy  int64
}

var (
	taskRows   = mapped[taskRow]("tasks")
	noticeRows = mapped[noticeRow]("notices")
	pledgeRows = mapped[pledgeRow]("pledges")
	waiverRows = mapped[waiverRow]("waivers")
	draftRows  = mapped[draftRow]("drafts")
)

// addOnce inserts a row without id and sets that, unless one with the same unique columns is there: then added is false.
func addOnce[T any](ctx context.Context, t *tx, m *mapping[T], what, unique string, row *T) (added bool, err error) {
	args, err := m.values(row)
	if err != nil {
		return false, err
	}
	err = t.run(ctx, op{what: what, sql: m.createQuietly(unique) + " RETURNING id", args: args[1:], row: func(s scanner) error {
		added = true
		return s.Scan(m.targets(row)[0])
	}})
	return added, err
}

func (t *tx) AddTask(ctx context.Context, task *tickets.Task) (bool, error) {
	row := taskRow(*task)
	added, err := addOnce(ctx, t, taskRows, "add a task", "key", &row)
	task.ID = row.ID
	return added, err
}

func (t *tx) Task(ctx context.Context, id int64) (tickets.Task, error) {
	row, err := one(ctx, t.run, taskRows, fmt.Sprintf("read task %d", id), "WHERE id = $1", id)
	return tickets.Task(row), err
}

func (t *tx) OpenTasks(ctx context.Context, staffID int64, orphans bool) ([]tickets.Task, error) {
	rest := "WHERE done_at IS NULL AND staff_id = $1 ORDER BY id LIMIT 100"
	if orphans {
		rest = "WHERE done_at IS NULL AND (staff_id = $1 OR staff_id IN (SELECT id FROM staff WHERE NOT active)) ORDER BY id LIMIT 100"
	}
	rows, err := many(ctx, t.run, taskRows, "list tasks", rest, staffID)
	return convert(rows, func(r taskRow) tickets.Task { return tickets.Task(r) }), err
}

func convert[A, B any](list []A, f func(A) B) []B {
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = f(a)
	}
	return out
}

func (t *tx) FinishTask(ctx context.Context, id, by int64, at time.Time) (bool, error) {
	return t.first(ctx, op{what: fmt.Sprintf("finish task %d", id), args: []any{id, by, when(at)},
		sql: "UPDATE tasks SET done_at = $3, done_by = $2 WHERE id = $1 AND done_at IS NULL"})
}

// first runs a compare and set; false: somebody was quicker.
func (t *tx) first(ctx context.Context, o op) (bool, error) {
	o.sql += " RETURNING id"
	won := false
	o.row = func(s scanner) error {
		won = true
		return s.Scan(new(int64))
	}
	return won, t.run(ctx, o)
}

func (t *tx) HoldNotice(ctx context.Context, n *tickets.Notice) error {
	row := noticeRow(*n)
	args, err := noticeRows.values(&row)
	if err != nil {
		return err
	}
	return t.later(ctx, op{what: "hold a notice", sql: noticeRows.createQuietly("staff_id, key"), args: args[1:]})
}

func (t *tx) HeldNotices(ctx context.Context, staffID int64) ([]tickets.Notice, error) {
	rows, err := many(ctx, t.run, noticeRows, "list held notices", "WHERE staff_id = $1 AND told_at IS NULL ORDER BY id", staffID)
	return convert(rows, func(r noticeRow) tickets.Notice { return tickets.Notice(r) }), err
}

func (t *tx) TellNotices(ctx context.Context, staffID, upTo int64, at time.Time) error {
	return t.later(ctx, op{what: "note that notices were told", args: []any{staffID, upTo, when(at)},
		sql: "UPDATE notices SET told_at = $3 WHERE staff_id = $1 AND id <= $2 AND told_at IS NULL"})
}

func (t *tx) AddPledge(ctx context.Context, p *tickets.Pledge) (bool, error) {
	row := pledgeRow(*p)
	added, err := addOnce(ctx, t, pledgeRows, "add a pledge", "key", &row)
	p.ID = row.ID
	return added, err
}

func (t *tx) Pledge(ctx context.Context, id int64) (tickets.Pledge, error) {
	row, err := one(ctx, t.run, pledgeRows, fmt.Sprintf("read pledge %d", id), "WHERE id = $1", id)
	return tickets.Pledge(row), err
}

func (t *tx) SavePledge(ctx context.Context, p tickets.Pledge) error {
	row := pledgeRow(p)
	return save(ctx, t, pledgeRows, "save the pledge", &row, row.ID)
}

func (t *tx) Pledges(ctx context.Context, id tickets.TicketID) ([]tickets.Pledge, error) {
	rows, err := many(ctx, t.run, pledgeRows, "list pledges", "WHERE ticket_id = $1 ORDER BY id", int64(id))
	return convert(rows, func(r pledgeRow) tickets.Pledge { return tickets.Pledge(r) }), err
}

func (t *tx) PledgeCounts(ctx context.Context, staffID int64) (kept, broken int, err error) {
	err = t.run(ctx, op{what: "count pledges", args: []any{staffID},
		sql: "SELECT state, COUNT(*) FROM pledges WHERE staff_id = $1 AND state IN ('kept', 'broken') GROUP BY state",
		row: func(s scanner) error {
			var state string
			var n int
			if err := s.Scan(&state, &n); err != nil {
				return err
			}
			if tickets.PledgeState(state) == tickets.PledgeKept {
				kept = n
			} else {
				broken = n
			}
			return nil
		}})
	return kept, broken, err
}

func (t *tx) AddWaiver(ctx context.Context, w *tickets.Waiver) (bool, error) {
	row := waiverRow(*w)
	added, err := addOnce(ctx, t, waiverRows, "add an exception", "key", &row)
	w.ID = row.ID
	return added, err
}

func (t *tx) Waiver(ctx context.Context, id int64) (tickets.Waiver, error) {
	row, err := one(ctx, t.run, waiverRows, fmt.Sprintf("read exception %d", id), "WHERE id = $1", id)
	return tickets.Waiver(row), err
}

func (t *tx) SaveWaiver(ctx context.Context, w tickets.Waiver) error {
	row := waiverRow(w)
	return save(ctx, t, waiverRows, "save the exception", &row, row.ID)
}

func (t *tx) Waivers(ctx context.Context, id tickets.TicketID) ([]tickets.Waiver, error) {
	rows, err := many(ctx, t.run, waiverRows, "list exceptions", "WHERE ticket_id = $1 ORDER BY id", int64(id))
	return convert(rows, func(r waiverRow) tickets.Waiver { return tickets.Waiver(r) }), err
}

func (t *tx) AddDraft(ctx context.Context, draft *tickets.Draft) (bool, error) {
	row := draftRow(*draft)
	added, err := addOnce(ctx, t, draftRows, "add a draft", "customer_id, week", &row)
	draft.ID = row.ID
	return added, err
}

func (t *tx) Draft(ctx context.Context, id int64) (tickets.Draft, error) {
	row, err := one(ctx, t.run, draftRows, fmt.Sprintf("read draft %d", id), "WHERE id = $1", id)
	return tickets.Draft(row), err
}

func (t *tx) SettleDraft(ctx context.Context, draft tickets.Draft) (bool, error) {
	return t.first(ctx, op{what: fmt.Sprintf("settle draft %d", draft.ID),
		args: []any{draft.ID, clean(draft.Text), clean(string(draft.State)), when(draft.SettledAt), draft.SettledBy},
		sql:  "UPDATE drafts SET text = $2, state = $3, settled_at = $4, settled_by = $5 WHERE id = $1 AND state = 'open'"})
}

func (t *tx) AddSilence(ctx context.Context, id tickets.TicketID, since time.Time) error {
	return t.later(ctx, op{what: "note a silence", args: []any{int64(id), when(since)},
		sql: "INSERT INTO silences (ticket_id, since) VALUES ($1, $2) ON CONFLICT (ticket_id) DO NOTHING"})
}

func (t *tx) EndSilence(ctx context.Context, id tickets.TicketID) error {
	return t.later(ctx, op{what: "end a silence", sql: "DELETE FROM silences WHERE ticket_id = $1", args: []any{int64(id)}})
}

// watchMost bounds one list of what needs a look.
const watchMost = 500

// oursToMove are the statuses in which the next step is ours, notOver all in which a ticket is not over.
const (
	oursToMove = "status IN ('new', 'assigned', 'in_progress', 'reopened')"
	notOver    = "status IN ('new', 'assigned', 'in_progress', 'reopened', 'waiting', 'solved')"
)

// watchTerms select by reason; the idle ones take the moment before which nothing was touched.
var watchTerms = map[tickets.Watch]string{
	// a broken promise of the service level that is still owed, or one in words after which none was made
	tickets.WatchOverdue: oursToMove + ` AND (id IN (SELECT c.ticket_id FROM clocks AS c WHERE c.breached_at IS NOT NULL AND c.met_at IS NULL)
		OR id IN (SELECT p.ticket_id FROM pledges AS p WHERE p.state = 'broken'
		AND NOT EXISTS (SELECT 1 FROM pledges AS q WHERE q.ticket_id = p.ticket_id AND q.id > p.id AND q.state IN ('pending', 'kept'))))`,
	tickets.WatchSilent: oursToMove + " AND id IN (SELECT ticket_id FROM silences)",
	tickets.WatchIdle: "(status = 'new' AND owner_id = 0 OR status IN ('new', 'assigned', 'reopened') AND updated_at < $1" +
		" OR " + oursToMove + " AND owner_id IN (SELECT id FROM staff WHERE NOT active))",
}

func (t *tx) Watched(ctx context.Context, why tickets.Watch, before time.Time) ([]*tickets.Ticket, error) {
	term, ok := watchTerms[why]
	if !ok {
		return nil, errors.New("nothing is watched for " + string(why))
	}
	var args []any
	if strings.Contains(term, "$1") {
		args = append(args, when(before))
	}
	return t.ticketsBy(ctx, "find tickets that need a look", fmt.Sprintf("WHERE %s ORDER BY opened_at, id LIMIT %d", term, watchMost), args...)
}

func (t *tx) ticketsBy(ctx context.Context, what, rest string, args ...any) ([]*tickets.Ticket, error) {
	rows, err := many(ctx, t.run, ticketRows, what, rest, args...)
	return convert(rows, func(r ticketRow) *tickets.Ticket {
		found, _ := t.foundTicket(r, nil)
		return found
	}), err
}

func (t *tx) LongOpen(ctx context.Context, before time.Time) ([]*tickets.Ticket, error) {
	return t.ticketsBy(ctx, "find tickets open for long", "WHERE "+notOver+" AND opened_at < $1 ORDER BY customer_id, id", when(before))
}

// Beside is one round trip.
func (t *tx) Beside(ctx context.Context, of *tickets.Ticket, since time.Time) (tickets.Beside, error) {
	var b tickets.Beside
	ops := []op{
		{what: "list pending pledges", sql: pledgeRows.read + "WHERE ticket_id = $1 AND state = 'pending' ORDER BY id", args: []any{int64(of.ID)},
			row: func(s scanner) error {
				var row pledgeRow
				err := s.Scan(pledgeRows.targets(&row)...)
				b.Pending = append(b.Pending, tickets.Pledge(row))
				return err
			}},
		{what: "list granted exceptions", sql: waiverRows.read + "WHERE ticket_id = $1 AND state = 'granted' ORDER BY id", args: []any{int64(of.ID)},
			row: func(s scanner) error {
				var row waiverRow
				err := s.Scan(waiverRows.targets(&row)...)
				b.Granted = append(b.Granted, tickets.Waiver(row))
				return err
			}},
	}
	if of.Module != "" && of.CustomerID != 0 {
		ops = append(ops, op{what: "find earlier tickets on a module", args: []any{of.CustomerID, clean(of.Module), when(since), int64(of.ID)},
			sql: `SELECT number FROM tickets WHERE customer_id = $1 AND module = $2 AND module <> '' AND opened_at > $3 AND id < $4
				AND merged_into = 0 AND status <> 'cancelled' ORDER BY id`,
			row: func(s scanner) error {
				var number string
				err := s.Scan(&number)
				b.Earlier = append(b.Earlier, number)
				return err
			}})
	}
	return b, t.run(ctx, ops...)
}

func (t *tx) ConversationOf(ctx context.Context, contactID int64) (*tickets.Conversation, error) {
	return t.foundConversation(one(ctx, t.run, conversationRows, "find a contact's conversation",
		"WHERE contact_id = $1 ORDER BY CASE WHEN account = '' THEN 1 ELSE 0 END,"+
			" CASE WHEN window_last_in IS NULL THEN 1 ELSE 0 END, window_last_in DESC, id DESC LIMIT 1", contactID))
}

func (t *tx) MoveTickets(ctx context.Context, from, to int64) error {
	return t.run(ctx, op{what: "move tickets to another conversation", args: []any{from, to},
		sql: "UPDATE tickets SET conversation_id = $2 WHERE conversation_id = $1"})
}
