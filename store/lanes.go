package store

import (
	"context"
	"time"

	"servicedesk/scheduler"
)

// heads are the first undone rows of each lane; how late the others are does not matter.
var readyLanes = map[scheduler.Box]string{
	scheduler.Inbox: `SELECT heads.lane FROM (SELECT lane, MIN(id) AS id FROM inbox
			WHERE NOT done GROUP BY lane) AS heads
		JOIN inbox AS head ON head.id = heads.id
		LEFT JOIN lanes ON lanes.box = 'inbox' AND lanes.lane = heads.lane
		WHERE (head.next_at IS NULL OR head.next_at <= $1) AND (lanes.lease_until IS NULL OR lanes.lease_until <= $1)
		ORDER BY heads.id LIMIT $2`,
	scheduler.Outbox: `SELECT heads.lane FROM (SELECT lane, MIN(id) AS id, MIN(urgency) AS urgency FROM outbox
			WHERE state = 'pending' GROUP BY lane) AS heads
		JOIN outbox AS head ON head.id = heads.id
		LEFT JOIN lanes ON lanes.box = 'outbox' AND lanes.lane = heads.lane
		WHERE (head.next_at IS NULL OR head.next_at <= $1) AND (lanes.lease_until IS NULL OR lanes.lease_until <= $1)
		ORDER BY heads.urgency, heads.id LIMIT $2`,
}

// ReadyLanes implements scheduler.Queues. A lane is as urgent as the most urgent row in it: what stands before that must leave first.
func (d *DB) ReadyLanes(ctx context.Context, box scheduler.Box, machine time.Time, limit int) ([]string, error) {
	var lanes []string
	err := d.look(ctx, op{what: "list ready lanes", sql: readyLanes[box], args: []any{when(machine), limit}, row: collect(&lanes)})
	return lanes, err
}

// Claim implements scheduler.Queues. The fence starts from the machine's clock, so that it grows even when Prune has forgotten the lane.
func (d *DB) Claim(ctx context.Context, box scheduler.Box, lane string, machine time.Time, lease time.Duration) (int64, bool, error) {
	var fence int64
	claimed := false
	err := d.lease(ctx, op{what: "claim a lane", args: []any{string(box), clean(lane), machine.UnixMicro(), when(machine.Add(lease)), when(machine)},
		sql: `INSERT INTO lanes AS l (box, lane, fence, lease_until) VALUES ($1, $2, $3, $4)
			ON CONFLICT (box, lane) DO UPDATE SET lease_until = excluded.lease_until,
				fence = CASE WHEN l.fence >= excluded.fence THEN l.fence + 1 ELSE excluded.fence END
			WHERE l.lease_until IS NULL OR l.lease_until <= $5
			RETURNING fence`,
		row: func(s scanner) error { claimed = true; return s.Scan(&fence) }})
	return fence, claimed, err
}

// Renew implements scheduler.Queues. A lease that ran out is still there to be renewed while nobody else has claimed the lane.
func (d *DB) Renew(ctx context.Context, box scheduler.Box, lane string, fence int64, machine time.Time, lease time.Duration) (bool, error) {
	held := false
	err := d.lease(ctx, op{what: "renew a lease", args: []any{string(box), clean(lane), fence, when(machine.Add(lease))},
		sql: `UPDATE lanes SET lease_until = $4 WHERE box = $1 AND lane = $2 AND fence = $3 AND lease_until IS NOT NULL RETURNING fence`,
		row: func(scanner) error { held = true; return nil }})
	return held, err
}

// Release implements scheduler.Queues. Of a lease that was lost nothing happens.
func (d *DB) Release(ctx context.Context, box scheduler.Box, lane string, fence int64) error {
	return d.lease(ctx, releasing(box, lane, fence))
}

func releasing(box scheduler.Box, lane string, fence int64) op {
	return op{what: "release a lane", args: []any{string(box), clean(lane), fence},
		sql: `UPDATE lanes SET lease_until = NULL WHERE box = $1 AND lane = $2 AND fence = $3`}
}
