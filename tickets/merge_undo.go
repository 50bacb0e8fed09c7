package tickets

import (
	"context"
	"errors"
	"fmt"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Undo takes back the last merge or split of a ticket that was not taken back yet. What was said meanwhile stays where it was said.
func (d *Desk) Undo(ctx context.Context, tx Tx, who customers.Staff, id TicketID) (Merge, error) {
	seen, err := tx.LastMerge(ctx, id)
	if errors.Is(err, ErrNotFound) {
		t, err := tx.Ticket(ctx, id)
		if err != nil {
			return Merge{}, err
		}
		return Merge{}, Refuse(CodeConflict, "refuse.nothing_to_undo", Args{"Number": t.Number})
	}
	if err != nil {
		return Merge{}, err
	}
	a, err := tx.Ticket(ctx, seen.TicketID)
	if err != nil {
		return Merge{}, err
	}
	conv, err := tx.LockConversationByID(ctx, a.ConversationID)
	if err != nil {
		return Merge{}, err
	}
	ids := []TicketID{seen.TicketID, seen.IntoID}
	if a.MergedInto != 0 {
		ids = append(ids, a.MergedInto)
	}
	locked, err := lockTickets(ctx, tx, append(ids, seen.Was.Carried...)...)
	if err != nil {
		return Merge{}, err
	}
	m, err := tx.LastMerge(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Merge{}, err
	}
	if m.ID != seen.ID || locked[m.TicketID].MergedInto != a.MergedInto { // somebody was faster
		return Merge{}, Refuse(CodeConflict, "refuse.undone_meanwhile", Args{"Number": a.Number})
	}
	if m.Kind == MergeSplit {
		err = d.undoSplit(ctx, tx, who, conv, &m, locked)
	} else {
		err = d.undoMerge(ctx, tx, who, conv, &m, locked)
	}
	if err != nil {
		return Merge{}, err
	}
	return m, tx.SaveConversation(ctx, conv)
}

// undoMerge takes a merged ticket out again: it stands where it stood, with those that came with it.
func (d *Desk) undoMerge(ctx context.Context, tx Tx, who customers.Staff, conv *Conversation, m *Merge, locked map[TicketID]*Ticket) error {
	a := locked[m.TicketID]
	b := locked[a.MergedInto] // the other itself may have been merged on
	m.UndoneAt = d.Now()
	if err := tx.SaveMerge(ctx, m); err != nil {
		return err
	}
	a.MergedInto, a.Status, a.ClosedAt = 0, m.Was.Status, time.Time{}
	if a.Status == StatusSolved { // its question to the contact was withdrawn: a new round
		if err := a.Move(StatusReopened, d.Now()); err != nil {
			return err
		}
		if _, err := d.record(ctx, tx, a, by(who, Entry{Kind: EntryReopened})); err != nil {
			return err
		}
	}
	for _, id := range m.Was.Carried {
		if k := locked[id]; k.MergedInto == b.ID {
			k.MergedInto = a.ID
			if err := d.change(ctx, tx, k); err != nil {
				return err
			}
		}
	}
	if err := d.recordBoth(ctx, tx, who, a, EntryUnmerged, b, EntryGaveBack); err != nil {
		return err
	}
	if b.Status.Open() && gravityOf(b) == m.Was.After {
		if err := d.weighBack(ctx, tx, who, a, b, m); err != nil {
			return err
		}
	}
	conv.leave(b.ID, a.ID)
	args := Args{"By": who.Name, "Number": a.Number, "Into": b.Number}
	key := fmt.Sprintf("unmerged:%d", m.ID)
	owner, err := d.staffOrNobody(ctx, tx, a.OwnerID)
	if err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, a, key, d.group().T("topic.unmerged", args), openIDs(owner)...); err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, b, key, d.group().T("topic.gave_back", args)); err != nil {
		return err
	}
	if err := d.change(ctx, tx, a); err != nil {
		return err
	}
	if err := d.change(ctx, tx, b); err != nil {
		return err
	}
	textKey := "merged.undone"
	if owner.ID == 0 {
		textKey = "merged.undone_nobody"
	}
	return d.tellReporters(ctx, tx, a, UseNotice, key, func(say words.Locale, _ Reporter) string {
		return say.T(textKey, Args{"Number": a.Number, "Title": a.Title, "Into": b.Number, "Owner": owner.Name})
	})
}

// weighBack gives the survivor of a merge its own gravity again. A lane that the merge alone had started ends with it; one set off later goes on.
func (d *Desk) weighBack(ctx context.Context, tx Tx, who customers.Staff, a, b *Ticket, m *Merge) error {
	back := m.Was.Before
	e, err := d.running(ctx, tx, b)
	if err != nil {
		return err
	}
	switch {
	case e == nil || back.Urgent:
	case e.StartedAt.After(m.At):
		back.Urgent, back.Priority = true, 1
	default:
		text := d.group().T("topic.gave_back", Args{"By": who.Name, "Number": a.Number, "Into": b.Number})
		if err := d.endEmergency(ctx, tx, e, "unmerged", Card{Title: text, Summary: text, Colour: ColourSolved}); err != nil {
			return err
		}
	}
	return d.weighAnew(ctx, tx, b, back)
}

// undoSplit brings the words of a split back; the ticket made for them becomes part of the one they came from.
func (d *Desk) undoSplit(ctx context.Context, tx Tx, who customers.Staff, conv *Conversation, m *Merge, locked map[TicketID]*Ticket) error {
	made, origin := locked[m.TicketID], locked[m.IntoID]
	if made.MergedInto != 0 {
		return d.alreadyMerged(ctx, tx, made)
	}
	for _, t := range []*Ticket{made, origin} {
		if !t.Status.Open() {
			return Refuse(CodeConflict, "refuse.merge_over", Args{"Number": t.Number, "State": t.Status})
		}
	}
	m.UndoneAt = d.Now()
	if err := tx.SaveMerge(ctx, m); err != nil {
		return err
	}
	if err := d.moveEntries(ctx, tx, m.Was.Entries, made.ID, origin.ID); err != nil {
		return err
	}
	concerned, err := d.reporters(ctx, tx, made)
	if err != nil {
		return err
	}
	if err := d.takeIn(ctx, tx, made, origin, by(who, Entry{})); err != nil {
		return err
	}
	conv.leave(made.ID, origin.ID)
	if err := d.tellMerged(ctx, tx, m, who.Name, made, origin); err != nil {
		return err
	}
	if err := d.tellTakenIn(ctx, tx, m, made, origin, concerned); err != nil {
		return err
	}
	return d.change(ctx, tx, origin)
}

// moveEntries puts those of the entries that still stand on one ticket on another.
func (d *Desk) moveEntries(ctx context.Context, tx Tx, ids []int64, from, to TicketID) error {
	entries, err := tx.Entries(ctx, from, 0)
	if err != nil {
		return err
	}
	there := map[int64]bool{}
	for _, e := range entries {
		there[e.ID] = true
	}
	for _, id := range ids {
		if !there[id] {
			continue
		}
		if err := tx.MoveEntry(ctx, id, to); err != nil {
			return err
		}
	}
	return nil
}

// recordBoth notes one step of a colleague on two tickets, each naming the other.
func (d *Desk) recordBoth(ctx context.Context, tx Tx, who customers.Staff, a *Ticket, onA EntryKind, b *Ticket, onB EntryKind) error {
	if _, err := d.record(ctx, tx, a, by(who, Entry{Kind: onA, Data: map[string]string{"from": b.Number}})); err != nil {
		return err
	}
	_, err := d.record(ctx, tx, b, by(who, Entry{Kind: onB, Data: map[string]string{"to": a.Number}}))
	return err
}
