package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

type ticketRow struct {
	ID             tickets.TicketID
	Number         string
	CustomerID     int64
	ContactID      int64
	ConversationID int64
	Status         tickets.Status
	Type           tickets.Type
	Priority       tickets.Priority
	Module         string
	Judged         tickets.Judgement
	Routed         string
	Tags           string
	Source         tickets.Source
	Level          int
	Urgent         bool
	Title          string
	OwnerID        int64
	LastWords      string
	Solution       string
	Rating         int
	Nudges         int
	Reopened       int
	ChatID         tickets.RemoteID
	CardID         tickets.RemoteID
	CardShown      int64
	CardEditedAt   time.Time
	Workaround     string
	ParentID       tickets.TicketID
	MergedInto     tickets.TicketID
	Followed       tickets.Status
	OpenedAt       time.Time
	DiagnosedAt    time.Time
	RespondedAt    time.Time
	SpokenAt       time.Time
	WorkaroundAt   time.Time
	SolvedAt       time.Time
	ConfirmedAt    time.Time
	ClosedAt       time.Time
	UpdatedAt      time.Time
}

var ticketRows = mapped[ticketRow]("tickets")

func ticketKey(id tickets.TicketID) rowKey { return rowKey{"tickets", int64(id)} }

func (t *tx) foundTicket(row ticketRow, err error) (*tickets.Ticket, error) {
	if err != nil {
		return nil, err
	}
	t.seen[ticketKey(row.ID)] = row.Number
	found := tickets.Ticket(row)
	return &found, nil
}

// NextNumber keeps the customer's counter until the transaction ends: numbers have no gaps.
func (t *tx) NextNumber(ctx context.Context, customerID int64) (string, error) {
	var code *string
	var last int64
	count := op{what: "next ticket number", args: []any{customerID}, must: true,
		sql: `INSERT INTO counters (customer_id, last) VALUES ($1, 1) ON CONFLICT (customer_id) DO UPDATE SET last = counters.last + 1
			RETURNING last, (SELECT code FROM customers WHERE id = $1)`,
		row: func(s scanner) error { return s.Scan(&last, &code) }}
	ops := []op{count}
	if inTurn := t.db.engine.dialect().inTurn; inTurn != "" && customerID == 0 {
		ops = []op{{what: "queue for the visitors' counter", sql: inTurn}, count}
	}
	if err := t.run(ctx, ops...); err != nil {
		return "", err
	}
	switch {
	case customerID == 0:
		return fmt.Sprintf("%s-%04d", customers.UnboundCode, last), nil
	case code == nil:
		t.failed = fmt.Errorf("next ticket number of customer %d: %w", customerID, tickets.ErrNotFound) // the counter has no owner: undo it
		return "", t.failed
	}
	return fmt.Sprintf("%s-%04d", *code, last), nil
}

func (t *tx) Ticket(ctx context.Context, id tickets.TicketID) (*tickets.Ticket, error) {
	return t.foundTicket(one(ctx, t.run, ticketRows, fmt.Sprintf("read ticket %d", id), "WHERE id = $1", int64(id)))
}

func (t *tx) LockTicket(ctx context.Context, id tickets.TicketID) (*tickets.Ticket, error) {
	return t.foundTicket(lock(ctx, t, ticketRows, fmt.Sprintf("lock ticket %d", id), "WHERE id = $1", int64(id)))
}

// LockMatter is one round trip.
func (t *tx) LockMatter(ctx context.Context, id tickets.TicketID) (*tickets.Ticket, *tickets.Conversation, error) {
	var ticket ticketRow
	var conversation conversationRow
	what, found, lock := fmt.Sprintf("lock ticket %d and its conversation", id), 0, t.db.engine.dialect().lock
	err := t.run(ctx,
		op{what: what, sql: conversationRows.read + "WHERE id = (SELECT conversation_id FROM tickets WHERE id = $1)" + lock, args: []any{int64(id)},
			row: func(s scanner) error { found++; return s.Scan(conversationRows.targets(&conversation)...) }},
		op{what: what, sql: ticketRows.read + "WHERE id = $1" + lock, args: []any{int64(id)},
			row: func(s scanner) error { found++; return s.Scan(ticketRows.targets(&ticket)...) }},
		t.fetchIDs())
	if err == nil && found < 2 {
		err = op{what: what, must: true}.missing(0)
	}
	if err != nil {
		return nil, nil, err
	}
	lockedTicket, _ := t.foundTicket(ticket, nil)
	lockedConversation, _ := t.foundConversation(conversation, nil)
	return lockedTicket, lockedConversation, nil
}

func (t *tx) TicketByNumber(ctx context.Context, number string) (*tickets.Ticket, error) {
	return t.foundTicket(one(ctx, t.run, ticketRows, "find a ticket by number",
		"WHERE id = (SELECT ticket_id FROM ticket_numbers WHERE number = $1)", clean(number)))
}

func (t *tx) TicketByCard(ctx context.Context, card tickets.RemoteID) (*tickets.Ticket, error) {
	found, err := t.foundTicket(one(ctx, t.run, ticketRows, "find a ticket by card",
		"WHERE card_id <> '' AND card_id = $1 ORDER BY id DESC LIMIT 1", clean(string(card))))
	if !isMissing(err) {
		return found, err
	}
	return t.foundTicket(one(ctx, t.run, ticketRows, "find a ticket by an earlier card",
		"WHERE id = (SELECT ticket_id FROM ticket_cards WHERE card_id = $1)", clean(string(card))))
}

func (t *tx) KeepCard(ctx context.Context, id tickets.TicketID, card tickets.RemoteID) error {
	return t.later(ctx, op{what: "keep an earlier card", args: []any{clean(string(card)), int64(id)},
		sql: "INSERT INTO ticket_cards (card_id, ticket_id) VALUES ($1, $2) ON CONFLICT (card_id) DO NOTHING"})
}

func (t *tx) FindTickets(ctx context.Context, f tickets.Filter) ([]*tickets.Ticket, error) {
	w := t.selecting(f)
	rest := w.text + " ORDER BY urgent DESC, id DESC"
	if f.Limit > 0 {
		rest += w.place(" LIMIT ?", f.Limit)
	}
	rows, err := many(ctx, t.run, ticketRows, "find tickets", rest, w.args...)
	if err != nil {
		return nil, err
	}
	found := make([]*tickets.Ticket, len(rows))
	for i, row := range rows {
		found[i], _ = t.foundTicket(row, nil)
	}
	return found, nil
}

func (t *tx) selecting(f tickets.Filter) *where {
	w := &where{}
	for _, by := range []struct {
		column string
		id     int64
		joined bool
	}{
		{"customer_id", f.CustomerID, false}, {"contact_id", f.ContactID, f.Joined},
		{"conversation_id", f.ConversationID, f.Joined}, {"owner_id", f.OwnerID, false},
	} {
		switch {
		case by.id == 0:
		case by.joined:
			w.and(joinedTerm(by.column), by.id, by.id)
		default:
			w.and(by.column+" = ?", by.id)
		}
	}
	if len(f.Statuses) > 0 {
		list := make([]any, len(f.Statuses))
		for i, s := range f.Statuses {
			list[i] = clean(string(s))
		}
		w.and("status IN (?"+strings.Repeat(", ?", len(list)-1)+")", list...)
	}
	if !f.OpenedAfter.IsZero() {
		w.and("opened_at > ?", when(f.OpenedAfter))
	}
	for _, word := range searched(f.Words) {
		w.and(t.containing(), pattern(word), pattern(word), pattern(word), pattern(word), pattern(word))
	}
	return w
}

// Bounds of a search: databases limit patterns and arguments, and nobody remembers more.
const (
	maxWords = 10
	maxWord  = 100 // runes
)

// searched are the words that select.
func searched(words []string) (list []string) {
	for _, word := range words {
		if len(list) == maxWords {
			break
		}
		word = clean(word)
		if r := []rune(word); len(r) > maxWord {
			word = string(r[:maxWord])
		}
		if strings.TrimSpace(word) != "" {
			list = append(list, word)
		}
	}
	return list
}

// containing is the term for one word in number, title, solution or the words said; every number the ticket ever had counts.
func (t *tx) containing() string {
	like := " " + t.db.engine.dialect().like + ` ? ESCAPE '\'`
	return "(number" + like + " OR title" + like + " OR solution" + like +
		" OR EXISTS (SELECT 1 FROM ticket_numbers AS n WHERE n.ticket_id = tickets.id AND n.number" + like + ")" +
		" OR EXISTS (SELECT 1 FROM entries AS e WHERE e.ticket_id = tickets.id AND e.text" + like + "))"
}

var escapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func pattern(word string) string { return "%" + escapes.Replace(word) + "%" }

// where collects terms; each ? becomes the next numbered place.
type where struct {
	text string
	args []any
}

func (w *where) and(term string, args ...any) {
	glue := "WHERE "
	if w.text != "" {
		glue = " AND "
	}
	w.text += glue + w.place(term, args...)
}

func (w *where) place(term string, args ...any) string {
	for _, a := range args {
		w.args = append(w.args, a)
		term = strings.Replace(term, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	return term
}

func (t *tx) SaveTicket(ctx context.Context, ticket *tickets.Ticket) error {
	insert := ticket.ID == 0
	if insert {
		id, err := t.nextID(ctx, &t.ticketIDs)
		if err != nil {
			return err
		}
		ticket.ID = tickets.TicketID(id)
	}
	row := ticketRow(*ticket)
	args, err := ticketRows.values(&row)
	if err != nil {
		return err
	}
	known := t.seen[ticketKey(ticket.ID)]
	if insert {
		err = t.later(ctx, op{what: "insert the ticket", sql: ticketRows.insert, args: args})
	} else {
		err = t.change(ctx, ticketKey(ticket.ID), op{what: "save the ticket", sql: ticketRows.update, args: args})
	}
	if err != nil {
		return err
	}
	t.seen[ticketKey(ticket.ID)] = ticket.Number
	if known == ticket.Number {
		return nil
	}
	return t.later(ctx, op{what: "note the ticket's number", args: []any{clean(ticket.Number), int64(ticket.ID)},
		sql: `INSERT INTO ticket_numbers (number, ticket_id) SELECT CAST($1 AS text), CAST($2 AS bigint)
			WHERE NOT EXISTS (SELECT 1 FROM ticket_numbers WHERE number = $1 AND ticket_id = $2)`})
}
