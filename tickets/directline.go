package tickets

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// DirectLine is a contact's word to a person above the owner, and whether that person answered.
type DirectLine struct {
	ID         int64
	TicketID   TicketID
	ContactID  int64
	Role       customers.Role
	StaffID    int64 // who was asked: the person himself, or who stands in
	Words      string
	AskedAt    time.Time // UTC, as all times
	DueAt      time.Time
	AnsweredAt time.Time
	Reminded   int
}

const (
	// lineFresh is how long the next words still count as those meant for the person asked for.
	lineFresh = 24 * time.Hour
	// lineInTime is the working time within which an answer is promised; in an outage it is lineAtOnce, around the clock.
	lineInTime = 2 * time.Hour
	lineAtOnce = 30 * time.Minute
	// lineReminders is how often he is reminded; the liaison knows from the first time on.
	lineReminders = 3
)

// lineQuestions are the questions whose answer goes to a person.
var lineQuestions = map[customers.Role]Question{customers.RoleProductManager: AskManager, customers.RoleLeader: AskLeader}

// wordRoles are whom a word asks for.
var wordRoles = map[Word]customers.Role{WordManager: customers.RoleProductManager, WordLeader: customers.RoleLeader}

// moreMenu holds the rarer words.
func (d *Desk) moreMenu(say words.Locale) Menu {
	menu := Menu{Head: say.T("more.head")}
	for _, word := range []Word{WordManager, WordLeader} {
		menu.Items = append(menu.Items, MenuItem{ID: "word:" + string(word), Text: say.T("word." + string(word))})
	}
	return menu
}

// wantsLine takes note that the next words are for the product manager or the leader, and says who will read them.
func (d *Desk) wantsLine(ctx context.Context, tx Tx, w *told, role customers.Role) error {
	k, err := d.lineTo(ctx, tx, w, role)
	if err != nil {
		return err
	}
	ts, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Joined: true, Statuses: OpenStatuses})
	if err != nil {
		return err
	}
	var about *Ticket
	args := Args{"Who": w.who(role, k)}
	key := "line.ask_new"
	if len(ts) > 0 {
		about = pick(ts, w.conv)
		args["Number"], key = about.Number, "line.ask"
	}
	w.conv.Ask(lineQuestions[role], 0, d.Now())
	if about != nil {
		w.conv.AskedTicket = about.ID
	}
	return d.answer(ctx, tx, w, w.conv.AskedTicket, w.say.T(key, args))
}

// lineForm is somebody asked for by role, with the words for him behind it.
var lineForm = regexp.MustCompile(`^找(产品经理|领导)[\s:：,，]+\S`)

// saidToPerson takes words that name in one breath for whom they are: 找领导 and what he is to know.
func (d *Desk) saidToPerson(ctx context.Context, tx Tx, w *told) (bool, error) {
	m := lineForm.FindStringSubmatch(strings.TrimSpace(w.in.Text))
	if m == nil {
		return false, nil
	}
	ts, err := tx.FindTickets(ctx, Filter{ConversationID: w.conv.ID, Joined: true, Statuses: OpenStatuses})
	if err != nil {
		return true, err
	}
	w.conv.Ask(lineQuestions[wordRoles[wordForms["找"+m[1]]]], 0, d.Now())
	if len(ts) > 0 {
		w.conv.AskedTicket = pick(ts, w.conv).ID
	}
	return true, d.lineWords(ctx, tx, w)
}

// lineTo is who reads what a contact says to a role; where nobody has it, the liaison, then the administrators.
func (d *Desk) lineTo(ctx context.Context, tx Tx, w *told, role customers.Role) (gatekeeper, error) {
	acting, how, err := d.acting(ctx, tx, w.team, role)
	if err != nil {
		return gatekeeper{}, err
	}
	k := gatekeeper{person: w.team.In(role), acting: acting, how: how}
	if k.acting.ID == 0 && k.person.ID == 0 {
		found, err := d.holders(ctx, tx, customers.RoleLeader, customers.RoleProductManager, customers.RoleLiaison, customers.RoleAdmin)
		if err != nil || len(found) == 0 {
			return k, err
		}
		k.acting = found[0]
	}
	if k.acting.ID == 0 {
		k.acting = k.person
	}
	if k.person.ID == 0 {
		k.person = k.acting
	}
	return k, nil
}

// who names to the contact who reads his words; who stands in is named as such.
func (w *told) who(role customers.Role, k gatekeeper) string {
	args := Args{"Role": titleOf(w.say, role, k.person, w.team), "Person": k.person.Name, "Acting": k.acting.Name}
	if k.acting.ID != k.person.ID {
		return w.say.T("line.who_acting", args)
	}
	return w.say.T("gate.who", args)
}

// lineWords takes the words meant for the product manager or the leader there, with the matter they are about.
func (d *Desk) lineWords(ctx context.Context, tx Tx, w *told) error {
	role := customers.RoleProductManager
	if w.conv.Asked == AskLeader {
		role = customers.RoleLeader
	}
	id := w.conv.AskedTicket
	w.conv.Answered()
	if id != 0 {
		t, err := tx.Ticket(ctx, id)
		if err != nil {
			return err
		}
		if !t.Status.Open() {
			id = 0
		}
	}
	if id == 0 {
		if err := d.open(ctx, tx, w, false); err != nil {
			return err
		}
		id = w.conv.Current
	} else if err := d.keepWords(ctx, tx, w, id); err != nil {
		return err
	}
	t, err := tx.LockTicket(ctx, id)
	if err != nil {
		return err
	}
	return d.openLine(ctx, tx, w, t, role)
}

// openLine shows the words to the person asked for, with a form to answer them, and tells the contact who reads them and until when he
// hears. The person is resolved now, not when the contact asked.
func (d *Desk) openLine(ctx context.Context, tx Tx, w *told, t *Ticket, role customers.Role) error {
	k, err := d.lineTo(ctx, tx, w, role)
	if err != nil {
		return err
	}
	due, err := d.worked(ctx, tx, t, w.customer, lineAtOnce, lineInTime)
	if err != nil {
		return err
	}
	line := DirectLine{TicketID: t.ID, ContactID: w.contact.ID, Role: role, StaffID: k.acting.ID, Words: d.readable(w), AskedAt: d.Now(), DueAt: due}
	if err := tx.SaveDirectLine(ctx, &line); err != nil {
		return err
	}
	if err := tx.SetTimer(ctx, Timer{Kind: TimerDirectLine, Subject: line.ID, DueAt: due, Urgency: UrgencyInteractive}); err != nil {
		return err
	}
	group := Args{"Name": w.contact.Name, "Role": d.group().T("gate_role." + string(role)), "To": k.acting.Name, "At": d.hour(due, w.customer)}
	entry := byContact(w.contact, Entry{Kind: EntryDirectLine, Text: d.group().T("line.entry", group)})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("line:%d", line.ID), d.group().T("line.topic", group)); err != nil {
		return err
	}
	v := view{customer: w.customer, contact: w.contact, team: w.team}
	if v.owner, err = d.staffOrNobody(ctx, tx, t.OwnerID); err != nil {
		return err
	}
	if err := d.showLine(ctx, tx, t, v, line, k.acting); err != nil {
		return err
	}
	text := w.say.T("line.sent", Args{"Number": t.Number, "Who": w.who(role, k), "Name": k.acting.Name, "At": d.hour(due, w.customer)})
	return d.answer(ctx, tx, w, t.ID, text)
}

// showLine shows a line in the direct chat of who is asked. It knows no quiet hours: the customer asked for him in person.
func (d *Desk) showLine(ctx context.Context, tx Tx, t *Ticket, v view, line DirectLine, to customers.Staff) error {
	say := d.ToStaff(to)
	key := "line.title"
	if line.Reminded > 0 {
		key = "line.title_again"
	}
	title := say.T(key, Args{"Number": t.Number, "Name": v.contact.Name})
	owner := v.owner.Name
	if owner == "" {
		owner = say.T("nobody.yet")
	}
	card := Card{Title: title, Summary: title, Colour: ColourAlarm, Lines: []Line{
		{Label: say.T("card.contact"), Text: v.customer.Name + " · " + v.contact.Name},
		{Label: say.T("line.matter"), Text: t.Number + " " + t.Title},
		{Label: say.T("card.words"), Text: Shorten(line.Words, 600)},
		{Label: say.T("card.state"), Text: say.T("state."+string(t.Status)) + " · " + owner},
		{Label: say.T("card.deadline"), Text: say.T("line.due", Args{"At": d.hour(line.DueAt, v.customer)})},
	}}
	answer := Button{Text: say.T("button.reply"), Verb: "line", Ticket: t.ID, Style: "primary", Args: map[string]string{"line": fmt.Sprint(line.ID)}}
	card.Form = &Form{Name: "line", Buttons: []Button{answer},
		Inputs: []Input{{Name: "text", Placeholder: say.T("line.form_hint", Args{"Name": v.contact.Name}), Lines: 3}}}
	return d.ShowStaff(ctx, tx, to, t.ID, fmt.Sprintf("line:%d:%d", line.ID, line.Reminded), card)
}

// lineOverdue reminds who was asked for; the first time liaison and customer hear of it, too.
func (d *Desk) lineOverdue(ctx context.Context, tx Tx, id int64) error {
	seen, err := tx.DirectLine(ctx, id)
	if err != nil {
		return ignoreMissing(err)
	}
	t, conv, err := d.Lock(ctx, tx, seen.TicketID)
	if err != nil {
		return err
	}
	line, err := tx.DirectLine(ctx, id)
	if err != nil || !line.AnsweredAt.IsZero() || t.Status.Over() && t.MergedInto == 0 || line.DueAt.After(d.Now()) {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	to, err := d.staffOrNobody(ctx, tx, line.StaffID)
	if err != nil {
		return err
	}
	if line.DueAt, err = d.worked(ctx, tx, t, v.customer, lineAtOnce, lineInTime); err != nil {
		return err
	}
	line.Reminded++
	if err := tx.SaveDirectLine(ctx, &line); err != nil {
		return err
	}
	if line.Reminded < lineReminders {
		timer := Timer{Kind: TimerDirectLine, Subject: id, DueAt: line.DueAt, Urgency: UrgencyInteractive}
		if err := tx.SetTimer(ctx, timer); err != nil {
			return err
		}
	}
	if err := d.showLine(ctx, tx, t, v, line, to); err != nil || line.Reminded > 1 {
		return err
	}
	key := fmt.Sprintf("line:%d:late", id)
	args := Args{"Name": to.Name, "Contact": v.contact.Name, "Number": t.Number, "At": d.hour(line.DueAt, v.customer)}
	text := d.group().T("line.topic_late", args)
	if err := d.tellTopic(ctx, tx, t, key, text, openIDs(v.team.Liaison)...); err != nil {
		return err
	}
	if err := d.tellBystanders(ctx, tx, t, v, key, text, to.ID); err != nil {
		return err
	}
	if conv.Window.Free(UseNotice, d.Now()) < 2 { // the last place is kept for the answer itself
		return nil
	}
	told := d.toContact(v).T("line.late", args)
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryNotice, Text: told}); err != nil {
		return err
	}
	return d.tellContact(ctx, tx, conv, t.ID, UseNotice, key, told)
}

// AnswerLine sends a colleague's answer to the contact who asked for him, signed with his name.
func (d *Desk) AnswerLine(ctx context.Context, tx Tx, who customers.Staff, lineID int64, said Said) (*Ticket, error) {
	line, err := tx.DirectLine(ctx, lineID)
	if err != nil {
		return nil, err
	}
	if line.StaffID != who.ID {
		asked, err := d.staffOrNobody(ctx, tx, line.StaffID)
		if err != nil {
			return nil, err
		}
		return nil, Refuse(CodeDenied, "refuse.line", Args{"Name": asked.Name})
	}
	t, err := tx.Ticket(ctx, line.TicketID)
	if err != nil {
		return nil, err
	}
	if t, err = d.Survivor(ctx, tx, t); err != nil {
		return nil, err
	}
	answered, err := d.Reply(ctx, tx, who, t.ID, said)
	if err != nil || t.ID == line.TicketID {
		return answered, err
	}
	line.AnsweredAt = d.Now() // the reply answered the survivor's lines only
	return answered, tx.SaveDirectLine(ctx, &line)
}

// MayAnswerFor reports whether a colleague may write to the customer of a ticket although his roles do not say so: he has the ticket, or the
// customer asked for him in person.
func (d *Desk) MayAnswerFor(ctx context.Context, tx Tx, who customers.Staff, t *Ticket) (bool, error) {
	if who.ID == t.OwnerID {
		return true, nil
	}
	return tx.WasAskedFor(ctx, t.ID, who.ID)
}
