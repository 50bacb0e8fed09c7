package store

import (
	"context"
	"fmt"
	"time"

	"servicedesk/tickets"
)

type mergeRow struct {
	ID       int64
	Kind     tickets.MergeKind
	TicketID tickets.TicketID
	IntoID   tickets.TicketID
	StaffID  int64
	At       time.Time
	UndoneAt time.Time
	Was      tickets.MergeWas
}

var mergeRows = mapped[mergeRow]("merges")

// joinedTerm selects the tickets of a contact or conversation and those that took one of them in. It is no OR: each half finds its rows by
// an index of its own.
func joinedTerm(column string) string {
	return "id IN (SELECT id FROM tickets WHERE " + column + " = ?" +
		" UNION ALL SELECT merged_into FROM tickets WHERE " + column + " = ? AND merged_into <> 0)"
}

func (t *tx) Kin(ctx context.Context, id tickets.TicketID) ([]*tickets.Ticket, error) {
	rows, err := many(ctx, t.run, ticketRows, fmt.Sprintf("find what belongs to ticket %d", id), `WHERE id IN (
			SELECT id FROM tickets WHERE merged_into = $1 AND merged_into <> 0
			UNION SELECT id FROM tickets WHERE parent_id = $1 AND parent_id <> 0
			UNION SELECT c.id FROM tickets AS m JOIN tickets AS c ON c.parent_id = m.id AND c.parent_id <> 0
				WHERE m.merged_into = $1 AND m.merged_into <> 0)
		ORDER BY id`, int64(id))
	if err != nil {
		return nil, err
	}
	found := make([]*tickets.Ticket, len(rows))
	for i, row := range rows {
		found[i], _ = t.foundTicket(row, nil)
	}
	return found, nil
}

func (t *tx) SaveMerge(ctx context.Context, m *tickets.Merge) error {
	row := mergeRow(*m)
	err := save(ctx, t, mergeRows, "save a merge", &row, row.ID)
	m.ID = row.ID
	return err
}

func (t *tx) LastMerge(ctx context.Context, id tickets.TicketID) (tickets.Merge, error) {
	row, err := one(ctx, t.run, mergeRows, fmt.Sprintf("find the last merge of ticket %d", id), `WHERE id = (SELECT max(id) FROM (
			SELECT id FROM merges WHERE ticket_id = $1 AND undone_at IS NULL
			UNION ALL SELECT id FROM merges WHERE into_id = $1 AND undone_at IS NULL) AS mine)`, int64(id))
	return tickets.Merge(row), err
}
