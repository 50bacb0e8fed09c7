package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
)

// Reclass is what a colleague says a ticket is; what is empty stays. Saying what it is already confirms it.
type Reclass struct {
	Type     Type
	Priority Priority
	Module   string
}

// Reclassify corrects or confirms type, priority and module. It answers what changed, in the desk's language; nothing: it was confirmed.
func (d *Desk) Reclassify(ctx context.Context, tx Tx, who customers.Staff, id TicketID, to Reclass) (*Ticket, []string, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := workable(t); err != nil {
		return nil, nil, err
	}
	was, reason := *t, d.group().T("judge.person", Args{"Name": who.Name})
	if to.Type != "" {
		if t.Type != to.Type && to.Priority == 0 {
			t.Priority = adapted(*t, to.Type)
		}
		t.Type, t.Judged.Type = to.Type, reason
	}
	if to.Priority != 0 {
		t.Priority, t.Judged.Priority = to.Priority, reason
	}
	if to.Module != "" {
		t.Module, t.Judged.Module = to.Module, reason
	}
	told := changes(d.group(), &was, t)
	var entry int64
	for _, line := range told {
		if entry, err = d.record(ctx, tx, t, by(who, Entry{Kind: EntryReclassed, Internal: true, Text: line})); err != nil {
			return nil, nil, err
		}
	}
	if who.Serves() {
		t.Judged.TypeSure = t.Judged.TypeSure || to.Type != ""
		t.Judged.ModuleSure = t.Judged.ModuleSure || to.Module != ""
		if err := d.diagnosed(ctx, tx, who, t); err != nil {
			return nil, nil, err
		}
	}
	if len(told) > 0 {
		if err := d.afterReclass(ctx, tx, t, was, fmt.Sprint(entry)); err != nil {
			return nil, nil, err
		}
	}
	return t, told, d.change(ctx, tx, t)
}

// afterReclass lets promises, rules and the customer follow a change of class; cause is unique for it.
func (d *Desk) afterReclass(ctx context.Context, tx Tx, t *Ticket, was Ticket, cause string) error {
	if err := d.reclassed(ctx, tx, t, was); err != nil {
		return err
	}
	if err := d.tellOfClass(ctx, tx, t, was, "class:"+cause); err != nil {
		return err
	}
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	if t.DiagnosedAt.IsZero() && was.Type != t.Type {
		if err := d.startDiagnosis(ctx, tx, t, customer); err != nil {
			return err
		}
	}
	if t.Module != was.Module && t.Module != "" {
		all, err := tx.AllStaff(ctx)
		if err != nil {
			return err
		}
		if !anySkilled(all, t.Module) {
			if err := d.skillGap(ctx, tx, t); err != nil {
				return err
			}
		}
	}
	rules, err := tx.Rules(ctx)
	if err != nil || len(rules) == 0 {
		return err
	}
	text, err := d.firstWords(ctx, tx, t)
	if err != nil {
		return err
	}
	return d.applyRules(ctx, tx, t, rules, RuleChanged, text, "changed:"+cause)
}

// tellOfClass tells the customer in one sentence that his matter became an outage, or is none any more: what is promised changes with it.
func (d *Desk) tellOfClass(ctx context.Context, tx Tx, t *Ticket, was Ticket, key string) error {
	if (t.Type == TypeOutage) == (was.Type == TypeOutage) {
		return nil
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	conv, err := tx.Conversation(ctx, t.ConversationID)
	if err != nil {
		return err
	}
	say, text := d.toContact(v), "class.to_outage"
	if was.Type == TypeOutage {
		text = "class.from_outage"
	}
	return d.tellContact(ctx, tx, conv, t.ID, UseNotice, key, say.T(text, Args{"Number": t.Number, "Type": say.T("type." + string(t.Type))}))
}
