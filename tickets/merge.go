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

// What merging and splitting leave on the timelines.
const (
	EntryMergedInto EntryKind = "merged_into" // on the ticket that was taken in
	EntryTookIn     EntryKind = "took_in"     // on the one that took it in
	EntryUnmerged   EntryKind = "unmerged"    // taken out again
	EntryGaveBack   EntryKind = "gave_back"   // on the one that had taken it in
	EntrySplitOff   EntryKind = "split_off"   // words became a ticket of their own
	EntrySplitFrom  EntryKind = "split_from"  // on that ticket
	EntryParent     EntryKind = "parent"
	EntryApart      EntryKind = "apart" // the contact says that it is not what a colleague reported
)

// MergeKind tells merging from splitting.
type MergeKind string

// The kinds.
const (
	MergeJoin  MergeKind = "merge"
	MergeSplit MergeKind = "split"
)

// Merge is one merging or splitting, kept so that it can be undone.
type Merge struct {
	ID       int64
	Kind     MergeKind
	TicketID TicketID // merge: the one that was taken in; split: the new one
	IntoID   TicketID // merge: the one that took it in; split: the one it came from
	StaffID  int64    // 0 = the contact himself
	At       time.Time
	UndoneAt time.Time
	Was      MergeWas
}

// MergeWas is what undoing brings back.
type MergeWas struct {
	// Status is that of the ticket that was taken in.
	Status Status `json:"status,omitempty"`
	// Carried had been merged into that ticket before and went with it.
	Carried []TicketID `json:"carried,omitempty"`
	// Before and After are how grave the other ticket was before the merge and because of it.
	Before Gravity `json:"before"`
	After  Gravity `json:"after"`
	// Entries are the words that a split moved.
	Entries []int64 `json:"entries,omitempty"`
}

// Gravity is what of a ticket grows when a graver one is merged into it.
type Gravity struct {
	Type     Type     `json:"type,omitempty"`
	Priority Priority `json:"priority,omitempty"`
	Urgent   bool     `json:"urgent,omitempty"`
}

func gravityOf(t *Ticket) Gravity { return Gravity{t.Type, t.Priority, t.Urgent} }

func (t *Ticket) weigh(g Gravity) { t.Type, t.Priority, t.Urgent = g.Type, g.Priority, g.Urgent }

// with is the graver of two matters that turn out to be one.
func (g Gravity) with(other Gravity) Gravity {
	g.Priority, g.Urgent = min(g.Priority, other.Priority), g.Urgent || other.Urgent
	if other.Type == TypeOutage {
		g.Type = TypeOutage
	}
	return g
}

// Merging keeps merges and splits that can be undone, and who belongs to whom.
type Merging interface {
	// Kin are the tickets that were merged into a ticket, its children, and theirs; lowest id first, without a lock.
	Kin(ctx context.Context, id TicketID) ([]*Ticket, error)
	// SaveMerge inserts when the ID is 0 and sets it.
	SaveMerge(ctx context.Context, m *Merge) error
	// LastMerge is the latest merge or split of a ticket that was not undone.
	LastMerge(ctx context.Context, id TicketID) (Merge, error)
}

var mergeTimers = map[TimerKind]firing{}

// Survivor is the ticket that took this one in, else this one. Chains are kept flat: one step leads to the end.
func (d *Desk) Survivor(ctx context.Context, tx Tx, t *Ticket) (*Ticket, error) {
	if t.MergedInto == 0 {
		return t, nil
	}
	return tx.Ticket(ctx, t.MergedInto)
}

// StateKey names the text of a ticket's state; what was merged is not merely cancelled.
func StateKey(t *Ticket) string {
	if t.MergedInto != 0 {
		return "state.merged"
	}
	return "state." + string(t.Status)
}

// lockTickets locks tickets, the lowest id first. Whoever changes several tickets at once locks in this order, after the one conversation
// that he changes: then of two who merge the same tickets one waits for the other, and a customer's words wait for both.
func lockTickets(ctx context.Context, tx Tx, ids ...TicketID) (map[TicketID]*Ticket, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	locked := map[TicketID]*Ticket{}
	for _, id := range slices.Compact(ids) {
		t, err := tx.LockTicket(ctx, id)
		if err != nil {
			return nil, err
		}
		locked[id] = t
	}
	return locked, nil
}

// Mergeable refuses what must not be merged and says why: only open matters of one customer are, for each hears what is said on the other.
func (d *Desk) Mergeable(ctx context.Context, tx Tx, a, b *Ticket) error {
	if a.ID == b.ID {
		return Refuse(CodeInvalid, "refuse.merge_self", Args{"Number": a.Number})
	}
	for _, t := range []*Ticket{a, b} {
		if t.MergedInto != 0 {
			return d.alreadyMerged(ctx, tx, t)
		}
		if !t.Status.Open() {
			return Refuse(CodeConflict, "refuse.merge_over", Args{"Number": t.Number, "State": t.Status})
		}
	}
	if (a.Type == TypeComplaint) != (b.Type == TypeComplaint) { // its words are not for everybody who works on the other
		return Refuse(CodeConflict, "refuse.merge_complaint", Args{"Number": a.Number, "Into": b.Number})
	}
	if a.CustomerID == b.CustomerID && (a.CustomerID != 0 || a.ContactID == b.ContactID) {
		return nil
	}
	names := make([]string, 0, 2)
	for _, t := range []*Ticket{a, b} {
		customer, _, err := d.customerOf(ctx, tx, t.CustomerID)
		if err != nil {
			return err
		}
		if customer.Name == "" {
			customer.Name = d.group().T("card.unbound")
		}
		names = append(names, customer.Name)
	}
	return Refuse(CodeConflict, "refuse.merge_customers", Args{"From": a.Number, "FromCustomer": names[0], "Into": b.Number, "IntoCustomer": names[1]})
}

func (d *Desk) alreadyMerged(ctx context.Context, tx Tx, t *Ticket) error {
	into, err := tx.Ticket(ctx, t.MergedInto)
	if err != nil {
		return err
	}
	return Refuse(CodeConflict, "refuse.merged", Args{"Number": t.Number, "Into": into.Number})
}

// Merge puts a ticket into another of the same customer: its number leads there from now on, its reporters hear what is said there, and what
// ran on it stops.
func (d *Desk) Merge(ctx context.Context, tx Tx, who customers.Staff, from, into TicketID) (a, b *Ticket, err error) {
	seen, err := tx.Ticket(ctx, from)
	if err != nil {
		return nil, nil, err
	}
	conv, err := tx.LockConversationByID(ctx, seen.ConversationID)
	if err != nil {
		return nil, nil, err
	}
	if a, b, err = d.merge(ctx, tx, conv, by(who, Entry{}), from, into); err != nil {
		return nil, nil, err
	}
	return a, b, tx.SaveConversation(ctx, conv)
}

// merge is Merge for anybody; conv is the locked conversation of the ticket that is taken in, which the caller saves.
func (d *Desk) merge(ctx context.Context, tx Tx, conv *Conversation, author Entry, from, into TicketID) (a, b *Ticket, err error) {
	locked, err := lockTickets(ctx, tx, from, into)
	if err != nil {
		return nil, nil, err
	}
	a, b = locked[from], locked[into]
	if err := d.Mergeable(ctx, tx, a, b); err != nil {
		return nil, nil, err
	}
	kin, err := tx.Kin(ctx, from)
	if err != nil {
		return nil, nil, err
	}
	before, err := d.reportersAmong(ctx, tx, a, kin)
	if err != nil {
		return nil, nil, err
	}
	m := Merge{Kind: MergeJoin, TicketID: from, IntoID: into, At: d.Now(), Was: MergeWas{Status: a.Status, Before: gravityOf(b)}}
	m.Was.After = m.Was.Before.with(gravityOf(a))
	if author.By == ByStaff {
		m.StaffID = author.AuthorID
	}
	if m.Was.Carried, err = d.carry(ctx, tx, kin, a, b); err != nil {
		return nil, nil, err
	}
	if err := tx.SaveMerge(ctx, &m); err != nil {
		return nil, nil, err
	}
	lane, err := d.running(ctx, tx, a)
	if err != nil {
		return nil, nil, err
	}
	if err := d.takeIn(ctx, tx, a, b, author); err != nil {
		return nil, nil, err
	}
	conv.leave(a.ID, b.ID)
	if err := d.weighAnew(ctx, tx, b, m.Was.After); err != nil {
		return nil, nil, err
	}
	if err := d.leadLane(ctx, tx, b, lane); err != nil {
		return nil, nil, err
	}
	if err := d.tellMerged(ctx, tx, &m, author.AuthorName, a, b); err != nil {
		return nil, nil, err
	}
	if err := d.tellTakenIn(ctx, tx, &m, a, b, before); err != nil {
		return nil, nil, err
	}
	return a, b, d.change(ctx, tx, b)
}

// carry leads those that were merged into a ticket on to the one that takes it in.
func (d *Desk) carry(ctx context.Context, tx Tx, kin []*Ticket, from, to *Ticket) (carried []TicketID, err error) {
	for _, k := range kin {
		if k.MergedInto != from.ID {
			continue
		}
		if k, err = tx.LockTicket(ctx, k.ID); err != nil {
			return nil, err
		}
		k.MergedInto = to.ID
		if err := d.change(ctx, tx, k); err != nil {
			return nil, err
		}
		carried = append(carried, k.ID)
	}
	return carried, nil
}

// takeIn ends a ticket as part of another; what follows its status stops.
func (d *Desk) takeIn(ctx context.Context, tx Tx, a, b *Ticket, author Entry) error {
	if err := a.Move(StatusCancelled, d.Now()); err != nil {
		return err
	}
	a.MergedInto = b.ID
	gone, came := author, author
	gone.Kind, gone.Data = EntryMergedInto, map[string]string{"to": b.Number}
	came.Kind, came.Data = EntryTookIn, map[string]string{"from": a.Number} // its words stay its own: undone, none of them is left here
	if _, err := d.record(ctx, tx, a, gone); err != nil {
		return err
	}
	if _, err := d.record(ctx, tx, b, came); err != nil {
		return err
	}
	if err := d.stopTimers(ctx, tx, a); err != nil {
		return err
	}
	return d.change(ctx, tx, a)
}

// leave forgets what the conversation had in mind about a ticket; further words belong to another (0: to none in particular).
func (c *Conversation) leave(t, to TicketID) {
	if c.Current == t {
		c.Current = to
	}
	if c.AskedTicket == t {
		c.Answered()
	}
}

// weighAnew makes a ticket as grave as stated; the caller saves it.
func (d *Desk) weighAnew(ctx context.Context, tx Tx, t *Ticket, g Gravity) error {
	if gravityOf(t) == g {
		return nil
	}
	was := *t
	t.weigh(g)
	return d.reclassed(ctx, tx, t, was)
}

// tellMerged says in both topics what became one.
func (d *Desk) tellMerged(ctx context.Context, tx Tx, m *Merge, byName string, a, b *Ticket) error {
	contact, err := tx.Contact(ctx, a.ContactID)
	if err != nil {
		return err
	}
	args := Args{"By": byName, "Number": a.Number, "Into": b.Number, "Name": contact.Name, "Words": a.LastWords}
	onA, onB := "topic.merged_into", "topic.took_in"
	if m.StaffID == 0 {
		onA, onB = "topic.joined_into", "topic.joined"
	}
	key := fmt.Sprintf("merged:%d", m.ID)
	if err := d.tellTopic(ctx, tx, a, key, d.group().T(onA, args)); err != nil {
		return err
	}
	return d.tellTopic(ctx, tx, b, key, d.group().T(onB, args))
}

// tellTakenIn tells those who reported a ticket where it goes on.
func (d *Desk) tellTakenIn(ctx context.Context, tx Tx, m *Merge, a, b *Ticket, reporters []Reporter) error {
	owner, err := d.staffOrNobody(ctx, tx, b.OwnerID)
	if err != nil {
		return err
	}
	key := "merged.told"
	if owner.ID == 0 {
		key = "merged.told_nobody"
	}
	return d.tellEach(ctx, tx, b, reporters, UseNotice, fmt.Sprintf("merged:%d", m.ID), func(say words.Locale, r Reporter) string {
		return say.T(key, Args{"Number": r.Number, "Into": b.Number, "Title": b.Title, "Owner": owner.Name})
	})
}

// mergeFollows tells those who joined that a solution was given; who opened the ticket is asked whether it helps.
func (d *Desk) mergeFollows(ctx context.Context, tx Tx, t *Ticket, _ Status) error {
	if t.Status != StatusSolved {
		return nil
	}
	all, err := d.reporters(ctx, tx, t)
	if err != nil || len(all) < 2 {
		return err
	}
	owner, err := d.staffOrNobody(ctx, tx, t.OwnerID)
	if err != nil {
		return err
	}
	return d.tellEach(ctx, tx, t, all[1:], UseNotice, fmt.Sprintf("joined_solved:%d:%d", t.ID, t.Reopened), func(say words.Locale, _ Reporter) string {
		return say.T("merged.solved", Args{"Number": t.Number, "Owner": owner.Name, "Solution": t.Solution, "Name": all[0].Contact.Name})
	})
}

// mergeLines are the card's lines about reporters, parents and merged tickets.
func (d *Desk) mergeLines(ctx context.Context, tx Tx, t *Ticket, v view, say words.Locale) ([]Line, error) {
	var lines []Line
	if t.MergedInto != 0 {
		into, err := tx.Ticket(ctx, t.MergedInto)
		if err != nil {
			return nil, err
		}
		return []Line{{Label: say.T("card.merged_into"), Text: into.Number + " " + into.Title}}, nil
	}
	kin, err := tx.Kin(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	if t.ParentID != 0 {
		parent, err := tx.Ticket(ctx, t.ParentID)
		if err != nil {
			return nil, err
		}
		lines = append(lines, Line{Label: say.T("card.parent"), Text: parent.Number + " " + parent.Title + " · " + say.T(StateKey(parent))})
	}
	var children, merged, names []string
	for _, k := range childrenAmong(kin, t) {
		children = append(children, k.Number+" "+say.T(StateKey(k)))
	}
	for _, k := range kin {
		if k.MergedInto == t.ID {
			merged = append(merged, k.Number)
		}
	}
	all, err := d.reportersAmong(ctx, tx, t, kin)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		names = append(names, r.Contact.Name+" "+r.Joined.In(d.zone(v.customer)).Format("01-02 15:04"))
	}
	for _, list := range []struct {
		key   string
		words []string
		least int
	}{{"card.children", children, 1}, {"card.took_in", merged, 1}, {"card.reporters", names, 2}} {
		if len(list.words) >= list.least {
			lines = append(lines, Line{Label: say.T(list.key), Text: strings.Join(list.words, say.T("list.comma"))})
		}
	}
	return lines, nil
}
