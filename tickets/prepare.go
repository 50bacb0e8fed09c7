package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Prepare makes the head of a lane ready to leave. What it decides is committed before the attempt: a merge stays a merge, an attempt is counted.
func (d *Desk) Prepare(ctx context.Context, tx Tx, lane Lane) (Prepared, error) {
	var conv *Conversation
	if id := lane.Conversation(); id != 0 {
		var err error
		if conv, err = tx.LockConversationByID(ctx, id); err != nil {
			return Prepared{}, err
		}
	}
	rows, err := tx.Waiting(ctx, lane)
	if err != nil || len(rows) == 0 {
		return Prepared{Step: StepRest}, err
	}
	if conv != nil && conv.Unwritten() {
		return d.callAll(ctx, tx, conv, rows)
	}
	if conv != nil {
		return d.prepareCustomer(ctx, tx, conv, rows)
	}
	return d.prepareStaff(ctx, tx, rows)
}

// drop cancels a row that events overtook.
func (d *Desk) drop(ctx context.Context, tx Tx, row *Delivery, why string) (Prepared, error) {
	row.State, row.LastError = DeliveryCancelled, why
	return Prepared{Step: StepNext}, tx.SaveDelivery(ctx, row)
}

func (d *Desk) expired(row *Delivery) bool {
	return !row.ExpiresAt.IsZero() && d.Now().After(row.ExpiresAt)
}

// dispatch counts the attempt and hands the row over.
func (d *Desk) dispatch(ctx context.Context, tx Tx, row *Delivery, out Outgoing) (Prepared, error) {
	row.Attempts++
	if row.Doubted = !row.FirstTry.IsZero(); !row.Doubted {
		row.FirstTry = d.Now()
	}
	row.State = DeliveryPending
	out.Key, out.Use, out.Urgency, out.Target = fmt.Sprintf("%s-%d", d.Installation, row.ID), row.Use, row.Urgency, row.Target
	return Prepared{Step: StepSend, Delivery: row.ID, Out: out}, tx.SaveDelivery(ctx, row)
}

// prepareCustomer walks the conversation's rows in order: the welcome first, then whatever the window still has a place for. A row without a
// place is held, and every row of the same use behind it waits too; only what has places reserved for it may overtake.
func (d *Desk) prepareCustomer(ctx context.Context, tx Tx, conv *Conversation, rows []*Delivery) (Prepared, error) {
	to := Address{Platform: WeCom, Channel: conv.Account, Peer: conv.Peer}
	for _, row := range rows {
		if row.Use == UseWelcome || row.Use == UseRetake || row.Body.Code != "" {
			if d.expired(row) {
				return d.drop(ctx, tx, row, "welcome code expired")
			}
			return d.dispatchDue(ctx, tx, row, Outgoing{To: to, Body: row.Body})
		}
	}
	if conv.Hold.blocks() {
		return d.waitForHold(ctx, tx, rows)
	}
	now := d.Now()
	for i, row := range rows {
		if d.expired(row) {
			return d.drop(ctx, tx, row, "expired")
		}
		if row.Use == UseConfirm {
			if t, err := tx.Ticket(ctx, row.TicketID); err != nil {
				return Prepared{}, err
			} else if t.Status != StatusSolved || !ofRound(row, t) {
				return d.drop(ctx, tx, row, "the ticket is open again")
			}
		}
		if d.outdated(row, rows[i+1:]) {
			return d.drop(ctx, tx, row, "a later word of the desk says more")
		}
		free, err := d.placesFor(ctx, tx, conv, row)
		if err != nil {
			return Prepared{}, err
		}
		switch {
		case free > 0 && row.Use == UseReply:
			return d.prepareReply(ctx, tx, to, rows[i:], free)
		case free > 0, row.Use == UseAnswer && conv.Window.Uncertain(now):
			if err := d.askToGoOn(ctx, tx, row, conv.Window); err != nil {
				return Prepared{}, err
			}
			return d.dispatchDue(ctx, tx, row, Outgoing{To: to, Body: row.Body})
		case row.Use == UseSurvey:
			return d.leaveOutSurvey(ctx, tx, row)
		case row.Use == UseAnswer, row.Use == UseCourtesy, row.Use == UseLull:
			return d.drop(ctx, tx, row, "no place in the sending window")
		case row.State == DeliveryPending:
			return Prepared{Step: StepNext}, d.hold(ctx, tx, row, conv.Window)
		}
	}
	return Prepared{Step: StepRest}, nil
}

// outdated reports whether a word of the desk about an emergency waited so long that a later one about the same is to be said instead.
func (d *Desk) outdated(row *Delivery, behind []*Delivery) bool {
	return row.Use == UseUpdate && d.Now().Sub(row.CreatedAt) >= time.Minute && slices.ContainsFunc(behind, func(o *Delivery) bool {
		return o.Use == UseUpdate && o.TicketID == row.TicketID
	})
}

// waitForHold holds the rows of a conversation that a servicer has.
func (d *Desk) waitForHold(ctx context.Context, tx Tx, rows []*Delivery) (Prepared, error) {
	for _, row := range rows {
		if row.State == DeliveryPending {
			return Prepared{Step: StepNext}, d.keepForHold(ctx, tx, row)
		}
	}
	return Prepared{Step: StepRest}, nil
}

// ofRound reports whether a question, or the solution before it, belongs to the ticket's present round.
func ofRound(row *Delivery, t *Ticket) bool {
	key, _, _ := strings.Cut(row.Key, "/")
	return strings.HasSuffix(key, fmt.Sprintf(":%d:%d", t.ID, t.Reopened))
}

// dispatchDue sends a row unless it rests after a failure.
func (d *Desk) dispatchDue(ctx context.Context, tx Tx, row *Delivery, out Outgoing) (Prepared, error) {
	if row.NextAt.After(d.Machine()) {
		return Prepared{Step: StepLater, At: row.NextAt}, nil
	}
	return d.dispatch(ctx, tx, row, out)
}

// prepareReply sends the first of the waiting replies, merged with those behind it when it takes the last ordinary place.
func (d *Desk) prepareReply(ctx context.Context, tx Tx, to Address, rows []*Delivery, free int) (Prepared, error) {
	head := rows[0]
	if head.Attempts > 0 || free > 1 || head.Body.Media != nil {
		return d.dispatchDue(ctx, tx, head, Outgoing{To: to, Body: head.Body})
	}
	// The last ordinary place: give further replies a moment, then let them share it.
	newest := head
	var merged []*Delivery
	whole := head.Body
	for _, row := range rows[1:] {
		if row.Use != UseReply {
			continue
		}
		joined := whole.Text + "\n\n" + row.Body.Text
		if row.Body.Media != nil || row.Attempts > 0 || len(joined) > MaxCustomerText {
			break
		}
		whole.Text, newest = joined, row
		whole.Sources = slices.Concat(whole.Sources, row.Body.Sources)
		whole.Echo = slices.Concat(whole.Echo, row.Body.Echo)
		merged = append(merged, row)
	}
	if at := newest.QueuedAt.Add(d.Linger); at.After(d.Machine()) {
		return Prepared{Step: StepLater, At: at}, nil
	}
	for _, row := range merged {
		row.State, row.MergedIn = DeliveryMerged, head.ID
		if err := tx.SaveDelivery(ctx, row); err != nil {
			return Prepared{}, err
		}
	}
	head.Body = whole
	return d.dispatchDue(ctx, tx, head, Outgoing{To: to, Body: head.Body})
}

// hold keeps a row until the contact writes, and says so in the topic.
func (d *Desk) hold(ctx context.Context, tx Tx, row *Delivery, w Window) error {
	row.State = DeliveryHeld
	if err := tx.SaveDelivery(ctx, row); err != nil {
		return err
	}
	if row.TicketID == 0 {
		return nil
	}
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return err
	}
	key := "topic.held_count"
	if w.Places(d.Now()) == 0 && w.Sent < WindowPlaces {
		key = "topic.held_time"
	}
	if row.Use == UseConfirm {
		key = "topic.held_confirm"
	}
	words := quoted(row.Body.Text)
	if row.Body.Media != nil {
		words = d.group().T("media.image")
	}
	if err := d.tellTopic(ctx, tx, t, "held:"+heldCause(row), d.group().T(key, Args{"Words": words})); err != nil {
		return err
	}
	if matters(row.Use) {
		if err := d.callInstead(ctx, tx, t, row); err != nil {
			return err
		}
	}
	return d.showCard(ctx, tx, t) // what the platform said may have corrected the ledger
}

// askWaits reports whether "solved?" about a ticket still waits to be sent.
func (d *Desk) askWaits(ctx context.Context, tx Tx, conv *Conversation, id TicketID) (bool, error) {
	rows, err := tx.Waiting(ctx, conv.Lane())
	for _, row := range rows {
		if row.Use == UseConfirm && row.TicketID == id {
			return true, err
		}
	}
	return false, err
}

// heldCause names what a held row belongs to: the parts of one reply are told of once.
func heldCause(row *Delivery) string {
	cause, _, _ := strings.Cut(row.Key, "/")
	if row.Use == UseReply {
		cause = cause[:max(0, strings.LastIndex(cause, ":"))]
	}
	return cause
}

// leaveOutSurvey drops the rating question, visibly.
func (d *Desk) leaveOutSurvey(ctx context.Context, tx Tx, row *Delivery) (Prepared, error) {
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return Prepared{}, err
	}
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntrySkipped, Text: d.group().T("skip.rating_window")}); err != nil {
		return Prepared{}, err
	}
	return d.drop(ctx, tx, row, "sending window shut")
}

// prepareStaff makes the head of a Feishu lane ready; cards are rendered now, from the ticket as it is now.
func (d *Desk) prepareStaff(ctx context.Context, tx Tx, rows []*Delivery) (Prepared, error) {
	row := rows[0]
	if d.expired(row) {
		return d.drop(ctx, tx, row, "expired")
	}
	if row.NextAt.After(d.Machine()) {
		return Prepared{Step: StepLater, At: row.NextAt}, nil
	}
	if d.outcomeLost(row) {
		row.State = DeliveryUnknown
		return Prepared{Step: StepNext}, d.burialNotice(ctx, tx, row, d.group().T("failure.unknown"))
	}
	switch row.Use {
	case UseTicketCard:
		return d.prepareTicketCard(ctx, tx, row)
	case UseCardEdit:
		return d.prepareEdit(ctx, tx, rows)
	case UseTopic, UseReaction:
		t, err := tx.Ticket(ctx, row.TicketID)
		if err != nil {
			return Prepared{}, err
		}
		return d.dispatch(ctx, tx, row, Outgoing{To: Address{Platform: Feishu, Channel: t.ChatID, Topic: t.CardID}, Body: row.Body})
	case UseBuzz:
		return d.prepareBuzz(ctx, tx, row)
	case UseRoomMake, UseRoomJoin, UseRoomCard, UseRoomTop, UseRoomEdit, UseRoomSay, UseRoomEnd:
		return d.prepareRoom(ctx, tx, row)
	case UseDirect:
		s, err := d.staffOrNobody(ctx, tx, row.StaffID)
		if err != nil {
			return Prepared{}, err
		}
		if s.OpenID == "" {
			return d.drop(ctx, tx, row, "no Feishu account was found for this colleague")
		}
		return d.dispatch(ctx, tx, row, Outgoing{To: Address{Platform: Feishu, Peer: RemoteID(s.OpenID)}, Body: row.Body})
	}
	return d.dispatch(ctx, tx, row, Outgoing{To: Address{Platform: Feishu, Channel: row.Chat}, Body: row.Body})
}

func (d *Desk) prepareTicketCard(ctx context.Context, tx Tx, row *Delivery) (Prepared, error) {
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return Prepared{}, err
	}
	if t.ChatID == "" { // opened before its group was known
		customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
		if err != nil {
			return Prepared{}, err
		}
		if t.ChatID = d.Group(customer.Group); t.ChatID == "" {
			return Prepared{Step: StepLater, At: d.Machine().Add(d.EditPace)}, nil
		}
	}
	card, err := d.render(ctx, tx, t, true)
	if err != nil {
		return Prepared{}, err
	}
	return d.dispatch(ctx, tx, row, Outgoing{To: Address{Platform: Feishu, Channel: t.ChatID}, Body: Body{Card: &card}})
}

// prepareEdit renders the live card once for all edits that wait, at most once in EditPace.
func (d *Desk) prepareEdit(ctx context.Context, tx Tx, rows []*Delivery) (Prepared, error) {
	last := rows[len(rows)-1]
	t, err := tx.LockTicket(ctx, last.TicketID)
	if err != nil {
		return Prepared{}, err
	}
	if at := t.CardEditedAt.Add(d.EditPace); at.After(d.Machine()) {
		return Prepared{Step: StepLater, At: at}, nil
	}
	if t.CardID == "" {
		return Prepared{Step: StepLater, At: d.Machine().Add(d.EditPace / 8)}, nil
	}
	for _, row := range rows[:len(rows)-1] {
		if _, err := d.drop(ctx, tx, row, "a later edit shows it"); err != nil {
			return Prepared{}, err
		}
	}
	card, err := d.render(ctx, tx, t, false)
	if err != nil {
		return Prepared{}, err
	}
	last.Target = t.CardID
	return d.dispatch(ctx, tx, last, Outgoing{To: Address{Platform: Feishu, Channel: t.ChatID}, Body: Body{Card: &card}})
}

// render draws the live card and counts the rendering; the ticket is locked by the caller.
func (d *Desk) render(ctx context.Context, tx Tx, t *Ticket, first bool) (Card, error) {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return Card{}, err
	}
	conv, err := tx.Conversation(ctx, t.ConversationID)
	if err != nil {
		return Card{}, err
	}
	t.CardShown++
	if !first {
		t.CardEditedAt = d.Machine()
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return Card{}, err
	}
	notes, err := d.cardNotes(ctx, tx, t, v, d.group())
	if err != nil {
		return Card{}, err
	}
	// The owner stays mentioned until somebody takes it: the first edit follows the first showing within moments.
	calling := first || t.Status == StatusNew || t.Status == StatusAssigned
	return d.card(t, v, conv.Window, calling, d.group(), notes...), nil
}

// quoted shortens words for a sentence about them.
func quoted(text string) string { return strings.TrimSpace(Shorten(text, 40)) }
