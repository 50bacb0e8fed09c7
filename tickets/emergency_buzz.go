package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
)

// Buzz is a way of calling a colleague through Feishu.
type Buzz string

// The ways of calling, gentlest first.
const (
	BuzzApp   Buzz = "app"
	BuzzSMS   Buzz = "sms"
	BuzzPhone Buzz = "phone"
)

// UseBuzz buzzes a colleague about an earlier message of his direct chat. It is tried once: a call whose outcome is unknown counts as made,
// the next rung follows in a minute.
const UseBuzz Use = "buzz"

// Ring is the content of a buzz: one rung of one emergency.
type Ring struct {
	Kind      Buzz   `json:"kind"`
	Of        string `json:"of"` // key of the delivery whose message is buzzed about
	Emergency int64  `json:"emergency"`
	Cycle     int    `json:"cycle"`
}

// ring shows a colleague the emergency in his direct chat, once a cycle, and buzzes him about it. Quiet hours do not hold it.
func (d *Desk) ring(ctx context.Context, tx Tx, t *Ticket, e *Emergency, who customers.Staff, by Buzz) error {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	say := d.ToStaff(who)
	card, err := d.emergencyCard(ctx, tx, t, e, v, say)
	if err != nil {
		return err
	}
	card.Title = say.T("call.title", Args{"Number": t.Number, "Title": t.Title})
	card.Lines = append([]Line{{Text: say.T("call.how", Args{"Number": t.Number})}}, card.Lines...)
	shown := toStaff(who, t.ID, fmt.Sprintf("call:%d:%d", e.ID, e.Cycle), Body{Card: &card})
	shown.Urgency = UrgencyEmergency
	if err := d.Owe(ctx, tx, shown); err != nil {
		return err
	}
	body := Body{Ring: &Ring{Kind: by, Of: string(shown.Lane) + " " + shown.Key, Emergency: e.ID, Cycle: e.Cycle}}
	buzz := toStaff(who, t.ID, fmt.Sprintf("buzz:%d:%d:%s", e.ID, e.Cycle, by), body)
	buzz.Use, buzz.Urgency = UseBuzz, UrgencyEmergency
	if err := d.Owe(ctx, tx, buzz); err != nil {
		return err
	}
	e.Called = with(e.Called, who.ID)
	_, err = d.record(ctx, tx, t, Entry{Kind: EntryCalled, Internal: true, Text: called(d, who, by)})
	return err
}

// called names a colleague and the way of calling him, for the timeline.
func called(d *Desk, who customers.Staff, by Buzz) string {
	return d.group().T("call.who", Args{"Name": who.Name, "How": d.group().T("buzz." + string(by))})
}

// prepareBuzz makes a buzz ready, unless somebody has the emergency meanwhile. The message it is about left before it, in the same lane.
func (d *Desk) prepareBuzz(ctx context.Context, tx Tx, row *Delivery) (Prepared, error) {
	ring := row.Body.Ring
	e, err := tx.Emergency(ctx, ring.Emergency)
	if err != nil {
		return Prepared{}, err
	}
	if !e.Running() || e.HolderID != 0 {
		return d.drop(ctx, tx, row, "somebody has it")
	}
	if !row.FirstTry.IsZero() { // the attempt may have rung: twice is worse than the next rung in a minute
		row.State = DeliveryUnknown
		return Prepared{Step: StepNext}, tx.SaveDelivery(ctx, row)
	}
	who, err := d.staffOrNobody(ctx, tx, row.StaffID)
	if err != nil {
		return Prepared{}, err
	}
	about, err := tx.DeliveryByKey(ctx, ring.Of)
	if err != nil && !isNotFound(err) {
		return Prepared{}, err
	}
	if err != nil || about.RemoteID == "" || who.OpenID == "" {
		return Prepared{Step: StepNext}, d.buzzFailed(ctx, tx, row, d.group().T("call.no_message"))
	}
	row.Target = about.RemoteID
	return d.dispatch(ctx, tx, row, Outgoing{To: Address{Platform: Feishu, Peer: RemoteID(who.OpenID)}, Body: row.Body})
}

// emergencyUndelivered treats failures of what only the emergency lane sends; handled=false: the usual way.
func (d *Desk) emergencyUndelivered(ctx context.Context, tx Tx, row *Delivery, f Failure) (handled bool, err error) {
	switch {
	case row.Use == UseBuzz && f.Certain && (f.Class == Throttled || f.Class == Unauthorized):
		return false, nil // it has not rung, and will in a moment
	case row.Use == UseBuzz:
		return true, d.buzzFailed(ctx, tx, row, d.group().T("failure.rejected", Args{"Code": f.Code, "Reason": f.Reason}))
	case f.Class == Misconfigured && (row.Use == UseRoomTop || row.Use == UseRoomJoin || row.Use == UseRoomEnd):
		return true, d.bury(ctx, tx, row, f) // the words behind it shall not wait for a permission
	}
	return false, nil
}

// buzzFailed notes a call that did not reach anybody; when it was the present rung, the next one follows at once.
func (d *Desk) buzzFailed(ctx context.Context, tx Tx, row *Delivery, reason string) error {
	row.State, row.LastError = DeliveryFailed, reason
	if err := tx.SaveDelivery(ctx, row); err != nil {
		return err
	}
	ring := row.Body.Ring
	t, e, err := d.lockEmergency(ctx, tx, ring.Emergency)
	if err != nil {
		return err
	}
	who, err := d.staffOrNobody(ctx, tx, row.StaffID)
	if err != nil {
		return err
	}
	entry := Entry{Kind: EntryCallFailed, Internal: true, Text: called(d, who, ring.Kind), Data: map[string]string{"to": reason}}
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	if !e.Running() || e.HolderID != 0 || e.Cycle != ring.Cycle || e.CalleeID != row.StaffID || e.Buzz != ring.Kind {
		return nil
	}
	return d.rung(ctx, tx, t, e)
}
