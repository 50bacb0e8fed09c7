package store

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

type emergencyRow struct {
	ID         int64
	TicketID   tickets.TicketID
	StartedBy  string
	Text       string
	Cycle      int
	CalleeID   int64
	Buzz       tickets.Buzz
	Tried      []int64
	Called     []int64
	HolderID   int64
	RoomID     int64
	Summary    string
	Cause      string
	Actions    string
	StartedAt  time.Time
	RungAt     time.Time
	AckedAt    time.Time
	NextAt     time.Time
	EndedAt    time.Time
	ReviewedAt time.Time
}

type roomRow struct {
	ID       int64
	TicketID tickets.TicketID
	Name     string
	Chat     tickets.RemoteID
	Card     tickets.RemoteID
	Members  []int64
	OpenedAt time.Time
	ClosedAt time.Time
}

type consultRow struct {
	ID        int64
	TicketID  tickets.TicketID
	RoomID    int64
	AskerID   int64
	Experts   []int64
	Brief     string
	Minutes   string
	OpenedAt  time.Time
	WrittenAt time.Time
}

var (
	emergencyRows = mapped[emergencyRow]("emergencies")
	roomRows      = mapped[roomRow]("rooms")
	consultRows   = mapped[consultRow]("consults")
)

func (t *tx) SaveEmergency(ctx context.Context, e *tickets.Emergency) error {
	row := emergencyRow(*e)
	err := save(ctx, t, emergencyRows, "save the emergency", &row, row.ID)
	e.ID = row.ID
	return err
}

func (t *tx) Emergency(ctx context.Context, id int64) (*tickets.Emergency, error) {
	return foundEmergency(one(ctx, t.run, emergencyRows, fmt.Sprintf("read emergency %d", id), "WHERE id = $1", id))
}

func (t *tx) EmergencyOf(ctx context.Context, id tickets.TicketID) (*tickets.Emergency, error) {
	return foundEmergency(one(ctx, t.run, emergencyRows, "find a ticket's emergency", "WHERE ticket_id = $1 ORDER BY id DESC LIMIT 1", int64(id)))
}

func foundEmergency(row emergencyRow, err error) (*tickets.Emergency, error) {
	if err != nil {
		return nil, err
	}
	e := tickets.Emergency(row)
	return &e, nil
}

func (t *tx) RunningEmergencies(ctx context.Context) ([]*tickets.Emergency, error) {
	rows, err := many(ctx, t.run, emergencyRows, "list running emergencies", "WHERE ended_at IS NULL ORDER BY id")
	list := make([]*tickets.Emergency, len(rows))
	for i, row := range rows {
		list[i], _ = foundEmergency(row, nil)
	}
	return list, err
}

func (t *tx) SaveRoom(ctx context.Context, r *tickets.Room) error {
	row := roomRow(*r)
	err := save(ctx, t, roomRows, "save the room", &row, row.ID)
	r.ID = row.ID
	return err
}

func (t *tx) Room(ctx context.Context, id int64) (*tickets.Room, error) {
	return foundRoom(one(ctx, t.run, roomRows, fmt.Sprintf("read room %d", id), "WHERE id = $1", id))
}

func (t *tx) LockRoom(ctx context.Context, id int64) (*tickets.Room, error) {
	return foundRoom(lock(ctx, t, roomRows, fmt.Sprintf("lock room %d", id), "WHERE id = $1", id))
}

func (t *tx) RoomByChat(ctx context.Context, chat tickets.RemoteID) (*tickets.Room, error) {
	return foundRoom(one(ctx, t.run, roomRows, "find a room by chat", "WHERE chat <> '' AND chat = $1 ORDER BY id DESC LIMIT 1", clean(string(chat))))
}

func (t *tx) OpenRooms(ctx context.Context, limit int) ([]tickets.RemoteID, error) {
	rows, err := many(ctx, t.run, roomRows, "list open rooms", "WHERE chat <> '' AND closed_at IS NULL ORDER BY id DESC LIMIT $1", limit)
	chats := make([]tickets.RemoteID, len(rows))
	for i, row := range rows {
		chats[i] = row.Chat
	}
	return chats, err
}

func foundRoom(row roomRow, err error) (*tickets.Room, error) {
	if err != nil {
		return nil, err
	}
	r := tickets.Room(row)
	return &r, nil
}

func (t *tx) SaveConsult(ctx context.Context, c *tickets.Consult) error {
	row := consultRow(*c)
	err := save(ctx, t, consultRows, "save the consultation", &row, row.ID)
	c.ID = row.ID
	return err
}

func (t *tx) Consult(ctx context.Context, id int64) (*tickets.Consult, error) {
	row, err := one(ctx, t.run, consultRows, fmt.Sprintf("read consultation %d", id), "WHERE id = $1", id)
	if err != nil {
		return nil, err
	}
	c := tickets.Consult(row)
	return &c, nil
}

func (t *tx) OpenConsults(ctx context.Context, id tickets.TicketID) ([]*tickets.Consult, error) {
	rows, err := many(ctx, t.run, consultRows, "list consultations", "WHERE ticket_id = $1 AND written_at IS NULL ORDER BY id", int64(id))
	list := make([]*tickets.Consult, len(rows))
	for i, row := range rows {
		c := tickets.Consult(row)
		list[i] = &c
	}
	return list, err
}

func (t *tx) DeliveryByKey(ctx context.Context, key string) (*tickets.Delivery, error) {
	return t.foundDelivery(one(ctx, t.run, deliveryRows, "find a delivery by key", "WHERE key = $1", clean(key)))
}

func (t *tx) CustomerContacts(ctx context.Context, customerID int64) ([]customers.Contact, error) {
	rows, err := many(ctx, t.run, contactRows, "list a customer's contacts", "WHERE customer_id = $1 AND customer_id <> 0 ORDER BY id", customerID)
	list := make([]customers.Contact, len(rows))
	for i, row := range rows {
		list[i] = customers.Contact(row)
	}
	return list, err
}

// LockConversationOf knows whoever has a WeCom id: the account is the one he wrote to last, else any that has rung.
func (t *tx) LockConversationOf(ctx context.Context, contactID int64, peer tickets.RemoteID) (*tickets.Conversation, error) {
	row, err := one(ctx, t.run, conversationRows, "find a contact's conversation", "WHERE contact_id = $1 ORDER BY id DESC LIMIT 1", contactID)
	if err == nil {
		return t.LockConversationByID(ctx, row.ID)
	}
	if !isMissing(err) {
		return nil, err
	}
	var account tickets.RemoteID
	err = t.run(ctx, op{what: "find an account", sql: "SELECT account FROM pulls WHERE account <> '' ORDER BY account LIMIT 1",
		row: func(s scanner) error { return s.Scan((*string)(&account)) }})
	if err != nil {
		return nil, err
	}
	c, err := t.LockConversation(ctx, account, peer)
	if err != nil {
		return nil, err
	}
	c.ContactID = contactID
	return c, t.SaveConversation(ctx, c)
}
