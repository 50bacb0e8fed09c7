package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"servicedesk/bot"
	"servicedesk/scheduler"
	"servicedesk/tickets"
)

type pullRow struct {
	Account      tickets.RemoteID
	Cursor       string
	Token        string
	TokenAt      time.Time
	Wanted, Done int64
}

var pullRows = mapped[pullRow]("pulls")

// ring is one bell.
type ring struct {
	account, token string
	at             time.Time
}

// WantPull implements scheduler.Queues. An empty token leaves the one that is known.
func (d *DB) WantPull(ctx context.Context, account tickets.RemoteID, token string, now time.Time) error {
	if nested(ctx) {
		return errNested
	}
	return d.rung.do(ctx, []ring{{account: clean(string(account)), token: clean(token), at: now}})
}

// ringGroup counts the bells of each account and keeps the last token. Accounts go in order, so that two replicas cannot wait for each other.
func (d *DB) ringGroup(ctx context.Context, rings []ring) error {
	bells := map[string]int{}
	tokens := map[string]ring{}
	for _, r := range rings {
		bells[r.account]++
		if r.token != "" {
			tokens[r.account] = r
		}
	}
	accounts := make([]string, 0, len(bells))
	for account := range bells {
		accounts = append(accounts, account)
	}
	slices.Sort(accounts)
	var args []any
	var values []string
	for _, account := range accounts {
		last := tokens[account]
		n := len(args)
		values = append(values, fmt.Sprintf("($%d, '', $%d, $%d, $%d, 0)", n+1, n+2, n+3, n+4))
		args = append(args, account, last.token, when(last.at), bells[account])
	}
	start := time.Now()
	err := d.engine.do(ctx, op{what: "ring for accounts", args: args, ahead: true,
		sql: `INSERT INTO pulls AS p (account, cursor, token, token_at, wanted, done) VALUES ` + strings.Join(values, ", ") + `
			ON CONFLICT (account) DO UPDATE SET wanted = p.wanted + excluded.wanted,
				token = CASE WHEN excluded.token = '' THEN p.token ELSE excluded.token END,
				token_at = CASE WHEN excluded.token = '' THEN p.token_at ELSE excluded.token_at END`})
	d.slowness(ctx, "ring for accounts", start)
	if w, ok := d.currentWaker().(PullWaker); ok && err == nil {
		for _, account := range accounts {
			w.WakePull(tickets.RemoteID(account))
		}
	}
	return err
}

// Pulls implements scheduler.Queues.
func (d *DB) Pulls(ctx context.Context) ([]scheduler.Cursor, error) {
	rows, err := many(ctx, d.look, pullRows, "list rung accounts", "WHERE wanted > done ORDER BY account")
	if err != nil {
		return nil, err
	}
	list := make([]scheduler.Cursor, len(rows))
	for i, row := range rows {
		list[i] = scheduler.Cursor(row)
	}
	return list, nil
}

// PullState implements scheduler.Queues. An account that never rang stands at its beginning.
func (d *DB) PullState(ctx context.Context, account tickets.RemoteID) (scheduler.Cursor, error) {
	row, err := one(ctx, d.look, pullRows, "read an account's cursor", "WHERE account = $1", clean(string(account)))
	if isMissing(err) {
		return scheduler.Cursor{Account: account}, nil
	}
	return scheduler.Cursor(row), err
}

// SavePage implements scheduler.Queues; tickets.ErrConflict says that somebody else has moved the cursor since it was read.
func (d *DB) SavePage(ctx context.Context, account tickets.RemoteID, from string, page bot.Page, done int64) error {
	var lanes []string
	err := d.inTx(ctx, func(ctx context.Context, t *tx) error {
		name, moved := clean(string(account)), false
		err := t.later(ctx, op{what: "begin an account's cursor", args: []any{name},
			sql: "INSERT INTO pulls (account, cursor, token, wanted, done) VALUES ($1, '', '', 0, 0) ON CONFLICT (account) DO NOTHING"})
		if err != nil {
			return err
		}
		if len(page.Events) > 0 {
			if lanes, err = d.engine.insertEvents(ctx, t.session, d.events(page.Events)); err != nil {
				return err
			}
		}
		// Last, because bells wait for the account's row as long as we hold it.
		err = t.run(ctx, op{what: "move an account's cursor", args: []any{name, clean(page.Next), done, clean(from)},
			sql: `UPDATE pulls SET cursor = $2, done = CASE WHEN done > $3 THEN done ELSE $3 END WHERE account = $1 AND cursor = $4 RETURNING account`,
			row: func(scanner) error { moved = true; return nil }})
		if err == nil && !moved {
			err = tickets.ErrConflict
		}
		return err
	})
	if err == nil {
		d.wakeInbox(lanes)
	}
	return err
}
