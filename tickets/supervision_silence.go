package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
	"servicedesk/worktime"
)

// TimerSilence runs out after two working days without a person's word to the customer; the subject is the ticket.
const TimerSilence TimerKind = "silence"

// silentDays is how many working days of the customer may pass without a person's word to him.
const silentDays = 2

var silenceTimers = map[TimerKind]firing{
	TimerSilence: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error { return d.silent(ctx, tx, timer) },
}

// workdaysAfter is the same time of day so many working days later; what begins outside working time begins with the next window.
func workdaysAfter(cal *worktime.Calendar, from time.Time, days int) time.Time {
	at := cal.Next(from).In(cal.Zone())
	for passed := 0; passed < days; {
		at = time.Date(at.Year(), at.Month(), at.Day()+1, at.Hour(), at.Minute(), at.Second(), 0, at.Location())
		if cal.WorkingDay(at) {
			passed++
		}
		if at.Sub(from) > 400*24*time.Hour { // a calendar without working days
			break
		}
	}
	return at
}

// listen counts the silence from now; the customer was just spoken to, or the step just became ours.
func (d *Desk) listen(ctx context.Context, tx Tx, t *Ticket, c customers.Customer) error {
	if !owesWord(t.Status) {
		return nil
	}
	cal, err := d.calendarOf(ctx, tx, c)
	if err != nil {
		return err
	}
	due := workdaysAfter(cal, d.Now(), silentDays)
	return tx.SetTimer(ctx, Timer{Kind: TimerSilence, Subject: int64(t.ID), DueAt: due.UTC(), Urgency: UrgencyCare})
}

// silenceBroken forgets the silence and counts anew.
func (d *Desk) silenceBroken(ctx context.Context, tx Tx, t *Ticket) error {
	if err := tx.EndSilence(ctx, t.ID); err != nil {
		return err
	}
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	return d.listen(ctx, tx, t, customer)
}

// stopListening: the next step is not ours any more.
func (d *Desk) stopListening(ctx context.Context, tx Tx, t *Ticket) error {
	if err := tx.EndSilence(ctx, t.ID); err != nil {
		return err
	}
	return tx.CancelTimer(ctx, TimerSilence, int64(t.ID))
}

// silent tells the liaison, once per silence, by a card of its own; at night of the desk the next morning.
func (d *Desk) silent(ctx context.Context, tx Tx, timer Timer) error {
	if now := d.Now(); d.quiet(now) {
		return tx.SetTimer(ctx, Timer{Kind: TimerSilence, Subject: timer.Subject, DueAt: d.morning(now).UTC(), Urgency: UrgencyCare})
	}
	t, _, err := d.Lock(ctx, tx, TicketID(timer.Subject))
	if err != nil || !owesWord(t.Status) {
		return err
	}
	if err := tx.AddSilence(ctx, t.ID, d.Now()); err != nil {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	liaison, err := d.minder(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	say := d.ToStaff(liaison)
	last := say.T("watch.never")
	if !t.SpokenAt.IsZero() {
		last = d.Clock(t.SpokenAt, v.customer)
	}
	owner := v.owner.Name
	if owner == "" {
		owner = say.T("nobody.yet")
	}
	title := say.T("silence.title", Args{"Number": t.Number})
	card := Card{Title: title, Summary: title, Colour: ColourAlarm, Lines: []Line{
		{Label: say.T("card.contact"), Text: v.customer.Name + " · " + v.contact.Name},
		{Label: say.T("card.owner"), Text: owner},
		{Label: say.T("card.words"), Text: t.LastWords},
		{Label: say.T("watch.last"), Text: last},
		{Text: say.T("silence.how", Args{"Owner": owner, "Number": t.Number})},
	}}
	return d.notifyStaff(ctx, tx, liaison, t.ID, fmt.Sprintf("silence:%d:%d", t.ID, timer.Gen), card)
}
