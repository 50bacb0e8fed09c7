package tickets

import (
	"context"
	"fmt"
	"time"
)

const (
	// nudgesToGate is how many 催办 open a gate; each further so many do so again.
	nudgesToGate = 3
	// tapTwice is the span in which tapping 催办 in the menu again is the same nudge.
	tapTwice = time.Minute
)

// nudged answers honestly, counts, raises the priority, and tells the owner; the third one opens a gate.
func (d *Desk) nudged(ctx context.Context, tx Tx, w *told, number string) error {
	ts, err := d.asked(ctx, tx, w, number)
	if err != nil {
		return err
	}
	if len(ts) == 0 {
		return d.answer(ctx, tx, w, 0, w.say.T(nothingKey(number), Args{"Number": number}))
	}
	t, err := tx.LockTicket(ctx, pick(ts, w.conv).ID)
	if err != nil {
		return err
	}
	again, err := d.tappedTwice(ctx, tx, w, t)
	if err != nil {
		return err
	}
	if !again {
		if err := d.countNudge(ctx, tx, w, t); err != nil {
			return err
		}
	}
	line, err := d.progressLine(ctx, tx, w, t)
	if err != nil {
		return err
	}
	if err := d.answer(ctx, tx, w, t.ID, w.say.T("nudge.answer", Args{"Line": line})); err != nil || again {
		return err
	}
	return d.change(ctx, tx, t)
}

// countNudge keeps a nudge and what it changes: the priority, who knows, and with the third one the gate.
func (d *Desk) countNudge(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	was := *t
	t.Nudges++
	t.Priority = max(1, t.Priority-1)
	entry := byContact(w.contact, Entry{Kind: EntryNudged, Data: map[string]string{"count": fmt.Sprint(t.Nudges)}})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	if t.Priority != was.Priority && t.Status.Open() {
		if err := d.reclassed(ctx, tx, t, was); err != nil {
			return err
		}
	}
	if err := d.mentionOwner(ctx, tx, w, t, "nudge:", "topic.nudged"); err != nil || t.Nudges%nudgesToGate != 0 {
		return err
	}
	text := d.group().T("nudge.reason", Args{"Name": w.contact.Name, "Count": t.Nudges})
	return d.openGate(ctx, tx, t, GateNudges, text, w.contact.Name)
}

// tappedTwice reports whether a tap on 催办 repeats one of the last minute: a double tap is one nudge. Words typed are meant each time.
func (d *Desk) tappedTwice(ctx context.Context, tx Tx, w *told, t *Ticket) (bool, error) {
	if w.in.Clicked == "" || t.Nudges == 0 {
		return false, nil
	}
	entries, err := tx.Entries(ctx, t.ID, 20)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if e.Kind == EntryNudged && e.AuthorID == w.contact.ID && d.Now().Before(e.At.Add(tapTwice)) {
			return true, nil
		}
	}
	return false, nil
}
