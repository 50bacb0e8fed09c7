package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

// event is a bot.Event cleaned for the database, with the moment it came.
type event struct {
	platform, key, messageKey, lane string
	raw                             []byte
	at                              time.Time
}

func (d *DB) events(list []bot.Event) []event {
	now := d.clock()
	rows := make([]event, len(list))
	for i, e := range list {
		rows[i] = event{platform: clean(string(e.Platform)), key: clean(e.Key), messageKey: clean(e.MessageKey), lane: clean(e.Lane), raw: e.Raw, at: now}
		if rows[i].raw == nil {
			rows[i].raw = []byte{}
		}
	}
	return rows
}

// Keep implements scheduler.Queues. When ctx ends first, the events may be kept or not.
func (d *DB) Keep(ctx context.Context, events []bot.Event) error {
	if len(events) == 0 {
		return nil
	}
	if nested(ctx) {
		return errNested
	}
	return d.kept.do(ctx, d.events(events))
}

func (d *DB) keepGroup(ctx context.Context, rows []event) error {
	start := time.Now()
	lanes, err := d.engine.insertEvents(ctx, nil, rows)
	d.slowness(ctx, "keep events", start)
	if err == nil {
		d.wakeInbox(lanes)
	}
	return err
}

func (d *DB) wakeInbox(lanes []string) {
	w, ok := d.currentWaker().(InboxWaker)
	if !ok {
		return
	}
	rung := map[string]bool{}
	for _, lane := range lanes {
		if !rung[lane] {
			rung[lane] = true
			w.WakeInbox(lane)
		}
	}
}

// collect is an op's row that gathers a text column.
func collect(into *[]string) func(scanner) error {
	return func(s scanner) error {
		var v string
		err := s.Scan(&v)
		*into = append(*into, v)
		return err
	}
}

// NextEvent implements scheduler.Queues.
func (d *DB) NextEvent(ctx context.Context, lane string, machine time.Time) (scheduler.Row, time.Time, bool, error) {
	var row scheduler.Row
	var rests stamp
	found := false
	err := d.look(ctx, op{what: "find a lane's next event", args: []any{clean(lane)},
		sql: `SELECT id, platform, event_key, message_key, lane, raw, attempts, next_at,
				NOT EXISTS (SELECT 1 FROM inbox AS behind WHERE NOT behind.done AND behind.lane = $1 AND behind.id > head.id)
			FROM inbox AS head WHERE NOT done AND lane = $1 ORDER BY id LIMIT 1`,
		row: func(s scanner) error {
			found = true
			e := &row.Event
			return s.Scan(&row.ID, (*string)(&e.Platform), &e.Key, &e.MessageKey, &e.Lane, &e.Raw, &row.Attempts, &rests, &row.Last)
		}})
	if err != nil || !found {
		return scheduler.Row{}, time.Time{}, false, err
	}
	if at := time.Time(rests); at.After(machine) {
		return scheduler.Row{}, at, false, nil
	}
	return row, time.Time{}, true, nil
}

// errDone ends the transaction of an event that somebody else has handled.
var errDone = errors.New("handled already")

// InEvent implements scheduler.Queues.
func (d *DB) InEvent(ctx context.Context, id int64, f func(context.Context, tickets.Tx) error) error {
	err := d.inEvent(ctx, id, func(ctx context.Context, t *tx) error { return f(ctx, t) })
	if errors.Is(err, errDone) {
		return nil
	}
	return err
}

// InLastEvent implements scheduler.Queues.
func (d *DB) InLastEvent(ctx context.Context, id int64, lane string, fence int64,
	f func(context.Context, tickets.Tx) error) (released bool, err error) {
	err = d.inEvent(ctx, id, func(ctx context.Context, t *tx) error {
		if err := f(ctx, t); err != nil {
			return err
		}
		return t.later(ctx, releasing(scheduler.Inbox, lane, fence))
	})
	if errors.Is(err, errDone) {
		return false, nil
	}
	return err == nil, err
}

// inEvent marks the event in the same round trip as the first statement of f, which hears no more than errDone when there is nothing to do.
func (d *DB) inEvent(ctx context.Context, id int64, f func(context.Context, *tx) error) error {
	return d.inTx(ctx, func(ctx context.Context, t *tx) error {
		err := t.later(ctx, op{what: fmt.Sprintf("take event %d", id), args: []any{id}, must: true, otherwise: errDone,
			sql: "UPDATE inbox SET done = TRUE WHERE id = $1 AND NOT done"})
		if err != nil {
			return err
		}
		return f(ctx, t)
	})
}

// MarkSeen notes the key as that of a handled event of the inbox, where events and presses are told apart from their repeats alike.
func (t *tx) MarkSeen(ctx context.Context, p tickets.Platform, key string) (bool, error) {
	first := false
	err := t.run(ctx, op{what: "mark an event as seen", args: []any{clean(string(p)), clean(key), []byte{}, when(t.db.clock())},
		sql: `INSERT INTO inbox (platform, event_key, message_key, lane, raw, received_at, done) VALUES ($1, $2, '', '', $3, $4, TRUE)
			ON CONFLICT DO NOTHING RETURNING id`,
		row: func(scanner) error { first = true; return nil }})
	return first, err
}

// DeferEvent implements scheduler.Queues.
func (d *DB) DeferEvent(ctx context.Context, id int64, at time.Time, reason string, dead bool) error {
	return d.do(ctx, op{what: fmt.Sprintf("defer event %d", id), args: []any{id, when(at), clean(reason), dead},
		sql: "UPDATE inbox SET attempts = attempts + 1, next_at = $2, last_error = $3, done = $4, dead = $4 WHERE id = $1 AND NOT done"})
}
