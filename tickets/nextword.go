package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

const (
	// wordWithin is how soon the next word is promised to a contact who asks.
	wordWithin = 2 * time.Hour
	// quietFrom and quietTo are the hours (of the customer's day) in which nobody is promised to write; the first word comes an hour after.
	quietFrom, quietTo = 21, 8
)

// nextWord is when the contact hears again at the latest, in the customer's zone: within two hours, not at night.
func (d *Desk) nextWord(c customers.Customer) time.Time {
	at := d.Now().In(d.zone(c)).Add(wordWithin).Truncate(time.Minute)
	morning := time.Date(at.Year(), at.Month(), at.Day(), quietTo+1, 0, 0, 0, at.Location())
	switch {
	case at.Hour() >= quietFrom:
		return morning.AddDate(0, 0, 1)
	case at.Hour() < quietTo:
		return morning
	}
	return at
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
	at := d.nextWord(c)
	err := tx.SetTimer(ctx, Timer{Kind: TimerWord, Subject: int64(t.ID), DueAt: at.UTC(), Urgency: UrgencyInteractive})
	if at.Day() != d.Now().In(at.Location()).Day() {
		return at.Format("01-02 15:04"), err
	}
	return at.Format("15:04"), err
}

// wordDue reminds the owner that a word was promised for now. A human word to the customer cancels it before.
func (d *Desk) wordDue(ctx context.Context, tx Tx, id TicketID) error {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil || !owesWord(t.Status) {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	called := openIDs(v.owner)
	if len(called) == 0 {
		called = openIDs(v.team.Liaison)
	}
	text := d.group().T("topic.word_due", Args{"At": d.Now().In(d.zone(v.customer)).Format("15:04")})
	return d.tellTopic(ctx, tx, t, fmt.Sprintf("word:%d", d.Now().UnixMilli()), text, called...)
}
