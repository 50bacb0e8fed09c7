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

// diagnoseWithin is how long the first level may look for what a matter is: working time, or every hour for outages and under a 7×24
// contract.
const diagnoseWithin = time.Hour

// startDiagnosis starts the first level's hour, counted from the opening.
func (d *Desk) startDiagnosis(ctx context.Context, tx Tx, t *Ticket, c customers.Customer) error {
	return d.diagnoseFrom(ctx, tx, t, c, t.OpenedAt)
}

func (d *Desk) diagnoseFrom(ctx context.Context, tx Tx, t *Ticket, c customers.Customer, from time.Time) error {
	due := from.Add(diagnoseWithin)
	if t.Type != TypeOutage && !t.Urgent && !c.AllHours {
		calendar, err := d.calendarOf(ctx, tx, c)
		if err != nil {
			return err
		}
		due = calendar.Add(from, diagnoseWithin).UTC()
	}
	return tx.SetTimer(ctx, Timer{Kind: TimerDiagnose, Subject: int64(t.ID), Urgency: UrgencyInteractive, DueAt: due})
}

// diagnosed stops the first level's hour once an engineer has confirmed both type and module.
func (d *Desk) diagnosed(ctx context.Context, tx Tx, who customers.Staff, t *Ticket) error {
	if !t.Judged.TypeSure || !t.Judged.ModuleSure || !t.DiagnosedAt.IsZero() {
		return nil
	}
	t.DiagnosedAt = d.Now()
	if err := tx.CancelTimer(ctx, TimerDiagnose, int64(t.ID)); err != nil {
		return err
	}
	_, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryDiagnosed, Internal: true, Text: d.group().T("type."+string(t.Type)) + " · " + t.Module}))
	return err
}

// undiagnosed brings the second level in when the first level's hour is over without a diagnosis: it gets all that is known. The owner keeps
// the ticket, so that nothing changes for the customer.
func (d *Desk) undiagnosed(ctx context.Context, tx Tx, id TicketID) error {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil || !t.Status.Open() || t.Status == StatusSolved || !t.DiagnosedAt.IsZero() || t.Level > 1 {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	if t.Status == StatusWaiting { // the customer must say something first
		return d.diagnoseFrom(ctx, tx, t, v.customer, d.Now())
	}
	t.Level = 2
	helpers, err := d.secondLevel(ctx, tx, v.team, t)
	if err != nil {
		return err
	}
	names := namesOf(helpers, d.group())
	entry, err := d.record(ctx, tx, t, Entry{Kind: EntryHelped, Internal: true, Text: d.group().T("escalate.hour"),
		Data: map[string]string{"from": orDash(v.owner.Name), "to": orDash(names)}})
	if err != nil {
		return err
	}
	for _, s := range helpers {
		if err := d.showIntake(ctx, tx, s, t, v, "escalate.hour", "", entry); err != nil {
			return err
		}
	}
	key := "topic.undiagnosed"
	if len(helpers) == 0 {
		key = "topic.undiagnosed_alone"
	}
	text := d.group().T(key, Args{"Names": names, "Number": t.Number})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("undiagnosed:%d", t.ID), text, openIDs(append(helpers, v.owner)...)...); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// secondLevel is who of the second level helps with a ticket: the most skilled for its module who is there and has the least in hand; when
// nobody of them is there, whoever finds somebody. Empty: the ticket's owner is all there is.
func (d *Desk) secondLevel(ctx context.Context, tx Tx, team customers.Team, t *Ticket) ([]customers.Staff, error) {
	best, alone, err := d.bestSecond(ctx, tx, team, t)
	if err != nil || alone {
		return nil, err
	}
	if best.ID != 0 {
		return []customers.Staff{best}, nil
	}
	return d.finders(ctx, tx, team)
}

// bestSecond is the best of the second level who is there; alone: the owner himself is the only one of them.
func (d *Desk) bestSecond(ctx context.Context, tx Tx, team customers.Team, t *Ticket) (best customers.Staff, alone bool, err error) {
	people, _, err := d.workers(ctx, tx, team, t.Module, 0)
	if err != nil {
		return best, false, err
	}
	people = slices.DeleteFunc(people, func(p person) bool { return !p.Has(customers.RoleSecondLevel) })
	slices.SortStableFunc(people, order(customers.TierA, t.Module))
	for _, p := range people {
		if p.ID == t.OwnerID {
			alone = len(people) == 1
			continue
		}
		away, err := d.absence(ctx, tx, p.ID)
		if err != nil || !away.Away() {
			return p.Staff, false, err
		}
	}
	return best, alone, nil
}

// Escalation is what /升级 came to.
type Escalation struct {
	Ticket *Ticket
	To     customers.Staff // the second level; ID 0: a gate was opened
}

// Escalate goes one step up: from the first level to the second, from there to the gate. The summary tells them what was tried.
func (d *Desk) Escalate(ctx context.Context, tx Tx, who customers.Staff, id TicketID, summary string) (Escalation, error) {
	summary = strings.TrimSpace(summary)
	if summary == "" {
		return Escalation{}, Refuse(CodeInvalid, "refuse.escalate_summary", Args{"Verb": Verb("escalate")})
	}
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return Escalation{}, err
	}
	if err := workable(t); err != nil {
		return Escalation{}, err
	}
	if t.Status == StatusSolved {
		return Escalation{}, Refuse(CodeConflict, "refuse.gate_settled", Args{"Number": t.Number, "State": t.Status})
	}
	out := Escalation{Ticket: t}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return out, err
	}
	if t.Level < 2 {
		if out.To, _, err = d.bestSecond(ctx, tx, v.team, t); err != nil {
			return out, err
		}
	}
	t.Level = 2
	if out.To.ID == 0 {
		if g, err := d.openGateOf(ctx, tx, t.ID); err != nil {
			return out, err
		} else if g != nil {
			return out, d.alreadyOpen(ctx, tx, t, *g)
		}
		if err := d.openGate(ctx, tx, t, GateAsked, summary, who.Name); err != nil {
			return out, err
		}
		return out, d.change(ctx, tx, t)
	}
	if err := d.passOn(ctx, tx, t, conv, out.To, by(who, Entry{Kind: EntryEscalated, Internal: true, Text: summary})); err != nil {
		return out, err
	}
	v.owner = out.To
	if err := d.showIntake(ctx, tx, out.To, t, v, "escalate.asked", summary, int64(t.ID)); err != nil {
		return out, err
	}
	return out, d.change(ctx, tx, t)
}

// shownEntries is how much of the timeline a second-level engineer gets at once.
const shownEntries = 12

// showIntake gives a colleague everything known of a ticket, in his direct chat.
func (d *Desk) showIntake(ctx context.Context, tx Tx, s customers.Staff, t *Ticket, v view, why, summary string, cause int64) error {
	say := d.ToStaff(s)
	entries, err := tx.Entries(ctx, t.ID, 0)
	if err != nil {
		return err
	}
	title := say.T("intake.title", Args{"Number": t.Number, "Title": t.Title})
	card := Card{Title: title, Summary: title, Colour: ColourAlarm, Lines: []Line{{Label: say.T("intake.why"), Text: say.T(why)}}}
	if summary != "" {
		card.Lines = append(card.Lines, Line{Label: say.T("intake.summary"), Text: summary})
	}
	card.Lines = append(card.Lines, d.intakeLines(say, t, v, entries)...)
	judged, err := d.routingLines(ctx, tx, t, v, say)
	if err != nil {
		return err
	}
	card.Lines = append(card.Lines, judged...)
	card.Lines = append(card.Lines, Line{Text: say.T("intake.history") + "\n" + d.timelineText(say, v.customer, entries)},
		Line{Text: say.T("intake.how", Args{"Number": t.Number, "Name": s.Name})})
	card.Buttons = []Button{{Text: say.T("button.claim"), Verb: "claim", Ticket: t.ID, Style: "primary"},
		{Text: say.T("button.history"), Verb: "history", Ticket: t.ID}}
	return d.ShowStaff(ctx, tx, s, t.ID, fmt.Sprintf("intake:%d:%s:%d:%d", t.ID, why, cause, s.ID), card)
}

// intakeLines are who says what since when.
func (d *Desk) intakeLines(say words.Locale, t *Ticket, v view, entries []Entry) []Line {
	customer := v.customer.Name
	if customer == "" {
		customer = say.T("card.unbound")
	}
	if v.customer.Tier != "" {
		customer += " · " + string(v.customer.Tier)
	}
	if v.customer.AllHours {
		customer += " · 7×24"
	}
	owner := v.owner.Name
	if owner == "" {
		owner = say.T("nobody.yet")
	}
	said, files := t.LastWords, 0
	for i := len(entries) - 1; i >= 0; i-- {
		files += len(entries[i].Attached)
		if entries[i].Kind == EntryWords {
			said = entries[i].Text // at last the first
		}
	}
	return []Line{
		{Label: say.T("card.contact"), Text: customer + " · " + v.contact.Name + " · " + say.T("contact."+string(v.contact.Kind))},
		{Label: say.T("card.owner"), Text: owner},
		{Label: say.T("intake.opened"), Text: d.Clock(t.OpenedAt, v.customer) + " · " + say.T("origin."+string(t.Source))},
		{Label: say.T("card.words"), Text: Shorten(said, 800)},
		{Label: say.T("intake.files"), Text: strconv.Itoa(files)},
	}
}

// timelineText is the end of a timeline, a line an entry.
func (d *Desk) timelineText(say words.Locale, c customers.Customer, entries []Entry) string {
	var lines []string
	for _, e := range entries[max(0, len(entries)-shownEntries):] {
		author := e.AuthorName
		if author == "" {
			author = say.T("desk.name")
		}
		args := Args{"Text": Shorten(e.Text, 100), "From": e.Data["from"], "To": e.Data["to"], "Count": e.Data["count"]}
		lines = append(lines, d.Clock(e.At, c)+" "+author+" "+say.T("entry."+string(e.Kind), args))
	}
	return strings.Join(lines, "\n")
}
