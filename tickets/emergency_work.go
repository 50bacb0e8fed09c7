package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// tellAffected tells everyone whom the emergency concerns a text of the catalogue, with number and time of the next word.
func (d *Desk) tellAffected(ctx context.Context, tx Tx, t *Ticket, use Use, key, text string, args Args) error {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	all := Args{"Number": t.Number, "Next": d.byClock(d.Now().Add(updatePace), customer)}
	for k, v := range args {
		all[k] = v
	}
	return d.tellReporters(ctx, tx, t, use, key, func(say words.Locale, _ Reporter) string { return say.T(text, all) })
}

// promiseUpdate notes that the contacts hear again within the pace, and arms what keeps it.
func (d *Desk) promiseUpdate(ctx context.Context, tx Tx, e *Emergency) error {
	e.NextAt = d.Now().Add(updatePace)
	if err := tx.SetTimer(ctx, Timer{Kind: TimerUpdate, Subject: e.ID, DueAt: e.NextAt, Urgency: UrgencyEmergency}); err != nil {
		return err
	}
	return tx.SaveEmergency(ctx, e)
}

// updateDue is a minute after the start, and each time that no person told the contacts anything: as long as nobody has the emergency they
// hear honestly that we are still calling; then those at work are reminded, and the contacts hear that there is nothing new yet, if a place
// can be spared for it.
func (d *Desk) updateDue(ctx context.Context, tx Tx, t *Ticket, e *Emergency) error {
	key := fmt.Sprintf("update:%d:%d", e.ID, d.Now().Unix())
	if e.HolderID == 0 {
		if err := d.tellAffected(ctx, tx, t, UseUpdate, key, "emergency.calling", nil); err != nil {
			return err
		}
		if err := d.promiseUpdate(ctx, tx, e); err != nil {
			return err
		}
		return d.showCard(ctx, tx, t)
	}
	if d.Now().Before(e.NextAt) { // somebody was quicker than the clock
		return nil
	}
	holder, err := d.staffOrNobody(ctx, tx, e.HolderID)
	if err != nil {
		return err
	}
	if err := d.tellAffected(ctx, tx, t, UseLull, key, "emergency.nothing_new", Args{"Name": holder.Name}); err != nil {
		return err
	}
	if err := d.promiseUpdate(ctx, tx, e); err != nil {
		return err
	}
	if err := d.remindAtWork(ctx, tx, t, e, holder, key); err != nil {
		return err
	}
	return d.showCard(ctx, tx, t)
}

// remindAtWork asks for an update where the work is done: in the war room, or in the topic as long as there is none.
func (d *Desk) remindAtWork(ctx context.Context, tx Tx, t *Ticket, e *Emergency, holder customers.Staff, key string) error {
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	say := d.group()
	at := openIDs(holder)
	if owner.ID != holder.ID {
		at = append(at, openIDs(owner)...)
	}
	room, err := tx.Room(ctx, e.RoomID)
	if err != nil {
		return err
	}
	text := say.T("room.silent", Args{"Number": t.Number, "Minutes": int(updatePace.Minutes())})
	if room.Chat == "" || !room.ClosedAt.IsZero() {
		return d.tellTopic(ctx, tx, t, key, text, at...)
	}
	title := say.T("room.silent_title", Args{"Number": t.Number})
	card := Card{Title: title, Colour: ColourAlarm, Summary: title,
		Lines: []Line{{Text: text, At: at}}, Form: d.emergencyForm(say, t, "update")}
	return d.showInRoom(ctx, tx, e.RoomID, key, card)
}

// Acknowledge gives an emergency to one who was called; the calling ends, and the contacts get his name.
func (d *Desk) Acknowledge(ctx context.Context, tx Tx, who customers.Staff, id TicketID) (*Ticket, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	e, err := d.mustRun(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	if err := d.mayTake(ctx, tx, t, e, who); err != nil {
		return nil, err
	}
	if err := d.startsWork(t, who); err != nil {
		return nil, err
	}
	if err := d.take(ctx, tx, t, e, who); err != nil {
		return nil, err
	}
	if err := d.tellAffected(ctx, tx, t, UseUpdate, fmt.Sprintf("taken:%d", e.ID), "emergency.taken", Args{"Name": who.Name}); err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}

// take gives a running emergency to a colleague and ends the calling. The caller saves the ticket.
func (d *Desk) take(ctx context.Context, tx Tx, t *Ticket, e *Emergency, who customers.Staff) error {
	e.HolderID, e.AckedAt, e.CalleeID, e.Buzz = who.ID, d.Now(), 0, ""
	for _, kind := range []TimerKind{TimerRung, TimerNamed} {
		if err := tx.CancelTimer(ctx, kind, e.ID); err != nil {
			return err
		}
	}
	if err := d.promiseUpdate(ctx, tx, e); err != nil {
		return err
	}
	if who.Serves() {
		t.OwnerID = who.ID
	}
	if _, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryTaken})); err != nil {
		return err
	}
	return d.tellTaken(ctx, tx, t, e, who)
}

// emergencyAssigned hands an emergency over with its ticket; as long as nobody has it, the new owner is called.
func (d *Desk) emergencyAssigned(ctx context.Context, tx Tx, t *Ticket, to customers.Staff, entry int64) error {
	e, err := d.running(ctx, tx, t)
	if err != nil || e == nil {
		return err
	}
	if e.HolderID == 0 {
		if err := d.ring(ctx, tx, t, e, to, BuzzApp); err != nil {
			return err
		}
		return tx.SaveEmergency(ctx, e)
	}
	e.HolderID, e.Called = to.ID, with(e.Called, to.ID)
	if err := tx.SaveEmergency(ctx, e); err != nil {
		return err
	}
	key := causeKey("assigned", entry)
	if err := d.joinRoom(ctx, tx, e.RoomID, []customers.Staff{to}, key); err != nil {
		return err
	}
	if err := d.sayInRoom(ctx, tx, e.RoomID, key, d.group().T("topic.taken", Args{"Name": to.Name, "Number": t.Number})); err != nil {
		return err
	}
	return d.redrawRoom(ctx, tx, t, e, key)
}

// mustRun is the ticket's emergency, or the refusal that says how to start one.
func (d *Desk) mustRun(ctx context.Context, tx Tx, t *Ticket) (*Emergency, error) {
	e, err := d.running(ctx, tx, t)
	if err == nil && e == nil {
		err = Refuse(CodeConflict, "refuse.no_emergency", Args{"Number": t.Number})
	}
	return e, err
}

// mayTake refuses who was not called, and who comes second.
func (d *Desk) mayTake(ctx context.Context, tx Tx, t *Ticket, e *Emergency, who customers.Staff) error {
	if e.HolderID == who.ID {
		return Refuse(CodeConflict, "refuse.taken_self", Args{"Number": t.Number})
	}
	if e.HolderID != 0 {
		holder, err := d.staffOrNobody(ctx, tx, e.HolderID)
		if err != nil {
			return err
		}
		return Refuse(CodeConflict, "refuse.taken", Args{"Number": t.Number, "Name": holder.Name})
	}
	if slices.Contains(e.Called, who.ID) {
		return nil
	}
	names, err := d.namesOf(ctx, tx, e.Called)
	if err != nil {
		return err
	}
	return Refuse(CodeDenied, "refuse.not_called", Args{"Number": t.Number, "Names": strings.Join(names, d.group().T("list.comma"))})
}

// namesOf are the names of colleagues.
func (d *Desk) namesOf(ctx context.Context, tx Tx, ids []int64) ([]string, error) {
	var names []string
	for _, id := range ids {
		s, err := d.staffOrNobody(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// tellTaken tells topic, war room and all who were called who has it: they need not come any more.
func (d *Desk) tellTaken(ctx context.Context, tx Tx, t *Ticket, e *Emergency, who customers.Staff) error {
	key := fmt.Sprintf("taken:%d", e.ID)
	text := d.group().T("topic.taken", Args{"Name": who.Name, "Number": t.Number})
	if err := d.tellTopic(ctx, tx, t, key, text); err != nil {
		return err
	}
	if err := d.joinRoom(ctx, tx, e.RoomID, []customers.Staff{who}, key); err != nil {
		return err
	}
	if err := d.sayInRoom(ctx, tx, e.RoomID, key, text); err != nil {
		return err
	}
	for _, id := range e.Called {
		s, err := d.staffOrNobody(ctx, tx, id)
		if err != nil {
			return err
		}
		if s.ID == who.ID || s.ID == 0 {
			continue
		}
		out := toStaff(s, t.ID, key, Body{Text: d.ToStaff(s).T("call.taken", Args{"Name": who.Name, "Number": t.Number})})
		if err := d.Owe(ctx, tx, out); err != nil {
			return err
		}
	}
	return d.redrawRoom(ctx, tx, t, e, "taken")
}

// Update tells every affected contact what is known and done, and names the time of the next word.
func (d *Desk) Update(ctx context.Context, tx Tx, who customers.Staff, id TicketID, said Said) (t *Ticket, next string, err error) {
	said.Text = strings.TrimSpace(said.Text)
	if said.Text == "" {
		return nil, "", Refuse(CodeInvalid, "refuse.no_update", nil)
	}
	t, _, err = d.Lock(ctx, tx, id)
	if err != nil {
		return nil, "", err
	}
	if err := workable(t); err != nil {
		return nil, "", err
	}
	e, err := d.running(ctx, tx, t)
	if err != nil {
		return nil, "", err
	}
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return nil, "", err
	}
	at := d.Now().Add(updatePace)
	if e == nil {
		if at, err = d.nextWord(ctx, tx, t, customer); err != nil {
			return nil, "", err
		}
	}
	next = d.byClock(at, customer)
	if err := d.startsWork(t, who); err != nil {
		return nil, "", err
	}
	if _, err := d.record(ctx, tx, t, by(who, said.entry(EntryReply))); err != nil {
		return nil, "", err
	}
	key := "update:" + string(said.From.Message)
	args := Args{"Name": who.Name, "Text": said.Text, "Next": next}
	if err := d.tellAffected(ctx, tx, t, UseProgress, key, "emergency.update", args); err != nil {
		return nil, "", err
	}
	if err := d.spoken(ctx, tx, t, who, said.Text, said.From); err != nil {
		return nil, "", err
	}
	if err := d.updateKept(ctx, tx, t, e, at, key, d.group().T("topic.update", args)); err != nil {
		return nil, "", err
	}
	return t, next, d.change(ctx, tx, t)
}

// updateKept shows the update to those at work, and arms the next word of a matter that is no emergency.
func (d *Desk) updateKept(ctx context.Context, tx Tx, t *Ticket, e *Emergency, next time.Time, key, text string) error {
	if err := d.tellTopic(ctx, tx, t, key, text); err != nil {
		return err
	}
	if e == nil {
		return tx.SetTimer(ctx, Timer{Kind: TimerWord, Subject: int64(t.ID), DueAt: next.UTC(), Urgency: UrgencyInteractive})
	}
	return d.sayInRoom(ctx, tx, e.RoomID, key, text)
}

// StandDown ends an emergency with a summary: the calling and the reminders stop, the contacts are told, and the review is asked for.
func (d *Desk) StandDown(ctx context.Context, tx Tx, who customers.Staff, id TicketID, summary string) (*Ticket, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	e, err := d.mustRun(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	if who.ID != e.HolderID && !who.Has(customers.RoleLiaison) && !who.Has(customers.RoleProductManager) && !who.Has(customers.RoleLeader) {
		names, err := d.namesOf(ctx, tx, []int64{e.HolderID})
		if err != nil {
			return nil, err
		}
		return nil, Refuse(CodeDenied, "refuse.not_holder", Args{"Number": t.Number, "Name": strings.Join(names, "")})
	}
	if e.Summary = strings.TrimSpace(summary); e.Summary == "" {
		return nil, Refuse(CodeInvalid, "refuse.no_summary", nil)
	}
	if e.HolderID == 0 {
		e.HolderID = who.ID
	}
	if _, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryStoodDown, Internal: true, Text: e.Summary})); err != nil {
		return nil, err
	}
	say := d.group()
	title := say.T("room.stood_down", Args{"Number": t.Number})
	card := Card{Title: title, Colour: ColourSolved, Summary: title, Lines: []Line{
		{Label: say.T("room.summary"), Text: e.Summary},
		{Label: say.T("room.by"), Text: who.Name},
		{Label: say.T("room.lasted"), Text: say.T("room.minutes", Args{"Minutes": int(d.Now().Sub(e.StartedAt).Minutes())})},
		{Text: say.T("room.next")},
	}, Buttons: []Button{disbandButton(say, t, e.RoomID)}}
	if err := d.endEmergency(ctx, tx, e, "stood_down", card); err != nil {
		return nil, err
	}
	t.Urgent = false
	if err := d.tellAffected(ctx, tx, t, UseUpdate, fmt.Sprintf("stood_down:%d", e.ID), "emergency.stood_down", Args{"Name": who.Name}); err != nil {
		return nil, err
	}
	text := say.T("topic.stood_down", Args{"Name": who.Name, "Text": e.Summary})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("stood_down:%d", e.ID), text); err != nil {
		return nil, err
	}
	if err := d.askReview(ctx, tx, t, e); err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}

// endEmergency stops the calling and the reminders, and says so in the war room. The caller saves the ticket.
func (d *Desk) endEmergency(ctx context.Context, tx Tx, e *Emergency, how string, card Card) error {
	e.EndedAt, e.CalleeID, e.Buzz = d.Now(), 0, ""
	for _, kind := range []TimerKind{TimerRung, TimerNamed, TimerUpdate} {
		if err := tx.CancelTimer(ctx, kind, e.ID); err != nil {
			return err
		}
	}
	if err := d.showInRoom(ctx, tx, e.RoomID, fmt.Sprintf("%s:%d", how, e.ID), card); err != nil {
		return err
	}
	return tx.SaveEmergency(ctx, e)
}
