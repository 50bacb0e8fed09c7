package tickets

import (
	"context"
	"fmt"

	"servicedesk/customers"
	"servicedesk/words"
)

// Timer kinds of promises. Those of the clocks have the ticket as subject.
const (
	timerResponse   TimerKind = "clock:response"
	timerWorkaround TimerKind = "clock:workaround"
	timerSolution   TimerKind = "clock:solution"
	// TimerReaim aims the clocks of the next few tickets anew after a policy or a calendar changed; its subject is the ticket behind which to go on.
	TimerReaim TimerKind = "clock:reaim"
	// The reminders of what was asked for a reproduction.
	timerReproDay  TimerKind = "clock:repro24"
	timerReproLast TimerKind = "clock:repro72"
)

func clockTimer(kind ClockKind) TimerKind { return TimerKind("clock:" + kind) }

var clockTimers = map[TimerKind]firing{
	timerResponse:   clockFiring(ClockResponse),
	timerWorkaround: clockFiring(ClockWorkaround),
	timerSolution:   clockFiring(ClockSolution),
	TimerReaim: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.reaimSome(ctx, tx, TicketID(timer.Subject))
	},
	timerReproDay: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.remindOfRepro(ctx, tx, TicketID(timer.Subject), firstReminder)
	},
	timerReproLast: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.remindOfRepro(ctx, tx, TicketID(timer.Subject), lastReminder)
	},
}

func clockFiring(kind ClockKind) firing {
	return func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.clockDue(ctx, tx, TicketID(timer.Subject), kind)
	}
}

// clockDue tells what a clock has come to. It goes by the clock, not by the timer: one that comes late, early or twice changes nothing.
func (d *Desk) clockDue(ctx context.Context, tx Tx, id TicketID, kind ClockKind) error {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return err
	}
	list, err := tx.Clocks(ctx, id)
	if err != nil {
		return err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	x, err := d.dialOf(ctx, tx, v.customer)
	c := clockOf(list, kind)
	if err != nil || c == nil {
		return err
	}
	c.aim(x.of(c)) // the calendar may have changed meanwhile
	now := d.Now()
	stage := 0
	if c.Owed() && c.Runs() {
		stage = c.stageBy(now, x.of(c))
	}
	hollow := c.Hollow && c.FlaggedAt.IsZero() && t.Status.Open() && !now.Before(c.DueAt)
	fresh := stage > c.Stage
	switch {
	case hollow:
		c.FlaggedAt = now
	case fresh:
		c.Stage = stage
		if stage == stageBroken {
			c.BreachedAt = now
		}
	}
	told := *c
	if err := d.keepClocks(ctx, tx, t, list, x); err != nil {
		return err
	}
	switch {
	case hollow:
		return d.tellHollow(ctx, tx, t, v, told)
	case fresh && stage == stageBroken:
		return d.tellBreach(ctx, tx, t, v, told)
	case fresh:
		return d.tellWarning(ctx, tx, t, v, told, x)
	}
	return nil
}

// tellWarning warns whoever has the ticket, in his direct chat.
func (d *Desk) tellWarning(ctx context.Context, tx Tx, t *Ticket, v view, c Clock, x dial) error {
	say := d.group()
	text := say.T("clock.warned", Args{"Clock": say.T(clockNames[c.Kind]), "Stage": c.Stage, "At": d.Clock(c.DueAt, v.customer)})
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryWarned, Internal: true, Text: text}); err != nil {
		return err
	}
	to, err := d.keepers(ctx, tx, t, v)
	if err != nil {
		return err
	}
	for _, s := range to {
		say := d.ToStaff(s)
		left := spell(say, c.Target-c.UsedBy(d.Now(), x.of(&c)))
		card := Card{Colour: ColourOurs,
			Title: say.T("clock.warning_title", Args{"Number": t.Number, "Clock": say.T(clockNames[c.Kind]), "Stage": c.Stage}),
			Lines: []Line{
				{Label: say.T("card.deadline"), Text: say.T("clock.until", Args{"At": d.Clock(c.DueAt, v.customer), "Left": left})},
				d.whose(say, t, v),
				{Text: say.T(clockHints[c.Kind], Args{"Number": t.Number})},
			}}
		if err := d.alert(ctx, tx, s, t, clockKey(&c, c.Stage), card); err != nil {
			return err
		}
	}
	return d.showCard(ctx, tx, t)
}

// tellBreach says that a promise was broken: on the ticket, to whoever has it, to the liaison, and to the first gate.
func (d *Desk) tellBreach(ctx context.Context, tx Tx, t *Ticket, v view, c Clock) error {
	group := d.group()
	text := group.T("clock.breached", Args{"Clock": group.T(clockNames[c.Kind]), "At": d.Clock(c.DueAt, v.customer)})
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryBreached, Internal: true, Text: text}); err != nil {
		return err
	}
	to, err := d.keepers(ctx, tx, t, v)
	if err != nil {
		return err
	}
	if to, err = d.withLiaison(ctx, tx, v, to); err != nil {
		return err
	}
	for _, s := range to {
		say := d.ToStaff(s)
		card := Card{Colour: ColourAlarm,
			Title: say.T("clock.breach_title", Args{"Number": t.Number, "Clock": say.T(clockNames[c.Kind])}),
			Lines: []Line{
				{Label: say.T("card.deadline"), Text: d.Clock(c.DueAt, v.customer)}, d.whose(say, t, v),
				{Text: say.T("clock.breach_hint", Args{"Number": t.Number})},
			}}
		if err := d.alert(ctx, tx, s, t, clockKey(&c, c.Stage), card); err != nil {
			return err
		}
	}
	if err := d.openGate(ctx, tx, t, GateBreach, text, ""); err != nil {
		return err
	}
	return d.change(ctx, tx, t)
}

// tellHollow flags a first answer that said nothing, when nothing followed for the rest of the promise.
func (d *Desk) tellHollow(ctx context.Context, tx Tx, t *Ticket, v view, c Clock) error {
	return d.flag(ctx, tx, t, v, clockKey(&c, "hollow"), "clock.hollow")
}

// flag notes on the ticket what is not honest about its clocks, and tells the liaison.
func (d *Desk) flag(ctx context.Context, tx Tx, t *Ticket, v view, key, textKey string) error {
	args := Args{"Owner": v.owner.Name, "Number": t.Number}
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryFlagged, Internal: true, Text: d.group().T(textKey, args)}); err != nil {
		return err
	}
	if err := d.tellTopic(ctx, tx, t, key, d.group().T(textKey, args)); err != nil {
		return err
	}
	to, err := d.withLiaison(ctx, tx, v, nil)
	if err != nil {
		return err
	}
	for _, s := range to {
		say := d.ToStaff(s)
		card := Card{Title: say.T("clock.flag_title", args), Colour: ColourOurs, Lines: []Line{{Text: say.T(textKey, args)}, d.whose(say, t, v)}}
		if err := d.alert(ctx, tx, s, t, key, card); err != nil {
			return err
		}
	}
	return d.showCard(ctx, tx, t)
}

// clockKey makes the key of what is told about a clock: once per round and stage.
func clockKey(c *Clock, what any) string {
	return fmt.Sprintf("%s:%d:%d:%v", clockTimer(c.Kind), c.TicketID, c.Round, what)
}

// alert shows a card in the direct chat of a colleague: at once when an outage is at stake, else when he is not in his quiet hours.
func (d *Desk) alert(ctx context.Context, tx Tx, s customers.Staff, t *Ticket, key string, card Card) error {
	card.Summary = card.Title
	if t.Type == TypeOutage || t.Urgent {
		return d.ShowStaff(ctx, tx, s, t.ID, key, card)
	}
	return d.notifyStaff(ctx, tx, s, t.ID, key, card)
}

// whose says which customer's matter it is.
func (d *Desk) whose(say words.Locale, t *Ticket, v view) Line {
	name := v.customer.Name
	if name == "" {
		name = say.T("card.unbound")
	}
	return Line{Label: say.T("card.contact"), Text: name + " · " + v.contact.Name + " · " + t.Title}
}

// keepers are who must keep a ticket's promises at this moment: its owner; when he is away, whoever acts for him as well; without one the
// liaison, and without any the administrators: nothing waits for nobody.
func (d *Desk) keepers(ctx context.Context, tx Tx, t *Ticket, v view) ([]customers.Staff, error) {
	var to []customers.Staff
	if v.owner.ID != 0 {
		to = append(to, v.owner)
		absence, err := d.absence(ctx, tx, v.owner.ID)
		if err != nil || !absence.Away() {
			return to, err
		}
	}
	if t.CustomerID != 0 {
		acting, _, err := d.acting(ctx, tx, v.team, customers.RoleOwner)
		if err != nil {
			return nil, err
		}
		if acting.ID != 0 && acting.ID != v.owner.ID {
			to = append(to, acting)
		}
	}
	if len(to) > 0 {
		return to, nil
	}
	return d.withLiaison(ctx, tx, v, nil)
}

// withLiaison adds the customer's liaison to a list; without one all liaisons, else the administrators.
func (d *Desk) withLiaison(ctx context.Context, tx Tx, v view, to []customers.Staff) ([]customers.Staff, error) {
	liaison, _, err := d.acting(ctx, tx, v.team, customers.RoleLiaison)
	if err != nil {
		return nil, err
	}
	found := []customers.Staff{liaison}
	if liaison.ID == 0 {
		if found, err = d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin); err != nil {
			return nil, err
		}
	}
	for _, s := range found {
		if !listed(to, s) {
			to = append(to, s)
		}
	}
	return to, nil
}

func listed(list []customers.Staff, who customers.Staff) bool {
	for _, s := range list {
		if s.ID == who.ID {
			return true
		}
	}
	return false
}

// reaimBatch is how many tickets are aimed anew in one transaction.
const reaimBatch = 20

// reaimSome aims the clocks of the next tickets anew, and sets the timer of those behind them.
func (d *Desk) reaimSome(ctx context.Context, tx Tx, after TicketID) error {
	ids, err := tx.Owing(ctx, after, reaimBatch)
	if err != nil {
		return err
	}
	for _, id := range ids {
		t, _, err := d.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		changed, err := d.reaimClocks(ctx, tx, t, *t)
		if err != nil {
			return err
		}
		if !changed {
			continue
		}
		if err := d.showCard(ctx, tx, t); err != nil {
			return err
		}
	}
	if len(ids) < reaimBatch {
		return nil
	}
	return tx.SetTimer(ctx, Timer{Kind: TimerReaim, Subject: int64(ids[len(ids)-1]), DueAt: d.Now(), Urgency: UrgencyCare})
}
