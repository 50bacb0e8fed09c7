package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

// titleLength is how many characters of the first words make the title.
const titleLength = 30

// defaultPriority is what a matter has until somebody says otherwise.
const defaultPriority Priority = 3

// open starts a ticket with the words just said, routes it to the customer's owner, and tells everybody who must know.
func (d *Desk) open(ctx context.Context, tx Tx, w *told, urgent bool) error {
	now := d.Now()
	number, err := tx.NextNumber(ctx, w.contact.CustomerID)
	if err != nil {
		return err
	}
	text := d.readable(w)
	t := &Ticket{Number: number, CustomerID: w.contact.CustomerID, ContactID: w.contact.ID, ConversationID: w.conv.ID, Status: StatusNew,
		Type: TypeError, Priority: defaultPriority, Module: w.conv.Module, Source: w.source, Level: 1, Urgent: urgent,
		Title: Shorten(text, titleLength), LastWords: Shorten(text, 120),
		ChatID: d.Group(w.customer.Group), OpenedAt: now, UpdatedAt: now}
	if w.title != "" {
		t.Title = w.title
	}
	if t.Source == "" {
		t.Source = SourceKF
	}
	if err := d.judge(ctx, tx, w, t); err != nil {
		return err
	}
	if urgent {
		t.Priority = 1
	}
	if err := d.route(ctx, tx, w, t); err != nil {
		return err
	}
	t.Followed = t.Status
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	w.conv.Current = t.ID
	w.conv.AskedAt = time.Time{} // a new matter: which one is meant may be asked again
	if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryOpened})); err != nil {
		return err
	}
	if _, err := d.recordWords(ctx, tx, w, t); err != nil {
		return err
	}
	if err := d.opened(ctx, tx, w, t); err != nil {
		return err
	}
	if err := d.announce(ctx, tx, w, t); err != nil {
		return err
	}
	if err := d.acknowledge(ctx, tx, w, t); err != nil {
		return err
	}
	return d.announced(ctx, tx, w, t)
}

// announce shows the new ticket in its group, and gives the liaison the task to bind an unknown visitor.
func (d *Desk) announce(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	if err := d.Owe(ctx, tx, toTopic(t, UseTicketCard, "card", Body{})); err != nil {
		return err
	}
	if len([]rune(d.readable(w))) > titleLength || len(w.in.Attached) > 0 {
		if err := d.relayWords(ctx, tx, w, t); err != nil {
			return err
		}
	}
	if w.contact.Bound() {
		return nil
	}
	return d.askToBind(ctx, tx, w.contact, t)
}

// askToBind gives the task to bind a visitor to every liaison; without one, to the administrators: nothing waits for nobody.
func (d *Desk) askToBind(ctx context.Context, tx Tx, contact customers.Contact, t *Ticket) error {
	binders, err := d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin)
	if err != nil {
		return err
	}
	all, err := tx.Customers(ctx)
	if err != nil {
		return err
	}
	var options []Option
	for _, c := range all {
		options = append(options, Option{Text: c.Name + " " + c.Code, Value: c.Code})
	}
	for _, s := range binders {
		say := d.ToStaff(s)
		card := Card{Title: say.T("bind.title", Args{"Number": t.Number}), Colour: ColourNew, Summary: say.T("bind.title", Args{"Number": t.Number}),
			Lines: []Line{
				{Label: say.T("card.contact"), Text: contact.Name},
				{Label: say.T("card.words"), Text: t.LastWords},
				{Text: say.T("bind.how", Args{"Name": contact.Name})},
			}}
		if len(options) > 0 {
			card.Form = &Form{
				Name:   "bind",
				Inputs: []Input{{Name: "customer", Label: say.T("bind.customer"), Options: options, Required: true}},
				Buttons: []Button{
					{Text: say.T("button.bind"), Verb: "bind", Ticket: t.ID, Style: "primary", Args: map[string]string{"contact": fmt.Sprint(contact.ID)}},
				},
			}
		}
		if err := d.ShowStaff(ctx, tx, s, t.ID, fmt.Sprintf("bind:%d:%d", t.ID, s.ID), card); err != nil {
			return err
		}
	}
	return nil
}

// holders are the active colleagues with the first of the roles that anybody has.
func (d *Desk) holders(ctx context.Context, tx Tx, roles ...customers.Role) ([]customers.Staff, error) {
	all, err := tx.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	for _, role := range roles {
		var found []customers.Staff
		for _, s := range all {
			if s.Has(role) {
				found = append(found, s)
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}
