package tickets

import (
	"context"
	"fmt"
	"strings"

	"servicedesk/customers"
	"servicedesk/words"
)

// EntryLogged records who logged a call, mail or visit, with its source.
const EntryLogged EntryKind = "logged"

// Logged is what a customer said elsewhere, as a colleague logs it.
type Logged struct {
	Customer customers.Customer
	Contact  string // his name; unknown to the directory, he is added
	Text     string
	Media    []Attachment
	Source   Source
	From     Origin
}

// Log opens a ticket for what came by phone, mail or on a visit, on the same path as a contact's own words. A contact without WeCom gets a
// conversation of no account: what would be sent there becomes a call for the liaison.
func (d *Desk) Log(ctx context.Context, tx Tx, who customers.Staff, l Logged) (*Ticket, error) {
	contact, err := d.loggedContact(ctx, tx, l)
	if err != nil {
		return nil, err
	}
	conv, err := d.conversationFor(ctx, tx, contact)
	if err != nil {
		return nil, err
	}
	if contact, err = tx.Contact(ctx, contact.ID); err != nil { // as he is under the lock
		return nil, err
	}
	before := contact
	w := &told{contact: contact, conv: conv, source: l.Source,
		in: Inbound{Platform: Feishu, ID: l.From.Message, Kind: KindText, Text: l.Text, Attached: l.Media, At: d.Now()}}
	if w.customer, w.team, err = d.customerOf(ctx, tx, contact.CustomerID); err != nil {
		return nil, err
	}
	w.say = words.In(contact.Locale, w.customer.Locale, d.Locale)
	if err := d.open(ctx, tx, w, false); err != nil {
		return nil, err
	}
	if w.contact != before {
		if err := tx.SaveContact(ctx, &w.contact); err != nil {
			return nil, err
		}
	}
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return nil, err
	}
	t, err := tx.Ticket(ctx, conv.Current)
	if err != nil {
		return nil, err
	}
	_, err = d.record(ctx, tx, t, by(who, Entry{Kind: EntryLogged, Internal: true, Text: d.group().T("source." + string(l.Source))}))
	return t, err
}

// loggedContact is the customer's contact with that name; who is not in the directory yet is added.
func (d *Desk) loggedContact(ctx context.Context, tx Tx, l Logged) (customers.Contact, error) {
	found, err := tx.FindContacts(ctx, l.Contact)
	if err != nil {
		return customers.Contact{}, err
	}
	var of []customers.Contact
	for _, c := range found {
		if c.CustomerID == l.Customer.ID {
			of = append(of, c)
		}
	}
	switch len(of) {
	case 0:
		c := customers.Contact{CustomerID: l.Customer.ID, Name: l.Contact, Kind: customers.KindBusiness, CreatedAt: d.Now()}
		return c, tx.SaveContact(ctx, &c)
	case 1:
		return of[0], nil
	}
	return customers.Contact{}, Refuse(CodeInvalid, "refuse.many_named", Args{"Name": l.Contact, "Customer": l.Customer.Name})
}

// conversationFor is the contact's own conversation, locked; without one, a conversation of no account.
func (d *Desk) conversationFor(ctx context.Context, tx Tx, contact customers.Contact) (*Conversation, error) {
	conv, err := tx.ConversationOf(ctx, contact.ID)
	switch {
	case err == nil:
		return tx.LockConversationByID(ctx, conv.ID)
	case !isNotFound(err):
		return nil, err
	}
	conv, err = tx.LockConversation(ctx, "", RemoteID(fmt.Sprintf("contact:%d", contact.ID)))
	if err != nil {
		return nil, err
	}
	conv.ContactID = contact.ID
	return conv, tx.SaveConversation(ctx, conv)
}

// Unwritten reports whether nothing can be written into the conversation: its contact has no WeCom.
func (c *Conversation) Unwritten() bool { return c.Account == "" }

// adopt moves what was logged for a contact into the conversation that he has just begun.
func (d *Desk) adopt(ctx context.Context, tx Tx, contact customers.Contact, conv *Conversation) error {
	logged, err := tx.ConversationOf(ctx, contact.ID)
	switch {
	case isNotFound(err):
		return nil
	case err != nil || !logged.Unwritten():
		return err
	}
	if _, err := tx.LockConversationByID(ctx, logged.ID); err != nil {
		return err
	}
	conv.Current = logged.Current
	return tx.MoveTickets(ctx, logged.ID, conv.ID)
}

// callAll turns what is owed to a contact without WeCom into calls of the liaison; answers and courtesies are for who wrote, and are left out.
func (d *Desk) callAll(ctx context.Context, tx Tx, conv *Conversation, rows []*Delivery) (Prepared, error) {
	row := rows[0]
	if row.Use == UseSurvey {
		return d.leaveOutSurvey(ctx, tx, row)
	}
	text := row.Body.Text
	if row.Body.Menu != nil {
		text = row.Body.Menu.Head
	}
	if row.Body.Media != nil {
		text = strings.TrimSpace(text + " " + d.group().T("media.file", Args{"Name": row.Body.Media.Name}))
	}
	if row.TicketID != 0 && row.Use != UseAnswer && row.Use != UseCourtesy && row.Use != UseWelcome {
		t, err := tx.LockTicket(ctx, row.TicketID)
		if err != nil {
			return Prepared{}, err
		}
		contact, err := tx.Contact(ctx, conv.ContactID)
		if err != nil {
			return Prepared{}, err
		}
		if err := d.byPhone(ctx, tx, t, contact, row.Key, text); err != nil {
			return Prepared{}, err
		}
		note := d.group().T("topic.call", Args{"Name": contact.Name, "Words": quoted(text)})
		if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("call:%d", row.ID), note); err != nil {
			return Prepared{}, err
		}
	}
	return d.drop(ctx, tx, row, "the contact has no WeCom: he is called")
}
