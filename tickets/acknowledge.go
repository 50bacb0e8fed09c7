package tickets

import (
	"context"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
	"servicedesk/worktime"
)

// acknowledge tells the contact number, class, promised times and name; off hours, when somebody is back; and at first contact what is
// recorded of him.
func (d *Desk) acknowledge(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	key := "ack.owner"
	if owner.ID == 0 {
		key = "ack.nobody"
	}
	text := w.say.T(key, Args{"Number": t.Number, "Type": w.say.T("type." + string(t.Type)), "Owner": owner.Name, "Title": t.Title})
	promises, err := d.promises(ctx, tx, w, t)
	if err != nil {
		return err
	}
	text += promises + "\n" + w.say.T("ack.words")
	if w.contact.NoticedAt.IsZero() {
		w.contact.NoticedAt = d.Now()
		text += "\n\n" + w.say.T("privacy")
	}
	if _, err := d.record(ctx, tx, t, Entry{Kind: EntryNotice, Text: text}); err != nil {
		return err
	}
	return d.tellOpened(ctx, tx, w, t, text)
}

// promises are the lines of an acknowledgement that name times.
func (d *Desk) promises(ctx context.Context, tx Tx, w *told, t *Ticket) (string, error) {
	list, err := tx.Clocks(ctx, t.ID)
	if err != nil {
		return "", err
	}
	x, err := d.dialOf(ctx, tx, w.customer)
	if err != nil {
		return "", err
	}
	var parts []string
	roundTheClock := false
	for _, c := range list {
		if c.Owed() {
			roundTheClock = roundTheClock || c.AllHours
			parts = append(parts, w.say.T(ackKeys[c.Kind], Args{"At": d.soon(w.say, c.DueAt, x.work.Zone())}))
		}
	}
	var text string
	if len(parts) > 0 {
		text = "\n" + w.say.T("ack.promised", Args{"Promises": strings.Join(parts, w.say.T("ack.comma"))})
	}
	return text + d.offHours(w.say, x.work, roundTheClock), nil
}

var ackKeys = map[ClockKind]string{ClockResponse: "ack.response", ClockWorkaround: "ack.workaround", ClockSolution: "ack.solution"}

// offHours is a line that says when work begins again, and what to do if it cannot wait; empty in working time.
func (d *Desk) offHours(say words.Locale, work *worktime.Calendar, roundTheClock bool) string {
	now := d.Now()
	if work.Open(now) {
		return ""
	}
	key := "ack.off_hours"
	if roundTheClock {
		key = "ack.off_hours_served"
	}
	return "\n" + say.T(key, Args{"Back": d.soon(say, work.Next(now), work.Zone())})
}

// awayUntil is offHours for a customer, when nothing is promised for the night.
func (d *Desk) awayUntil(ctx context.Context, tx Tx, say words.Locale, c customers.Customer) (string, error) {
	work, err := d.calendarOf(ctx, tx, c)
	if err != nil {
		return "", err
	}
	return d.offHours(say, work, false), nil
}

// soon writes a moment to come as people say it: today, tomorrow, else the day.
func (d *Desk) soon(say words.Locale, at time.Time, zone *time.Location) string {
	at, now := at.In(zone), d.Now().In(zone)
	clock := at.Format("15:04")
	switch day := at.Format(time.DateOnly); {
	case day == now.Format(time.DateOnly):
		return say.T("time.today", Args{"At": clock})
	case day == now.AddDate(0, 0, 1).Format(time.DateOnly):
		return say.T("time.tomorrow", Args{"At": clock})
	case at.Year() == now.Year():
		return at.Format("01-02 15:04")
	}
	return at.Format("2006-01-02 15:04")
}

// spell writes a length of time in whole minutes, rounded up.
func spell(say words.Locale, d time.Duration) string {
	minutes := int((max(0, d) + time.Minute - 1) / time.Minute)
	args := Args{"Hours": minutes / 60, "Minutes": minutes % 60}
	switch {
	case minutes < 60:
		return say.T("span.minutes", args)
	case minutes%60 == 0:
		return say.T("span.hours", args)
	}
	return say.T("span.both", args)
}
