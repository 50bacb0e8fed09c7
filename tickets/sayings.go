package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
)

// wordSaid answers a plain word of a contact.
func (d *Desk) wordSaid(ctx context.Context, tx Tx, w *told, word Word, number string) (bool, error) {
	switch word {
	case WordProgress:
		return true, d.tellProgress(ctx, tx, w, number)
	case WordNudge:
		return true, d.nudged(ctx, tx, w, number)
	case WordUrgent:
		return true, d.saidUrgent(ctx, tx, w)
	case WordPerson:
		return true, d.wantsPerson(ctx, tx, w)
	case WordWho:
		return true, d.tellTeam(ctx, tx, w)
	case WordRecords:
		return true, d.tellRecords(ctx, tx, w)
	case WordNew:
		w.conv.Ask(AskMatter, 0, d.Now())
		return true, d.answer(ctx, tx, w, 0, w.say.T("new.ask"))
	case WordManager, WordLeader:
		return true, d.wantsLine(ctx, tx, w, wordRoles[word])
	case WordMore:
		menu := d.moreMenu(w.say)
		return true, d.Owe(ctx, tx, toContact(w.conv, 0, UseAnswer, "more:"+string(w.in.ID), Body{Menu: &menu}))
	case WordMenu:
		menu := d.mainMenu(w.say, w.say.T("welcome.head", Args{"Name": w.contact.Name}))
		return true, d.Owe(ctx, tx, toContact(w.conv, 0, UseAnswer, "menu:"+string(w.in.ID), Body{Menu: &menu}))
	case WordSolved, WordUnsolved, WordSkip, WordReally, WordCalm, WordSame, WordOther:
		// answers without their question are words about the matter
	}
	return false, nil
}

// answer owes the answer to what the contact just said.
func (d *Desk) answer(ctx context.Context, tx Tx, w *told, t TicketID, text string) error {
	w.answers++
	return d.tellContact(ctx, tx, w.conv, t, UseAnswer, fmt.Sprintf("answer:%s:%d", w.in.ID, w.answers), text)
}

// asked gives the tickets a word is about: the numbered one of the contact's company, else his open ones.
func (d *Desk) asked(ctx context.Context, tx Tx, w *told, number string) ([]*Ticket, error) {
	if number == "" {
		return tx.FindTickets(ctx, Filter{ContactID: w.contact.ID, Joined: true, Statuses: append([]Status{StatusConfirmed}, OpenStatuses...), Limit: 8})
	}
	full, ok := Number(number, w.customer.Code)
	if !ok {
		return nil, nil
	}
	t, err := d.ownTicket(ctx, tx, w, full)
	if err != nil || t == nil {
		return nil, err
	}
	return []*Ticket{t}, nil
}

func (d *Desk) tellProgress(ctx context.Context, tx Tx, w *told, number string) error {
	ts, err := d.asked(ctx, tx, w, number)
	if err != nil {
		return err
	}
	if len(ts) == 0 {
		return d.answer(ctx, tx, w, 0, w.say.T(nothingKey(number), Args{"Number": number}))
	}
	var lines []string
	for _, t := range ts {
		line, err := d.progressLine(ctx, tx, w, t)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	return d.answer(ctx, tx, w, ts[0].ID, strings.Join(lines, "\n\n"))
}

func nothingKey(number string) string {
	if number != "" {
		return "progress.unknown"
	}
	return "progress.none"
}

// progressLine is state, holder and next step of one ticket in words.
func (d *Desk) progressLine(ctx context.Context, tx Tx, w *told, t *Ticket) (string, error) {
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return "", err
	}
	name := owner.Name
	if name == "" {
		name = w.say.T("nobody.yet")
	}
	next := w.say.T("next." + string(t.Status))
	word, err := d.promiseWord(ctx, tx, t, w.customer)
	if err != nil {
		return "", err
	}
	if word != "" {
		next += w.say.T("next_word", Args{"At": word})
	}
	above, err := d.gateProgress(ctx, tx, w, t)
	if err != nil {
		return "", err
	}
	return w.say.T("progress.line", Args{"Number": t.Number, "Title": t.Title, "State": w.say.T("own." + string(t.Status)),
		"Owner": name, "Next": next, "Since": d.Clock(t.UpdatedAt, w.customer)}) + above, nil
}

// mentionOwner calls the owner into the topic; without one the liaison, and for a visitor those who bind him.
func (d *Desk) mentionOwner(ctx context.Context, tx Tx, w *told, t *Ticket, keyPrefix, textKey string) error {
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	called := openIDs(owner)
	if len(called) == 0 {
		called = openIDs(w.team.Liaison)
	}
	if len(called) == 0 { // a visitor's matter: whoever is to bind him
		binders, err := d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin)
		if err != nil {
			return err
		}
		called = openIDs(binders...)
	}
	text := d.group().T(textKey, Args{"Name": w.contact.Name, "Count": t.Nudges})
	return d.tellTopic(ctx, tx, t, keyPrefix+string(w.in.ID), text, called...)
}

func (d *Desk) wantsPerson(ctx context.Context, tx Tx, w *told) error {
	ts, err := d.asked(ctx, tx, w, "")
	if err != nil {
		return err
	}
	if len(ts) == 0 { // a person needs a matter to step into
		return d.open(ctx, tx, w, false)
	}
	t := pick(ts, w.conv)
	if _, err := d.record(ctx, tx, t, byContact(w.contact, Entry{Kind: EntryHandPerson})); err != nil {
		return err
	}
	if err := d.mentionOwner(ctx, tx, w, t, "person:", "topic.person"); err != nil {
		return err
	}
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	name := owner.Name
	if name == "" {
		name = w.say.T("role.liaison")
	}
	away, err := d.awayUntil(ctx, tx, w.say, w.customer)
	if err != nil {
		return err
	}
	return d.answer(ctx, tx, w, t.ID, w.say.T("person.answer", Args{"Owner": name, "Number": t.Number})+away)
}

// recordsSpan is how far back 记录 looks.
const recordsSpan = 180 * 24 * time.Hour

func (d *Desk) tellRecords(ctx context.Context, tx Tx, w *told) error {
	f := Filter{ContactID: w.contact.ID, OpenedAfter: d.Now().Add(-recordsSpan), Limit: 10}
	if w.contact.Bound() {
		f.ContactID, f.CustomerID = 0, w.contact.CustomerID
	}
	ts, err := tx.FindTickets(ctx, f)
	if err != nil {
		return err
	}
	if len(ts) == 0 {
		return d.answer(ctx, tx, w, 0, w.say.T("records.none"))
	}
	lines := []string{w.say.T("records.head", Args{"Count": len(ts)})}
	for _, t := range newestFirst(ts) {
		lines = append(
			lines,
			w.say.T(
				"records.line",
				Args{
					"Number": t.Number,
					"Title":  t.Title,
					"State":  w.say.T(StateKey(t)),
					"Day":    t.OpenedAt.In(d.zone(w.customer)).Format("2006-01-02"),
				},
			),
		)
	}
	return d.answer(ctx, tx, w, 0, strings.Join(lines, "\n"))
}
