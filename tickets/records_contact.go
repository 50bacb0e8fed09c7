package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
)

// AddContact makes a new contact of a customer; he is not known in WeCom yet.
func (d *Desk) AddContact(
	ctx context.Context, tx Tx, who customers.Staff, c customers.Customer, name string, edits []customers.Edit,
) (customers.Contact, error) {
	contact := customers.Contact{CustomerID: c.ID, Name: name, Kind: customers.KindTechnical, CreatedAt: d.Now()}
	changes, err := contact.Edit(edits, d.Now())
	if err != nil {
		return contact, misfit(err)
	}
	if err := tx.SaveContact(ctx, &contact); err != nil {
		return contact, err
	}
	return contact, d.keep(ctx, tx, who, aboutContact(contact), append([]customers.Change{{New: name}}, changes...))
}

func aboutContact(c customers.Contact) customers.Change {
	return customers.Change{Noun: customers.NounContact, SubjectID: c.ID, Subject: c.Name, CustomerID: c.CustomerID}
}

// EditContact changes a contact and gives him and the changes. One who left gets no care any more, the liaison is to find his successor, and
// his open tickets say it.
func (d *Desk) EditContact(
	ctx context.Context, tx Tx, who customers.Staff, id int64, edits []customers.Edit,
) (customers.Contact, []customers.Change, error) {
	contact, err := tx.LockContact(ctx, id)
	if err != nil {
		return contact, nil, err
	}
	was := contact
	changes, err := contact.Edit(edits, d.Now())
	if err != nil || len(changes) == 0 {
		return contact, nil, misfit(err)
	}
	if err := tx.SaveContact(ctx, &contact); err != nil {
		return contact, nil, err
	}
	if err := d.keep(ctx, tx, who, aboutContact(was), changes); err != nil {
		return contact, nil, err
	}
	if contact.Left() && !was.Left() {
		return contact, changes, d.contactLeft(ctx, tx, contact)
	}
	return contact, changes, nil
}

// awaited gives a visitor who was just bound what is known of the contact of his name who never wrote: they are one person. That record goes,
// unless tickets stand on it.
func (d *Desk) awaited(ctx context.Context, tx Tx, visitor *customers.Contact) error {
	known, err := tx.ContactsOf(ctx, visitor.CustomerID)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.Name != visitor.Name || k.WeComID != "" || k.ID == visitor.ID {
			continue
		}
		used, err := tx.FindTickets(ctx, Filter{ContactID: k.ID, Limit: 1})
		if err != nil || len(used) > 0 {
			return err
		}
		if err := tx.RemoveContact(ctx, k.ID); err != nil {
			return err
		}
		k.ID, k.WeComID, k.NoticedAt, k.CreatedAt = visitor.ID, visitor.WeComID, visitor.NoticedAt, visitor.CreatedAt
		old := *visitor
		*visitor = k
		if k.Locale == "" {
			visitor.Locale = old.Locale
		}
		return nil
	}
	return nil
}

// contactLeft asks for a successor and tells the people of his open tickets; the tickets stay with whom they are.
func (d *Desk) contactLeft(ctx context.Context, tx Tx, contact customers.Contact) error {
	customer, team, err := d.customerOf(ctx, tx, contact.CustomerID)
	if err != nil {
		return err
	}
	open, err := tx.FindTickets(ctx, Filter{ContactID: contact.ID, Statuses: OpenStatuses})
	if err != nil {
		return err
	}
	key := fmt.Sprintf("left:%d:%d", contact.ID, contact.LeftAt.Unix())
	for _, t := range open {
		text := d.group().T("contact.left_topic", Args{"Contact": contact.Name, "Customer": customer.Name})
		if err := d.tellTopic(ctx, tx, t, key, text); err != nil {
			return err
		}
	}
	to, err := d.liaisons(ctx, tx, team)
	if err != nil {
		return err
	}
	for _, liaison := range to {
		say := d.ToStaff(liaison)
		args := Args{"Contact": contact.Name, "Customer": customer.Name, "Count": len(open)}
		task := Task{StaffID: liaison.ID, Key: fmt.Sprintf("successor:%d:%d:%d", contact.ID, contact.LeftAt.Unix(), liaison.ID),
			Title: say.T("contact.successor_title", args), Text: say.T("contact.successor_text", args)}
		if err := d.giveTask(ctx, tx, liaison, task); err != nil {
			return err
		}
	}
	return nil
}

// liaisons are who looks after a customer now: the liaison or whoever acts for him; without any the administrators.
func (d *Desk) liaisons(ctx context.Context, tx Tx, team customers.Team) ([]customers.Staff, error) {
	who, _, err := d.acting(ctx, tx, team, customers.RoleLiaison)
	if err != nil {
		return nil, err
	}
	if who.ID != 0 {
		return []customers.Staff{who}, nil
	}
	return d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin)
}
