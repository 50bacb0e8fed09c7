package tickets

import (
	"context"
	"time"

	"servicedesk/customers"
)

// Store opens transactions. After the commit it wakes the lanes and timers the transaction touched.
type Store interface {
	// InTx runs f in one transaction; an error or panic of f rolls everything back. Serialization failures are retried.
	InTx(ctx context.Context, f func(context.Context, Tx) error) error
}

// Tx is one transaction: the only way to write. All lookups answer ErrNotFound when there is nothing; unique violations answer ErrConflict.
type Tx interface {
	People
	Conversations
	Tickets
	Outbox
	Timers
	Entrances
	Records
	Presence
	Routing
	Clocks
	Gates
	Emergencies
	Supervision
	Merging
	// MarkSeen remembers a platform's event id as handled; first is false when it was known already.
	MarkSeen(ctx context.Context, p Platform, key string) (first bool, err error)
}

// People reads and keeps customers, contacts and staff.
type People interface {
	Customer(ctx context.Context, id int64) (customers.Customer, error)
	// Customers are all known customers by code.
	Customers(ctx context.Context) ([]customers.Customer, error)
	// FindCustomer knows a code or a name.
	FindCustomer(ctx context.Context, codeOrName string) (customers.Customer, error)
	Team(ctx context.Context, customerID int64) (customers.Team, error)
	Contact(ctx context.Context, id int64) (customers.Contact, error)
	ContactByWeCom(ctx context.Context, externalID RemoteID) (customers.Contact, error)
	// FindContacts are the contacts with that name, unbound ones first.
	FindContacts(ctx context.Context, name string) ([]customers.Contact, error)
	// SaveContact inserts when the ID is 0 and sets it.
	SaveContact(ctx context.Context, c *customers.Contact) error
	Staff(ctx context.Context, id int64) (customers.Staff, error)
	StaffByOpenID(ctx context.Context, openID RemoteID) (customers.Staff, error)
	// FindStaff are the active colleagues with that name.
	FindStaff(ctx context.Context, name string) ([]customers.Staff, error)
	// AllStaff are the active colleagues in the order of the directory.
	AllStaff(ctx context.Context) ([]customers.Staff, error)
}

// Conversations keeps the chats with contacts.
type Conversations interface {
	// LockConversation finds or creates the conversation and keeps others from changing it until the transaction ends.
	LockConversation(ctx context.Context, account, peer RemoteID) (*Conversation, error)
	LockConversationByID(ctx context.Context, id int64) (*Conversation, error)
	// Conversation reads without a lock.
	Conversation(ctx context.Context, id int64) (*Conversation, error)
	SaveConversation(ctx context.Context, c *Conversation) error
}

// Filter selects tickets; zero fields do not select.
type Filter struct {
	CustomerID     int64
	ContactID      int64
	ConversationID int64
	// Joined adds to those of a contact or a conversation the tickets that took one of theirs in.
	Joined      bool
	OwnerID     int64
	Statuses    []Status
	OpenedAfter time.Time
	// Words must each occur in number, title, words, or solution.
	Words []string
	Limit int
}

// Tickets keeps tickets and their timelines.
type Tickets interface {
	// NextNumber counts the customer's tickets on and gives the next number; customer 0 gives NEW-….
	NextNumber(ctx context.Context, customerID int64) (string, error)
	// Ticket reads without a lock: to look, or to learn the conversation that is locked before the ticket.
	Ticket(ctx context.Context, id TicketID) (*Ticket, error)
	LockTicket(ctx context.Context, id TicketID) (*Ticket, error)
	// LockMatter locks a ticket's conversation, then the ticket.
	LockMatter(ctx context.Context, id TicketID) (*Ticket, *Conversation, error)
	// TicketByNumber knows every number a ticket ever had.
	TicketByNumber(ctx context.Context, number string) (*Ticket, error)
	// TicketByCard finds the ticket whose topic the card heads or once headed.
	TicketByCard(ctx context.Context, card RemoteID) (*Ticket, error)
	// KeepCard remembers a card that headed the ticket's topic until now.
	KeepCard(ctx context.Context, id TicketID, card RemoteID) error
	// FindTickets answers urgent ones first, then the newest.
	FindTickets(ctx context.Context, f Filter) ([]*Ticket, error)
	// SaveTicket inserts when the ID is 0 and sets it; the number becomes one of its numbers.
	SaveTicket(ctx context.Context, t *Ticket) error
	AddEntry(ctx context.Context, e *Entry) error
	// Entries is the timeline, oldest first; limit 0 = all, else the latest so many.
	Entries(ctx context.Context, id TicketID, limit int) ([]Entry, error)
	EntryByRemote(ctx context.Context, p Platform, id RemoteID) (*Entry, error)
	// MoveEntry puts an entry on another ticket.
	MoveEntry(ctx context.Context, entryID int64, to TicketID) error
}

// Outbox keeps what we owe.
type Outbox interface {
	// Enqueue adds a delivery as pending; one with the same key is there already: nothing happens. The lane is woken after the commit.
	Enqueue(ctx context.Context, d *Delivery) error
	LockDelivery(ctx context.Context, id int64) (*Delivery, error)
	// SaveDelivery writes state, target, times, attempts, remote id, error and body.
	SaveDelivery(ctx context.Context, d *Delivery) error
	// Waiting are the pending and held deliveries of a lane in order.
	Waiting(ctx context.Context, lane Lane) ([]*Delivery, error)
	// Release turns the lane's held deliveries into pending ones, due at once.
	Release(ctx context.Context, lane Lane) error
	// DeliveryByRemote finds what became a platform's message.
	DeliveryByRemote(ctx context.Context, p Platform, id RemoteID) (*Delivery, error)
	// DeliveryBySource finds the first delivery whose words came from that engineer's message.
	DeliveryBySource(ctx context.Context, source RemoteID) (*Delivery, error)
	// CardUnderWay reports whether a ticket's card was sent into that chat and what became of it is not known yet.
	CardUnderWay(ctx context.Context, chat RemoteID) (bool, error)
}

// Timers keeps deadlines.
type Timers interface {
	// SetTimer arms (or re-arms) the timer of that kind and subject.
	SetTimer(ctx context.Context, t Timer) error
	// EnsureTimer arms the timer of that kind and subject unless it is armed already.
	EnsureTimer(ctx context.Context, t Timer) error
	CancelTimer(ctx context.Context, kind TimerKind, subject int64) error
	// TakeTimer disarms a timer that is armed and due at now, and gives it; ErrNotFound when it is not (early, stale or doubled nudge).
	TakeTimer(ctx context.Context, id TimerID, now time.Time) (Timer, error)
}

// Waker rings the bell after a commit: hints only, nothing depends on their arrival.
type Waker interface {
	WakeLane(lane Lane)
	WakeTimer(id TimerID, due time.Time)
}
