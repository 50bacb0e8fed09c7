package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"servicedesk/customers"
)

// cry is what sets an emergency off.
type cry struct {
	by   string // who, by name
	text string // what stands still
	// answered: the contact is being answered already, so that he needs no word of the start.
	answered bool
}

// startEmergency starts the lane of a ticket, once: the owner is asked, or the responders at once when he is away; a room opens; the contacts
// get a name within a minute or an honest word. The caller has locked the ticket.
func (d *Desk) startEmergency(ctx context.Context, tx Tx, t *Ticket, c cry) error {
	if e, err := d.running(ctx, tx, t); err != nil || e != nil {
		return err
	}
	e := &Emergency{TicketID: t.ID, StartedBy: c.by, Text: c.text, StartedAt: d.Now(), NextAt: d.Now().Add(rungPace)}
	t.Urgent, t.Priority = true, 1
	if err := tx.SaveEmergency(ctx, e); err != nil {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryEmergency, AuthorName: c.by, Text: Shorten(c.text, 120)}); err != nil {
		return err
	}
	if err := d.firstCall(ctx, tx, t, e, v); err != nil {
		return err
	}
	if err := d.openWarRoom(ctx, tx, t, e, v); err != nil {
		return err
	}
	named := Timer{Kind: TimerNamed, Subject: e.ID, DueAt: d.Now().Add(rungPace), Urgency: UrgencyEmergency}
	if err := tx.SetTimer(ctx, named); err != nil {
		return err
	}
	if !c.answered {
		if err := d.tellAffected(ctx, tx, t, UseUpdate, fmt.Sprintf("emergency:%d", e.ID), "emergency.started", nil); err != nil {
			return err
		}
	}
	if err := tx.SaveTicket(ctx, t); err != nil {
		return err
	}
	return d.showCard(ctx, tx, t)
}

// firstCall asks the owner alone when he is there; else the ladder begins at once.
func (d *Desk) firstCall(ctx context.Context, tx Tx, t *Ticket, e *Emergency, v view) error {
	owner := v.owner
	if owner.ID == 0 {
		owner = v.team.Owner
	}
	away := owner.ID == 0 || owner.OpenID == ""
	for _, s := range []customers.Staff{owner, v.team.Owner} { // the stand-in is asked as well, but the customer's own owner is away
		absence, err := d.absence(ctx, tx, s.ID)
		if err != nil {
			return err
		}
		if s.ID == owner.ID && absence.Away() {
			e.Called = with(e.Called, owner.ID) // it stays his: he may take it
		}
		away = away || s.ID != 0 && absence.Away()
	}
	if owner.OpenID != "" && !slices.Contains(e.Called, owner.ID) {
		e.CalleeID, e.Buzz = owner.ID, BuzzApp
		if err := d.ring(ctx, tx, t, e, owner, BuzzApp); err != nil {
			return err
		}
		if owner.Has(customers.RoleResponder) {
			e.Tried = with(e.Tried, owner.ID)
		}
	}
	if away {
		return d.rung(ctx, tx, t, e)
	}
	return d.armRung(ctx, tx, e, rungPace)
}

// following is the rung after the present one: app, SMS and phone to the same responder, then app to the next. ok is false when all of the
// callees were called in this cycle.
func (e *Emergency) following(callees []int64) (id int64, by Buzz, ok bool) {
	if slices.Contains(callees, e.CalleeID) && slices.Contains(e.Tried, e.CalleeID) {
		switch e.Buzz {
		case BuzzApp:
			return e.CalleeID, BuzzSMS, true
		case BuzzSMS:
			return e.CalleeID, BuzzPhone, true
		}
	}
	for _, id := range callees {
		if !slices.Contains(e.Tried, id) {
			return id, BuzzApp, true
		}
	}
	return 0, "", false
}

// rung calls the next on the ladder, and the liaison beside the first.
func (d *Desk) rung(ctx context.Context, tx Tx, t *Ticket, e *Emergency) error {
	callees, err := d.callees(ctx, tx, t, e)
	if err != nil {
		return err
	}
	ids := make([]int64, len(callees))
	for i, s := range callees {
		ids[i] = s.ID
	}
	id, by, ok := e.following(ids)
	if !ok {
		return d.ladderSpent(ctx, tx, t, e, len(callees) == 0)
	}
	e.CalleeID, e.Buzz, e.Tried = id, by, with(e.Tried, id)
	if err := d.ring(ctx, tx, t, e, callees[slices.Index(ids, id)], by); err != nil {
		return err
	}
	if err := d.ringRole(ctx, tx, t, e, customers.RoleLiaison); err != nil {
		return err
	}
	if err := d.armRung(ctx, tx, e, rungPace); err != nil {
		return err
	}
	return d.showRung(ctx, tx, t, e)
}

// showRung brings the ticket's card and the war room's up to date.
func (d *Desk) showRung(ctx context.Context, tx Tx, t *Ticket, e *Emergency) error {
	if e.RoomID != 0 { // else it is just being opened
		if err := d.redrawRoom(ctx, tx, t, e, fmt.Sprintf("rung:%d:%d:%s", e.Cycle, e.CalleeID, e.Buzz)); err != nil {
			return err
		}
	}
	return d.showCard(ctx, tx, t)
}

// callees are the responders who can be reached now, those present first. Who cannot be is named in the topic, once a cycle.
func (d *Desk) callees(ctx context.Context, tx Tx, t *Ticket, e *Emergency) ([]customers.Staff, error) {
	duty, err := d.onDuty(ctx, tx)
	if err != nil {
		return nil, err
	}
	var present, away []customers.Staff
	var lost []string
	for _, s := range duty {
		absence, err := d.absence(ctx, tx, s.ID)
		switch {
		case err != nil:
			return nil, err
		case s.OpenID == "":
			lost = append(lost, s.Name)
		case absence.Away():
			away = append(away, s)
		default:
			present = append(present, s)
		}
	}
	if len(lost) > 0 {
		text := d.group().T("topic.unreachable", Args{"Names": strings.Join(lost, d.group().T("list.comma"))})
		if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("unreachable:%d:%d", e.ID, e.Cycle), text); err != nil {
			return nil, err
		}
	}
	return append(present, away...), nil
}

// ringRole calls who fills a role for the customer, unless he was called already.
func (d *Desk) ringRole(ctx context.Context, tx Tx, t *Ticket, e *Emergency, role customers.Role) error {
	who, err := d.filling(ctx, tx, t, role)
	if err != nil || who.OpenID == "" || slices.Contains(e.Called, who.ID) {
		return err
	}
	return d.ring(ctx, tx, t, e, who, BuzzApp)
}

// filling is who fills a role for the ticket's customer now; zero: nobody.
func (d *Desk) filling(ctx context.Context, tx Tx, t *Ticket, role customers.Role) (customers.Staff, error) {
	_, team, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return customers.Staff{}, err
	}
	who, _, err := d.acting(ctx, tx, team, role)
	return who, err
}

// ladderSpent tells leader and administrators that nobody answers, and begins anew after a pause.
func (d *Desk) ladderSpent(ctx context.Context, tx Tx, t *Ticket, e *Emergency, nobody bool) error {
	e.Cycle, e.Tried, e.CalleeID, e.Buzz = e.Cycle+1, nil, 0, ""
	told, err := d.holders(ctx, tx, customers.RoleAdmin)
	if err != nil {
		return err
	}
	for _, role := range []customers.Role{customers.RoleLeader, customers.RoleLiaison} {
		who, err := d.filling(ctx, tx, t, role)
		if err != nil {
			return err
		}
		if who.ID != 0 {
			told = append([]customers.Staff{who}, told...)
		}
	}
	for _, s := range told {
		if s.OpenID == "" {
			continue
		}
		if err := d.ring(ctx, tx, t, e, s, BuzzApp); err != nil {
			return err
		}
	}
	key := "topic.no_answer"
	if nobody {
		key = "topic.nobody_on_duty"
	}
	text := d.group().T(key, Args{"Minutes": int(cyclePause.Minutes())})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("spent:%d:%d", e.ID, e.Cycle), text, openIDs(told...)...); err != nil {
		return err
	}
	if err := d.armRung(ctx, tx, e, cyclePause); err != nil {
		return err
	}
	return d.showRung(ctx, tx, t, e)
}

// armRung sets the next rung and saves the emergency.
func (d *Desk) armRung(ctx context.Context, tx Tx, e *Emergency, after time.Duration) error {
	e.RungAt = d.Now().Add(after)
	if err := tx.SetTimer(ctx, Timer{Kind: TimerRung, Subject: e.ID, DueAt: e.RungAt, Urgency: UrgencyEmergency}); err != nil {
		return err
	}
	return tx.SaveEmergency(ctx, e)
}
