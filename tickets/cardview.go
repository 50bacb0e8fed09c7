package tickets

import (
	"context"
	"slices"
	"strconv"
	"time"

	"servicedesk/words"
)

// card draws the live card of a ticket; calling, it mentions the owner.
func (d *Desk) card(t *Ticket, v view, w Window, calling bool, say words.Locale, notes ...Line) Card {
	tier := string(v.customer.Tier)
	if tier == "" {
		tier = "–"
	}
	card := Card{
		Title:   say.T("card.title", Args{"Tier": tier, "Type": say.T("type." + string(t.Type)), "Number": t.Number, "Title": t.Title}),
		Colour:  colourOf(t, notes),
		Summary: t.Number + " " + say.T(StateKey(t)),
		More:    say.T("button.more"),
	}
	card.Lines = append(d.cardLines(say, t, v, w, calling), notes...)
	if t.Status.Over() || t.Status == StatusConfirmed {
		card.Folded = []Button{{Text: say.T("button.history"), Verb: "history", Ticket: t.ID}}
		return card
	}
	claim := Button{Text: say.T("button.claim"), Verb: "claim", Ticket: t.ID}
	reply := Button{Text: say.T("button.reply"), Verb: "reply", Ticket: t.ID}
	if t.Status == StatusNew || t.Status == StatusAssigned || t.Status == StatusReopened {
		claim.Style = "primary"
	} else {
		reply.Style = "primary"
	}
	card.Form = &Form{Name: "say", Inputs: []Input{{Name: "text", Placeholder: say.T("card.form_hint"), Lines: 2}},
		Buttons: []Button{claim, reply, {Text: say.T("button.solve"), Verb: "solve", Ticket: t.ID}}}
	for _, verb := range []string{"assign", "escalate", "wait", "workaround", "type", "merge", "note", "history", "forward"} {
		card.Folded = append(card.Folded, Button{Text: say.T("button." + verb), Verb: verb, Ticket: t.ID})
	}
	return card
}

func colourOf(t *Ticket, notes []Line) Colour {
	switch {
	case t.Status == StatusSolved || t.Status == StatusConfirmed || t.Status.Over():
		return ColourSolved
	case t.Urgent || slices.ContainsFunc(notes, func(l Line) bool { return l.Alarm }):
		return ColourAlarm
	case t.Status == StatusWaiting:
		return ColourWaiting
	case t.Status == StatusNew || t.Status == StatusAssigned:
		return ColourNew
	}
	return ColourOurs
}

func (d *Desk) cardLines(say words.Locale, t *Ticket, v view, w Window, calling bool) []Line {
	customer := v.customer.Name
	if customer == "" {
		customer = say.T("card.unbound")
	}
	owner := Line{Label: say.T("card.owner"), Text: say.T("nobody.yet")}
	if v.owner.ID != 0 {
		owner.Text = v.owner.Name
	}
	if calling {
		owner.At = openIDs(v.owner)
		if v.owner.ID == 0 {
			owner.At = openIDs(v.team.Liaison)
		}
	}
	state := say.T(StateKey(t))
	if t.Urgent && t.Status.Open() {
		state = say.T("card.urgent", Args{"State": state})
	}
	lines := []Line{
		{Label: say.T("card.state"), Text: state + " · P" + strconv.Itoa(int(t.Priority))},
		{Label: say.T("card.contact"), Text: customer + " · " + v.contact.Name + " · " + say.T("source."+string(t.Source))},
		owner,
		{Label: say.T("card.words"), Text: t.LastWords},
		{Label: say.T("card.window"), Text: d.windowLeft(say, w)},
	}
	switch {
	case t.Rating > 0:
		lines = append(lines, Line{Label: say.T("card.rating"), Text: strconv.Itoa(t.Rating) + " / 5"})
	case t.Status == StatusSolved && !t.SolvedAt.IsZero():
		since := t.SolvedAt
		if w.LastIn.After(since) {
			since = w.LastIn
		}
		by := say.T("card.confirm_by", Args{"At": d.Clock(since.Add(d.ConfirmAfter), v.customer)})
		lines = append(lines, Line{Label: say.T("card.deadline"), Text: by})
	}
	return lines
}

// cardNotes are the lines that promises, gates, emergencies and the past add to a card.
func (d *Desk) cardNotes(ctx context.Context, tx Tx, t *Ticket, v view, say words.Locale) ([]Line, error) {
	var notes []Line
	for _, lines := range []func(context.Context, Tx, *Ticket, view, words.Locale) ([]Line, error){
		d.routingLines, d.clockLines, d.gateLines, d.emergencyLines, d.mergeLines, d.pastLines, d.contractLines,
	} {
		more, err := lines(ctx, tx, t, v, say)
		if err != nil {
			return nil, err
		}
		notes = append(notes, more...)
	}
	return notes, nil
}

// windowLeft says what is left of the sending window: places and hours.
func (d *Desk) windowLeft(say words.Locale, w Window) string {
	now := d.Now()
	places := w.Places(now)
	if w.LastIn.IsZero() || !now.Before(w.Closes()) || w.Shut {
		return say.T("window.shut")
	}
	hours := int((w.Closes().Sub(now) + time.Hour - 1) / time.Hour)
	return say.T("window.left", Args{"Places": places, "Hours": hours})
}

// Snapshot shows a ticket as it stands, in the asker's language; unlike the live card it stays as it was.
func (d *Desk) Snapshot(ctx context.Context, tx Tx, t *Ticket, say words.Locale) (Card, error) {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return Card{}, err
	}
	conv, err := tx.Conversation(ctx, t.ConversationID)
	if err != nil {
		return Card{}, err
	}
	notes, err := d.cardNotes(ctx, tx, t, v, say)
	if err != nil {
		return Card{}, err
	}
	card := d.card(t, v, conv.Window, false, say, notes...)
	if card.Form != nil { // outside the topic there is nothing to write into
		card.Form, card.Buttons = nil, card.Form.Buttons[:1]
	}
	if t.Solution != "" {
		card.Lines = append(card.Lines, Line{Label: say.T("card.solution"), Text: Shorten(t.Solution, 200)})
	}
	return card, nil
}
