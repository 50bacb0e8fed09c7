package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

type gateRow struct {
	ID         int64
	TicketID   tickets.TicketID
	Round      int
	Level      int
	PersonID   int64
	ActingID   int64
	Cause      tickets.GateCause
	Reason     string
	OpenedBy   string
	State      tickets.GateState
	Answer     tickets.GateAnswer
	AnsweredBy int64
	Note       string
	Cents      int64
	HelperID   int64
	Kept       string
	Repeats    int
	OpenedAt   time.Time
	DueAt      time.Time
	EndedAt    time.Time
}

type directLineRow struct {
	ID         int64
	TicketID   tickets.TicketID
	ContactID  int64
	Role       customers.Role
	StaffID    int64
	Words      string
	AskedAt    time.Time
	DueAt      time.Time
	AnsweredAt time.Time
	Reminded   int
}

var (
	gateRows       = mapped[gateRow]("gates")
	directLineRows = mapped[directLineRow]("direct_lines")
)

func (t *tx) Gate(ctx context.Context, id int64) (tickets.Gate, error) {
	row, err := one(ctx, t.run, gateRows, fmt.Sprintf("read gate %d", id), "WHERE id = $1", id)
	return tickets.Gate(row), err
}

func (t *tx) GatesOf(ctx context.Context, id tickets.TicketID) ([]tickets.Gate, error) {
	return t.gates(ctx, "list a ticket's gates", "WHERE ticket_id = $1 ORDER BY id", int64(id))
}

func (t *tx) GatesBefore(ctx context.Context, staffID int64) ([]tickets.Gate, error) {
	return t.gates(ctx, "list who is asked", "WHERE state = 'open' AND (acting_id = $1 OR person_id = $1) ORDER BY due_at, id", staffID)
}

func (t *tx) gates(ctx context.Context, what, rest string, args ...any) ([]tickets.Gate, error) {
	rows, err := many(ctx, t.run, gateRows, what, rest, args...)
	list := make([]tickets.Gate, len(rows))
	for i, row := range rows {
		list[i] = tickets.Gate(row)
	}
	return list, err
}

func (t *tx) SaveGate(ctx context.Context, g *tickets.Gate) error {
	row := gateRow(*g)
	err := save(ctx, t, gateRows, "save the gate", &row, row.ID)
	if err == nil {
		g.ID = row.ID
	}
	return err
}

func (t *tx) GateDelegate(ctx context.Context, staffID int64, now time.Time) (id int64, err error) {
	err = t.run(ctx, op{what: "find a delegate", args: []any{staffID, when(now)},
		sql: "SELECT delegate_id FROM gate_delegates WHERE staff_id = $1 AND until > $2",
		row: func(s scanner) error { return s.Scan(&id) }})
	return id, err
}

func (t *tx) SetGateDelegate(ctx context.Context, staffID, delegateID int64, until time.Time) error {
	return t.later(ctx, op{what: "set a delegate", args: []any{staffID, delegateID, when(until)},
		sql: `INSERT INTO gate_delegates (staff_id, delegate_id, until) VALUES ($1, $2, $3)
			ON CONFLICT (staff_id) DO UPDATE SET delegate_id = excluded.delegate_id, until = excluded.until`})
}

func (t *tx) DirectLine(ctx context.Context, id int64) (tickets.DirectLine, error) {
	row, err := one(ctx, t.run, directLineRows, fmt.Sprintf("read direct line %d", id), "WHERE id = $1", id)
	return tickets.DirectLine(row), err
}

func (t *tx) SaveDirectLine(ctx context.Context, l *tickets.DirectLine) error {
	row := directLineRow(*l)
	err := save(ctx, t, directLineRows, "save the direct line", &row, row.ID)
	if err == nil {
		l.ID = row.ID
	}
	return err
}

func (t *tx) AnswerDirectLines(ctx context.Context, id tickets.TicketID, staffID int64, now time.Time) error {
	return t.later(ctx, op{what: "answer direct lines", args: []any{int64(id), staffID, when(now)},
		sql: "UPDATE direct_lines SET answered_at = $3 WHERE ticket_id = $1 AND staff_id = $2 AND answered_at IS NULL"})
}

func (t *tx) WasAskedFor(ctx context.Context, id tickets.TicketID, staffID int64) (bool, error) {
	_, err := one(ctx, t.run, directLineRows, "look for a direct line", "WHERE ticket_id = $1 AND staff_id = $2 ORDER BY id LIMIT 1", int64(id), staffID)
	if errors.Is(err, tickets.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
