package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// keptAgain is the working time after which the desk asks again whether what was granted came.
const keptAgain = 7*time.Hour + 30*time.Minute // a working day

// followUp sets the day and hour at which the desk asks whether what was granted came, and says so in the topic.
func (d *Desk) followUp(ctx context.Context, tx Tx, t *Ticket, v view, g Gate, atOnce, inTime time.Duration) error {
	at, err := d.worked(ctx, tx, t, v.customer, atOnce, inTime)
	if err != nil {
		return err
	}
	text := d.group().T("gate.topic_follow", Args{"At": d.hour(at, v.customer)})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("gate:%d:follow", g.ID), text); err != nil {
		return err
	}
	return tx.SetTimer(ctx, Timer{Kind: TimerGateKept, Subject: g.ID, DueAt: at, Urgency: UrgencyCare})
}

// askKept asks owner and liaison whether what was granted came, again each working day until one of them says so or the ticket is over.
func (d *Desk) askKept(ctx context.Context, tx Tx, id int64) error {
	g, err := tx.Gate(ctx, id)
	if err != nil {
		return ignoreMissing(err)
	}
	t, _, err := d.Lock(ctx, tx, g.TicketID)
	if err != nil {
		return err
	}
	if g, err = tx.Gate(ctx, id); err != nil || g.Kept == GateCame || t.Status.Over() && t.MergedInto == 0 {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	asked, err := d.keptAskers(ctx, tx, v)
	if err != nil {
		return err
	}
	round := d.Now().Unix()
	for _, s := range asked {
		say := d.ToStaff(s)
		question, err := d.granted(ctx, tx, say, v, g, "gate_kept."+string(g.Answer))
		if err != nil {
			return err
		}
		card := Card{Title: say.T("gate.kept_title", Args{"Number": t.Number}), Summary: say.T("gate.kept_title", Args{"Number": t.Number}),
			Colour: ColourOurs, Lines: []Line{{Text: question}}}
		for _, kept := range []string{GateCame, GateMissing} {
			card.Buttons = append(card.Buttons, Button{Text: say.T("kept_answer." + kept), Verb: "gate_kept", Ticket: t.ID,
				Args: map[string]string{"gate": fmt.Sprint(g.ID), "kept": kept}})
		}
		if err := d.ShowStaff(ctx, tx, s, t.ID, fmt.Sprintf("gate:%d:kept:%d:%d", g.ID, round, s.ID), card); err != nil {
			return err
		}
	}
	question, err := d.granted(ctx, tx, d.group(), v, g, "gate_kept."+string(g.Answer))
	if err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("gate:%d:kept:%d", g.ID, round), question); err != nil {
		return err
	}
	return d.askKeptAgain(ctx, tx, t, v, g)
}

func (d *Desk) askKeptAgain(ctx context.Context, tx Tx, t *Ticket, v view, g Gate) error {
	again, err := d.worked(ctx, tx, t, v.customer, 24*time.Hour, keptAgain)
	if err != nil {
		return err
	}
	return tx.SetTimer(ctx, Timer{Kind: TimerGateKept, Subject: g.ID, DueAt: again, Urgency: UrgencyCare})
}

// keptAskers are the owner and who acts as liaison; without both, the administrators.
func (d *Desk) keptAskers(ctx context.Context, tx Tx, v view) ([]customers.Staff, error) {
	var asked []customers.Staff
	if v.owner.ID != 0 {
		asked = append(asked, v.owner)
	}
	liaison, _, err := d.acting(ctx, tx, v.team, customers.RoleLiaison)
	if err != nil {
		return nil, err
	}
	if liaison.ID != 0 && liaison.ID != v.owner.ID {
		asked = append(asked, liaison)
	}
	if len(asked) > 0 {
		return asked, nil
	}
	return d.holders(ctx, tx, customers.RoleAdmin)
}

// granted fills a text about what a gate gave.
func (d *Desk) granted(ctx context.Context, tx Tx, say words.Locale, v view, g Gate, key string) (string, error) {
	helper, err := d.staffOrNobody(ctx, tx, g.HelperID)
	if err != nil {
		return "", err
	}
	giver, err := d.staffOrNobody(ctx, tx, g.AnsweredBy)
	if err != nil {
		return "", err
	}
	day := g.EndedAt.In(d.zone(v.customer)).Format("01-02")
	return say.T(key, Args{"Name": giver.Name, "Helper": helper.Name, "Yuan": Yuan(g.Cents), "Day": day}), nil
}

// GateKept records whether what was granted came; gateID 0 is the latest grant of the ticket. What did not come is told to who granted it, and
// asked again.
func (d *Desk) GateKept(ctx context.Context, tx Tx, who customers.Staff, id TicketID, gateID int64, kept bool, note string) (*Ticket, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	gates, err := tx.GatesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var g *Gate
	for i := range gates {
		if grants := gates[i].Answer == GatePeople || gates[i].Answer == GateMoney; grants && (gateID == 0 || gates[i].ID == gateID) {
			g = &gates[i]
		}
	}
	if g == nil {
		return nil, Refuse(CodeConflict, "refuse.gate_nothing_granted", Args{"Number": t.Number})
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	liaison, _, err := d.acting(ctx, tx, v.team, customers.RoleLiaison)
	if err != nil {
		return nil, err
	}
	if !oneOf(who.ID, t.OwnerID, liaison.ID, v.team.Liaison.ID, g.HelperID) && !who.Has(customers.RoleLiaison) && !who.Has(customers.RoleAdmin) {
		return nil, Refuse(CodeDenied, "refuse.gate_kept", Args{"Name": v.owner.Name, "Liaison": liaison.Name})
	}
	if g.Kept == GateCame {
		return nil, Refuse(CodeConflict, "refuse.gate_kept_already", Args{"Number": t.Number})
	}
	return t, d.noteKept(ctx, tx, who, t, v, g, kept, strings.TrimSpace(note))
}

func oneOf(id int64, among ...int64) bool {
	for _, a := range among {
		if a == id {
			return true
		}
	}
	return false
}

func (d *Desk) noteKept(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, v view, g *Gate, kept bool, note string) error {
	g.Kept = GateMissing
	if kept {
		g.Kept = GateCame
	}
	if err := tx.SaveGate(ctx, g); err != nil {
		return err
	}
	text, err := d.granted(ctx, tx, d.group(), v, *g, "gate_noted."+string(g.Answer)+"_"+g.Kept)
	if err != nil {
		return err
	}
	if note != "" {
		text += " " + note
	}
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryGateKept, Internal: true, Text: text}))
	if err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("kept:%d", entry), d.quote(who.Name, text)); err != nil {
		return err
	}
	if kept {
		return tx.CancelTimer(ctx, TimerGateKept, g.ID)
	}
	giver, err := d.staffOrNobody(ctx, tx, g.AnsweredBy)
	if err != nil || giver.ID == 0 {
		return err
	}
	say := d.ToStaff(giver)
	title := say.T("gate.missing_title", Args{"Number": t.Number})
	card := Card{Title: title, Summary: title, Colour: ColourAlarm, Lines: []Line{{Text: d.quote(who.Name, text)}, {Text: say.T("gate.missing_how")}}}
	if err := d.ShowStaff(ctx, tx, giver, t.ID, fmt.Sprintf("kept:%d", entry), card); err != nil {
		return err
	}
	return d.askKeptAgain(ctx, tx, t, v, *g)
}
