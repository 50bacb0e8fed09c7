package handlers

import (
	"errors"
	"slices"
	"strings"

	"servicedesk/customers"
	"servicedesk/tickets"
)

// runContact shows, adds or edits a contact: /联系人 客户 姓名 [字段=值…]. Both names may hold spaces, so every border is tried.
func runContact(c *call, _ *tickets.Ticket, rest string) error {
	words, edits, err := cutEdits(rest)
	if err != nil {
		return err
	}
	said := strings.Fields(words)
	if len(said) == 0 {
		return c.usage("contact")
	}
	customer, name, err := c.companyAndName(said)
	if err != nil {
		return err
	}
	if name == "" {
		if len(edits) > 0 {
			return c.usage("contact")
		}
		return c.listContacts(customer)
	}
	all, err := c.tx.ContactsOf(c.ctx, customer.ID)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(all, func(x customers.Contact) bool { return x.Name != name })
	if len(found) == 0 {
		if len(edits) == 0 {
			args := tickets.Args{"Customer": customer.Name, "Name": name, "Usage": c.say.T("usage.contact")}
			return tickets.Refuse(tickets.CodeNotFound, "contact.unknown", args)
		}
		contact, err := c.AddContact(c.ctx, c.tx, c.who, customer, name, edits)
		if err != nil {
			return err
		}
		return c.showContact(customer, contact, c.say.T("change.added", tickets.Args{"Name": name}))
	}
	contact, err := c.contactOf(name, found)
	if err != nil {
		return err
	}
	if len(edits) == 0 {
		return c.showContact(customer, contact, "")
	}
	contact, changes, err := c.EditContact(c.ctx, c.tx, c.who, contact.ID, edits)
	if err != nil {
		return err
	}
	if len(changes) == 0 {
		return c.reply(c.say.T("done.unchanged"))
	}
	return c.showContact(customer, contact, c.changed(customers.NounContact, changes))
}

// companyAndName parts words into a customer and what follows its name, the longest customer first. A part of a customer's name counts when no
// border gives a whole one.
func (c *call) companyAndName(said []string) (customers.Customer, string, error) {
	for i := len(said); i > 0; i-- {
		name := strings.Join(said[:i], " ")
		if _, err := c.tx.FindCustomer(c.ctx, name); err == nil {
			customer, err := c.customerMeant(name) // several may have that name
			return customer, strings.Join(said[i:], " "), err
		} else if !errors.Is(err, tickets.ErrNotFound) {
			return customers.Customer{}, "", err
		}
	}
	customer, err := c.customerMeant(said[0])
	return customer, strings.Join(said[1:], " "), err
}

func (c *call) listContacts(x customers.Customer) error {
	all, err := c.tx.ContactsOf(c.ctx, x.ID)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return c.reply(c.say.T("contact.none", tickets.Args{"Customer": x.Name}))
	}
	lines := []string{c.say.T("contact.head", tickets.Args{"Customer": x.Name, "Count": len(all)})}
	for _, p := range all {
		lines = append(lines, strings.Join(c.contactWords(p), " · "))
	}
	return c.reply(strings.Join(lines, "\n"))
}

// contactWords are name, kind, number and status of a contact.
func (c *call) contactWords(p customers.Contact) []string {
	words := []string{p.Name, c.say.T("kind." + string(p.Kind)), c.say.T("standing." + p.Status())}
	if p.Mobile != "" {
		words = append(words, customers.Masked(p.Mobile))
	}
	return words
}

// showContact answers with a contact's card; news says first what just changed.
func (c *call) showContact(x customers.Customer, p customers.Contact, news string) error {
	title := x.Name + " · " + p.Name
	card := tickets.Card{Title: title, Summary: title, Colour: tickets.ColourNew}
	line := func(key, text string) {
		if text != "" {
			card.Lines = append(card.Lines, tickets.Line{Label: c.say.T(key), Text: text})
		}
	}
	line("customer.changed", news)
	line("field.contact_kind", c.say.T("kind."+string(p.Kind)))
	line("field.contact_status", c.say.T("standing."+p.Status()))
	line("field.contact_mobile", customers.Masked(p.Mobile))
	line("field.contact_email", p.Email)
	line("field.contact_birthday", p.Birthday)
	line("field.contact_anniversary", p.Anniversary)
	line("field.contact_locale", p.Locale)
	line("field.contact_preferences", p.Preferences)
	if p.Left() {
		card.Colour = tickets.ColourWaiting
		line("contact.care", c.say.T("contact.no_care"))
	}
	if p.WeComID == "" {
		line("contact.wecom", c.say.T("contact.no_wecom"))
	}
	open, err := c.tx.FindTickets(c.ctx, tickets.Filter{ContactID: p.ID, Statuses: tickets.OpenStatuses, Limit: 8})
	if err != nil {
		return err
	}
	for _, t := range open {
		owner := c.say.T("nobody.yet")
		if t.OwnerID != 0 {
			s, err := c.tx.Staff(c.ctx, t.OwnerID)
			if err != nil {
				return err
			}
			owner = s.Name
		}
		line("customer.open", t.Number+" "+c.say.T("state."+string(t.Status))+" · "+owner)
	}
	return c.show(card)
}
