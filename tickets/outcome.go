package tickets

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// feishuKeyLife is how long Feishu remembers a uuid, with a margin (one hour, open.feishu.cn im/v1/messages): after it a repeat would arrive twice.
const feishuKeyLife = 55 * time.Minute

// maxBackoff bounds the pause between two attempts.
const maxBackoff = time.Minute

// Delivered records that the platform took a delivery. Told twice, it acts once.
func (d *Desk) Delivered(ctx context.Context, tx Tx, id int64, r Receipt) error {
	row, err := tx.LockDelivery(ctx, id)
	if err != nil || row.State != DeliveryPending {
		return err
	}
	row.State, row.RemoteID, row.LastError = DeliverySent, r.RemoteID, ""
	if err := tx.SaveDelivery(ctx, row); err != nil {
		return err
	}
	switch {
	case row.ConversationID != 0:
		return d.deliveredToCustomer(ctx, tx, row, r)
	case row.Lane.Room() != 0:
		return d.roomDelivered(ctx, tx, row)
	case row.Use == UseTicketCard:
		t, err := tx.LockTicket(ctx, row.TicketID)
		if err != nil {
			return err
		}
		if t.CardID != "" && t.CardID != r.RemoteID {
			if err := tx.KeepCard(ctx, t.ID, t.CardID); err != nil {
				return err
			}
		}
		t.CardID = r.RemoteID
		return tx.SaveTicket(ctx, t)
	}
	return nil
}

func (d *Desk) deliveredToCustomer(ctx context.Context, tx Tx, row *Delivery, r Receipt) error {
	conv, err := tx.LockConversationByID(ctx, row.ConversationID)
	if err != nil {
		return err
	}
	switch {
	case row.Use == UseWelcome: // goes by its code and takes no place
		return d.noticed(ctx, tx, conv)
	case row.Use == UseRetake:
		return d.retaken(ctx, tx, conv, row, r.Code)
	case row.Body.Code == "":
		conv.Window.Sent++
		conv.Hold = Hold{} // nobody has the session, if somebody had
	}
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return err
	}
	if row.TicketID == 0 {
		return nil
	}
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return err
	}
	if row.Use == UseConfirm && row.Body.Menu != nil && t.Status == StatusSolved { // not the solution's text: the question
		if err := d.awaitConfirmation(ctx, tx, t); err != nil {
			return err
		}
	}
	if err := d.echo(ctx, tx, t, row, d.Sent, "sent"); err != nil {
		return err
	}
	return d.showCard(ctx, tx, t)
}

// noticed remembers that the contact was told what is recorded of him: his first welcome says it.
func (d *Desk) noticed(ctx context.Context, tx Tx, conv *Conversation) error {
	contact, err := tx.Contact(ctx, conv.ContactID)
	if err != nil || !contact.NoticedAt.IsZero() {
		return err
	}
	contact.NoticedAt = d.Now()
	return tx.SaveContact(ctx, &contact)
}

// echo puts a sign on the engineers' messages whose words these were.
func (d *Desk) echo(ctx context.Context, tx Tx, t *Ticket, row *Delivery, emoji, outcome string) error {
	for i, source := range row.Body.Echo {
		if err := d.react(ctx, tx, t, fmt.Sprintf("echo:%d:%d:%s", row.ID, i, outcome), source, emoji); err != nil {
			return err
		}
	}
	return nil
}

// Undelivered records a failed attempt; the class alone decides what happens next.
func (d *Desk) Undelivered(ctx context.Context, tx Tx, id int64, f Failure) error {
	row, err := tx.LockDelivery(ctx, id)
	if err != nil || row.State != DeliveryPending {
		return err
	}
	row.LastError = fmt.Sprintf("%s %d %s", f.Class, f.Code, f.Reason)
	if f.Certain && !row.Doubted {
		row.FirstTry = time.Time{} // no attempt is in doubt
	}
	if handled, err := d.emergencyUndelivered(ctx, tx, row, f); handled || err != nil {
		return err
	}
	switch f.Class {
	case Throttled:
		row.NextAt = d.Machine().Add(max(f.After, time.Second))
	case CountSpent, WindowShut:
		return d.windowRefused(ctx, tx, row, f)
	case Aged:
		return d.showAnew(ctx, tx, row)
	case Occupied:
		return d.occupied(ctx, tx, row)
	case Stale, Rejected, Rerender:
		if row.Body.Code != "" && row.Use != UseWelcome { // the code is used up: the words are not
			row.Body.Code, row.State = "", DeliveryHeld
			return tx.SaveDelivery(ctx, row)
		}
		if row.Use != UseTicketCard { // without its card a ticket would exist for nobody
			return d.bury(ctx, tx, row, f)
		}
		fallthrough
	case Misconfigured:
		row.NextAt = d.Machine().Add(maxBackoff)
		if err := d.alarmFailure(ctx, tx, row.Lane.Platform(), f); err != nil {
			return err
		}
	default:
		row.NextAt = d.Machine().Add(Backoff(row.Attempts))
	}
	return tx.SaveDelivery(ctx, row)
}

// outcomeLost reports that an attempt is in doubt and Feishu has forgotten its key: repeating it could say it twice. Edits and signs may be
// repeated; and a ticket's card shown twice is better than a ticket that exists for nobody.
func (d *Desk) outcomeLost(row *Delivery) bool {
	repeatable := row.Use == UseCardEdit || row.Use == UseReaction || row.Use == UseTicketCard || row.Lane.Room() != 0 && row.Use != UseRoomSay
	return !repeatable && !row.FirstTry.IsZero() && d.Now().After(row.FirstTry.Add(feishuKeyLife))
}

// Backoff is the pause after so many attempts: 1 s, 2 s, 4 s … a minute, each up to a fifth longer by chance. Four failures heal within a minute.
func Backoff(attempts int) time.Duration {
	pause := maxBackoff
	if attempts < 7 {
		pause = time.Second << max(0, attempts-1)
	}
	return min(pause, maxBackoff) + rand.N(pause/5)
}

// showAnew posts a ticket's card again, because the platform lets nobody edit the old one any more. The old topic says where it went on.
func (d *Desk) showAnew(ctx context.Context, tx Tx, row *Delivery) error {
	row.State = DeliveryCancelled
	if err := tx.SaveDelivery(ctx, row); err != nil || row.Use != UseCardEdit {
		return err
	}
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil || t.CardID != row.Target { // it was posted anew already
		return err
	}
	if err := d.tellTopic(ctx, tx, t, "aged:"+string(t.CardID), d.group().T("topic.card_anew")); err != nil {
		return err
	}
	return d.Owe(ctx, tx, toTopic(t, UseTicketCard, "card after "+string(t.CardID), Body{}))
}

// windowRefused corrects the ledger by what the platform said; what was to be said waits for the contact, or is left out.
func (d *Desk) windowRefused(ctx context.Context, tx Tx, row *Delivery, f Failure) error {
	conv, err := tx.LockConversationByID(ctx, row.ConversationID)
	if err != nil {
		return err
	}
	if f.Class == CountSpent {
		conv.Window.Sent = WindowPlaces
	} else {
		conv.Window.Shut = true
	}
	conv.Window.LastClick = time.Time{}
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return err
	}
	switch row.Use {
	case UseAnswer, UseCourtesy, UseLull, UseWelcome:
		row.State = DeliveryCancelled
		return tx.SaveDelivery(ctx, row)
	case UseSurvey:
		_, err := d.leaveOutSurvey(ctx, tx, row)
		return err
	}
	return d.hold(ctx, tx, row, conv.Window)
}

// bury gives a delivery up and tells the engineer why.
func (d *Desk) bury(ctx context.Context, tx Tx, row *Delivery, f Failure) error {
	row.State = DeliveryFailed
	if f.Class == Stale && row.Use != UseTopic { // what it spoke of is gone: nobody misses it
		row.State = DeliveryCancelled
		return tx.SaveDelivery(ctx, row)
	}
	if row.ConversationID == 0 { // towards colleagues there is no topic that would tell
		f.Class = Rejected
		if err := d.alarmFailure(ctx, tx, row.Lane.Platform(), f); err != nil {
			return err
		}
	}
	return d.burialNotice(ctx, tx, row, d.group().T("failure.rejected", Args{"Code": f.Code, "Reason": f.Reason}))
}

func (d *Desk) burialNotice(ctx context.Context, tx Tx, row *Delivery, reason string) error {
	if err := tx.SaveDelivery(ctx, row); err != nil {
		return err
	}
	switch {
	case row.Use == UseTopic && row.TicketID != 0:
		return d.notShown(ctx, tx, row)
	case row.ConversationID == 0 || row.TicketID == 0:
		return nil
	}
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return err
	}
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryFailed, Internal: true, Text: reason}); err != nil {
		return err
	}
	if err := d.echo(ctx, tx, t, row, d.Failed, "failed"); err != nil {
		return err
	}
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	words := row.Body.Text
	if row.Body.Menu != nil {
		words = row.Body.Menu.Head
	}
	if row.Use == UseConfirm { // who was never asked does not agree by silence; and the engineer may ask again
		if err := d.unasked(ctx, tx, t); err != nil {
			return err
		}
	}
	text := d.group().T("topic.failed", Args{"Words": quoted(words), "Reason": reason})
	return d.tellTopic(ctx, tx, t, fmt.Sprintf("failed:%d", row.ID), text, openIDs(owner)...)
}

// unasked takes a ticket back to work whose "solved?" did not arrive.
func (d *Desk) unasked(ctx context.Context, tx Tx, t *Ticket) error {
	if t.Status != StatusSolved {
		return nil
	}
	return d.reopen(ctx, tx, t, Entry{Kind: EntryReopened, Text: d.group().T("reopen.unasked")})
}

// notShown says in the topic that something could not be shown there; where it can be read instead.
func (d *Desk) notShown(ctx context.Context, tx Tx, row *Delivery) error {
	prefix := string(row.Lane) + " unshown:"
	if strings.HasPrefix(row.Key, prefix) {
		return nil // not even that can be shown: the administrators know
	}
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return err
	}
	return d.tellTopic(ctx, tx, t, fmt.Sprintf("unshown:%d", row.ID), d.group().T("topic.unshown", Args{"Number": t.Number}))
}

// failTypes names the fail_type numbers of msg_send_fail whose cause is the sending window (developer.work.weixin.qq.com, document 94670).
const (
	failOver48Hours   = 4
	failSessionClosed = 5
	failOverFive      = 6
)

// notDelivered treats the platform's late word that a message it had taken did not arrive.
func (d *Desk) notDelivered(ctx context.Context, tx Tx, in Inbound) error {
	found, err := tx.DeliveryByRemote(ctx, WeCom, in.Target)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	conv, err := tx.LockConversationByID(ctx, found.ConversationID)
	if err != nil {
		return err
	}
	row, err := tx.LockDelivery(ctx, found.ID)
	if err != nil || row.State != DeliverySent {
		return err
	}
	switch in.FailType {
	case failOver48Hours, failSessionClosed:
		conv.Window.Shut = true
	case failOverFive:
		conv.Window.Sent = WindowPlaces
	}
	if err := tx.SaveConversation(ctx, conv); err != nil {
		return err
	}
	row.State, row.LastError = DeliveryFailed, fmt.Sprintf("fail_type %d", in.FailType)
	reason := d.group().T(fmt.Sprintf("fail_type.%d", knownFailType(in.FailType)))
	if err := d.burialNotice(ctx, tx, row, reason); err != nil || row.TicketID == 0 {
		return err
	}
	t, err := tx.LockTicket(ctx, row.TicketID)
	if err != nil {
		return err
	}
	return d.showCard(ctx, tx, t)
}

func knownFailType(n int) int {
	switch n {
	case 1, 2, failOver48Hours, failSessionClosed, failOverFive, 8, 10, 11, 12, 13:
		return n
	}
	return 0
}
