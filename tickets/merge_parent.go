package tickets

import (
	"context"
	"fmt"
	"strings"

	"servicedesk/customers"
)

// maxAncestors bounds the walk upwards; more levels than that nobody overlooks.
const maxAncestors = 20

// SetParent makes a ticket part of a larger one, which cannot be solved before it; a nil parent takes it out. Circles are refused.
func (d *Desk) SetParent(ctx context.Context, tx Tx, who customers.Staff, child TicketID, parent *Ticket) (*Ticket, error) {
	ids := []TicketID{child}
	if parent != nil {
		ids = append(ids, parent.ID)
	}
	locked, err := lockTickets(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	t := locked[child]
	data := map[string]string{"from": d.group().T("parent.none"), "to": d.group().T("parent.none")}
	var old, now *Ticket
	if t.ParentID != 0 {
		if old, err = tx.Ticket(ctx, t.ParentID); err != nil {
			return nil, err
		}
		data["from"] = old.Number
	}
	switch {
	case parent == nil && old == nil:
		return nil, Refuse(CodeConflict, "refuse.parent_none", Args{"Number": t.Number})
	case parent != nil && old != nil && parent.ID == old.ID:
		return nil, Refuse(CodeConflict, "refuse.parent_already", Args{"Number": t.Number, "Parent": old.Number})
	case parent != nil:
		now = locked[parent.ID]
		if err := d.mayBeParent(ctx, tx, t, now); err != nil {
			return nil, err
		}
		data["to"] = now.Number
	}
	t.ParentID = 0
	if now != nil {
		t.ParentID = now.ID
	}
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryParent, Data: data}))
	if err != nil {
		return nil, err
	}
	for _, p := range []*Ticket{old, now} {
		if p == nil {
			continue
		}
		key := "topic.child_gone"
		if p == now {
			key = "topic.child_came"
		}
		text := d.group().T(key, Args{"By": who.Name, "Number": t.Number, "Title": t.Title})
		if err := d.tellTopic(ctx, tx, p, fmt.Sprintf("child:%d", entry), text); err != nil {
			return nil, err
		}
		if err := d.showCard(ctx, tx, p); err != nil {
			return nil, err
		}
	}
	return t, d.change(ctx, tx, t)
}

// mayBeParent refuses parents that are over or solved, tickets as parents of themselves, and circles.
func (d *Desk) mayBeParent(ctx context.Context, tx Tx, t, parent *Ticket) error {
	if !parent.Status.Open() || parent.Status == StatusSolved {
		return Refuse(CodeConflict, "refuse.parent_over", Args{"Parent": parent.Number, "State": parent.Status})
	}
	above := parent
	for range maxAncestors {
		if above.ID == t.ID {
			return Refuse(CodeConflict, "refuse.parent_circle", Args{"Number": t.Number, "Parent": parent.Number})
		}
		if above.ParentID == 0 {
			return nil
		}
		var err error
		if above, err = tx.Ticket(ctx, above.ParentID); err != nil {
			return err
		}
		if above, err = d.Survivor(ctx, tx, above); err != nil {
			return err
		}
	}
	return Refuse(CodeConflict, "refuse.parent_circle", Args{"Number": t.Number, "Parent": parent.Number})
}

// childrenAmong are those of a ticket's kin that are parts of it.
func childrenAmong(kin []*Ticket, t *Ticket) (children []*Ticket) {
	for _, k := range kin {
		if k.ParentID != 0 && k.MergedInto != t.ID && k.ID != t.ID {
			children = append(children, k)
		}
	}
	return children
}

// openChildren are the numbers of a ticket's children that are not over.
func (d *Desk) openChildren(ctx context.Context, tx Tx, t *Ticket) ([]string, error) {
	kin, err := tx.Kin(ctx, t.ID)
	var numbers []string
	for _, k := range childrenAmong(kin, t) {
		if !k.Status.Over() {
			numbers = append(numbers, k.Number)
		}
	}
	return numbers, err
}

// childrenOver refuses to end a ticket before its children, and names them.
func (d *Desk) childrenOver(ctx context.Context, tx Tx, t *Ticket) error {
	numbers, err := d.openChildren(ctx, tx, t)
	if err != nil || len(numbers) == 0 {
		return err
	}
	return Refuse(CodeConflict, "refuse.children", Args{"Number": t.Number, "Children": strings.Join(numbers, d.group().T("list.comma"))})
}
