package tickets

import (
	"context"
	"fmt"
	"time"

	"servicedesk/customers"
)

// Tasks keeps what colleagues are to do besides working on their tickets.
type Tasks interface {
	// AddTask keeps a task and sets its ID; one with the same key is there already: added is false.
	AddTask(ctx context.Context, task *Task) (added bool, err error)
	Task(ctx context.Context, id int64) (Task, error)
	// OpenTasks are a colleague's tasks not done yet, oldest first; orphans adds those of colleagues who left.
	OpenTasks(ctx context.Context, staffID int64, orphans bool) ([]Task, error)
	// FinishTask notes who did it; first is false when it was done before.
	FinishTask(ctx context.Context, id, by int64, at time.Time) (first bool, err error)
}

// Task is something a colleague is to do, besides working on his tickets: to call somebody, to approve a draft.
type Task struct {
	ID       int64
	StaffID  int64
	TicketID TicketID // 0 = about no ticket
	Key      string   // unique: the same cause gives one task
	Title    string   // one line, in the colleague's language
	Text     string
	// Call: doing it is a person's word to the customer.
	Call      bool
	CreatedAt time.Time
	DoneAt    time.Time // zero = not yet
	DoneBy    int64
}

// EntryTask records a task that was done, with its title.
const EntryTask EntryKind = "task"

// giveTask puts a task on a colleague's list and shows it in his direct chat, in quiet hours the next morning. It stays on /待办 until done.
func (d *Desk) giveTask(ctx context.Context, tx Tx, to customers.Staff, task Task) error {
	if to.ID == 0 || !to.Active {
		found, err := d.holders(ctx, tx, customers.RoleLiaison, customers.RoleAdmin)
		if err != nil || len(found) == 0 {
			return err
		}
		to = found[0]
	}
	task.StaffID, task.CreatedAt = to.ID, d.Now()
	added, err := tx.AddTask(ctx, &task)
	if err != nil || !added {
		return err
	}
	say := d.ToStaff(to)
	card := Card{Title: task.Title, Summary: task.Title, Colour: ColourNew, Lines: []Line{{Text: task.Text}},
		Buttons: []Button{TaskButton(task, say.T("button.task_done"))}}
	return d.notifyStaff(ctx, tx, to, task.TicketID, "task:"+task.Key, card)
}

// TaskButton is the button that reports a task as done.
func TaskButton(task Task, text string) Button {
	return Button{Text: text, Verb: "task_done", Ticket: task.TicketID, Style: "primary", Args: map[string]string{"task": fmt.Sprint(task.ID)}}
}

// FinishTask reports a task as done. Only whose task it is may, or, when he left, a liaison or administrator.
func (d *Desk) FinishTask(ctx context.Context, tx Tx, who customers.Staff, id int64) (Task, error) {
	task, err := tx.Task(ctx, id)
	if isNotFound(err) {
		return task, Refuse(CodeNotFound, "refuse.old_card", nil)
	}
	if err != nil {
		return task, err
	}
	if task.StaffID != who.ID {
		owner, err := d.staffOrNobody(ctx, tx, task.StaffID)
		if err != nil {
			return task, err
		}
		if owner.Active || !who.Has(customers.RoleLiaison) && !who.Has(customers.RoleAdmin) {
			return task, Refuse(CodeDenied, "refuse.task_other", Args{"Title": task.Title, "Name": owner.Name})
		}
	}
	var t *Ticket
	if task.TicketID != 0 {
		if t, _, err = d.Lock(ctx, tx, task.TicketID); err != nil {
			return task, err
		}
	}
	first, err := tx.FinishTask(ctx, id, who.ID, d.Now())
	if err != nil {
		return task, err
	}
	if !first {
		return task, Refuse(CodeConflict, "refuse.task_done", Args{"Title": task.Title})
	}
	if t == nil {
		return task, nil
	}
	if _, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryTask, Internal: true, Text: task.Title})); err != nil {
		return task, err
	}
	if task.Call && t.Status.Open() {
		if err := d.askedByPhone(ctx, tx, t); err != nil {
			return task, err
		}
		if err := d.spokenBeside(ctx, tx, t, who); err != nil {
			return task, err
		}
	}
	return task, d.change(ctx, tx, t)
}

// spokenBeside: a person's word reached the customer on another way than a reply.
func (d *Desk) spokenBeside(ctx context.Context, tx Tx, t *Ticket, who customers.Staff) error {
	t.SpokenAt = d.Now()
	if err := tx.CancelTimer(ctx, TimerWord, int64(t.ID)); err != nil {
		return err
	}
	return d.supervisionSpoken(ctx, tx, t, who)
}

// askedByPhone starts the time in which a contact without WeCom may say that a solution does not help: the call was the question.
func (d *Desk) askedByPhone(ctx context.Context, tx Tx, t *Ticket) error {
	if t.Status != StatusSolved {
		return nil
	}
	conv, err := tx.Conversation(ctx, t.ConversationID)
	if err != nil || !conv.Unwritten() {
		return err
	}
	return d.awaitConfirmation(ctx, tx, t)
}

// byPhone gives the liaison the task to say on the phone what cannot be written.
func (d *Desk) byPhone(ctx context.Context, tx Tx, t *Ticket, contact customers.Contact, key, text string) error {
	liaison, err := d.minder(ctx, tx, t.CustomerID)
	if err != nil {
		return err
	}
	say := d.ToStaff(liaison)
	return d.giveTask(ctx, tx, liaison, Task{TicketID: t.ID, Key: key, Call: true,
		Title: say.T("phone.title", Args{"Number": t.Number, "Name": contact.Name}),
		Text:  say.T("phone.text", Args{"Name": contact.Name, "Words": text})})
}
