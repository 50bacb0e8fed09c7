package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
)

const (
	// minutesWithin is how long a consultation may last before its minutes are asked for; then once a day.
	minutesWithin = 4 * time.Hour
	minutesAgain  = 24 * time.Hour
)

// Consult is a call for experts on a matter; it is over when its minutes are written.
type Consult struct {
	ID       int64
	TicketID TicketID
	RoomID   int64
	AskerID  int64
	Experts  []int64
	Brief    string
	Minutes  string

	OpenedAt  time.Time // UTC
	WrittenAt time.Time
}

// CallIn asks experts for advice: in the war room of a running emergency, else in a room of their own. Minutes are due.
func (d *Desk) CallIn(ctx context.Context, tx Tx, who customers.Staff, id TicketID, experts []customers.Staff, brief string) (*Ticket, error) {
	brief = strings.TrimSpace(brief)
	switch {
	case len(experts) == 0:
		return nil, Refuse(CodeInvalid, "refuse.no_expert", nil)
	case brief == "":
		return nil, Refuse(CodeInvalid, "refuse.no_brief", nil)
	}
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := workable(t); err != nil {
		return nil, err
	}
	c := &Consult{TicketID: t.ID, AskerID: who.ID, Brief: brief, OpenedAt: d.Now()}
	var names []string
	for _, s := range experts {
		c.Experts, names = with(c.Experts, s.ID), append(names, s.Name)
	}
	if err := d.consultRoom(ctx, tx, who, t, c, experts, strings.Join(names, d.group().T("list.comma"))); err != nil {
		return nil, err
	}
	if err := d.armMinutes(ctx, tx, c, minutesWithin); err != nil {
		return nil, err
	}
	text := d.group().T("consult.text", Args{"Names": strings.Join(names, d.group().T("list.comma")), "Text": brief})
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryConsulted, Internal: true, Text: text}))
	if err != nil {
		return nil, err
	}
	return t, d.tellTopic(ctx, tx, t, causeKey("consult", entry), d.group().T("topic.consult", Args{"Name": who.Name, "Text": text}))
}

// consultRoom brings the experts together and shows them the brief.
func (d *Desk) consultRoom(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, c *Consult, experts []customers.Staff, names string) error {
	e, err := d.running(ctx, tx, t)
	if err != nil {
		return err
	}
	if e != nil {
		c.RoomID = e.RoomID
	}
	if err := tx.SaveConsult(ctx, c); err != nil {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	brief := d.briefOf(t, v, c, who, names)
	if e != nil {
		key := fmt.Sprintf("consult:%d", c.ID)
		if err := d.joinRoom(ctx, tx, e.RoomID, experts, key); err != nil {
			return err
		}
		return d.showInRoom(ctx, tx, e.RoomID, key, brief)
	}
	members := append([]customers.Staff{who}, experts...)
	if v.owner.ID != 0 {
		members = append(members, v.owner)
	}
	r, err := d.openRoom(ctx, tx, t, d.group().T("consult.name", Args{"Number": t.Number, "Title": Shorten(t.Title, 20)}), members, brief)
	if err != nil {
		return err
	}
	c.RoomID = r.ID
	return tx.SaveConsult(ctx, c)
}

// briefOf is what the experts are asked, with the field for the minutes.
func (d *Desk) briefOf(t *Ticket, v view, c *Consult, who customers.Staff, names string) Card {
	say := d.group()
	title := say.T("consult.title", Args{"Number": t.Number, "Title": t.Title})
	return Card{Title: title, Colour: ColourOurs, Summary: say.T("consult.summary", Args{"Number": t.Number}), Lines: []Line{
		{Label: say.T("card.contact"), Text: v.customer.Name + " · " + v.contact.Name},
		{Label: say.T("consult.ask"), Text: c.Brief},
		{Label: say.T("card.words"), Text: t.LastWords},
		{Label: say.T("card.owner"), Text: v.owner.Name},
		{Label: say.T("consult.people"), Text: names},
		{Label: say.T("consult.asker"), Text: who.Name},
		{Text: say.T("consult.how", Args{"Number": t.Number})},
	}, Form: d.minutesForm(t, c)}
}

func (d *Desk) minutesForm(t *Ticket, c *Consult) *Form {
	say := d.group()
	return &Form{Name: "minutes", Inputs: []Input{{Name: "text", Placeholder: say.T("consult.minutes_hint"), Lines: 3}},
		Buttons: []Button{{Text: say.T("button.minutes"), Verb: "minutes", Ticket: t.ID, Style: "primary",
			Args: map[string]string{"consult": fmt.Sprint(c.ID)}}}}
}

func (d *Desk) armMinutes(ctx context.Context, tx Tx, c *Consult, after time.Duration) error {
	return tx.SetTimer(ctx, Timer{Kind: TimerMinutes, Subject: c.ID, DueAt: d.Now().Add(after), Urgency: UrgencyCare})
}

// Minutes closes a consultation with its minutes: the one named, else the ticket's latest that is open.
func (d *Desk) Minutes(ctx context.Context, tx Tx, who customers.Staff, id TicketID, consult int64, text string) (*Ticket, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	open, err := tx.OpenConsults(ctx, id)
	if err != nil {
		return nil, err
	}
	var c *Consult
	for _, o := range open {
		if consult == 0 || o.ID == consult {
			c = o
		}
	}
	if c == nil {
		return nil, Refuse(CodeConflict, "refuse.no_consult", Args{"Number": t.Number})
	}
	if text = strings.TrimSpace(text); text == "" {
		return nil, Refuse(CodeInvalid, "refuse.no_minutes", Args{"Number": t.Number})
	}
	c.Minutes, c.WrittenAt = text, d.Now()
	if err := tx.SaveConsult(ctx, c); err != nil {
		return nil, err
	}
	if err := tx.CancelTimer(ctx, TimerMinutes, c.ID); err != nil {
		return nil, err
	}
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryMinutes, Internal: true, Text: text}))
	if err != nil {
		return nil, err
	}
	told := d.group().T("topic.minutes", Args{"Name": who.Name, "Text": text})
	if err := d.tellTopic(ctx, tx, t, causeKey("minutes", entry), told); err != nil {
		return nil, err
	}
	return t, d.closeConsult(ctx, tx, t, c, causeKey("minutes", entry), told)
}

// closeConsult tells the room that the minutes are written; a room of its own may be dissolved.
func (d *Desk) closeConsult(ctx context.Context, tx Tx, t *Ticket, c *Consult, key, told string) error {
	say := d.group()
	title := say.T("consult.closed", Args{"Number": t.Number})
	card := Card{Title: title, Colour: ColourSolved, Summary: title, Lines: []Line{{Text: told}}}
	if e, err := d.running(ctx, tx, t); err != nil {
		return err
	} else if e == nil || e.RoomID != c.RoomID {
		card.Buttons = []Button{disbandButton(say, t, c.RoomID)}
	}
	return d.showInRoom(ctx, tx, c.RoomID, key, card)
}

// minutesDue reminds who called the experts in, and the room, of the minutes.
func (d *Desk) minutesDue(ctx context.Context, tx Tx, id int64) error {
	seen, err := tx.Consult(ctx, id)
	if err != nil {
		return err
	}
	t, _, err := d.Lock(ctx, tx, seen.TicketID)
	if err != nil {
		return err
	}
	c, err := tx.Consult(ctx, id)
	if err != nil || !c.WrittenAt.IsZero() || t.Status == StatusCancelled && t.MergedInto == 0 {
		return err
	}
	asker, err := d.staffOrNobody(ctx, tx, c.AskerID)
	if err != nil {
		return err
	}
	if !asker.Active { // he left: whoever has the ticket
		if asker, err = d.staffOrNobody(ctx, tx, t.OwnerID); err != nil {
			return err
		}
	}
	key := fmt.Sprintf("minutes:%d:%d", c.ID, d.Now().Unix())
	say := d.group()
	title := say.T("consult.due", Args{"Number": t.Number})
	card := Card{Title: title, Colour: ColourAlarm, Summary: title,
		Lines: []Line{{Label: say.T("consult.ask"), Text: c.Brief}, {Text: say.T("consult.how", Args{"Number": t.Number})}}, Form: d.minutesForm(t, c)}
	if asker.ID != 0 {
		if err := d.notifyStaff(ctx, tx, asker, t.ID, key, card); err != nil {
			return err
		}
	}
	if err := d.showInRoom(ctx, tx, c.RoomID, key, card); err != nil {
		return err
	}
	return d.armMinutes(ctx, tx, c, minutesAgain)
}

// causeKey is a key made from the timeline entry that is its cause.
func causeKey(what string, entry int64) string { return fmt.Sprintf("%s:%d", what, entry) }
