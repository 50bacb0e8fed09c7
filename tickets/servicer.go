package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

// Hold says that a human servicer has the conversation in the WeCom client: what the API sends is refused as long as he has.
type Hold struct {
	By    RemoteID // his userid; empty = unknown
	Since time.Time
	// Doubted is set when the contact wrote: one attempt then shows whether the hold still lasts, should its end have been missed.
	Doubted bool
}

// blocks reports whether nothing is to be tried.
func (h Hold) blocks() bool { return !h.Since.IsZero() && !h.Doubted }

// SessionChange says what happened to a session in the WeCom client.
type SessionChange string

// The changes.
const (
	SessionHeld  SessionChange = "held"  // a servicer took it, was given it, or came back to it
	SessionEnded SessionChange = "ended" // a servicer ended it
)

// servicerSaid mirrors what a human servicer answered in the WeCom client.
func (d *Desk) servicerSaid(ctx context.Context, tx Tx, w *told) error {
	if w.conv.Current == 0 {
		return nil
	}
	t, err := tx.LockTicket(ctx, w.conv.Current)
	if err != nil {
		return err
	}
	text := d.readable(w)
	entry := Entry{Kind: EntryReply, By: ByStaff, At: w.in.At, AuthorName: d.group().T("servicer"), Text: text,
		Platform: WeCom, RemoteID: w.in.ID, Attached: w.in.Attached}
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, "words:"+string(w.in.ID), d.group().T("topic.servicer", Args{"Words": text})); err != nil {
		return err
	}
	t.SpokenAt = d.Now()
	if t.RespondedAt.IsZero() {
		t.RespondedAt = t.SpokenAt
	}
	if err := d.clocksAnswered(ctx, tx, t, customers.Staff{}, text); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// sessionChanged notes who has the session now; the caller saves the conversation.
func (d *Desk) sessionChanged(ctx context.Context, tx Tx, w *told) error {
	if w.in.Session == SessionEnded {
		return d.sessionOver(ctx, tx, w.conv, w.in.WelcomeCode)
	}
	fresh := w.conv.Hold.Since.IsZero()
	w.conv.Hold.By, w.conv.Hold.Doubted = w.in.Holder, false
	if !fresh {
		return nil
	}
	w.conv.Hold.Since = d.Now()
	return d.tellOfHold(ctx, tx, w.conv, w.conv.Current)
}

// occupied keeps a delivery that was refused because a servicer has the session, and says so in the topic.
func (d *Desk) occupied(ctx context.Context, tx Tx, row *Delivery) error {
	conv, err := tx.LockConversationByID(ctx, row.ConversationID)
	if err != nil {
		return err
	}
	fresh := conv.Hold.Since.IsZero()
	conv.Hold.Doubted = false
	if fresh {
		conv.Hold.Since = d.Now()
	}
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return err
	}
	if err := d.keepForHold(ctx, tx, row); err != nil || !fresh {
		return err
	}
	return d.tellOfHold(ctx, tx, conv, row.TicketID)
}

// keepForHold lets a row wait for the end of the hold; what answers the contact's own word is left to the servicer.
func (d *Desk) keepForHold(ctx context.Context, tx Tx, row *Delivery) error {
	row.State = DeliveryHeld
	if row.Use == UseAnswer || row.Use == UseCourtesy {
		row.State, row.LastError = DeliveryCancelled, "a servicer has the session"
	}
	return tx.SaveDelivery(ctx, row)
}

// tellOfHold says in the topic who has the session, with the button that takes it back.
func (d *Desk) tellOfHold(ctx context.Context, tx Tx, conv *Conversation, id TicketID) error {
	if id == 0 {
		return nil
	}
	t, err := tx.LockTicket(ctx, id)
	if err != nil || t.Status.Over() {
		return err
	}
	say := d.group()
	card := Card{Title: say.T("hold.title", Args{"Number": t.Number}), Summary: say.T("hold.title", Args{"Number": t.Number}), Colour: ColourOurs,
		Lines:   []Line{{Text: say.T("hold.text")}},
		Buttons: []Button{{Text: say.T("button.retake"), Verb: "retake", Ticket: t.ID, Style: "primary"}}}
	return d.Owe(ctx, tx, toTopic(t, UseTopic, fmt.Sprintf("hold:%d:%d", conv.ID, conv.Hold.Since.UnixMilli()), Body{Card: &card}))
}

// Retake asks WeCom to give the session back to the desk.
func (d *Desk) Retake(ctx context.Context, tx Tx, who customers.Staff, id TicketID, from Origin) (*Ticket, error) {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if conv.Hold.Since.IsZero() {
		return nil, Refuse(CodeConflict, "refuse.not_held", Args{"Number": t.Number})
	}
	if _, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryRetaken})); err != nil {
		return nil, err
	}
	out := toContact(conv, t.ID, UseRetake, "retake:"+string(from.Message), Body{Text: d.group().T("button.retake")})
	out.Urgency = urgencyOf(t)
	return t, d.Owe(ctx, tx, out)
}

// retaken goes on after WeCom gave the session back: with it, or, when it could only be ended, with the one message its end allows.
func (d *Desk) retaken(ctx context.Context, tx Tx, conv *Conversation, row *Delivery, code string) error {
	key := "topic.retaken"
	if code != "" {
		key = "topic.retaken_ended"
		if err := d.sessionOver(ctx, tx, conv, code); err != nil {
			return err
		}
	} else {
		conv.Hold = Hold{}
		if err := tx.Release(ctx, conv.Lane()); err != nil {
			return err
		}
	}
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return err
	}
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return err
	}
	return d.tellTopic(ctx, tx, t, fmt.Sprintf("retaken:%d", row.ID), d.group().T(key))
}

// sessionOver ends the hold and the window with it: nothing more goes out until the contact writes, but for one message by the code of the
// session's end, within 20 seconds. The caller saves the conversation.
func (d *Desk) sessionOver(ctx context.Context, tx Tx, conv *Conversation, code string) error {
	conv.Hold = Hold{}
	conv.Window.Shut = true
	if err := tx.Release(ctx, conv.Lane()); err != nil || code == "" {
		return err
	}
	rows, err := tx.Waiting(ctx, conv.Lane())
	if err != nil {
		return err
	}
	chosen := lastWord(rows)
	if chosen == nil {
		return nil
	}
	row, err := tx.LockDelivery(ctx, chosen.ID)
	if err != nil {
		return err
	}
	row.Body.Code, row.NextAt = code, d.Machine()
	return tx.SaveDelivery(ctx, row)
}

// lastWord is what is most worth the one message that a session's end allows: the survey, "solved?", else the oldest words.
func lastWord(rows []*Delivery) *Delivery {
	for _, use := range []Use{UseSurvey, UseConfirm, UseReply, UseNotice} {
		for _, row := range rows {
			if row.Use == use && row.Body.Media == nil {
				return row
			}
		}
	}
	return nil
}
