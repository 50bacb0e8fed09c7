package tickets

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Uses of a room: a Feishu group that the desk makes for one matter. All go by the room's own lane, so that each finds what those before it made.
const (
	UseRoomMake Use = "room_make" // the group itself, by the name in Text and the people in Mentions
	UseRoomJoin Use = "room_join" // the people in Mentions come in
	UseRoomCard Use = "room_card" // the briefing card
	UseRoomTop  Use = "room_top"  // the briefing card at the top of the group
	UseRoomEdit Use = "room_edit" // the briefing card as it is now
	UseRoomSay  Use = "room_say"  // words or a card, as answer to a message when Target is set
	UseRoomEnd  Use = "room_end"  // the group is dissolved
)

const roomLane = "room:"

// RoomLane is the lane of a room.
func RoomLane(id int64) Lane { return Lane(fmt.Sprintf("%s%d", roomLane, id)) }

// Room is the room of a room's lane, 0 for others.
func (l Lane) Room() int64 {
	rest, ok := strings.CutPrefix(string(l), roomLane)
	if !ok {
		return 0
	}
	id, _ := strconv.ParseInt(rest, 10, 64)
	return id
}

// Room is a group that the desk made for one matter: the war room of an emergency, or the round of a consultation. What is said in it is kept
// on the ticket, inside.
type Room struct {
	ID       int64
	TicketID TicketID
	Name     string
	// Chat is the group, empty until it was made; Card its briefing card.
	Chat RemoteID
	Card RemoteID
	// Members are the colleagues who were asked in.
	Members  []int64
	OpenedAt time.Time
	ClosedAt time.Time // dissolved
}

// openRoom makes a room with a briefing card on top.
func (d *Desk) openRoom(ctx context.Context, tx Tx, t *Ticket, name string, members []customers.Staff, brief Card) (*Room, error) {
	r := &Room{TicketID: t.ID, Name: name, OpenedAt: d.Now()}
	for _, s := range members {
		r.Members = with(r.Members, s.ID)
	}
	if err := tx.SaveRoom(ctx, r); err != nil {
		return nil, err
	}
	var present []RemoteID
	for _, s := range members {
		if id := RemoteID(s.OpenID); id != "" && !slices.Contains(present, id) {
			present = append(present, id)
		}
	}
	for _, out := range []Delivery{
		{Use: UseRoomMake, Key: "make", Body: Body{Text: name, Mentions: present}},
		{Use: UseRoomCard, Key: "card", Body: Body{Card: &brief}},
		{Use: UseRoomTop, Key: "top"},
	} {
		if err := d.oweRoom(ctx, tx, r.ID, out); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (d *Desk) oweRoom(ctx context.Context, tx Tx, room int64, out Delivery) error {
	out.Lane, out.Urgency = RoomLane(room), UrgencyEmergency
	return d.Owe(ctx, tx, out)
}

// sayInRoom owes words in a room; they ping nobody.
func (d *Desk) sayInRoom(ctx context.Context, tx Tx, room int64, key, text string) error {
	for i, part := range SplitText(text, maxTopicText) {
		if err := d.oweRoom(ctx, tx, room, Delivery{Use: UseRoomSay, Key: partKey(key, i), Body: Body{Text: part}}); err != nil {
			return err
		}
	}
	return nil
}

// showInRoom owes a card in a room.
func (d *Desk) showInRoom(ctx context.Context, tx Tx, room int64, key string, card Card) error {
	return d.oweRoom(ctx, tx, room, Delivery{Use: UseRoomSay, Key: key, Body: Body{Card: &card}})
}

// joinRoom asks colleagues in who are not there yet.
func (d *Desk) joinRoom(ctx context.Context, tx Tx, room int64, people []customers.Staff, key string) error {
	r, err := tx.LockRoom(ctx, room)
	if err != nil {
		return err
	}
	var fresh []RemoteID
	for _, s := range people {
		if s.OpenID != "" && !slices.Contains(r.Members, s.ID) {
			r.Members = with(r.Members, s.ID)
			fresh = append(fresh, RemoteID(s.OpenID))
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := tx.SaveRoom(ctx, r); err != nil {
		return err
	}
	return d.oweRoom(ctx, tx, room, Delivery{Use: UseRoomJoin, Key: "join:" + key, Body: Body{Mentions: fresh}})
}

// prepareRoom makes what goes to a room ready; a room that could not be made, or was dissolved, takes nothing any more.
func (d *Desk) prepareRoom(ctx context.Context, tx Tx, row *Delivery) (Prepared, error) {
	r, err := tx.Room(ctx, row.Lane.Room())
	if err != nil {
		return Prepared{}, err
	}
	if row.Use != UseRoomMake && (r.Chat == "" || !r.ClosedAt.IsZero()) {
		return d.drop(ctx, tx, row, "there is no such room")
	}
	if row.Use == UseRoomTop || row.Use == UseRoomEdit {
		if row.Target = r.Card; r.Card == "" {
			return d.drop(ctx, tx, row, "the room has no card")
		}
	}
	return d.dispatch(ctx, tx, row, Outgoing{To: Address{Platform: Feishu, Channel: r.Chat}, Body: row.Body})
}

// roomDelivered notes what became of a room.
func (d *Desk) roomDelivered(ctx context.Context, tx Tx, row *Delivery) error {
	r, err := tx.LockRoom(ctx, row.Lane.Room())
	if err != nil {
		return err
	}
	switch row.Use {
	case UseRoomMake:
		r.Chat = row.RemoteID
	case UseRoomCard:
		r.Card = row.RemoteID
	case UseRoomEnd:
		r.ClosedAt = d.Now()
	default:
		return nil
	}
	return tx.SaveRoom(ctx, r)
}

// RoomGone notes that a group was dissolved, or that the desk was put out of it.
func (d *Desk) RoomGone(ctx context.Context, tx Tx, chat RemoteID) error {
	found, err := tx.RoomByChat(ctx, chat)
	if isNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := tx.LockRoom(ctx, found.ID)
	if err != nil || !r.ClosedAt.IsZero() {
		return err
	}
	r.ClosedAt = d.Now()
	return tx.SaveRoom(ctx, r)
}

// disbandButton dissolves a room, after a second thought.
func disbandButton(say words.Locale, t *Ticket, room int64) Button {
	return Button{Text: say.T("button.disband"), Verb: "disband", Ticket: t.ID, Args: map[string]string{"room": strconv.FormatInt(room, 10)},
		Confirm: say.T("room.disband_sure")}
}

// openWarRoom makes the war room of an emergency: owner, responder on duty, liaison and product manager.
func (d *Desk) openWarRoom(ctx context.Context, tx Tx, t *Ticket, e *Emergency, v view) error {
	parts, err := d.rolesOf(ctx, tx, t, v)
	if err != nil {
		return err
	}
	var members []customers.Staff
	for _, p := range parts {
		if p.staff.ID != 0 {
			members = append(members, p.staff)
		}
	}
	brief, err := d.briefing(ctx, tx, t, e, v)
	if err != nil {
		return err
	}
	customer := v.customer.Name
	if customer == "" {
		customer = v.contact.Name
	}
	r, err := d.openRoom(ctx, tx, t, d.group().T("room.name", Args{"Number": t.Number, "Customer": customer}), members, brief)
	if err != nil {
		return err
	}
	e.RoomID = r.ID
	return tx.SaveEmergency(ctx, e)
}

// briefing is the card on top of a war room.
func (d *Desk) briefing(ctx context.Context, tx Tx, t *Ticket, e *Emergency, v view) (Card, error) {
	card, err := d.emergencyCard(ctx, tx, t, e, v, d.group())
	card.Lines = append(card.Lines, Line{Text: d.group().T("room.how")})
	return card, err
}

// redrawRoom brings the card on top of the war room up to date.
func (d *Desk) redrawRoom(ctx context.Context, tx Tx, t *Ticket, e *Emergency, cause string) error {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	brief, err := d.briefing(ctx, tx, t, e, v)
	if err != nil {
		return err
	}
	return d.oweRoom(ctx, tx, e.RoomID, Delivery{Use: UseRoomEdit, Key: fmt.Sprintf("edit:%s:%d", cause, e.ID), Body: Body{Card: &brief}})
}

// Disband dissolves a room whose matter is over and whose minutes are written.
func (d *Desk) Disband(ctx context.Context, tx Tx, who customers.Staff, id int64) (*Ticket, error) {
	r, err := tx.Room(ctx, id)
	if isNotFound(err) {
		return nil, Refuse(CodeInvalid, "refuse.old_card", nil)
	}
	if err != nil {
		return nil, err
	}
	t, _, err := d.Lock(ctx, tx, r.TicketID)
	if err != nil {
		return nil, err
	}
	switch e, err := d.running(ctx, tx, t); {
	case err != nil:
		return nil, err
	case e != nil && e.RoomID == id:
		return nil, Refuse(CodeConflict, "refuse.still_running", Args{"Number": t.Number})
	case !r.ClosedAt.IsZero():
		return nil, Refuse(CodeConflict, "refuse.room_closed", Args{"Name": r.Name})
	}
	open, err := tx.OpenConsults(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(open, func(c *Consult) bool { return c.RoomID == id }) {
		return nil, Refuse(CodeConflict, "refuse.minutes_due", Args{"Number": t.Number})
	}
	note := by(who, Entry{Kind: EntryNote, Internal: true, Text: d.group().T("room.disbanded", Args{"Name": r.Name})})
	if _, err := d.record(ctx, tx, t, note); err != nil {
		return nil, err
	}
	return t, d.oweRoom(ctx, tx, id, Delivery{Use: UseRoomEnd, Key: "end"})
}
