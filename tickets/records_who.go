package tickets

import (
	"context"
	"strings"

	"servicedesk/customers"
)

// tellTeam names to a contact the three who serve him, who acts for them now, who is on duty, and when they answer.
func (d *Desk) tellTeam(ctx context.Context, tx Tx, w *told) error {
	if !w.contact.Bound() {
		return d.answer(ctx, tx, w, 0, w.say.T("who.unbound"))
	}
	lines := []string{w.say.T("who.head", Args{"Customer": w.customer.Name})}
	for _, role := range customers.TeamRoles[:3] {
		name, err := d.nameOf(ctx, tx, w, role)
		if err != nil {
			return err
		}
		lines = append(lines, w.say.T("who."+string(role), Args{"Name": name}))
	}
	duty, err := d.onDuty(ctx, tx)
	if err != nil {
		return err
	}
	if len(duty) > 0 {
		lines = append(lines, w.say.T("who.duty", Args{"Name": duty[0].Name}))
	}
	calendar, err := d.calendarOf(ctx, tx, w.customer)
	if err != nil {
		return err
	}
	if now := d.Now(); calendar.Open(now) {
		lines = append(lines, w.say.T("who.now"))
	} else {
		lines = append(lines, w.say.T("who.later", Args{"At": d.Clock(calendar.Next(now), w.customer)}))
	}
	return d.answer(ctx, tx, w, 0, strings.Join(lines, "\n"))
}

// nameOf is who has a role for the contact, and who acts for him when he is away.
func (d *Desk) nameOf(ctx context.Context, tx Tx, w *told, role customers.Role) (string, error) {
	bound := w.team.In(role)
	if bound.ID == 0 {
		return w.say.T("nobody.yet"), nil
	}
	acting, _, err := d.acting(ctx, tx, w.team, role)
	switch {
	case err != nil:
		return "", err
	case acting.ID == 0 || acting.ID == bound.ID:
		return bound.Name, nil
	}
	return w.say.T("who.stand_in", Args{"Name": bound.Name, "Acting": acting.Name}), nil
}
