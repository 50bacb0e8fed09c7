package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"servicedesk/tickets"
)

type entryRow struct {
	ID         int64
	TicketID   tickets.TicketID
	At         time.Time
	Kind       tickets.EntryKind
	By         tickets.AuthorKind `bun:"author_kind"`
	AuthorID   int64
	AuthorName string
	Internal   bool
	Text       string
	Platform   tickets.Platform
	RemoteID   tickets.RemoteID
	Attached   []tickets.Attachment
	Data       map[string]string
}

var (
	entryRows   = mapped[entryRow]("entries")
	entryInsert = entryRows.inserting("")
)

func (t *tx) AddEntry(ctx context.Context, e *tickets.Entry) error {
	id, err := t.nextID(ctx, &t.entryIDs)
	if err != nil {
		return err
	}
	e.ID = id
	row := entryRow(*e)
	args, err := entryRows.values(&row)
	if err != nil {
		return err
	}
	return t.later(ctx, entryInsert.op("add an entry", args))
}

func (t *tx) Entries(ctx context.Context, id tickets.TicketID, limit int) ([]tickets.Entry, error) {
	rest, args := "WHERE ticket_id = $1 ORDER BY id", []any{int64(id)}
	if limit > 0 {
		rest, args = rest+" DESC LIMIT $2", append(args, limit)
	}
	rows, err := many(ctx, t.run, entryRows, "read a timeline", rest, args...)
	if err != nil {
		return nil, err
	}
	if limit > 0 {
		slices.Reverse(rows)
	}
	entries := make([]tickets.Entry, len(rows))
	for i, row := range rows {
		entries[i] = tickets.Entry(row)
	}
	return entries, nil
}

// EntryByRemote answers the first entry that came from the message: what was said, not what happened to it later.
func (t *tx) EntryByRemote(ctx context.Context, p tickets.Platform, id tickets.RemoteID) (*tickets.Entry, error) {
	row, err := one(ctx, t.run, entryRows, "find an entry by message",
		"WHERE platform = $1 AND remote_id <> '' AND remote_id = $2 ORDER BY id LIMIT 1", clean(string(p)), clean(string(id)))
	if err != nil {
		return nil, err
	}
	e := tickets.Entry(row)
	return &e, nil
}

func (t *tx) MoveEntry(ctx context.Context, entryID int64, to tickets.TicketID) error {
	return t.run(ctx, op{what: fmt.Sprintf("move entry %d", entryID), must: true,
		sql: "UPDATE entries SET ticket_id = $2 WHERE id = $1", args: []any{entryID, int64(to)}})
}
