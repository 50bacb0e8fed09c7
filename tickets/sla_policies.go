package tickets

import (
	"context"
	"slices"

	"servicedesk/customers"
)

// PolicyEdit states what is to be promised; nil fields stay as they are.
type PolicyEdit struct {
	Key                            customers.PolicyKey
	Response, Workaround, Solution *string
	AllHours                       *bool
}

// PolicyTable are the policies in force, and the latest edits.
func (d *Desk) PolicyTable(ctx context.Context, tx Tx) ([]customers.Policy, []customers.PolicyChange, error) {
	edited, err := tx.Policies(ctx)
	if err != nil {
		return nil, nil, err
	}
	changes, err := tx.PolicyChanges(ctx, 5)
	return customers.WithEdits(edited), changes, err
}

// EditPolicy changes a policy, or makes one that is more specific than those there are: it begins with what held for its matters until now.
// The clocks of open tickets are aimed anew, in the background. others are the further policies that match such matters.
func (d *Desk) EditPolicy(
	ctx context.Context, tx Tx, who customers.Staff, edit PolicyEdit,
) (was, now customers.Policy, others []customers.Policy, err error) {
	edited, err := tx.Policies(ctx)
	if err != nil {
		return was, now, nil, err
	}
	all := customers.WithEdits(edited)
	matching := customers.MatchPolicies(all, edit.Key)
	if len(matching) > 0 {
		was = matching[0]
	}
	now = was
	now.PolicyKey = edit.Key
	if edit.AllHours != nil {
		now.AllHours = *edit.AllHours
	}
	if err := edit.fill(&now); err != nil {
		return was, now, nil, err
	}
	if fault := now.Fault(); fault != "" {
		return was, now, nil, Refuse(CodeInvalid, fault, nil)
	}
	if now == was {
		return was, now, nil, Refuse(CodeConflict, "refuse.policy_same", Args{"Policy": PolicyText(d.ToStaff(who), now)})
	}
	say := d.group()
	change := customers.PolicyChange{At: d.Now(), By: who.Name, Policy: now.PolicyKey, Old: policyPromises(say, was), New: policyPromises(say, now)}
	if err := tx.SavePolicy(ctx, now, change); err != nil {
		return was, now, nil, err
	}
	for _, p := range matching {
		if p.PolicyKey != now.PolicyKey {
			others = append(others, p)
		}
	}
	return was, now, slices.Clip(others), tx.SetTimer(ctx, Timer{Kind: TimerReaim, DueAt: d.Now(), Urgency: UrgencyCare})
}

func (e PolicyEdit) fill(p *customers.Policy) error {
	for _, part := range []struct {
		said *string
		set  func(*customers.Policy, string) bool
	}{
		{e.Response, func(p *customers.Policy, s string) (ok bool) {
			p.Response, ok = customers.ParsePromise(s, p.AllHours)
			return
		}},
		{e.Workaround, func(p *customers.Policy, s string) (ok bool) {
			p.Workaround, ok = customers.ParsePromise(s, p.AllHours)
			return
		}},
		{e.Solution, func(p *customers.Policy, s string) (ok bool) {
			p.Solution, ok = customers.ParsePromise(s, p.AllHours)
			return
		}},
	} {
		if part.said != nil && !part.set(p, *part.said) {
			return Refuse(CodeInvalid, "refuse.duration", Args{"Value": *part.said})
		}
	}
	return nil
}
