package store

import (
	"context"
	"time"

	"servicedesk/tickets"
)

type entranceRow struct {
	Token      string
	CustomerID int64
	Module     string
	StaffID    int64
	CreatedAt  time.Time
}

var entranceRows = mapped[entranceRow]("entrances")

func (t *tx) EntranceByToken(ctx context.Context, token string) (tickets.Entrance, error) {
	row, err := one(ctx, t.run, entranceRows, "find an entrance", "WHERE token = $1", clean(token))
	return tickets.Entrance(row), err
}

func (t *tx) EnsureEntrance(ctx context.Context, e tickets.Entrance) (tickets.Entrance, error) {
	row := entranceRow(e)
	args, err := entranceRows.values(&row)
	if err != nil {
		return e, err
	}
	keep := op{what: "keep an entrance", args: args, sql: entranceRows.insert + " ON CONFLICT (customer_id, module) DO NOTHING"}
	if err := t.run(ctx, keep); err != nil {
		return e, err
	}
	row, err = one(ctx, t.run, entranceRows, "read an entrance", "WHERE customer_id = $1 AND module = $2", e.CustomerID, clean(e.Module))
	return tickets.Entrance(row), err
}
