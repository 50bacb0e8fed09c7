package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
	"servicedesk/words"
)

// Splittable are the customer's words that may become a ticket of their own, oldest first: all but the first, which the ticket is about.
func (d *Desk) Splittable(ctx context.Context, tx Tx, t *Ticket) ([]Entry, error) {
	if !t.Status.Open() {
		return nil, Refuse(CodeConflict, "refuse.split_over", Args{"Number": t.Number, "State": t.Status})
	}
	entries, err := tx.Entries(ctx, t.ID, 0)
	if err != nil {
		return nil, err
	}
	var said []Entry
	for _, e := range entries {
		if e.Kind == EntryWords && e.By == ByContact {
			said = append(said, e)
		}
	}
	if len(said) < 2 {
		return nil, Refuse(CodeConflict, "refuse.split_one", Args{"Number": t.Number})
	}
	return said[1:], nil
}

// Split makes a ticket of its own from what a contact said since an entry. It has number, card and topic, and the owner of the old one.
func (d *Desk) Split(ctx context.Context, tx Tx, who customers.Staff, id TicketID, since int64) (t, made *Ticket, err error) {
	author, conv, err := d.lockAuthor(ctx, tx, id, since)
	if err != nil {
		return nil, nil, err
	}
	if t, err = tx.LockTicket(ctx, id); err != nil {
		return nil, nil, err
	}
	said, err := d.Splittable(ctx, tx, t)
	if err != nil {
		return nil, nil, err
	}
	var moved []Entry
	for _, e := range said {
		if e.ID >= since && e.AuthorID == author.ID {
			moved = append(moved, e)
		}
	}
	if len(moved) == 0 {
		return nil, nil, Refuse(CodeConflict, "refuse.split_gone", Args{"Number": t.Number})
	}
	w := &told{in: Inbound{Platform: WeCom, Kind: KindText, Text: moved[0].Text, At: moved[0].At}, contact: author, conv: conv, source: t.Source}
	if w.customer, w.team, err = d.customerOf(ctx, tx, t.CustomerID); err != nil {
		return nil, nil, err
	}
	w.say = words.In(author.Locale, w.customer.Locale, d.Locale)
	if made, err = d.openSplit(ctx, tx, w, who, t, moved); err != nil {
		return nil, nil, err
	}
	m := Merge{Kind: MergeSplit, TicketID: made.ID, IntoID: t.ID, StaffID: who.ID, At: d.Now()}
	for _, e := range moved {
		m.Was.Entries = append(m.Was.Entries, e.ID)
	}
	if err := tx.SaveMerge(ctx, &m); err != nil {
		return nil, nil, err
	}
	if err := d.tellSplit(ctx, tx, w, who, t, made, len(moved)); err != nil {
		return nil, nil, err
	}
	if err := d.lastWordsAnew(ctx, tx, t); err != nil {
		return nil, nil, err
	}
	if err := d.change(ctx, tx, t); err != nil {
		return nil, nil, err
	}
	return t, made, tx.SaveConversation(ctx, conv)
}

// lockAuthor locks the conversation of the contact who said an entry: no words of his arrive while some are moved.
func (d *Desk) lockAuthor(ctx context.Context, tx Tx, id TicketID, entry int64) (customers.Contact, *Conversation, error) {
	t, err := tx.Ticket(ctx, id)
	if err != nil {
		return customers.Contact{}, nil, err
	}
	said, err := d.Splittable(ctx, tx, t)
	if err != nil {
		return customers.Contact{}, nil, err
	}
	author := int64(0)
	for _, e := range said {
		if e.ID == entry {
			author = e.AuthorID
		}
	}
	all, err := d.reporters(ctx, tx, t)
	if err != nil {
		return customers.Contact{}, nil, err
	}
	for _, r := range all {
		if r.Contact.ID == author {
			conv, err := tx.LockConversationByID(ctx, r.ConversationID)
			return r.Contact, conv, err
		}
	}
	return customers.Contact{}, nil, Refuse(CodeConflict, "refuse.split_gone", Args{"Number": t.Number})
}

// openSplit opens the new ticket with the moved words, routes it, and tells its group.
func (d *Desk) openSplit(ctx context.Context, tx Tx, w *told, who customers.Staff, from *Ticket, moved []Entry) (*Ticket, error) {
	number, err := tx.NextNumber(ctx, from.CustomerID)
	if err != nil {
		return nil, err
	}
	now, last := d.Now(), moved[len(moved)-1]
	t := &Ticket{Number: number, CustomerID: from.CustomerID, ContactID: w.contact.ID, ConversationID: w.conv.ID, Status: StatusNew, Type: TypeError,
		Priority: defaultPriority, Source: from.Source, Level: 1, Title: Shorten(w.in.Text, titleLength), LastWords: Shorten(last.Text, 120),
		ChatID: d.Group(w.customer.Group), OpenedAt: now, UpdatedAt: now}
	if err := d.judge(ctx, tx, w, t); err != nil {
		return nil, err
	}
	if err := d.route(ctx, tx, w, t); err != nil {
		return nil, err
	}
	t.Followed = t.Status
	if err := tx.SaveTicket(ctx, t); err != nil {
		return nil, err
	}
	opened := by(who, Entry{Kind: EntrySplitFrom, Data: map[string]string{"from": from.Number}})
	if _, err := d.record(ctx, tx, t, opened); err != nil {
		return nil, err
	}
	for _, e := range moved {
		if err := tx.MoveEntry(ctx, e.ID, t.ID); err != nil {
			return nil, err
		}
	}
	w.conv.Current = t.ID
	if err := d.opened(ctx, tx, w, t); err != nil {
		return nil, err
	}
	if err := d.Owe(ctx, tx, toTopic(t, UseTicketCard, "card", Body{})); err != nil {
		return nil, err
	}
	for _, e := range moved {
		key := "moved:" + string(e.RemoteID)
		if err := d.tellTopic(ctx, tx, t, key, d.quote(e.AuthorName, e.Text)); err != nil {
			return nil, err
		}
		if err := d.attachInTopic(ctx, tx, t, key, e.Attached); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// tellSplit says on the old ticket, in its topic and to the contact what became a ticket of its own.
func (d *Desk) tellSplit(ctx context.Context, tx Tx, w *told, who customers.Staff, t, made *Ticket, n int) error {
	entry := by(who, Entry{Kind: EntrySplitOff, Text: made.Title, Data: map[string]string{"to": made.Number}})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	text := d.group().T("topic.split_off", Args{"By": who.Name, "Number": made.Number, "Title": made.Title, "Count": n})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("split:%d", made.ID), text); err != nil {
		return err
	}
	owner, err := d.staffOrNobody(ctx, tx, made.OwnerID)
	if err != nil {
		return err
	}
	key := "split.told"
	if owner.ID == 0 {
		key = "split.told_nobody"
	}
	told := w.say.T(key, Args{"Title": made.Title, "Number": made.Number, "From": t.Number, "Owner": owner.Name})
	if _, err := d.record(ctx, tx, made, Entry{Kind: EntryNotice, Text: told}); err != nil {
		return err
	}
	if err := d.tellContact(ctx, tx, w.conv, made.ID, UseNotice, fmt.Sprintf("split:%d", made.ID), told); err != nil {
		return err
	}
	return inTurn(
		func() error { return d.emergencyOpened(ctx, tx, w, made) },
		func() error { return d.supervisionOpened(ctx, tx, w, made) },
	)
}

// lastWordsAnew shows the words on the card that are the last now.
func (d *Desk) lastWordsAnew(ctx context.Context, tx Tx, t *Ticket) error {
	entries, err := tx.Entries(ctx, t.ID, 0)
	for _, e := range entries {
		if e.Kind == EntryWords && e.By == ByContact {
			t.LastWords = Shorten(e.Text, 120)
		}
	}
	return err
}
