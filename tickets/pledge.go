package tickets

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
	"servicedesk/worktime"
)

// Pledges keeps what was promised to customers in words.
type Pledges interface {
	// AddPledge keeps a pledge and sets its ID; one with the same key is there already: added is false.
	AddPledge(ctx context.Context, p *Pledge) (added bool, err error)
	Pledge(ctx context.Context, id int64) (Pledge, error)
	SavePledge(ctx context.Context, p Pledge) error
	// Pledges are a ticket's, in the order of their making, offered and declined ones too.
	Pledges(ctx context.Context, id TicketID) ([]Pledge, error)
	// PledgeCounts are how many a colleague kept and broke.
	PledgeCounts(ctx context.Context, staffID int64) (kept, broken int, err error)
}

// PledgeState is what became of a pledge.
type PledgeState string

// The states. Only the last four are promises on record.
const (
	PledgeOffered   PledgeState = "offered"  // a date was found; nobody said yet that it is a promise
	PledgeDeclined  PledgeState = "declined" // it was none
	PledgePending   PledgeState = "pending"
	PledgeKept      PledgeState = "kept"
	PledgeBroken    PledgeState = "broken"
	PledgeWithdrawn PledgeState = "withdrawn" // the matter was cancelled
)

// Pledge is a dated promise to a customer.
type Pledge struct {
	ID        int64
	TicketID  TicketID
	StaffID   int64 // who promised
	Key       string
	Words     string
	DueAt     time.Time
	State     PledgeState
	CreatedAt time.Time
	SettledAt time.Time
}

// onRecord reports whether somebody promised it.
func (p Pledge) onRecord() bool { return p.State != PledgeOffered && p.State != PledgeDeclined }

// Timer kinds of pledges; the subject is the pledge.
const (
	TimerPledge     TimerKind = "pledge"      // its time runs out
	TimerPledgeSoon TimerKind = "pledge_soon" // the promiser is reminded before
)

// Entry kinds of pledges; the text is time and words.
const (
	EntryPledged        EntryKind = "pledged"
	EntryPledgeKept     EntryKind = "pledge_kept"
	EntryPledgeBroken   EntryKind = "pledge_broken"
	EntryPledgeDeclined EntryKind = "pledge_declined"
)

const (
	// pledgeReminder is how much working time before its end a promiser is reminded.
	pledgeReminder = 2 * time.Hour
	// pledgesAtOnce bounds how many dates of one reply are offered.
	pledgesAtOnce = 3
	pledgeWords   = 60
)

var pledgeTimers = map[TimerKind]firing{
	TimerPledge: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.pledgeDue(ctx, tx, timer.Subject, true)
	},
	TimerPledgeSoon: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.pledgeDue(ctx, tx, timer.Subject, false)
	},
}

// pledgeHeard looks for dates in words that went to the customer and offers each as a promise, by a card in the topic.
func (d *Desk) pledgeHeard(ctx context.Context, tx Tx, t *Ticket, who customers.Staff, text string, from Origin) error {
	found := DatesIn(text, d.Now().In(d.Zone))
	for i, date := range found[:min(len(found), pledgesAtOnce)] {
		p := Pledge{TicketID: t.ID, StaffID: who.ID, Key: fmt.Sprintf("said:%s:%d", from.Message, i), Words: Shorten(date.Words, pledgeWords),
			DueAt: date.At.UTC(), State: PledgeOffered, CreatedAt: d.Now()}
		added, err := tx.AddPledge(ctx, &p)
		if err != nil {
			return err
		}
		if !added {
			continue
		}
		if err := d.offerPledge(ctx, tx, t, who, p); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) offerPledge(ctx context.Context, tx Tx, t *Ticket, who customers.Staff, p Pledge) error {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	say := d.group()
	title := say.T("pledge.offer", Args{"Number": t.Number})
	button := func(verb, style string) Button {
		return Button{Text: say.T("button." + verb), Verb: verb, Ticket: t.ID, Style: style,
			Args: map[string]string{"pledge": fmt.Sprint(p.ID)}}
	}
	card := Card{Title: title, Summary: title, Colour: ColourWaiting, Lines: []Line{
		{Label: say.T("pledge.due"), Text: d.Clock(p.DueAt, customer)},
		{Label: say.T("pledge.words"), Text: p.Words},
		{Label: say.T("pledge.by"), Text: who.Name},
	}, Buttons: []Button{button("pledge_yes", "primary"), button("pledge_no", "")}}
	return d.Owe(ctx, tx, toTopic(t, UseTopic, fmt.Sprintf("pledge:%d", p.ID), Body{Card: &card}))
}

// AnswerPledge says whether an offered date is a promise.
func (d *Desk) AnswerPledge(ctx context.Context, tx Tx, who customers.Staff, id int64, yes bool) (Pledge, error) {
	p, t, err := d.lockPledge(ctx, tx, id)
	if err != nil {
		return p, err
	}
	if p.State != PledgeOffered {
		return p, Refuse(CodeConflict, "refuse.pledge_answered", Args{"Number": t.Number})
	}
	if !yes {
		p.State, p.SettledAt = PledgeDeclined, d.Now()
		if _, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryPledgeDeclined, Internal: true, Text: p.Words})); err != nil {
			return p, err
		}
		return p, tx.SavePledge(ctx, p)
	}
	if !p.DueAt.After(d.Now()) {
		return p, Refuse(CodeInvalid, "refuse.pledge_past", nil)
	}
	p.State = PledgePending
	if err := tx.SavePledge(ctx, p); err != nil {
		return p, err
	}
	return p, d.pledged(ctx, tx, who, t, p)
}

// Promise records a promise directly.
func (d *Desk) Promise(ctx context.Context, tx Tx, who customers.Staff, id TicketID, at time.Time, text string, from Origin) (Pledge, error) {
	p := Pledge{TicketID: id, StaffID: who.ID, Key: "typed:" + string(from.Message), Words: Shorten(text, 2*pledgeWords), DueAt: at.UTC(),
		State: PledgePending, CreatedAt: d.Now()}
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return p, err
	}
	if err := workable(t); err != nil {
		return p, err
	}
	if !at.After(d.Now()) {
		return p, Refuse(CodeInvalid, "refuse.pledge_past", nil)
	}
	added, err := tx.AddPledge(ctx, &p)
	if err != nil || !added {
		return p, err
	}
	return p, d.pledged(ctx, tx, who, t, p)
}

// pledged puts a promise on record and arms what watches it.
func (d *Desk) pledged(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, p Pledge) error {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	cal, err := d.calendarOf(ctx, tx, customer)
	if err != nil {
		return err
	}
	if err := tx.SetTimer(ctx, Timer{Kind: TimerPledge, Subject: p.ID, DueAt: p.DueAt, Urgency: UrgencyInteractive}); err != nil {
		return err
	}
	if at := workBefore(cal, p.DueAt, pledgeReminder); at.After(d.Now()) {
		if err := tx.SetTimer(ctx, Timer{Kind: TimerPledgeSoon, Subject: p.ID, DueAt: at.UTC(), Urgency: UrgencyCare}); err != nil {
			return err
		}
	}
	return d.pledgeStep(ctx, tx, by(who, Entry{Kind: EntryPledged}), t, p)
}

// workBefore is the last moment with so much working time left until at.
func workBefore(cal *worktime.Calendar, at time.Time, work time.Duration) time.Time {
	const most = 14 * 24 * 60 // minutes; the longest holidays pass in that
	n := sort.Search(most, func(i int) bool { return cal.Between(at.Add(-time.Duration(i)*time.Minute), at) >= work })
	return at.Add(-time.Duration(n) * time.Minute)
}

// pledgeStep records a step of a promise and shows the card.
func (d *Desk) pledgeStep(ctx context.Context, tx Tx, e Entry, t *Ticket, p Pledge) error {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	e.Text = d.Clock(p.DueAt, customer) + " " + p.Words
	if _, err := d.record(ctx, tx, t, e); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// lockPledge reads a pledge under its ticket's lock.
func (d *Desk) lockPledge(ctx context.Context, tx Tx, id int64) (Pledge, *Ticket, error) {
	p, err := tx.Pledge(ctx, id)
	if isNotFound(err) {
		return p, nil, Refuse(CodeInvalid, "refuse.old_card", nil)
	}
	if err != nil {
		return p, nil, err
	}
	t, _, err := d.Lock(ctx, tx, p.TicketID)
	if err != nil {
		return p, nil, err
	}
	p, err = tx.Pledge(ctx, id)
	return p, t, err
}

// SettlePledge says that a promise was kept or broken: the last pending one of the ticket, or the one with that place in /承诺.
func (d *Desk) SettlePledge(ctx context.Context, tx Tx, who customers.Staff, id TicketID, place int, kept bool) (Pledge, error) {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return Pledge{}, err
	}
	all, err := d.PledgesOf(ctx, tx, id)
	if err != nil {
		return Pledge{}, err
	}
	if place == 0 {
		place = 1 + slices.IndexFunc(all, func(p Pledge) bool { return p.State == PledgePending })
		for i, p := range all {
			if p.State == PledgePending {
				place = i + 1
			}
		}
	}
	if place < 1 || place > len(all) {
		return Pledge{}, Refuse(CodeNotFound, "refuse.no_pledge", Args{"Number": t.Number})
	}
	p := all[place-1]
	if p.State != PledgePending {
		return p, Refuse(CodeConflict, "refuse.pledge_answered", Args{"Number": t.Number})
	}
	p.State = PledgeBroken
	if kept {
		p.State = PledgeKept
	}
	return p, d.settlePledge(ctx, tx, by(who, Entry{}), t, p)
}

// PledgesOf are the promises on record of a ticket; their place counts from 1.
func (d *Desk) PledgesOf(ctx context.Context, tx Tx, id TicketID) ([]Pledge, error) {
	all, err := tx.Pledges(ctx, id)
	return slices.DeleteFunc(all, func(p Pledge) bool { return !p.onRecord() }), err
}

// settlePledge writes the end of a promise; e names who said so. A broken one is told to promiser and liaison.
func (d *Desk) settlePledge(ctx context.Context, tx Tx, e Entry, t *Ticket, p Pledge) error {
	p.SettledAt = d.Now()
	if err := tx.SavePledge(ctx, p); err != nil {
		return err
	}
	for _, kind := range []TimerKind{TimerPledge, TimerPledgeSoon} {
		if err := tx.CancelTimer(ctx, kind, p.ID); err != nil {
			return err
		}
	}
	switch p.State {
	case PledgeKept:
		e.Kind = EntryPledgeKept
	case PledgeBroken:
		e.Kind = EntryPledgeBroken
		if err := d.tellBroken(ctx, tx, t, p); err != nil {
			return err
		}
	default:
		e.Kind = EntryPledgeDeclined
	}
	return d.pledgeStep(ctx, tx, e, t, p)
}

func (d *Desk) tellBroken(ctx context.Context, tx Tx, t *Ticket, p Pledge) error {
	promiser, err := d.staffOrNobody(ctx, tx, p.StaffID)
	if err != nil {
		return err
	}
	liaison, err := d.minder(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	told := []customers.Staff{liaison}
	if promiser.ID != 0 && promiser.Active && promiser.ID != liaison.ID {
		told = append(told, promiser)
	}
	for _, s := range told {
		card, err := d.pledgeCard(ctx, tx, t, p, promiser, d.ToStaff(s), "pledge.broken", "pledge.broken_how")
		if err != nil {
			return err
		}
		card.Colour = ColourAlarm
		if err := d.notifyStaff(ctx, tx, s, t.ID, fmt.Sprintf("pledge-broken:%d", p.ID), card); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) pledgeCard(
	ctx context.Context, tx Tx, t *Ticket, p Pledge, promiser customers.Staff, say words.Locale, key, how string,
) (Card, error) {
	customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
	title := say.T(key, Args{"Number": t.Number, "Name": promiser.Name})
	return Card{Title: title, Summary: title, Colour: ColourOurs, Lines: []Line{
		{Label: say.T("card.contact"), Text: orElse(customer.Name, say.T("card.unbound"))},
		{Label: say.T("pledge.due"), Text: d.Clock(p.DueAt, customer)},
		{Label: say.T("pledge.words"), Text: p.Words},
		{Text: say.T(how, Args{"Number": t.Number})},
	}}, err
}

// pledgeDue reminds the promiser, or, over, notes that the promise was broken.
func (d *Desk) pledgeDue(ctx context.Context, tx Tx, id int64, over bool) error {
	p, t, err := d.lockPledge(ctx, tx, id)
	if err != nil || p.State != PledgePending {
		return err
	}
	if over {
		p.State = PledgeBroken
		return d.settlePledge(ctx, tx, Entry{}, t, p)
	}
	promiser, err := d.staffOrNobody(ctx, tx, p.StaffID)
	if err != nil {
		return err
	}
	to := promiser
	if !promiser.Active { // who left reminds nobody: who has the ticket now
		if to, err = d.staffOrNobody(ctx, tx, t.OwnerID); err != nil {
			return err
		}
	}
	card, err := d.pledgeCard(ctx, tx, t, p, promiser, d.ToStaff(to), "pledge.soon", "pledge.soon_how")
	if err != nil {
		return err
	}
	return d.notifyStaff(ctx, tx, to, t.ID, fmt.Sprintf("pledge-soon:%d", p.ID), card)
}

// pledgesFollow settles what is pending when the customer agreed, or the matter was cancelled. A merged ticket's promises stay.
func (d *Desk) pledgesFollow(ctx context.Context, tx Tx, t *Ticket) error {
	if t.Status != StatusConfirmed && t.Status != StatusCancelled || t.MergedInto != 0 {
		return nil
	}
	all, err := tx.Pledges(ctx, t.ID)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.State != PledgePending {
			continue
		}
		p.State = PledgeKept
		if t.Status == StatusCancelled {
			p.State = PledgeWithdrawn
		}
		if err := d.settlePledge(ctx, tx, Entry{}, t, p); err != nil {
			return err
		}
	}
	return nil
}
