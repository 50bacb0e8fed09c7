package store

import (
	"context"
	"fmt"
	"time"

	"servicedesk/tickets"
)

type timerRow struct {
	ID      tickets.TimerID
	Kind    tickets.TimerKind
	Subject int64
	Gen     int64
	DueAt   time.Time
	Urgency tickets.Urgency
}

var timerRows = mapped[timerRow]("timers")

func (t *tx) SetTimer(ctx context.Context, timer tickets.Timer) error {
	return t.later(ctx, op{what: "set a timer", args: []any{clean(string(timer.Kind)), timer.Subject, when(timer.DueAt), int64(timer.Urgency)},
		sql: `INSERT INTO timers AS t (kind, subject, gen, due_at, urgency, armed) VALUES ($1, $2, 1, $3, $4, TRUE)
			ON CONFLICT (kind, subject) DO UPDATE SET gen = t.gen + 1, due_at = excluded.due_at, urgency = excluded.urgency, armed = TRUE
			RETURNING id`,
		row: func(s scanner) error {
			set := tickets.Timer{DueAt: timer.DueAt}
			err := s.Scan((*int64)(&set.ID))
			t.timers = append(t.timers, set)
			return err
		}})
}

func (t *tx) EnsureTimer(ctx context.Context, timer tickets.Timer) error {
	return t.later(ctx, op{what: "ensure a timer", args: []any{clean(string(timer.Kind)), timer.Subject, when(timer.DueAt), int64(timer.Urgency)},
		sql: `INSERT INTO timers AS t (kind, subject, gen, due_at, urgency, armed) VALUES ($1, $2, 1, $3, $4, TRUE)
			ON CONFLICT (kind, subject) DO UPDATE SET gen = t.gen + 1, due_at = excluded.due_at, urgency = excluded.urgency, armed = TRUE
			WHERE NOT t.armed`})
}

func (t *tx) CancelTimer(ctx context.Context, kind tickets.TimerKind, subject int64) error {
	return t.later(ctx, op{what: "cancel a timer", args: []any{clean(string(kind)), subject},
		sql: "UPDATE timers SET armed = FALSE, gen = gen + 1 WHERE kind = $1 AND subject = $2 AND armed"})
}

// TakeTimer compares and sets in one statement: of two who try, one gets it.
func (t *tx) TakeTimer(ctx context.Context, id tickets.TimerID, now time.Time) (tickets.Timer, error) {
	var row timerRow
	err := t.run(ctx, op{what: fmt.Sprintf("take timer %d", id), must: true, args: []any{int64(id), when(now)},
		sql: "UPDATE timers SET armed = FALSE WHERE id = $1 AND armed AND due_at <= $2 RETURNING " + timerRows.names(""),
		row: func(s scanner) error { return s.Scan(timerRows.targets(&row)...) }})
	return tickets.Timer(row), err
}

// DueTimers implements scheduler.Queues.
func (d *DB) DueTimers(ctx context.Context, now time.Time, limit int) ([]tickets.Timer, error) {
	return d.timers(ctx, "list due timers", "WHERE armed AND due_at <= $1 ORDER BY urgency, due_at, id LIMIT $2", when(now), limit)
}

// UpcomingTimers implements scheduler.Queues.
func (d *DB) UpcomingTimers(ctx context.Context, now, until time.Time, limit int) ([]tickets.Timer, error) {
	return d.timers(ctx, "list upcoming timers", "WHERE armed AND due_at > $1 AND due_at <= $2 ORDER BY due_at, id LIMIT $3",
		when(now), when(until), limit)
}

func (d *DB) timers(ctx context.Context, what, rest string, args ...any) ([]tickets.Timer, error) {
	rows, err := many(ctx, d.look, timerRows, what, rest, args...)
	if err != nil {
		return nil, err
	}
	list := make([]tickets.Timer, len(rows))
	for i, row := range rows {
		list[i] = tickets.Timer(row)
	}
	return list, nil
}

// NextDue implements scheduler.Queues.
func (d *DB) NextDue(ctx context.Context) (time.Time, bool, error) {
	list, err := d.timers(ctx, "find the next timer", "WHERE armed ORDER BY due_at LIMIT 1")
	if err != nil || len(list) == 0 {
		return time.Time{}, false, err
	}
	return list[0].DueAt, true, nil
}
