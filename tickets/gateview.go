package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"servicedesk/customers"
	"servicedesk/words"
)

// gateCard asks for one of the five answers. One text field serves all of them, as the words behind /关口 do; a colleague may be chosen.
func (d *Desk) gateCard(ctx context.Context, tx Tx, t *Ticket, v view, g Gate, k gatekeeper, to customers.Staff) (Card, error) {
	say := d.ToStaff(to)
	tried, err := d.triedSoFar(ctx, tx, t, say)
	if err != nil {
		return Card{}, err
	}
	helpers, err := d.helperOptions(ctx, tx, t)
	if err != nil {
		return Card{}, err
	}
	customer := say.T("card.unbound")
	if v.customer.ID != 0 {
		customer = v.customer.Name + " · " + string(v.customer.Tier)
	}
	owner := v.owner.Name
	if owner == "" {
		owner = say.T("nobody.yet")
	}
	title := say.T("gate.title", Args{"Number": t.Number, "Title": t.Title})
	due := say.T("gate.due", Args{"At": d.hour(g.DueAt, v.customer)})
	if g.Repeats > 0 {
		due += say.T("gate.asked_times", Args{"Count": g.Repeats + 1})
	}
	card := Card{Title: title, Colour: ColourAlarm, Summary: say.T("gate.summary", Args{"Number": t.Number, "At": d.hour(g.DueAt, v.customer)}),
		Lines: []Line{
			{Label: say.T("gate.why"), Text: d.causeText(say, g)},
			{Label: say.T("card.contact"), Text: customer + " · " + v.contact.Name},
			{Label: say.T("card.words"), Text: t.LastWords},
			{Label: say.T("card.owner"), Text: owner},
			{Label: say.T("gate.tried"), Text: tried},
			{Label: say.T("card.deadline"), Text: due},
		}}
	if note := d.standInNote(say, g, k, to); note != "" {
		card.Lines = append(card.Lines, Line{Text: note})
	}
	card.Form = &Form{Name: "gate", Inputs: []Input{
		{Name: "text", Label: say.T("gate.form_text"), Placeholder: say.T("gate.form_hint"), Lines: 2},
		{Name: "helper", Label: say.T("gate.form_helper"), Options: helpers},
	}}
	if len(helpers) == 0 {
		card.Form.Inputs = card.Form.Inputs[:1]
	}
	for _, a := range GateAnswers {
		b := Button{Text: say.T("gate_answer." + string(a)), Verb: "gate", Ticket: t.ID,
			Args: map[string]string{"gate": fmt.Sprint(g.ID), "answer": string(a)}}
		if a == GateTakeOver {
			b.Style = "primary"
		}
		card.Form.Buttons = append(card.Form.Buttons, b)
	}
	return card, nil
}

// standInNote says who is asked for whom, and which answers stay with the gate's own person.
func (d *Desk) standInNote(say words.Locale, g Gate, k gatekeeper, to customers.Staff) string {
	switch {
	case !g.standsIn():
		return ""
	case k.agreed:
		return say.T("gate.note_delegate", Args{"Person": k.person.Name, "Acting": k.acting.Name})
	case to.ID == g.PersonID:
		return say.T("gate.note_person", Args{"Acting": k.acting.Name})
	}
	return say.T("gate.note_acting", Args{"Person": k.person.Name})
}

// triedSoFar are the latest three things that colleagues did about a ticket.
func (d *Desk) triedSoFar(ctx context.Context, tx Tx, t *Ticket, say words.Locale) (string, error) {
	entries, err := tx.Entries(ctx, t.ID, 40)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, e := range slices.Backward(entries) {
		if e.By != ByStaff || e.Kind != EntryReply && e.Kind != EntryNote && e.Kind != EntrySolved || strings.TrimSpace(e.Text) == "" {
			continue
		}
		lines = append(lines, say.T("gate.did", Args{"Name": e.AuthorName, "Words": Shorten(e.Text, 50)}))
		if len(lines) == 3 {
			break
		}
	}
	if len(lines) == 0 {
		return say.T("gate.tried_nothing"), nil
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n"), nil
}

// helperOptions are the colleagues who may be given: whoever works on tickets, but its owner.
func (d *Desk) helperOptions(ctx context.Context, tx Tx, t *Ticket) ([]Option, error) {
	all, err := tx.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	var options []Option
	for _, s := range all {
		if s.Serves() && s.ID != t.OwnerID {
			options = append(options, Option{Text: s.Name, Value: fmt.Sprint(s.ID)})
		}
	}
	return options, nil
}

// gateLines are the card's lines about an open gate, and about who was given to help.
func (d *Desk) gateLines(ctx context.Context, tx Tx, t *Ticket, v view, say words.Locale) ([]Line, error) {
	if !t.Status.Open() {
		return nil, nil
	}
	gates, err := tx.GatesOf(ctx, t.ID)
	if err != nil || len(gates) == 0 {
		return nil, err
	}
	var lines []Line
	if g := openAmong(gates); g != nil {
		asked, err := d.staffOrNobody(ctx, tx, g.ActingID)
		if err != nil {
			return nil, err
		}
		text := say.T("gate.card", Args{"Role": titleOf(say, g.Role(), asked, v.team), "Name": asked.Name, "At": d.hour(g.DueAt, v.customer)})
		lines = append(lines, Line{Label: say.T("gate.card_label"), Text: text})
	}
	var helpers []string
	for _, g := range gates {
		if g.HelperID == 0 || g.Round != t.Reopened || g.HelperID == t.OwnerID {
			continue
		}
		helper, err := d.staffOrNobody(ctx, tx, g.HelperID)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(helpers, helper.Name) {
			helpers = append(helpers, helper.Name)
		}
	}
	if len(helpers) > 0 {
		lines = append(lines, Line{Label: say.T("gate.helpers"), Text: strings.Join(helpers, say.T("list.comma"))})
	}
	return lines, nil
}

// gateProgress says in 进度 which person above the owner has it now; empty when none has.
func (d *Desk) gateProgress(ctx context.Context, tx Tx, w *told, t *Ticket) (string, error) {
	if !t.Status.Open() {
		return "", nil
	}
	g, err := d.openGateOf(ctx, tx, t.ID)
	if err != nil || g == nil {
		return "", err
	}
	asked, err := d.staffOrNobody(ctx, tx, g.ActingID)
	if err != nil {
		return "", err
	}
	role := titleOf(w.say, g.Role(), asked, w.team)
	return "\n" + w.say.T("gate.progress", Args{"Role": role, "Name": asked.Name, "At": d.hour(g.DueAt, w.customer)}), nil
}
