package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
	"servicedesk/worktime"
)

// How soon the next word is promised to a contact who asks: in an outage whatever the hour, else in working time.
const (
	wordInOutage = 30 * time.Minute
	wordWithin   = 2 * time.Hour
)

// nextWord is when the contact of a ticket hears again at the latest, in the customer's zone.
func (d *Desk) nextWord(ctx context.Context, tx Tx, t *Ticket, c customers.Customer) (time.Time, error) {
	clocks, err := tx.Clocks(ctx, t.ID)
	if err != nil {
		return time.Time{}, err
	}
	work, err := d.calendarOf(ctx, tx, c)
	if err != nil {
		return time.Time{}, err
	}
	return nextWordAfter(d.Now(), t, clocks, work), nil
}

// nextWordAfter is nextWord by the clocks and the working time: never after the first response that was promised.
func nextWordAfter(now time.Time, t *Ticket, clocks []Clock, work *worktime.Calendar) time.Time {
	at := work.Add(now, wordWithin)
	if t.Type == TypeOutage || t.Urgent {
		at = now.Add(wordInOutage)
	}
	if c := clockOf(clocks, ClockResponse); c != nil && c.Owed() && c.DueAt.After(now) && c.DueAt.Before(at) {
		at = c.DueAt
	}
	at = at.In(work.Zone())
	if whole := at.Truncate(time.Minute); whole.After(now) {
		return whole
	}
	return at.Truncate(time.Minute).Add(time.Minute)
}

// owesWord reports whether the next step is ours, so that a time can be named for it.
func owesWord(s Status) bool {
	switch s {
	case StatusNew, StatusAssigned, StatusInProgress, StatusReopened:
		return true
	}
	return false
}

// promiseWord names the time of the next word and arms the reminder that keeps it honest. Empty when the next step is not ours.
func (d *Desk) promiseWord(ctx context.Context, tx Tx, t *Ticket, c customers.Customer) (string, error) {
	if !owesWord(t.Status) {
		return "", nil
	}
	if e, err := d.running(ctx, tx, t); err != nil {
		return "", err
	} else if e != nil {
		return d.byClock(e.NextAt, c), nil
	}
	at, err := d.nextWord(ctx, tx, t, c)
	if err != nil {
		return "", err
	}
	err = tx.SetTimer(ctx, Timer{Kind: TimerWord, Subject: int64(t.ID), DueAt: at.UTC(), Urgency: UrgencyInteractive})
	if at.Format(time.DateOnly) != d.Now().In(at.Location()).Format(time.DateOnly) {
		return at.Format("01-02 15:04"), err
	}
	return at.Format("15:04"), err
}

// wordDue reminds the owner that a word was promised for now. A human word to the customer cancels it before.
func (d *Desk) wordDue(ctx context.Context, tx Tx, id TicketID) error {
	seen, err := tx.Ticket(ctx, id)
	if err != nil {
		return err
	}
	if seen, err = d.Survivor(ctx, tx, seen); err != nil { // who was promised a word hears it on what took his ticket in
		return err
	}
	t, _, err := d.Lock(ctx, tx, seen.ID)
	if err != nil || !owesWord(t.Status) {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	to, err := d.keepers(ctx, tx, t, v)
	if err != nil {
		return err
	}
	text := d.group().T("topic.word_due", Args{"At": d.Now().In(d.zone(v.customer)).Format("15:04")})
	return d.tellTopic(ctx, tx, t, fmt.Sprintf("word:%d", d.Now().UnixMilli()), text, openIDs(to...)...)
}
