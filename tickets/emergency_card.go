package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
	"servicedesk/words"
)

// emergencyCard shows an emergency to those who work on it or are called: what stands still, who has it, the roles, what to press.
func (d *Desk) emergencyCard(ctx context.Context, tx Tx, t *Ticket, e *Emergency, v view, say words.Locale) (Card, error) {
	state, err := d.emergencyState(ctx, tx, e, v, say)
	if err != nil {
		return Card{}, err
	}
	customer := v.customer.Name
	if customer == "" {
		customer = say.T("card.unbound")
	}
	title := say.T("emergency.title", Args{"Number": t.Number, "Title": t.Title})
	card := Card{Title: title, Colour: ColourAlarm, Summary: say.T("emergency.summary", Args{"Number": t.Number}), Lines: []Line{
		{Label: say.T("card.contact"), Text: customer + " · " + v.contact.Name},
		{Label: say.T("emergency.what"), Text: e.Text},
		{Label: say.T("emergency.state"), Text: state},
	}}
	roles, err := d.rolesOf(ctx, tx, t, v)
	if err != nil {
		return Card{}, err
	}
	for _, r := range roles {
		if r.staff.ID != 0 {
			card.Lines = append(card.Lines, Line{Label: say.T("role." + string(r.role)), Text: r.staff.Name})
		}
	}
	card.Form = d.emergencyForm(say, t, "ack", "update", "standdown")
	return card, nil
}

// emergencyForm is the field with what may be done with its words, or without any.
func (d *Desk) emergencyForm(say words.Locale, t *Ticket, verbs ...string) *Form {
	form := &Form{Name: "emergency", Inputs: []Input{{Name: "text", Placeholder: say.T("emergency.form_hint"), Lines: 2}}}
	for i, verb := range verbs {
		b := Button{Text: say.T("button." + verb), Verb: verb, Ticket: t.ID}
		if i == 0 {
			b.Style = "primary"
		}
		form.Buttons = append(form.Buttons, b)
	}
	return form
}

// part is somebody in his role.
type part struct {
	role  customers.Role
	staff customers.Staff
}

// rolesOf are who works on an emergency, by role: owner, responder on duty, liaison, product manager. A part may be empty.
func (d *Desk) rolesOf(ctx context.Context, tx Tx, t *Ticket, v view) ([]part, error) {
	owner := v.owner
	if owner.ID == 0 {
		owner = v.team.Owner
	}
	parts := []part{{customers.RoleOwner, owner}}
	duty, err := d.onDuty(ctx, tx)
	if err != nil {
		return nil, err
	}
	if len(duty) > 0 {
		parts = append(parts, part{customers.RoleResponder, duty[0]})
	}
	for _, role := range []customers.Role{customers.RoleLiaison, customers.RoleProductManager} {
		who, err := d.filling(ctx, tx, t, role)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{role, who})
	}
	return parts, nil
}

// askReview asks holder and liaison for causes and dated actions, and arms the reminder.
func (d *Desk) askReview(ctx context.Context, tx Tx, t *Ticket, e *Emergency) error {
	if err := d.showReview(ctx, tx, t, e, fmt.Sprintf("review:%d", e.ID), d.ShowStaff); err != nil {
		return err
	}
	return d.armReview(ctx, tx, t, e)
}

// armReview sets the next reminder.
func (d *Desk) armReview(ctx context.Context, tx Tx, t *Ticket, e *Emergency) error {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	calendar, err := d.calendarOf(ctx, tx, customer)
	if err != nil {
		return err
	}
	at := d.Now()
	for worked := 0; worked < reviewDays; {
		if at = at.AddDate(0, 0, 1); calendar.WorkingDay(at) {
			worked++
		}
	}
	return tx.SetTimer(ctx, Timer{Kind: TimerReview, Subject: e.ID, DueAt: calendar.Next(at).UTC(), Urgency: UrgencyCare})
}

// showReview shows the review's form by the given way to holder (else owner) and liaison; with neither, to the administrators.
func (d *Desk) showReview(ctx context.Context, tx Tx, t *Ticket, e *Emergency, key string,
	show func(context.Context, Tx, customers.Staff, TicketID, string, Card) error) error {
	holder := e.HolderID
	if holder == 0 {
		holder = t.OwnerID
	}
	first, err := d.staffOrNobody(ctx, tx, holder)
	if err != nil {
		return err
	}
	liaison, err := d.filling(ctx, tx, t, customers.RoleLiaison)
	if err != nil {
		return err
	}
	people := []customers.Staff{first}
	if liaison.ID != first.ID {
		people = append(people, liaison)
	}
	if first.ID == 0 && liaison.ID == 0 {
		if people, err = d.holders(ctx, tx, customers.RoleAdmin); err != nil {
			return err
		}
	}
	for _, s := range people {
		if s.ID == 0 {
			continue
		}
		say := d.ToStaff(s)
		title := say.T("review.title", Args{"Number": t.Number, "Title": t.Title})
		card := Card{Title: title, Colour: ColourOurs, Summary: title, Lines: []Line{{Text: say.T("review.how", Args{"Number": t.Number})}},
			Form: &Form{Name: "review", Inputs: []Input{
				{Name: "cause", Label: say.T("review.cause"), Lines: 2, Required: true},
				{Name: "actions", Label: say.T("review.actions"), Placeholder: say.T("review.actions_hint"), Lines: 4, Required: true},
			}, Buttons: []Button{{Text: say.T("button.review"), Verb: "review", Ticket: t.ID, Style: "primary"}}}}
		if err := show(ctx, tx, s, t.ID, key, card); err != nil {
			return err
		}
	}
	return nil
}

// reviewDue reminds of a review that nobody wrote.
func (d *Desk) reviewDue(ctx context.Context, tx Tx, id int64) error {
	t, e, err := d.lockEmergency(ctx, tx, id)
	if err != nil || !e.ReviewedAt.IsZero() || t.Status == StatusCancelled && t.MergedInto == 0 {
		return err
	}
	if err := d.showReview(ctx, tx, t, e, fmt.Sprintf("review:%d:%d", e.ID, d.Now().Unix()), d.notifyStaff); err != nil {
		return err
	}
	return d.armReview(ctx, tx, t, e)
}
