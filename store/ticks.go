package store

import (
	"context"
	"time"

	"servicedesk/scheduler"
)

// Tick implements scheduler.Queues.
func (d *DB) Tick(ctx context.Context, job string, at time.Time) (bool, error) {
	first := false
	err := d.do(ctx, op{what: "note a tick", args: []any{clean(job), when(at)},
		sql: "INSERT INTO ticks (job, tick_at) VALUES ($1, $2) ON CONFLICT (job, tick_at) DO NOTHING RETURNING job",
		row: func(scanner) error { first = true; return nil }})
	return first, err
}

// Backlog implements scheduler.Queues. Each count walks an index that holds nothing but what it counts.
func (d *DB) Backlog(ctx context.Context, now time.Time) (scheduler.Backlog, error) {
	var b scheduler.Backlog
	err := d.look(ctx, op{what: "count the backlog", args: []any{when(now)},
		sql: `SELECT (SELECT COUNT(*) FROM inbox WHERE NOT done), (SELECT COUNT(*) FROM pulls WHERE wanted > done),
			(SELECT COUNT(*) FROM outbox WHERE state = 'pending'), (SELECT COUNT(*) FROM timers WHERE armed AND due_at <= $1),
			(SELECT COUNT(*) FROM outbox WHERE state = 'held'), (SELECT COUNT(*) FROM outbox WHERE state = 'pending' AND lane LIKE 'wecom:%')`,
		row: func(s scanner) error { return s.Scan(&b.Inbox, &b.Pulls, &b.Outbox, &b.DueTimers, &b.Held, &b.ToWeCom) }})
	return b, err
}

// pruneStep is how many rows one statement of Prune touches: nobody waits long behind it.
const pruneStep = 1000

// Prune implements scheduler.Queues; before is clock time. Undone things stay however old they are; lanes are forgotten when nobody holds
// them, their fences start above the old ones.
func (d *DB) Prune(ctx context.Context, before time.Time) error {
	for _, o := range []op{
		{what: "prune events", args: []any{when(before), pruneStep},
			sql: "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE done AND received_at < $1 ORDER BY id LIMIT $2)"},
		{what: "prune bodies", args: []any{when(before), pruneStep},
			sql: `UPDATE outbox SET body = NULL WHERE id IN (SELECT id FROM outbox
				WHERE body IS NOT NULL AND created_at < $1 AND state NOT IN ('pending', 'held') LIMIT $2)`},
		{what: "prune ticks", args: []any{when(before), pruneStep},
			sql: "DELETE FROM ticks WHERE (job, tick_at) IN (SELECT job, tick_at FROM ticks WHERE tick_at < $1 LIMIT $2)"},
		{what: "prune lanes", args: []any{before.UnixMicro(), pruneStep},
			sql: "DELETE FROM lanes WHERE (box, lane) IN (SELECT box, lane FROM lanes WHERE lease_until IS NULL AND fence < $1 LIMIT $2)"},
	} {
		if err := d.pruneAll(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) pruneAll(ctx context.Context, o op) error {
	o.must = true // to hear when nothing is left
	for {
		if err := d.do(ctx, o); isMissing(err) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
