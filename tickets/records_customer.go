package tickets

import (
	"context"
	"errors"
	"fmt"

	"servicedesk/customers"
	"servicedesk/words"
)

// CustomerNamed finds a customer by code or name, exactly or, when there is none, by a part of the name: several are a matter of choice.
func (d *Desk) CustomerNamed(ctx context.Context, tx Tx, name string) ([]customers.Customer, error) {
	all, err := tx.Customers(ctx)
	return customers.Named(all, name), err
}

// misfit makes a refusal of a value that a record cannot take.
func misfit(err error) error {
	var m *customers.Misfit
	if errors.As(err, &m) {
		return Refuse(CodeInvalid, m.Key, Args{"Field": m.Field, "Value": m.Value})
	}
	return err
}

// keep notes changes of one record as a colleague's. about has noun, subject and customer.
func (d *Desk) keep(ctx context.Context, tx Tx, who customers.Staff, about customers.Change, changes []customers.Change) error {
	for _, c := range changes {
		about.Field, about.Old, about.New = c.Field, c.Old, c.New
		about.At, about.EditorID, about.Editor = d.Now(), who.ID, who.Name
		if err := tx.AddChange(ctx, about); err != nil {
			return err
		}
	}
	return nil
}

// aboutCustomer is what the changes of a customer have in common.
func aboutCustomer(c customers.Customer) customers.Change {
	return customers.Change{Noun: customers.NounCustomer, SubjectID: c.ID, Subject: c.Name, CustomerID: c.ID}
}

// EditCustomer changes the profile and gives the changes; none when all was so already.
func (d *Desk) EditCustomer(ctx context.Context, tx Tx, who customers.Staff, id int64, edits []customers.Edit) ([]customers.Change, error) {
	return d.editCustomer(ctx, tx, who, id, func(c *customers.Customer) ([]customers.Change, error) { return c.Edit(edits) })
}

// EditContract changes the current contract; where it becomes 7×24 or ceases to be, the clocks of open tickets are aimed anew.
func (d *Desk) EditContract(ctx context.Context, tx Tx, who customers.Staff, id int64, edits []customers.Edit) ([]customers.Change, error) {
	return d.editCustomer(ctx, tx, who, id, func(c *customers.Customer) ([]customers.Change, error) { return c.EditContract(edits) })
}

// Renew moves the last day of the current contract on.
func (d *Desk) Renew(ctx context.Context, tx Tx, who customers.Staff, id int64, end string) ([]customers.Change, error) {
	return d.editCustomer(ctx, tx, who, id, func(c *customers.Customer) ([]customers.Change, error) {
		was := c.Contract.End
		changes, err := c.EditContract([]customers.Edit{{Field: "contract_end", Value: end}})
		if err == nil && c.Contract.End < was {
			return nil, Refuse(CodeInvalid, "contract.shorter", Args{"Old": was, "New": c.Contract.End})
		}
		return changes, err
	})
}

// SetTier puts a customer into another tier. The clocks of his open tickets are aimed anew; used time is kept.
func (d *Desk) SetTier(ctx context.Context, tx Tx, who customers.Staff, id int64, tier customers.Tier) ([]customers.Change, error) {
	return d.editCustomer(ctx, tx, who, id, func(c *customers.Customer) ([]customers.Change, error) {
		if c.Tier == tier {
			return nil, nil
		}
		change := customers.Change{Field: "tier", Old: string(c.Tier), New: string(tier)}
		c.Tier = tier
		return []customers.Change{change}, nil
	})
}

// editCustomer changes a customer under its lock and keeps what changed.
func (d *Desk) editCustomer(ctx context.Context, tx Tx, who customers.Staff, id int64,
	edit func(*customers.Customer) ([]customers.Change, error),
) ([]customers.Change, error) {
	c, err := tx.LockCustomer(ctx, id)
	if err != nil {
		return nil, err
	}
	was := c
	changes, err := edit(&c)
	if err != nil || len(changes) == 0 {
		return nil, misfit(err)
	}
	if err := tx.SaveCustomer(ctx, c); err != nil {
		return nil, err
	}
	if err := d.keep(ctx, tx, who, aboutCustomer(was), changes); err != nil {
		return nil, err
	}
	if was.Tier != c.Tier || was.AllHours != c.AllHours || was.Timezone != c.Timezone {
		return changes, d.reaim(ctx, tx, c)
	}
	return changes, nil
}

// reaim tells the open tickets of a customer that what rules their promises changed.
func (d *Desk) reaim(ctx context.Context, tx Tx, c customers.Customer) error {
	open, err := tx.FindTickets(ctx, Filter{CustomerID: c.ID, Statuses: OpenStatuses})
	if err != nil {
		return err
	}
	for _, found := range open {
		t, _, err := tx.LockMatter(ctx, found.ID)
		if err != nil {
			return err
		}
		if !t.Status.Open() {
			continue
		}
		if err := d.reclassed(ctx, tx, t, *t); err != nil {
			return err
		}
		if err := d.change(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

// today is the day at a customer's place.
func (d *Desk) today(c customers.Customer) string { return d.Now().In(d.zone(c)).Format("2006-01-02") }

// contractLines is the card's line about a contract that ran out; the ticket is served all the same.
func (d *Desk) contractLines(_ context.Context, _ Tx, t *Ticket, v view, say words.Locale) ([]Line, error) {
	if !t.Status.Open() || !v.customer.Contract.OverOn(d.today(v.customer)) {
		return nil, nil
	}
	return []Line{{Label: say.T("customer.contract"), Text: say.T("contract.over_line", Args{"End": v.customer.Contract.End})}}, nil
}

// contractOpened tells the account manager that somebody whose contract ran out asked for something; once per customer and day.
func (d *Desk) contractOpened(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	c := w.customer
	if !c.Contract.OverOn(d.today(c)) {
		return nil
	}
	to, _, err := d.acting(ctx, tx, w.team, customers.RoleAccountManager)
	if err != nil || to.ID == 0 {
		return err
	}
	say := d.ToStaff(to)
	args := Args{"Customer": c.Name, "End": c.Contract.End, "Number": t.Number}
	card := Card{Title: say.T("contract.over_title", args), Summary: say.T("contract.over_title", args), Colour: ColourNew,
		Lines: []Line{{Text: say.T("contract.over_text", args)}}}
	return d.notifyStaff(ctx, tx, to, t.ID, fmt.Sprintf("contract-over:%d:%s", c.ID, d.today(c)), card)
}
