package tickets

import (
	"context"
	"slices"
	"time"

	"servicedesk/customers"
	"servicedesk/words"
)

const (
	// rungPace lies between two rungs of the ladder, and before the first when the owner is asked alone.
	rungPace = time.Minute
	// cyclePause lies between the end of the ladder and its new beginning.
	cyclePause = 5 * time.Minute
	// updatePace is the longest silence towards the contacts in an emergency, round the clock.
	updatePace = 30 * time.Minute
	// reviewDays is how many working days the review may take before it is asked for again.
	reviewDays = 2
)

// Emergency is the lane of one ticket whose matter cannot wait: who was called, who has it, what was promised. The ticket's lock guards it.
type Emergency struct {
	ID       int64
	TicketID TicketID
	// StartedBy is who set it off, by name; Text is what stands still.
	StartedBy string
	Text      string

	// Cycle counts the walks up the ladder. CalleeID is who is being called, by Buzz; Tried are the responders called in this cycle.
	Cycle    int
	CalleeID int64
	Buzz     Buzz
	Tried    []int64
	// Called are all who were called since the start: they may acknowledge. HolderID is who did; 0 = nobody yet.
	Called   []int64
	HolderID int64

	RoomID  int64
	Summary string
	// Cause and Actions are what the review found.
	Cause   string
	Actions string

	StartedAt  time.Time // UTC, as all times
	RungAt     time.Time // when the next rung is due
	AckedAt    time.Time
	NextAt     time.Time // the next word that the contacts were promised
	EndedAt    time.Time
	ReviewedAt time.Time
}

// Running reports whether it is not over yet.
func (e *Emergency) Running() bool { return e.EndedAt.IsZero() }

// Concerns reports whether a colleague has it, or is called to it as long as nobody has.
func (e *Emergency) Concerns(staff int64) bool {
	if e.HolderID != 0 {
		return e.HolderID == staff
	}
	return slices.Contains(e.Called, staff)
}

// Emergencies keeps the emergency lane: who was called, who has it, the rooms, the consultations.
type Emergencies interface {
	// SaveEmergency inserts when the ID is 0 and sets it; a ticket has at most one that runs.
	SaveEmergency(ctx context.Context, e *Emergency) error
	Emergency(ctx context.Context, id int64) (*Emergency, error)
	// EmergencyOf is the latest of a ticket, running or not.
	EmergencyOf(ctx context.Context, id TicketID) (*Emergency, error)
	RunningEmergencies(ctx context.Context) ([]*Emergency, error)

	// SaveRoom inserts when the ID is 0 and sets it; whoever changes a room locks it.
	SaveRoom(ctx context.Context, r *Room) error
	Room(ctx context.Context, id int64) (*Room, error)
	LockRoom(ctx context.Context, id int64) (*Room, error)
	// OpenRooms are the chats of rooms that were not dissolved, the latest first.
	OpenRooms(ctx context.Context, limit int) ([]RemoteID, error)
	RoomByChat(ctx context.Context, chat RemoteID) (*Room, error)

	SaveConsult(ctx context.Context, c *Consult) error
	Consult(ctx context.Context, id int64) (*Consult, error)
	// OpenConsults are those of a ticket whose minutes are due.
	OpenConsults(ctx context.Context, id TicketID) ([]*Consult, error)

	// DeliveryByKey finds a row of the outbox by its whole key.
	DeliveryByKey(ctx context.Context, key string) (*Delivery, error)
	// CustomerContacts are the contacts of a customer, the oldest first.
	CustomerContacts(ctx context.Context, customerID int64) ([]customers.Contact, error)
	// LockConversationOf locks the contact's latest conversation; one is made for the peer when he never wrote.
	LockConversationOf(ctx context.Context, contactID int64, peer RemoteID) (*Conversation, error)
}

// Entry kinds of the emergency lane.
const (
	EntryEmergency  EntryKind = "emergency"
	EntryCalled     EntryKind = "called"
	EntryCallFailed EntryKind = "call_failed"
	EntryTaken      EntryKind = "taken"
	EntryStoodDown  EntryKind = "stood_down"
	EntryConsulted  EntryKind = "consulted"
	EntryMinutes    EntryKind = "minutes"
	EntryReviewed   EntryKind = "reviewed"
)

// Uses of words to the contacts in an emergency. Those that matter ask for a reply when places run short, and become a call when there is none.
const (
	UseProgress Use = "progress" // a person's update: may take the last place, for who waits for it will write when it is solved
	UseUpdate   Use = "update"   // the desk's own: a name, "still calling"; it may take the survey's place
	UseLull     Use = "lull"     // nothing new yet: only while places abound
)

// Timer kinds of the emergency lane. Subjects are emergencies, but for TimerAlike (ticket) and TimerMinutes (consultation).
const (
	TimerRung    TimerKind = "emergency_rung"
	TimerNamed   TimerKind = "emergency_named"  // by now the contacts have a name, or an honest word
	TimerUpdate  TimerKind = "emergency_update" // the next word to the contacts is due
	TimerReview  TimerKind = "emergency_review"
	TimerAlike   TimerKind = "emergency_alike" // a like report of a running outage was not joined to it
	TimerMinutes TimerKind = "consult_minutes"
)

var emergencyTimers = map[TimerKind]firing{
	TimerRung: onEmergency(func(ctx context.Context, d *Desk, tx Tx, t *Ticket, e *Emergency) error {
		if e.HolderID != 0 || e.RungAt.After(d.Now()) { // a later rung was set meanwhile
			return nil
		}
		return d.rung(ctx, tx, t, e)
	}),
	TimerNamed: onEmergency(func(ctx context.Context, d *Desk, tx Tx, t *Ticket, e *Emergency) error {
		return d.updateDue(ctx, tx, t, e)
	}),
	TimerUpdate: onEmergency(func(ctx context.Context, d *Desk, tx Tx, t *Ticket, e *Emergency) error {
		return d.updateDue(ctx, tx, t, e)
	}),
	TimerReview: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.reviewDue(ctx, tx, timer.Subject)
	},
	TimerAlike: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.stillAlone(ctx, tx, TicketID(timer.Subject))
	},
	TimerMinutes: func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		return d.minutesDue(ctx, tx, timer.Subject)
	},
}

var emergencyTaps = map[string]tap{}

// onEmergency locks the matter of a running emergency; of one that is over nothing is left to do.
func onEmergency(act func(ctx context.Context, d *Desk, tx Tx, t *Ticket, e *Emergency) error) firing {
	return func(ctx context.Context, d *Desk, tx Tx, timer Timer) error {
		t, e, err := d.lockEmergency(ctx, tx, timer.Subject)
		if err != nil || !e.Running() {
			return err
		}
		return act(ctx, d, tx, t, e)
	}
}

// lockEmergency locks the matter, then reads the emergency.
func (d *Desk) lockEmergency(ctx context.Context, tx Tx, id int64) (*Ticket, *Emergency, error) {
	seen, err := tx.Emergency(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	t, _, err := d.Lock(ctx, tx, seen.TicketID)
	if err != nil {
		return nil, nil, err
	}
	e, err := tx.Emergency(ctx, id)
	return t, e, err
}

// running is the ticket's emergency that is not over; nil: there is none. A ticket in an emergency is urgent.
func (d *Desk) running(ctx context.Context, tx Tx, t *Ticket) (*Emergency, error) {
	if !t.Urgent {
		return nil, nil
	}
	e, err := tx.EmergencyOf(ctx, t.ID)
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil || !e.Running() {
		return nil, err
	}
	return e, nil
}

// emergencyOpened starts the lane for a ticket that is born as an outage or as urgent. An outage reported while another one of the same
// customer is fresh may be the same: then it waits a minute for the contact's answer, and those at work hear of it at once.
func (d *Desk) emergencyOpened(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	if !t.Urgent && t.Type != TypeOutage {
		return nil
	}
	if !t.Urgent {
		other, err := d.freshEmergency(ctx, tx, t)
		if err != nil {
			return err
		}
		if other != nil {
			text := d.group().T("room.alike", Args{"Number": t.Number, "Name": w.contact.Name, "Words": t.LastWords})
			if err := d.sayInRoom(ctx, tx, other.RoomID, "alike:"+t.Number, text); err != nil {
				return err
			}
			return tx.SetTimer(ctx, Timer{Kind: TimerAlike, Subject: int64(t.ID), DueAt: d.Now().Add(rungPace), Urgency: UrgencyEmergency})
		}
	}
	text := t.LastWords
	if w.title != "" {
		text = w.title
	}
	by := w.contact.Name
	if !t.Urgent { // taken for an outage by its words: he did not ask for the lane
		by = d.group().T("desk.name")
	}
	return d.startEmergency(ctx, tx, t, cry{by: by, text: text, answered: true})
}

// freshEmergency is another running emergency of the ticket's customer that began within half an hour; nil: there is none.
func (d *Desk) freshEmergency(ctx context.Context, tx Tx, t *Ticket) (*Emergency, error) {
	if t.CustomerID == 0 {
		return nil, nil
	}
	all, err := tx.RunningEmergencies(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		if e.TicketID == t.ID || d.Now().After(e.StartedAt.Add(updatePace)) {
			continue
		}
		other, err := tx.Ticket(ctx, e.TicketID)
		if err != nil || other.CustomerID == t.CustomerID {
			return e, err
		}
	}
	return nil, nil
}

// stillAlone starts the lane of an outage that nobody joined to the running one.
func (d *Desk) stillAlone(ctx context.Context, tx Tx, id TicketID) error {
	t, _, err := d.Lock(ctx, tx, id)
	if err != nil || !t.Status.Open() || t.Status == StatusSolved || t.MergedInto != 0 || t.Type != TypeOutage {
		return err
	}
	contact, err := tx.Contact(ctx, t.ContactID)
	if err != nil {
		return err
	}
	return d.startEmergency(ctx, tx, t, cry{by: contact.Name, text: t.LastWords})
}

// emergencyHeard lets those at work hear what the customer says.
func (d *Desk) emergencyHeard(ctx context.Context, tx Tx, w *told, t *Ticket) error {
	e, err := d.running(ctx, tx, t)
	if err != nil || e == nil {
		return err
	}
	return d.sayInRoom(ctx, tx, e.RoomID, "words:"+string(w.in.ID), d.quote(w.contact.Name, d.readable(w)))
}

// emergencySpoken: the affected contacts heard something; the next update is due later.
func (d *Desk) emergencySpoken(ctx context.Context, tx Tx, t *Ticket, who customers.Staff) error {
	e, err := d.running(ctx, tx, t)
	if err != nil || e == nil {
		return err
	}
	if e.HolderID == 0 && e.Concerns(who.ID) && t.Status != StatusSolved { // who was called and speaks to the customer has it
		if err := d.take(ctx, tx, t, e, who); err != nil {
			return err
		}
	}
	return d.promiseUpdate(ctx, tx, e)
}

// emergencyFollows ends the lane with the ticket, and starts it anew when the outage is back.
func (d *Desk) emergencyFollows(ctx context.Context, tx Tx, t *Ticket, from Status) error {
	back := from == StatusCancelled && t.Urgent && t.Status.Open() && t.Status != StatusSolved // a merge was undone
	if back || t.Status == StatusReopened && (t.Urgent || t.Type == TypeOutage) {
		return d.startEmergency(ctx, tx, t, cry{by: d.group().T("desk.name"), text: t.LastWords, answered: true})
	}
	if t.Status != StatusSolved && t.Status.Open() && t.MergedInto == 0 {
		return nil
	}
	e, err := d.running(ctx, tx, t)
	if err != nil || e == nil {
		return err
	}
	text := d.group().T("room.over", Args{"Number": t.Number, "State": d.group().T("state." + string(t.Status))})
	if err := d.endEmergency(ctx, tx, e, "over", Card{Title: text, Colour: ColourSolved, Summary: text}); err != nil {
		return err
	}
	if t.Status != StatusSolved {
		return nil
	}
	return d.askReview(ctx, tx, t, e)
}

// leadLane goes on with the emergency of a ticket that was taken in, on the one that took it in, with whoever had it.
func (d *Desk) leadLane(ctx context.Context, tx Tx, t *Ticket, lane *Emergency) error {
	if lane == nil || t.Status == StatusSolved {
		return nil
	}
	if err := d.startEmergency(ctx, tx, t, cry{by: lane.StartedBy, text: lane.Text, answered: true}); err != nil {
		return err
	}
	e, err := d.running(ctx, tx, t)
	if err != nil || e == nil || e.HolderID != 0 || lane.HolderID == 0 {
		return err
	}
	holder, err := d.staffOrNobody(ctx, tx, lane.HolderID)
	if err != nil || !holder.Active {
		return err
	}
	return d.take(ctx, tx, t, e, holder)
}

// emergencyReclassed starts the lane when a ticket becomes an outage.
func (d *Desk) emergencyReclassed(ctx context.Context, tx Tx, t *Ticket, was Ticket) error {
	if t.Type != TypeOutage || was.Type == TypeOutage || !t.Status.Open() || t.Status == StatusSolved {
		return nil
	}
	// Whoever changes the type tells the contact so.
	return d.startEmergency(ctx, tx, t, cry{by: d.group().T("desk.name"), text: t.LastWords, answered: true})
}

// emergencyLines are the card's lines about a running emergency.
func (d *Desk) emergencyLines(ctx context.Context, tx Tx, t *Ticket, v view, say words.Locale) ([]Line, error) {
	e, err := d.running(ctx, tx, t)
	if err != nil || e == nil {
		return nil, err
	}
	state, err := d.emergencyState(ctx, tx, e, v, say)
	return []Line{{Label: say.T("emergency.label"), Text: state}}, err
}

// emergencyState says in one line who has it or who is being called, and when the customer hears again.
func (d *Desk) emergencyState(ctx context.Context, tx Tx, e *Emergency, v view, say words.Locale) (string, error) {
	args := Args{"Next": d.byClock(e.NextAt, v.customer)}
	if e.HolderID != 0 {
		holder, err := d.staffOrNobody(ctx, tx, e.HolderID)
		args["Name"], args["At"] = holder.Name, d.byClock(e.AckedAt, v.customer)
		return say.T("emergency.held", args), err
	}
	callee, err := d.staffOrNobody(ctx, tx, e.CalleeID)
	if err != nil {
		return "", err
	}
	if callee.ID == 0 {
		return say.T("emergency.between", Args{"At": d.byClock(e.RungAt, v.customer)}), nil
	}
	return say.T("emergency.ringing", Args{"Name": callee.Name, "How": say.T("buzz." + string(e.Buzz))}), nil
}

// byClock writes a moment as hh:mm in the customer's zone, with the day when it is another one; a dash for none.
func (d *Desk) byClock(at time.Time, c customers.Customer) string {
	if at.IsZero() {
		return "–"
	}
	at = at.In(d.zone(c))
	if at.Format(time.DateOnly) != d.Now().In(at.Location()).Format(time.DateOnly) {
		return at.Format("01-02 15:04")
	}
	return at.Format("15:04")
}

// with adds an id once.
func with(ids []int64, id int64) []int64 {
	if id == 0 || slices.Contains(ids, id) {
		return ids
	}
	return append(ids, id)
}
