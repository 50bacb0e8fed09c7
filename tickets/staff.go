package tickets

import (
	"context"
	"fmt"
	"strings"

	"servicedesk/customers"
)

// Origin is the Feishu message (or card action) from which a colleague acts; it makes keys that act once.
type Origin struct {
	Message RemoteID
	// Echo is true when the message itself should get the sent or failed sign.
	Echo bool
}

// Said is what a colleague says, to the customer or as a note.
type Said struct {
	Text  string
	Media []Attachment
	From  Origin
}

func (s Said) empty() bool { return strings.TrimSpace(s.Text) == "" && len(s.Media) == 0 }

// workable refuses work on what is over.
func workable(t *Ticket) error {
	if !t.Status.Open() {
		return Refuse(CodeConflict, "refuse.over", Args{"Number": t.Number})
	}
	return nil
}

// Claim takes a ticket. Of two who claim at once one wins; the other hears who.
func (d *Desk) Claim(ctx context.Context, tx Tx, who customers.Staff, id TicketID) (*Ticket, error) {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := workable(t); err != nil {
		return nil, err
	}
	if t.OwnerID != 0 && (t.Status == StatusInProgress || t.Status == StatusWaiting || t.Status == StatusSolved) {
		owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
		if err != nil {
			return nil, err
		}
		if owner.ID == who.ID {
			return nil, Refuse(CodeConflict, "refuse.claimed_self", Args{"Number": t.Number})
		}
		return nil, Refuse(CodeConflict, "refuse.claimed", Args{"Number": t.Number, "Owner": owner.Name})
	}
	changed := t.OwnerID != who.ID
	t.OwnerID = who.ID
	if changed {
		t.Routed = d.group().T("route.claimed", Args{"To": who.Name})
	}
	if err := t.Move(StatusInProgress, d.Now()); err != nil {
		return nil, err
	}
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryClaimed}))
	if err != nil {
		return nil, err
	}
	e, err := d.running(ctx, tx, t)
	if err != nil {
		return nil, err
	}
	if e != nil && e.HolderID == 0 && e.Concerns(who.ID) { // who was called and takes the ticket has the emergency
		if err := d.take(ctx, tx, t, e, who); err != nil {
			return nil, err
		}
		if err := d.tellAffected(ctx, tx, t, UseUpdate, fmt.Sprintf("taken:%d", e.ID), "emergency.taken", Args{"Name": who.Name}); err != nil {
			return nil, err
		}
		changed = false
	}
	if changed {
		if err := d.tellHolder(ctx, tx, t, conv, who, entry, "holder.claimed"); err != nil {
			return nil, err
		}
	}
	return t, d.change(ctx, tx, t)
}

// tellHolder names to the contact who acts for him since an entry.
func (d *Desk) tellHolder(ctx context.Context, tx Tx, t *Ticket, conv *Conversation, holder customers.Staff, entry int64, key string) error {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	text := d.toContact(v).T(key, Args{"Number": t.Number, "Owner": holder.Name})
	return d.tellContact(ctx, tx, conv, t.ID, UseNotice, fmt.Sprintf("holder:%d", entry), text)
}

// Assign hands a ticket over.
func (d *Desk) Assign(ctx context.Context, tx Tx, who customers.Staff, id TicketID, to customers.Staff, reason string) (*Ticket, error) {
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := workable(t); err != nil {
		return nil, err
	}
	if !to.Serves() {
		return nil, Refuse(CodeInvalid, "refuse.not_engineer", Args{"Name": to.Name})
	}
	if t.OwnerID == to.ID {
		return nil, Refuse(CodeConflict, "refuse.assigned_already", Args{"Number": t.Number, "Owner": to.Name})
	}
	before, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return nil, err
	}
	t.OwnerID, t.Routed = to.ID, d.group().T("route.assigned", Args{"To": to.Name, "By": who.Name, "Why": reason})
	if t.Status != StatusSolved {
		if err := t.Move(StatusAssigned, d.Now()); err != nil {
			return nil, err
		}
	}
	entry, err := d.record(ctx, tx, t, by(who, Entry{Kind: EntryAssigned, Text: reason, Data: map[string]string{"from": before.Name, "to": to.Name}}))
	if err != nil {
		return nil, err
	}
	text := d.group().T("topic.assigned", Args{"By": who.Name, "To": to.Name, "Reason": reason})
	if err := d.tellTopic(ctx, tx, t, fmt.Sprintf("assigned:%d", entry), text, openIDs(to)...); err != nil {
		return nil, err
	}
	if err := d.tellHolder(ctx, tx, t, conv, to, entry, "holder.assigned"); err != nil {
		return nil, err
	}
	if err := d.emergencyAssigned(ctx, tx, t, to, entry); err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}

// Reply sends a colleague's words and media to the customer.
func (d *Desk) Reply(ctx context.Context, tx Tx, who customers.Staff, id TicketID, said Said) (*Ticket, error) {
	if said.empty() {
		return nil, Refuse(CodeInvalid, "refuse.empty_reply", nil)
	}
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if t.Status.Over() {
		return nil, Refuse(CodeConflict, "refuse.over", Args{"Number": t.Number})
	}
	if err := d.startsWork(t, who); err != nil {
		return nil, err
	}
	said.Text = strings.TrimSpace(said.Text)
	if _, err := d.record(ctx, tx, t, by(who, said.entry(EntryReply))); err != nil {
		return nil, err
	}
	if err := d.oweReply(ctx, tx, who, t, conv, said); err != nil {
		return nil, err
	}
	if err := d.spoken(ctx, tx, t, who, said.Text, said.From); err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}

// startsWork moves a ticket on because a colleague acts on it; who acts on an unowned one has it.
func (d *Desk) startsWork(t *Ticket, who customers.Staff) error {
	if t.OwnerID == 0 && who.Serves() {
		t.OwnerID = who.ID
	}
	switch t.Status {
	case StatusNew, StatusAssigned, StatusReopened, StatusWaiting:
		return t.Move(StatusInProgress, d.Now())
	}
	return nil
}

// entry is what was said as a timeline entry.
func (s Said) entry(kind EntryKind) Entry {
	return Entry{Kind: kind, Text: s.Text, Platform: Feishu, RemoteID: s.From.Message, Attached: s.Media}
}

// oweReplyIn queues the parts of a reply in one conversation; the last one carries the source, which gets the echo.
func (d *Desk) oweReplyIn(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, conv *Conversation, said Said) error {
	var bodies []Body
	if said.Text != "" {
		text, err := d.signed(ctx, tx, who, t, conv, said.Text)
		if err != nil {
			return err
		}
		for _, part := range SplitText(text, MaxCustomerText) {
			bodies = append(bodies, Body{Text: part})
		}
	}
	for _, m := range said.Media {
		bodies = append(bodies, Body{Media: &m})
	}
	last := &bodies[len(bodies)-1]
	last.Sources = []RemoteID{said.From.Message}
	if said.From.Echo {
		last.Echo = last.Sources
	}
	for i, body := range bodies {
		out := toContact(conv, t.ID, UseReply, replyKey(said.From.Message)+fmt.Sprint(i), body)
		out.Urgency = urgencyOf(t)
		if err := d.Owe(ctx, tx, out); err != nil {
			return err
		}
	}
	return nil
}

// signed puts the speaker's name before his words, and the number when the contact has several open matters.
func (d *Desk) signed(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, conv *Conversation, text string) (string, error) {
	open, err := tx.FindTickets(ctx, Filter{ConversationID: conv.ID, Joined: true, Statuses: OpenStatuses, Limit: 2})
	if err != nil {
		return "", err
	}
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return "", err
	}
	if conv.ID != t.ConversationID { // somebody who joined
		if v.contact, err = tx.Contact(ctx, conv.ContactID); err != nil {
			return "", err
		}
	}
	key := "reply.signed"
	if len(open) > 1 {
		key = "reply.signed_number"
	}
	return d.toContact(v).T(key, Args{"Name": who.Name, "Number": t.Number}) + text, nil
}

// Note keeps internal words; they never leave.
func (d *Desk) Note(ctx context.Context, tx Tx, who customers.Staff, id TicketID, said Said) (*Ticket, int64, error) {
	if said.empty() {
		return nil, 0, Refuse(CodeInvalid, "refuse.empty_note", nil)
	}
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, 0, err
	}
	note := by(who, said.entry(EntryNote))
	note.Internal = true
	entry, err := d.record(ctx, tx, t, note)
	return t, entry, err
}

// maxSolutionInMenu is the most a msgmenu's head carries, in bytes, with room for the sentence around the solution.
const maxSolutionInMenu = 600

// Solution is what a colleague states when he proposes a matter as solved; fields besides the text are optional and kept in the timeline.
type Solution struct {
	Text   string
	Fields map[string]string
}

// Solve records the solution and asks the contact whether it helped.
func (d *Desk) Solve(ctx context.Context, tx Tx, who customers.Staff, id TicketID, s Solution, from Origin) (*Ticket, error) {
	solution := strings.TrimSpace(s.Text)
	if solution == "" {
		return nil, Refuse(CodeInvalid, "refuse.no_solution", nil)
	}
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if t.Status == StatusSolved {
		return nil, Refuse(CodeConflict, "refuse.solved_already", Args{"Number": t.Number})
	}
	if err := workable(t); err != nil {
		return nil, err
	}
	if err := d.childrenOver(ctx, tx, t); err != nil {
		return nil, err
	}
	if t.OwnerID == 0 && who.Serves() {
		t.OwnerID = who.ID
	}
	if err := t.Move(StatusSolved, d.Now()); err != nil {
		return nil, err
	}
	t.Solution = solution
	entry := by(who, Entry{Kind: EntrySolved, Text: solution, Data: s.Fields, Platform: Feishu, RemoteID: from.Message})
	if _, err := d.record(ctx, tx, t, entry); err != nil {
		return nil, err
	}
	if err := d.askSolved(ctx, tx, who, t, conv); err != nil {
		return nil, err
	}
	if err := d.spoken(ctx, tx, t, who, solution, from); err != nil {
		return nil, err
	}
	return t, d.change(ctx, tx, t)
}

// askSolved owes the question "solved?" as one menu; a long solution goes before it as text, with the same right to a place.
func (d *Desk) askSolved(ctx context.Context, tx Tx, who customers.Staff, t *Ticket, conv *Conversation) error {
	v, err := d.viewOf(ctx, tx, t)
	if err != nil {
		return err
	}
	say := d.toContact(v)
	round := fmt.Sprintf("%d:%d", t.ID, t.Reopened)
	headKey := "solved.head"
	if len(t.Solution) > maxSolutionInMenu {
		headKey = "solved.head_short"
		text := say.T("solved.text", Args{"Number": t.Number, "Owner": who.Name, "Solution": t.Solution})
		if err := d.tellContact(ctx, tx, conv, t.ID, UseConfirm, "solution:"+round, text); err != nil {
			return err
		}
	}
	menu := Menu{Head: say.T(headKey, Args{"Number": t.Number, "Owner": who.Name, "Solution": t.Solution}),
		Items: []MenuItem{
			{ID: fmt.Sprintf("confirm:%d:yes", t.ID), Text: say.T("word.solved")},
			{ID: fmt.Sprintf("confirm:%d:no", t.ID), Text: say.T("word.unsolved")},
		}, Tail: say.T("solved.tail", Args{"Hours": int(d.ConfirmAfter.Hours())})}
	if err := d.askContact(ctx, tx, conv, t.ID, UseConfirm, "confirm:"+round, AskConfirm, menu); err != nil {
		return err
	}
	return tx.SaveConversation(ctx, conv)
}

// Reopen takes a solved or finished ticket back to work.
func (d *Desk) Reopen(ctx context.Context, tx Tx, who customers.Staff, id TicketID, reason string) (*Ticket, error) {
	if strings.TrimSpace(reason) == "" {
		return nil, Refuse(CodeInvalid, "refuse.no_reason", Args{"Verb": Verb("reopen")})
	}
	t, conv, err := d.Lock(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if t.MergedInto != 0 {
		return nil, d.alreadyMerged(ctx, tx, t)
	}
	if !t.Status.CanMove(StatusReopened) {
		return nil, Refuse(CodeConflict, "refuse.open_already", Args{"Number": t.Number})
	}
	if err := d.reopen(ctx, tx, t, by(who, Entry{Kind: EntryReopened, Text: reason})); err != nil {
		return nil, err
	}
	conv.Current = t.ID
	if conv.AskedTicket == t.ID {
		conv.Answered()
	}
	return t, tx.SaveConversation(ctx, conv)
}
