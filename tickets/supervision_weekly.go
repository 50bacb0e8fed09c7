package tickets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

// Drafts keeps the weekly progress that waits for the liaison's approval.
type Drafts interface {
	// AddDraft keeps a draft and sets its ID; the customer's of that week is there already: added is false.
	AddDraft(ctx context.Context, draft *Draft) (added bool, err error)
	Draft(ctx context.Context, id int64) (Draft, error)
	// SettleDraft writes text, state, and who settled it when; first is false when it was settled before.
	SettleDraft(ctx context.Context, draft Draft) (first bool, err error)
}

// DraftState is what became of a draft.
type DraftState string

// The states.
const (
	DraftOpen     DraftState = "open"
	DraftApproved DraftState = "approved"
	DraftDropped  DraftState = "dropped"
)

// Draft is what a customer is to hear of his long matters in one week.
type Draft struct {
	ID         int64
	CustomerID int64
	Week       string // ISO year and week, 2026-W09
	Text       string
	Tickets    []TicketID
	State      DraftState
	CreatedAt  time.Time
	SettledAt  time.Time
	SettledBy  int64
}

const (
	// longDays: a ticket open for more working days than that has its progress told every week.
	longDays = 5
	// draftWords bounds what a draft quotes of one reply, draftReplies how many it quotes, draftTickets how many tickets it holds.
	draftWords, draftReplies, draftTickets = 80, 2, 8
)

// EntryProgress records weekly progress that was told, EntryProgressDropped one that was not.
const (
	EntryProgress        EntryKind = "progress"
	EntryProgressDropped EntryKind = "progress_dropped"
)

// weeklyProgress gives the liaison one draft per customer with long tickets. Complaints are between the liaison and their writer.
func (d *Desk) weeklyProgress(ctx context.Context, tx Tx, due time.Time) error {
	now := d.Now()
	open, err := tx.LongOpen(ctx, now.AddDate(0, 0, -longDays))
	if err != nil {
		return err
	}
	year, week := due.In(d.Zone).ISOWeek()
	for len(open) > 0 {
		n := slices.IndexFunc(open, func(t *Ticket) bool { return t.CustomerID != open[0].CustomerID })
		if n < 0 {
			n = len(open)
		}
		ofOne := open[:n]
		open = open[n:]
		customer, _, err := d.customerOf(ctx, tx, ofOne[0].CustomerID)
		if err != nil {
			return err
		}
		cal, err := d.calendarOf(ctx, tx, customer)
		if err != nil {
			return err
		}
		ofOne = slices.DeleteFunc(ofOne, func(t *Ticket) bool {
			return t.CustomerID == 0 || t.Type == TypeComplaint || !workdaysAfter(cal, t.OpenedAt, longDays).Before(now)
		})
		if len(ofOne) == 0 {
			continue
		}
		draft := Draft{CustomerID: customer.ID, Week: fmt.Sprintf("%d-W%02d", year, week), State: DraftOpen, CreatedAt: now}
		if err := d.draftProgress(ctx, tx, draft, customer, ofOne); err != nil {
			return err
		}
	}
	return nil
}

// draftProgress writes a draft from facts and shows it to the liaison.
func (d *Desk) draftProgress(ctx context.Context, tx Tx, draft Draft, customer customers.Customer, ts []*Ticket) error {
	say := words.In(customer.Locale, d.Locale)
	parts := []string{say.T("progress.week", Args{"Customer": customer.Name})}
	for _, t := range ts[:min(len(ts), draftTickets)] {
		part, err := d.progressOf(ctx, tx, say, customer, t)
		if err != nil {
			return err
		}
		parts, draft.Tickets = append(parts, part), append(draft.Tickets, t.ID)
	}
	next := d.Now().In(d.zone(customer)).AddDate(0, 0, 7)
	parts = append(parts, say.T("progress.next_week", Args{"Day": next.Format("01-02")}))
	draft.Text = strings.Join(parts, "\n\n")
	added, err := tx.AddDraft(ctx, &draft)
	if err != nil || !added {
		return err
	}
	liaison, err := d.minder(ctx, tx, customer.ID)
	if err != nil {
		return err
	}
	card := d.draftCard(draft, customer, d.ToStaff(liaison))
	return d.notifyStaff(ctx, tx, liaison, draft.Tickets[0], fmt.Sprintf("progress:%d", draft.ID), card)
}

func (d *Desk) draftCard(draft Draft, customer customers.Customer, say words.Locale) Card {
	title := say.T("progress.title", Args{"Customer": customer.Name})
	button := func(verb, style string) Button {
		return Button{Text: say.T("button." + verb), Verb: verb, Ticket: draft.Tickets[0], Style: style,
			Args: map[string]string{"draft": fmt.Sprint(draft.ID)}}
	}
	return Card{Title: title, Summary: title, Colour: ColourNew, Lines: []Line{{Text: draft.Text}},
		Buttons: []Button{button("draft_approve", "primary"), button("draft_edit", ""), button("draft_drop", "")}}
}

// progressOf is one ticket's week: state, what was said to the customer, next step, what is promised. Nothing internal.
func (d *Desk) progressOf(ctx context.Context, tx Tx, say words.Locale, customer customers.Customer, t *Ticket) (string, error) {
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return "", err
	}
	entries, err := tx.Entries(ctx, t.ID, 0)
	if err != nil {
		return "", err
	}
	var done []string
	for _, e := range slices.Backward(entries) {
		if e.At.Before(d.Now().AddDate(0, 0, -7)) || len(done) == draftReplies {
			break
		}
		if e.Internal || e.Text == "" || e.Kind != EntryReply && e.Kind != EntrySolved {
			continue
		}
		done = append(done, e.At.In(d.zone(customer)).Format("01-02 ")+Shorten(e.Text, draftWords))
	}
	slices.Reverse(done)
	text := say.T("progress.ticket", Args{"Number": t.Number, "Title": t.Title, "State": say.T("own." + string(t.Status)),
		"Owner": orElse(owner.Name, say.T("nobody.yet")), "Done": orElse(strings.Join(done, "；"), say.T("progress.nothing")),
		"Next": say.T("next." + string(t.Status))})
	pledges, err := tx.Pledges(ctx, t.ID)
	if err != nil {
		return "", err
	}
	for _, p := range pledges {
		if p.State == PledgePending {
			text += "\n" + say.T("progress.pledge", Args{"At": d.Clock(p.DueAt, customer), "Words": p.Words})
		}
	}
	return text, nil
}

// DraftFor is an open draft for whoever may settle it: a liaison, or the customer's account manager.
func (d *Desk) DraftFor(ctx context.Context, tx Tx, who customers.Staff, id int64) (Draft, customers.Customer, error) {
	draft, err := tx.Draft(ctx, id)
	if isNotFound(err) {
		return draft, customers.Customer{}, Refuse(CodeInvalid, "refuse.old_card", nil)
	}
	if err != nil {
		return draft, customers.Customer{}, err
	}
	customer, team, err := d.customerOf(ctx, tx, draft.CustomerID)
	if err != nil {
		return draft, customer, err
	}
	acting, _, err := d.acting(ctx, tx, team, customers.RoleLiaison)
	switch {
	case err != nil:
		return draft, customer, err
	case who.ID != acting.ID && !who.Has(customers.RoleLiaison) && who.ID != team.AccountManager.ID && !who.Has(customers.RoleAdmin):
		return draft, customer, Refuse(CodeDenied, "refuse.draft_other", Args{"Name": acting.Name})
	case draft.State != DraftOpen:
		return draft, customer, Refuse(CodeConflict, "refuse.draft_settled", Args{"Customer": customer.Name})
	}
	return draft, customer, nil
}

// EditDraft shows a form with the draft's text to who wants to change it. key names the press.
func (d *Desk) EditDraft(ctx context.Context, tx Tx, who customers.Staff, id int64, key string) error {
	draft, customer, err := d.DraftFor(ctx, tx, who, id)
	if err != nil {
		return err
	}
	say := d.ToStaff(who)
	card := d.draftCard(draft, customer, say)
	card.Title = say.T("progress.edit", Args{"Customer": customer.Name})
	card.Summary, card.Lines = card.Title, nil
	card.Form = &Form{Name: "draft", Inputs: []Input{{Name: "text", Default: draft.Text, Lines: 8, Required: true}},
		Buttons: []Button{card.Buttons[0], card.Buttons[2]}}
	card.Buttons = nil
	return d.ShowStaff(ctx, tx, who, draft.Tickets[0], "edit:"+key, card)
}

// SettleDraft drops a draft, or approves it and tells the contacts concerned; text replaces its own when it is not empty. Whose window is
// shut is called. told and calls count the contacts.
func (d *Desk) SettleDraft(ctx context.Context, tx Tx, who customers.Staff, id int64, approve bool, text string) (told, calls int, err error) {
	draft, customer, err := d.DraftFor(ctx, tx, who, id)
	if err != nil {
		return 0, 0, err
	}
	if text = strings.TrimSpace(text); text != "" {
		draft.Text = text
	}
	draft.State, draft.SettledAt, draft.SettledBy = DraftDropped, d.Now(), who.ID
	if approve {
		draft.State = DraftApproved
	}
	first, err := tx.SettleDraft(ctx, draft)
	if err != nil || !first {
		return 0, 0, err
	}
	reached := map[int64]bool{} // conversations dealt with; true: told in writing
	for _, ticket := range slices.Sorted(slices.Values(draft.Tickets)) {
		t, _, err := d.Lock(ctx, tx, ticket)
		if err != nil {
			return told, calls, err
		}
		if !approve {
			if _, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryProgressDropped, Internal: true})); err != nil {
				return told, calls, err
			}
			continue
		}
		n, m, err := d.tellDraft(ctx, tx, who, t, draft, customer, reached)
		if err != nil {
			return told, calls, err
		}
		told, calls = told+n, calls+m
	}
	return told, calls, nil
}

// tellDraft tells whom one of its tickets concerns, each conversation once for all tickets.
func (d *Desk) tellDraft(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, draft Draft, customer customers.Customer,
	reached map[int64]bool) (told, calls int, err error) {
	all, err := d.reporters(ctx, tx, t)
	if err != nil {
		return 0, 0, err
	}
	written := false
	for _, r := range all {
		if was, dealt := reached[r.ConversationID]; dealt {
			written = written || was
			continue
		}
		conv, err := tx.Conversation(ctx, r.ConversationID)
		if err != nil {
			return told, calls, err
		}
		key := fmt.Sprintf("progress:%d:%d", draft.ID, conv.ID)
		reached[conv.ID] = false
		if conv.Window.Free(UseNotice, d.Now()) == 0 {
			calls++
			if err := d.byPhone(ctx, tx, t, r.Contact, key, draft.Text); err != nil {
				return told, calls, err
			}
			continue
		}
		told, written, reached[conv.ID] = told+1, true, true
		signed := words.In(r.Contact.Locale, customer.Locale, d.Locale).T("reply.signed", Args{"Name": who.Name, "Number": t.Number})
		if err := d.tellContact(ctx, tx, conv, t.ID, UseNotice, key, signed+draft.Text); err != nil {
			return told, calls, err
		}
	}
	if !written {
		return told, calls, nil // it is said when the call is made
	}
	if _, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryProgress, Text: draft.Text})); err != nil {
		return told, calls, err
	}
	if t.Status.Open() {
		if err := d.spokenBeside(ctx, tx, t, who); err != nil {
			return told, calls, err
		}
	}
	return told, calls, d.change(ctx, tx, t)
}
