package tickets

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"servicedesk/customers"
)

// datedForm finds a date in an action of a review: 2026-12-05, 12-05, 12月5日, 周五, 明天.
var datedForm = regexp.MustCompile(`\d{4}-\d{1,2}-\d{1,2}|\b\d{1,2}-\d{1,2}\b|\d{1,2}月\d{1,2}日|下?周[一二三四五六日天]|今天|明天|后天`)

// undated is the first action without a date; empty: all have one.
func undated(actions string) string {
	for line := range strings.FieldsFuncSeq(actions, func(r rune) bool { return r == '\n' || r == '；' || r == ';' }) {
		if line = strings.TrimSpace(line); line != "" && !datedForm.MatchString(line) {
			return line
		}
	}
	return ""
}

// Review records what an emergency was caused by and what is done about it, each action with its date. A later one replaces it.
func (d *Desk) Review(ctx context.Context, tx Tx, who customers.Staff, id TicketID, cause, actions string) (*Ticket, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	e, err := tx.EmergencyOf(ctx, id)
	if isNotFound(err) {
		return nil, Refuse(CodeConflict, "refuse.no_emergency", Args{"Number": t.Number})
	}
	if err != nil {
		return nil, err
	}
	cause, actions = strings.TrimSpace(cause), strings.TrimSpace(actions)
	switch missing := undated(actions); {
	case e.Running():
		return nil, Refuse(CodeConflict, "refuse.still_running", Args{"Number": t.Number})
	case cause == "" || actions == "":
		return nil, Refuse(CodeInvalid, "refuse.review_empty", nil)
	case missing != "":
		return nil, Refuse(CodeInvalid, "refuse.review_undated", Args{"Action": missing})
	}
	e.Cause, e.Actions, e.ReviewedAt = cause, actions, d.Now()
	if err := tx.SaveEmergency(ctx, e); err != nil {
		return nil, err
	}
	if err := tx.CancelTimer(ctx, TimerReview, e.ID); err != nil {
		return nil, err
	}
	text := d.group().T("review.text", Args{"Cause": cause, "Actions": actions})
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryReviewed, Internal: true, Text: text}))
	if err != nil {
		return nil, err
	}
	key := causeKey("reviewed", entry)
	if err := d.sayInRoom(ctx, tx, e.RoomID, key, text); err != nil {
		return nil, err
	}
	return t, d.tellTopic(ctx, tx, t, key, d.group().T("topic.reviewed", Args{"Name": who.Name, "Text": text}))
}

// Cry starts an emergency because a colleague says so.
func (d *Desk) Cry(ctx context.Context, tx Tx, who customers.Staff, id TicketID, text string) (*Ticket, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := workable(t); err != nil {
		return nil, err
	}
	if t.Status == StatusSolved {
		return nil, Refuse(CodeConflict, "refuse.solved_already", Args{"Number": t.Number})
	}
	if e, err := d.running(ctx, tx, t); err != nil || e != nil {
		if err == nil {
			err = Refuse(CodeConflict, "refuse.emergency_already", Args{"Number": t.Number})
		}
		return nil, err
	}
	if text = strings.TrimSpace(text); text == "" {
		text = t.LastWords
	}
	return t, d.startEmergency(ctx, tx, t, cry{by: who.Name, text: text})
}

// CryFor opens a ticket for a customer without any, in the name of its decider, else of its first contact, and starts the emergency.
func (d *Desk) CryFor(ctx context.Context, tx Tx, who customers.Staff, customer customers.Customer, text string, from Origin) (*Ticket, error) {
	contacts, err := tx.CustomerContacts(ctx, customer.ID)
	if err != nil {
		return nil, err
	}
	contacts = slices.DeleteFunc(contacts, customers.Contact.Left)
	if len(contacts) == 0 {
		return nil, Refuse(CodeNotFound, "refuse.no_contacts", Args{"Customer": customer.Name})
	}
	contact := contacts[0]
	if i := slices.IndexFunc(contacts, func(c customers.Contact) bool { return c.Kind == customers.KindDecider }); i >= 0 {
		contact = contacts[i]
	}
	var conv *Conversation
	if contact.WeComID == "" { // nothing can be written to him: it becomes calls
		conv, err = d.conversationFor(ctx, tx, contact)
	} else {
		conv, err = tx.LockConversationOf(ctx, contact.ID, RemoteID(contact.WeComID))
	}
	if err != nil {
		return nil, err
	}
	said := d.group().T("emergency.reported", Args{"Name": who.Name, "Text": text})
	w := &told{contact: contact, customer: customer, conv: conv, source: SourcePhone,
		in: Inbound{Platform: Feishu, ID: from.Message, Kind: KindText, Text: said, At: d.Now()}}
	if _, w.team, err = d.customerOf(ctx, tx, customer.ID); err != nil {
		return nil, err
	}
	w.say = d.toContact(view{contact: contact, customer: customer})
	if err := d.open(ctx, tx, w, true); err != nil {
		return nil, err
	}
	if w.contact != contact {
		if err := tx.SaveContact(ctx, &w.contact); err != nil {
			return nil, err
		}
	}
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return nil, err
	}
	return tx.Ticket(ctx, conv.Current)
}
