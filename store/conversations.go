package store

import (
	"context"
	"fmt"
	"time"

	"servicedesk/tickets"
)

type conversationRow struct {
	ID          int64
	Account     tickets.RemoteID
	Peer        tickets.RemoteID
	ContactID   int64
	Current     tickets.TicketID `bun:"current_ticket"`
	Asked       tickets.Question
	AskedTicket tickets.TicketID
	AskedAt     time.Time
	AskedEntry  int64
	Module      string
	Window      tickets.Window `bun:"embed:window_"`
	Hold        tickets.Hold   `bun:"embed:hold_"`
}

var conversationRows = mapped[conversationRow]("conversations")

func (t *tx) foundConversation(row conversationRow, err error) (*tickets.Conversation, error) {
	if err != nil {
		return nil, err
	}
	t.seen[rowKey{"conversations", row.ID}] = ""
	c := tickets.Conversation(row)
	return &c, nil
}

// LockConversation costs one statement once the conversation is there.
func (t *tx) LockConversation(ctx context.Context, account, peer tickets.RemoteID) (*tickets.Conversation, error) {
	const what, rest = "lock the conversation", "WHERE account = $1 AND peer = $2"
	acc, per := clean(string(account)), clean(string(peer))
	row, err := lock(ctx, t, conversationRows, what, rest, acc, per)
	if !isMissing(err) {
		return t.foundConversation(row, err)
	}
	args, err := conversationRows.values(&conversationRow{Account: account, Peer: peer})
	if err != nil {
		return nil, err
	}
	// Somebody else may be creating it: then we wait for him here and lock his row below.
	if err := t.later(ctx, op{what: "open a conversation", sql: conversationCreate, args: args[1:]}); err != nil {
		return nil, err
	}
	return t.foundConversation(lock(ctx, t, conversationRows, what, rest, acc, per))
}

// conversationCreate answers no id: the row is read by its keys in any case.
var conversationCreate = conversationRows.createQuietly("account, peer")

func (t *tx) LockConversationByID(ctx context.Context, id int64) (*tickets.Conversation, error) {
	return t.foundConversation(lock(ctx, t, conversationRows, fmt.Sprintf("lock conversation %d", id), "WHERE id = $1", id))
}

func (t *tx) Conversation(ctx context.Context, id int64) (*tickets.Conversation, error) {
	return t.foundConversation(one(ctx, t.run, conversationRows, fmt.Sprintf("read conversation %d", id), "WHERE id = $1", id))
}

func (t *tx) SaveConversation(ctx context.Context, c *tickets.Conversation) error {
	row := conversationRow(*c)
	args, err := conversationRows.values(&row)
	if err != nil {
		return err
	}
	return t.change(ctx, rowKey{"conversations", c.ID}, op{what: "save the conversation", sql: conversationRows.update, args: args})
}
