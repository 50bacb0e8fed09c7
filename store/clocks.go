package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/tickets"
)

type clockRow struct {
	TicketID   tickets.TicketID
	Kind       tickets.ClockKind
	Policy     string
	Target     time.Duration
	AllHours   bool
	Round      int
	StartedAt  time.Time
	Used       time.Duration
	RunsSince  time.Time
	Pauses     []tickets.Pause
	DueAt      time.Time
	MetAt      time.Time
	BreachedAt time.Time
	Stage      int
	Hollow     bool
	FlaggedAt  time.Time
}

type policyRow struct {
	Type       string
	Tier       customers.Tier
	Contract   string
	Response   time.Duration
	Workaround time.Duration
	Solution   time.Duration
	AllHours   bool
}

type policyChangeRow struct {
	ID     int64
	At     time.Time
	Editor string
	Policy string
	Was    string
	IsNow  string
}

var (
	clockRows        = mapped[clockRow]("clocks")
	clockSaving      = clockRows.inserting(clockRows.replacing("ticket_id", "kind"))
	policyRows       = mapped[policyRow]("policies")
	policySaving     = policyRows.insert + policyRows.replacing("type", "tier", "contract")
	policyChangeRows = mapped[policyChangeRow]("policy_changes")
)

// replacing is the end of an INSERT whose row may be there already, known by the key: then all other columns are replaced.
func (m *mapping[T]) replacing(key ...string) string {
	var sets []string
	for _, c := range m.columns {
		if !slices.Contains(key, c.name) {
			sets = append(sets, c.name+" = excluded."+c.name)
		}
	}
	return " ON CONFLICT (" + strings.Join(key, ", ") + ") DO UPDATE SET " + strings.Join(sets, ", ")
}

func (t *tx) Clocks(ctx context.Context, id tickets.TicketID) ([]tickets.Clock, error) {
	if known, ok := t.clocks[id]; ok {
		return cloned(known), nil
	}
	rows, err := many(ctx, t.run, clockRows, fmt.Sprintf("read the clocks of ticket %d", id), "WHERE ticket_id = $1", int64(id))
	if err != nil {
		return nil, err
	}
	list := make([]tickets.Clock, len(rows))
	for i, row := range rows {
		list[i] = tickets.Clock(row)
	}
	slices.SortFunc(list, func(a, b tickets.Clock) int {
		return slices.Index(tickets.ClockKinds, a.Kind) - slices.Index(tickets.ClockKinds, b.Kind)
	})
	return list, nil
}

// cloned is a copy that shares nothing a caller changes.
func cloned(list []tickets.Clock) []tickets.Clock {
	list = slices.Clone(list)
	for i := range list {
		list[i].Pauses = slices.Clone(list[i].Pauses)
	}
	return list
}

// SaveClocks is one statement. What was written is remembered until the transaction ends: whoever opens a ticket reads its clocks next.
func (t *tx) SaveClocks(ctx context.Context, list []tickets.Clock) error {
	var args []any
	for i := range list {
		row := clockRow(list[i])
		values, err := clockRows.values(&row)
		if err != nil {
			return err
		}
		args = append(args, values...)
	}
	if len(list) == 0 || len(list) > insertMost {
		return fmt.Errorf("save the clocks of a ticket: %d of them", len(list))
	}
	if t.clocks == nil {
		t.clocks = map[tickets.TicketID][]tickets.Clock{}
	}
	t.clocks[list[0].TicketID] = cloned(list)
	return t.later(ctx, op{what: "save the clocks", sql: clockSaving.texts[len(list)-1], args: args})
}

// SetTimers is one statement.
func (t *tx) SetTimers(ctx context.Context, timers []tickets.Timer) error {
	if len(timers) == 0 {
		return nil
	}
	var args []any
	values := make([]string, len(timers))
	for i, timer := range timers {
		values[i] = fmt.Sprintf("($%d, $%d, 1, $%d, $%d, $%d)", 5*i+1, 5*i+2, 5*i+3, 5*i+4, 5*i+5)
		args = append(args, clean(string(timer.Kind)), timer.Subject, when(timer.DueAt), int64(timer.Urgency), !timer.DueAt.IsZero())
	}
	return t.later(ctx, op{what: "set timers", args: args,
		sql: "INSERT INTO timers AS t (kind, subject, gen, due_at, urgency, armed) VALUES " + strings.Join(values, ", ") +
			` ON CONFLICT (kind, subject) DO UPDATE SET gen = t.gen + 1, due_at = excluded.due_at, urgency = excluded.urgency, armed = excluded.armed
			RETURNING id, due_at`,
		row: func(s scanner) error {
			var set tickets.Timer
			if err := s.Scan((*int64)(&set.ID), (*stamp)(&set.DueAt)); err != nil || set.DueAt.IsZero() {
				return err
			}
			t.timers = append(t.timers, set)
			return nil
		}})
}

func (t *tx) Owing(ctx context.Context, after tickets.TicketID, limit int) ([]tickets.TicketID, error) {
	var list []tickets.TicketID
	err := t.run(ctx, op{what: "list tickets that owe something", args: []any{int64(after), limit},
		sql: "SELECT DISTINCT ticket_id FROM clocks WHERE met_at IS NULL AND ticket_id > $1 ORDER BY ticket_id LIMIT $2",
		row: func(s scanner) error {
			var id int64
			err := s.Scan(&id)
			list = append(list, tickets.TicketID(id))
			return err
		}})
	return list, err
}

// Policies are read beside a contact: whoever opens a ticket asks for them next.
func (t *tx) Policies(ctx context.Context) ([]customers.Policy, error) {
	if near := t.beside.policies; near != nil {
		return *near, nil
	}
	var list []customers.Policy
	err := t.run(ctx, readPolicies(&list))
	return list, err
}

func readPolicies(into *[]customers.Policy) op {
	return op{what: "read the policies", sql: policyRows.read, row: func(s scanner) error {
		var row policyRow
		err := s.Scan(policyRows.targets(&row)...)
		*into = append(*into, row.policy())
		return err
	}}
}

func (r policyRow) policy() customers.Policy {
	return customers.Policy{PolicyKey: customers.PolicyKey{Type: r.Type, Tier: r.Tier, Contract: r.Contract},
		Response: r.Response, Workaround: r.Workaround, Solution: r.Solution, AllHours: r.AllHours}
}

func rowOfPolicy(p customers.Policy) policyRow {
	return policyRow{Type: p.Type, Tier: p.Tier, Contract: p.Contract, Response: p.Response, Workaround: p.Workaround, Solution: p.Solution,
		AllHours: p.AllHours}
}

func (t *tx) SavePolicy(ctx context.Context, p customers.Policy, change customers.PolicyChange) error {
	t.beside.policies = nil
	row := rowOfPolicy(p)
	args, err := policyRows.values(&row)
	if err != nil {
		return err
	}
	if err := t.later(ctx, op{what: "save a policy", sql: policySaving, args: args}); err != nil {
		return err
	}
	note := policyChangeRow{At: change.At, Editor: change.By, Policy: change.Policy.Key(), Was: change.Old, IsNow: change.New}
	return save(ctx, t, policyChangeRows, "note a change of policy", &note, 0)
}

func (t *tx) PolicyChanges(ctx context.Context, limit int) ([]customers.PolicyChange, error) {
	rows, err := many(ctx, t.run, policyChangeRows, "read the changes of policies", "ORDER BY id DESC LIMIT $1", limit)
	list := make([]customers.PolicyChange, len(rows))
	for i, r := range rows {
		list[i] = customers.PolicyChange{ID: r.ID, At: r.At, By: r.Editor, Policy: customers.ParsePolicyKey(r.Policy), Old: r.Was, New: r.IsNow}
	}
	return list, err
}

// importPolicies brings the stated policies in; tickets that are under way are aimed anew.
func (i *importer) importPolicies(ctx context.Context, list []customers.Policy) error {
	if len(list) == 0 {
		return nil
	}
	edited, err := i.tx.Policies(ctx)
	if err != nil {
		return err
	}
	changed := false
	for _, p := range list {
		if slices.Contains(edited, p) {
			continue
		}
		changed = true
		i.changes++
		change := customers.PolicyChange{At: i.now, By: "import", Policy: p.PolicyKey, New: p.Figures()}
		if at := slices.IndexFunc(edited, func(e customers.Policy) bool { return e.PolicyKey == p.PolicyKey }); at >= 0 {
			change.Old = edited[at].Figures()
		}
		if err := i.tx.SavePolicy(ctx, p, change); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return i.tx.SetTimer(ctx, tickets.Timer{Kind: tickets.TimerReaim, DueAt: i.now, Urgency: tickets.UrgencyCare})
}
