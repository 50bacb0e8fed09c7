package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// GateReply is what is answered at a gate. Helper belongs to people, Cents to money; Text is the solution, the reason, or a remark.
type GateReply struct {
	GateID int64 // the gate on whose card it was pressed; 0 = the open one
	Answer GateAnswer
	Helper customers.Staff
	Cents  int64
	Text   string
	From   Origin
}

// AnswerGate takes one of the five answers. Each changes who has the ticket or what he has, tells the customer, and names the next deadline.
func (d *Desk) AnswerGate(ctx context.Context, tx Tx, who customers.Staff, id TicketID, a GateReply) (*Ticket, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	gates, err := tx.GatesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	g := openAmong(gates)
	if g == nil || a.GateID != 0 && a.GateID != g.ID {
		return nil, d.gatePast(ctx, tx, t, gates, a.GateID)
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	if err := d.mayAnswer(ctx, tx, who, t, v, g, a.Answer); err != nil {
		return nil, err
	}
	a.Text = strings.TrimSpace(a.Text)
	if err := complete(t, v, a); err != nil {
		return nil, err
	}
	g.State, g.Answer, g.AnsweredBy, g.Note, g.EndedAt = GateAnswered, a.Answer, who.ID, a.Text, d.Now()
	g.Cents, g.HelperID = a.Cents, a.Helper.ID
	if err := tx.SaveGate(ctx, g); err != nil {
		return nil, err
	}
	if err := tx.CancelTimer(ctx, TimerGate, g.ID); err != nil {
		return nil, err
	}
	if err := d.recordAnswer(ctx, tx, who, t, v, *g, a); err != nil {
		return nil, err
	}
	if a.Answer == GateDecline && g.Cause == GateBreach && g.Level < lastGate { // a broken promise is not mended by saying no
		return t, inTurn(
			func() error {
				return d.openGateAt(ctx, tx, t, opening{level: g.Level + 1, cause: g.Cause, reason: g.Reason, by: g.OpenedBy,
					told: "gate.told_passed", before: who.Name})
			},
			func() error { return d.change(ctx, tx, t) })
	}
	if err := d.grant(ctx, tx, who, t, v, *g, a); err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}

// gatePast refuses an answer that comes too late, and says what happened.
func (d *Desk) gatePast(ctx context.Context, tx Tx, t *Ticket, gates []Gate, id int64) error {
	if len(gates) == 0 {
		return Refuse(CodeConflict, "refuse.gate_none", Args{"Number": t.Number})
	}
	past := gates[len(gates)-1]
	for _, g := range gates {
		if g.ID == id {
			past = g
		}
	}
	by := past.AnsweredBy
	if past.State != GateAnswered {
		by = past.ActingID
	}
	person, err := d.staffOrNobody(ctx, tx, by)
	if err != nil {
		return err
	}
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	args := Args{"Number": t.Number, "Name": person.Name, "At": d.hour(past.EndedAt, customer), "Answer": past.Answer}
	switch past.State {
	case GateAnswered:
		return Refuse(CodeConflict, "refuse.gate_answered", args)
	case GateOverdue:
		if now := openAmong(gates); now != nil {
			holder, err := d.staffOrNobody(ctx, tx, now.ActingID)
			if err != nil {
				return err
			}
			args["Now"] = holder.Name
			return Refuse(CodeConflict, "refuse.gate_moved_on", args)
		}
		return Refuse(CodeConflict, "refuse.gate_overdue", args)
	case GateStopped, GateOpen:
	}
	args["State"] = t.Status
	return Refuse(CodeConflict, "refuse.gate_stopped", args)
}

// mayAnswer refuses whoever is not asked, and names who is. The owner judges nothing about himself; budget and time of the gate's person are
// given by himself or by whom he has appointed.
func (d *Desk) mayAnswer(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, v view, g *Gate, a GateAnswer) error {
	person, err := d.staffOrNobody(ctx, tx, g.PersonID)
	if err != nil {
		return err
	}
	acting, err := d.staffOrNobody(ctx, tx, g.ActingID)
	if err != nil {
		return err
	}
	args := Args{"Number": t.Number, "Name": acting.Name, "Person": person.Name, "At": d.hour(g.DueAt, v.customer), "You": who.Name, "Answer": a}
	if who.ID == t.OwnerID {
		return Refuse(CodeDenied, "refuse.gate_own", args)
	}
	if who.ID == g.PersonID {
		return nil
	}
	delegate, err := tx.GateDelegate(ctx, g.PersonID, d.Now())
	switch {
	case err != nil:
		return err
	case delegate == who.ID:
		return nil
	case who.ID != g.ActingID:
		return Refuse(CodeDenied, "refuse.gate_holder", args)
	case a.personal():
		return Refuse(CodeDenied, "refuse.gate_person", args)
	}
	return nil
}

// complete refuses an answer that lacks what it is about.
func complete(t *Ticket, v view, a GateReply) error {
	switch a.Answer {
	case GatePeople:
		if a.Helper.ID == 0 {
			return Refuse(CodeInvalid, "refuse.gate_no_helper", nil)
		}
		if a.Helper.ID == t.OwnerID {
			return Refuse(CodeConflict, "refuse.gate_helper_owns", Args{"Number": t.Number, "Name": v.owner.Name})
		}
	case GateMoney:
		if a.Cents <= 0 {
			return Refuse(CodeInvalid, "refuse.gate_no_amount", nil)
		}
	case GateSolution:
		if a.Text == "" {
			return Refuse(CodeInvalid, "refuse.gate_no_solution", nil)
		}
	case GateDecline:
		if a.Text == "" {
			return Refuse(CodeInvalid, "refuse.gate_no_reason", nil)
		}
	case GateTakeOver:
	default:
		return Refuse(CodeInvalid, "refuse.gate_what", nil)
	}
	return nil
}

// recordAnswer keeps the answer, and shows it in the topic to the owner and whoever was given.
func (d *Desk) recordAnswer(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, v view, g Gate, a GateReply) error {
	say := d.group()
	args := Args{"Name": who.Name, "Helper": a.Helper.Name, "Yuan": Yuan(a.Cents), "Text": a.Text}
	entry := by(who, Entry{Kind: EntryGateAnswered, Internal: true, Text: strings.TrimSpace(say.T("gate_said."+string(a.Answer), args)),
		Platform: Feishu, RemoteID: a.From.Message,
		Data: map[string]string{"answer": string(a.Answer), "helper": a.Helper.Name, "cents": fmt.Sprint(a.Cents)}})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	text := d.quote(who.Name, entry.Text)
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("gate:%d:answer", g.ID), text, openIDs(v.owner, a.Helper)...); err != nil {
		return err
	}
	return d.tellBystanders(ctx, tx, t, v, fmt.Sprintf("gate:%d:answer", g.ID), text, who.ID)
}

// How long after an answer the desk asks whether what was granted came: around the clock when it presses, else working time.
const (
	peopleAtOnce, peopleInTime = time.Hour, 4 * time.Hour
	moneyAtOnce, moneyInTime   = 24 * time.Hour, 15 * time.Hour // two working days
)

// grant carries an answer out and tells the customer, without amounts, what comes next.
func (d *Desk) grant(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, v view, g Gate, a GateReply) error {
	told := "gate_word." + string(a.Answer)
	switch a.Answer {
	case GatePeople:
		if t.OwnerID == 0 && a.Helper.Serves() {
			told, v.owner = "gate_word.given", a.Helper
		}
		if err := d.giveHelper(ctx, tx, who, t, v, g, a); err != nil {
			return err
		}
	case GateMoney:
		if err := d.followUp(ctx, tx, t, v, g, moneyAtOnce, moneyInTime); err != nil {
			return err
		}
	case GateTakeOver:
		v.owner = who
		if err := d.takeOver(ctx, tx, who, t); err != nil {
			return err
		}
	case GateSolution, GateDecline:
	}
	return d.tellWithNext(ctx, tx, t, v, fmt.Sprintf("gate:%d:answer", g.ID), told, Args{"By": who.Name, "Helper": a.Helper.Name})
}

// giveHelper puts a colleague beside the owner; where there is none, he is the owner now.
func (d *Desk) giveHelper(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, v view, g Gate, a GateReply) error {
	if t.OwnerID == 0 && v.owner.ID == a.Helper.ID {
		t.OwnerID = a.Helper.ID
		if t.Status == StatusNew {
			if err := t.Move(StatusAssigned, d.Now()); err != nil {
				return err
			}
		}
	}
	say := d.ToStaff(a.Helper)
	owner := v.owner.Name
	if owner == "" {
		owner = say.T("nobody.yet")
	}
	title := say.T("gate.help_title", Args{"Number": t.Number, "Name": who.Name})
	card := Card{Title: title, Summary: title, Colour: ColourOurs, Lines: []Line{
		{Label: say.T("card.contact"), Text: v.customer.Name + " · " + v.contact.Name},
		{Label: say.T("card.words"), Text: t.LastWords},
		{Label: say.T("card.owner"), Text: owner},
		{Label: say.T("gate.why"), Text: d.causeText(say, g)},
		{Text: say.T("gate.help_how", Args{"Number": t.Number, "Text": a.Text})},
	}}
	if err := d.ShowStaff(ctx, tx, a.Helper, t.ID, fmt.Sprintf("gate:%d:help", g.ID), card); err != nil {
		return err
	}
	return d.followUp(ctx, tx, t, v, g, peopleAtOnce, peopleInTime)
}

// takeOver makes the gate's person the ticket's holder, who owes the next word.
func (d *Desk) takeOver(ctx context.Context, tx Tx, who customers.Staff, t *Ticket) error {
	before, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	t.OwnerID = who.ID
	if err := t.Move(StatusInProgress, d.Now()); err != nil {
		return err
	}
	entry := by(who, Entry{Kind: EntryAssigned, Data: map[string]string{"from": before.Name, "to": who.Name}})
	step, err := d.record(ctx, tx, t, entry)
	if err != nil {
		return err
	}
	return d.emergencyAssigned(ctx, tx, t, who, step)
}

// tellWithNext tells the customer something about a gate, with the holder's name and the time of the next word, which he owes from now on.
func (d *Desk) tellWithNext(ctx context.Context, tx Tx, t *Ticket, v view, key, textKey string, args Args) error {
	at, err := d.promiseWord(ctx, tx, t, v.customer)
	if err != nil {
		return err
	}
	return d.tellGate(ctx, tx, t, key, func(say words.Locale) string {
		args["Number"], args["Owner"] = t.Number, v.owner.Name
		if v.owner.ID == 0 {
			args["Owner"] = say.T("desk.name")
		}
		args["Next"] = say.T("gate.next")
		if at != "" {
			args["Next"] = say.T("gate.next_at", Args{"At": at})
		}
		return say.T(textKey, args)
	})
}
