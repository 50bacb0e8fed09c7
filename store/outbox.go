package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"servicedesk/tickets"
)

// deliveryColumns mirrors tickets.Delivery.
type deliveryColumns struct {
	ID             int64
	Lane           tickets.Lane
	Key            string
	Use            tickets.Use
	State          tickets.DeliveryState
	TicketID       tickets.TicketID
	ConversationID int64
	StaffID        int64
	Chat           tickets.RemoteID
	Target         tickets.RemoteID
	Body           tickets.Body
	Urgency        tickets.Urgency
	ExpiresAt      time.Time
	CreatedAt      time.Time
	QueuedAt       time.Time
	NextAt         time.Time
	Attempts       int
	FirstTry       time.Time
	Doubted        bool
	RemoteID       tickets.RemoteID
	LastError      string
	MergedIn       int64
}

type deliveryRow struct {
	deliveryColumns
	Source tickets.RemoteID
}

// waitingMax bounds what Waiting answers of a Feishu lane: its head decides what leaves, the waiting edits of a card are hardly more than two,
// and every row is read again for each message of a backlog. Towards a customer rows behind may overtake held ones, so those lanes are read
// whole; what one contact is owed stays small.
const waitingMax = 4

var (
	deliveryRows   = mapped[deliveryRow]("outbox")
	deliveryInsert = deliveryRows.inserting(" ON CONFLICT (key) DO NOTHING")
	// What a delivery was made from stays as it was.
	deliveryState = deliveryRows.only("state", "target", "body", "expires_at", "queued_at", "next_at", "attempts", "first_try", "doubted",
		"remote_id", "last_error", "merged_in")
)

func deliveryKey(id int64) rowKey { return rowKey{"outbox", id} }

func (t *tx) foundDelivery(row deliveryRow, err error) (*tickets.Delivery, error) {
	if err != nil {
		return nil, err
	}
	t.seen[deliveryKey(row.ID)] = ""
	d := tickets.Delivery(row.deliveryColumns)
	return &d, nil
}

// Enqueue sets the delivery's ID. If its key was known already, that is an id nobody has: the delivery itself is lost sight of.
func (t *tx) Enqueue(ctx context.Context, d *tickets.Delivery) error {
	id, err := t.nextID(ctx, &t.outboxIDs)
	if err != nil {
		return err
	}
	d.ID, t.lastOutbox = id, id
	if d.State == "" {
		d.State = tickets.DeliveryPending
	}
	row := deliveryRow{deliveryColumns: deliveryColumns(*d)}
	if len(d.Body.Sources) > 0 {
		row.Source = d.Body.Sources[0]
	}
	args, err := deliveryRows.values(&row)
	if err != nil {
		return err
	}
	if err := t.later(ctx, deliveryInsert.op("enqueue a delivery", args)); err != nil {
		return err
	}
	t.touch(d.Lane)
	return nil
}

func (t *tx) LockDelivery(ctx context.Context, id int64) (*tickets.Delivery, error) {
	return t.foundDelivery(lock(ctx, t, deliveryRows, fmt.Sprintf("lock delivery %d", id), "WHERE id = $1", id))
}

func (t *tx) SaveDelivery(ctx context.Context, d *tickets.Delivery) error {
	row := deliveryRow{deliveryColumns: deliveryColumns(*d)}
	args, err := deliveryState.values(&row)
	if err != nil {
		return err
	}
	return t.change(ctx, deliveryKey(d.ID), op{what: "save the delivery", sql: deliveryState.update, args: args})
}

// Waiting answers only the first few of a Feishu lane: see waitingMax.
func (t *tx) Waiting(ctx context.Context, lane tickets.Lane) ([]*tickets.Delivery, error) {
	limit := waitingMax
	if lane.Platform() == tickets.WeCom {
		limit = math.MaxInt32
	}
	// Two halves, because each state has an index of its own.
	rows, err := many(ctx, t.run, deliveryRows, "read a lane",
		"WHERE lane = $1 AND state = 'pending' UNION ALL "+deliveryRows.read+"WHERE lane = $1 AND state = 'held' ORDER BY id LIMIT $2",
		clean(string(lane)), limit)
	if err != nil {
		return nil, err
	}
	list := make([]*tickets.Delivery, len(rows))
	for i, row := range rows {
		list[i], _ = t.foundDelivery(row, nil)
	}
	return list, nil
}

func (t *tx) Release(ctx context.Context, lane tickets.Lane) error {
	err := t.later(ctx, op{what: "release a lane's held deliveries", args: []any{clean(string(lane))},
		sql: "UPDATE outbox SET state = 'pending', next_at = NULL WHERE lane = $1 AND state = 'held'"})
	if err == nil {
		t.touch(lane)
	}
	return err
}

// DeliveryByRemote tells the platforms apart by the lane: their ids live in one column.
func (t *tx) DeliveryByRemote(ctx context.Context, p tickets.Platform, id tickets.RemoteID) (*tickets.Delivery, error) {
	const what = "find a delivery by message"
	rows, err := many(ctx, t.run, deliveryRows, what, "WHERE remote_id <> '' AND remote_id = $1 ORDER BY id DESC LIMIT 20", clean(string(id)))
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Lane.Platform() == p {
			return t.foundDelivery(row, nil)
		}
	}
	return nil, op{what: what, must: true}.missing(0)
}

func (t *tx) DeliveryBySource(ctx context.Context, source tickets.RemoteID) (*tickets.Delivery, error) {
	return t.foundDelivery(one(ctx, t.run, deliveryRows, "find a delivery by its source",
		"WHERE source <> '' AND source = $1 ORDER BY id LIMIT 1", clean(string(source))))
}

func (t *tx) CardUnderWay(ctx context.Context, chat tickets.RemoteID) (bool, error) {
	found := false
	err := t.run(ctx, op{what: "look for a card under way", args: []any{string(tickets.UseTicketCard), clean(string(chat))},
		sql: `SELECT o.id FROM outbox AS o JOIN tickets AS t ON t.id = o.ticket_id
			WHERE o.state = 'pending' AND o.use = $1 AND o.attempts > 0 AND t.chat_id = $2 LIMIT 1`,
		row: func(s scanner) error {
			found = true
			return s.Scan(new(int64))
		}})
	return found, err
}
