package store

import (
	"context"
	"time"

	"servicedesk/tickets"
)

type ruleRow struct {
	ID     int64
	Place  int
	Event  tickets.RuleEvent
	Doc    tickets.RuleDoc
	MadeBy string
	MadeAt time.Time
}

var ruleRows = mapped[ruleRow]("rules")

// loadMost is up to how many tickets of one colleague are counted: who has so many has too many, however many they are.
const loadMost = "100"

// inHand counts the tickets on which the colleague whose id the term gives has something to do.
func inHand(owner string) string {
	return "(SELECT count(*) FROM (SELECT 1 AS one FROM tickets WHERE owner_id = " + owner +
		" AND status IN ('assigned', 'in_progress', 'waiting', 'reopened') LIMIT " + loadMost + ") AS t)"
}

// RoutingBasis is one round trip.
func (t *tx) RoutingBasis(ctx context.Context, ownerID int64) (tickets.RoutingBasis, error) {
	var basis tickets.RoutingBasis
	ops := []op{
		{what: "list modules", sql: "SELECT name FROM modules ORDER BY place, name", row: func(s scanner) error {
			var name string
			err := s.Scan(&name)
			basis.Modules = append(basis.Modules, name)
			return err
		}},
		readRules(&basis.Rules),
	}
	if ownerID != 0 {
		ops = append(ops, op{what: "count an owner's tickets", sql: "SELECT " + inHand("$1"), args: []any{ownerID},
			row: func(s scanner) error { return s.Scan(&basis.OwnerLoad) }})
	}
	err := t.run(ctx, ops...)
	return basis, err
}

func (t *tx) Loads(ctx context.Context) (map[int64]int, error) {
	loads := map[int64]int{}
	err := t.run(ctx, op{what: "count everybody's tickets", sql: "SELECT s.id, " + inHand("s.id") + " FROM staff AS s WHERE s.active",
		row: func(s scanner) error {
			var id int64
			var n int
			err := s.Scan(&id, &n)
			loads[id] = n
			return err
		}})
	return loads, err
}

func (t *tx) Rules(ctx context.Context) ([]tickets.Rule, error) {
	var rules []tickets.Rule
	err := t.run(ctx, readRules(&rules))
	return rules, err
}

func readRules(into *[]tickets.Rule) op {
	return op{what: "list rules", sql: ruleRows.read + "ORDER BY place, id", row: func(s scanner) error {
		var row ruleRow
		err := s.Scan(ruleRows.targets(&row)...)
		*into = append(*into, tickets.Rule(row))
		return err
	}}
}

func (t *tx) SaveRule(ctx context.Context, rule *tickets.Rule) error {
	row := ruleRow(*rule)
	err := save(ctx, t, ruleRows, "save a rule", &row, row.ID)
	rule.ID = row.ID
	return err
}

func (t *tx) DeleteRule(ctx context.Context, id int64) error {
	return t.run(ctx, op{what: "delete a rule", sql: "DELETE FROM rules WHERE id = $1", args: []any{id}, must: true})
}
