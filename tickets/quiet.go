package tickets

import (
	"context"
	"fmt"
	"strings"
	"time"

	"servicedesk/customers"
)

// Notices keeps what quiet hours hold until the morning.
type Notices interface {
	// HoldNotice keeps a notice; one with the same key for the same colleague is there already: nothing happens.
	HoldNotice(ctx context.Context, n *Notice) error
	// HeldNotices are those a colleague was not told yet, oldest first.
	HeldNotices(ctx context.Context, staffID int64) ([]Notice, error)
	// TellNotices marks a colleague's notices up to an id as told.
	TellNotices(ctx context.Context, staffID, upTo int64, at time.Time) error
}

// Notice is a card held for a colleague.
type Notice struct {
	ID        int64
	StaffID   int64
	TicketID  TicketID
	Key       string
	Card      Card
	CreatedAt time.Time
	ToldAt    time.Time
}

// TimerDigest tells a colleague what his quiet hours held; the subject is the colleague.
const TimerDigest TimerKind = "digest"

var quietTimers = map[TimerKind]firing{
	TimerDigest: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error { return d.digest(ctx, tx, timer) },
}

// Quiet hours begin and end at these hours of the desk's day.
const quietFrom, quietTo = 21, 8

// quiet reports whether a moment lies in the desk's quiet hours, in which only what cannot wait is told to colleagues.
func (d *Desk) quiet(at time.Time) bool {
	hour := at.In(d.Zone).Hour()
	return hour >= quietFrom || hour < quietTo
}

// morning is the first end of quiet hours after a moment.
func (d *Desk) morning(at time.Time) time.Time { return daily(quietTo, 0)(at.In(d.Zone)) }

// notifyStaff tells a colleague something in his direct chat that can wait until his quiet hours are over: then it comes with all else that
// waited as one digest. What cannot wait (gates, outages) goes by ShowStaff. Without a colleague the administrators are told.
func (d *Desk) notifyStaff(ctx context.Context, tx Tx, to customers.Staff, t TicketID, key string, card Card) error {
	if to.ID == 0 {
		admins, err := d.holders(ctx, tx, customers.RoleAdmin, customers.RoleLiaison)
		if err != nil {
			return err
		}
		for _, s := range admins {
			if err := d.notifyStaff(ctx, tx, s, t, key, card); err != nil {
				return err
			}
		}
		return nil
	}
	now := d.Now()
	if !d.quiet(now) {
		return d.ShowStaff(ctx, tx, to, t, key, card)
	}
	if err := tx.HoldNotice(ctx, &Notice{StaffID: to.ID, TicketID: t, Key: key, Card: card, CreatedAt: now}); err != nil {
		return err
	}
	return tx.EnsureTimer(ctx, Timer{Kind: TimerDigest, Subject: to.ID, DueAt: d.morning(now).UTC(), Urgency: UrgencyInteractive})
}

const (
	// digestLines and digestButtons bound one digest card; /待办 has the rest.
	digestLines, digestButtons = 40, 12
	// digestLine bounds what one notice takes of it, in characters.
	digestLine = 160
)

// digest tells all that was held for a colleague as one card. A form needs a card of its own.
func (d *Desk) digest(ctx context.Context, tx Tx, timer Timer) error {
	if now := d.Now(); d.quiet(now) { // the desk was down in the morning
		return tx.SetTimer(ctx, Timer{Kind: TimerDigest, Subject: timer.Subject, DueAt: d.morning(now).UTC(), Urgency: UrgencyInteractive})
	}
	to, err := d.staffOrNobody(ctx, tx, timer.Subject)
	if err != nil {
		return err
	}
	held, err := tx.HeldNotices(ctx, timer.Subject)
	if err != nil || len(held) == 0 {
		return err
	}
	if err := tx.TellNotices(ctx, timer.Subject, held[len(held)-1].ID, d.Now()); err != nil {
		return err
	}
	say := d.ToStaff(to)
	var card Card
	count := 0
	for _, n := range held {
		if n.Card.Form != nil {
			if err := d.ShowStaff(ctx, tx, to, n.TicketID, n.Key, n.Card); err != nil {
				return err
			}
			continue
		}
		count++
		if err := d.addToDigest(ctx, tx, &card, n); err != nil {
			return err
		}
	}
	if count == 0 {
		return nil
	}
	card.Title, card.Colour = say.T("digest.title", Args{"Count": count}), ColourNew
	card.Summary, card.More = card.Title, say.T("button.more")
	if more := count - digestLines; more > 0 {
		card.Lines = append(card.Lines, Line{Text: say.T("digest.more", Args{"Count": more})})
	}
	return d.ShowStaff(ctx, tx, to, 0, fmt.Sprintf("digest:%d", held[0].ID), card)
}

// addToDigest adds one notice: a line that begins with the ticket's number, and its buttons, which then name the number, too.
func (d *Desk) addToDigest(ctx context.Context, tx Tx, card *Card, n Notice) error {
	number := ""
	if n.TicketID != 0 {
		t, err := tx.Ticket(ctx, n.TicketID)
		if err != nil {
			return err
		}
		number = t.Number
	}
	parts := []string{n.Card.Title}
	for _, line := range n.Card.Lines {
		text := line.Text
		if line.Label != "" {
			text = line.Label + " " + text
		}
		parts = append(parts, text)
	}
	text := strings.Join(parts, " · ")
	if !strings.Contains(n.Card.Title, number) {
		text = number + " " + text
	}
	if len(card.Lines) < digestLines {
		card.Lines = append(card.Lines, Line{Text: Shorten(text, digestLine)})
	}
	for _, b := range append(n.Card.Buttons, n.Card.Folded...) {
		if len(card.Folded) < digestButtons {
			b.Text = strings.TrimSpace(b.Text + " " + number)
			card.Folded = append(card.Folded, b)
		}
	}
	return nil
}
