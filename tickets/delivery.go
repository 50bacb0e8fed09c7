package tickets

import "time"

// Lane is a queue in which order is kept: a Feishu topic, a direct chat, a WeCom conversation.
type Lane string

// Use says what a delivery is for. For WeCom it decides which places of the sending window it may take; for Feishu how it is sent.
type Use string

// Uses towards the customer (WeCom), then towards the staff (Feishu).
const (
	UseReply    Use = "reply"    // a person's words: may be merged, waits when places run short
	UseNotice   Use = "notice"   // the desk's own word that matters (number, owner, state): as reply, never merged
	UseAnswer   Use = "answer"   // answer to the contact's own word or tap: tried even on an uncertain window, dropped when refused
	UseConfirm  Use = "confirm"  // "solved?": holds one of the two reserved places
	UseSurvey   Use = "survey"   // rating: holds the other
	UseCourtesy Use = "courtesy" // thanks: left out when places are short
	UseRetake   Use = "retake"   // takes the session back from a human servicer
	UseWelcome  Use = "welcome"  // by welcome code, outside the window, within 20 s

	UseTicketCard Use = "ticket_card" // first appearance of the live card: the topic's root
	UseCardEdit   Use = "card_edit"   // the live card as it is now
	UseTopic      Use = "topic"       // said in the ticket's topic
	UseDirect     Use = "direct"      // direct chat with one staff member
	UseChat       Use = "chat"        // said in a group, as answer to a message when Target is set
	UseReaction   Use = "reaction"    // emoji on Target
)

// Urgency orders lanes that wait for the same resource.
type Urgency int

// Urgencies, most urgent first.
const (
	UrgencyEmergency Urgency = iota
	UrgencyInteractive
	UrgencyCare
)

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states. Only pending ones are work; held ones wait for the customer to write.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryHeld      DeliveryState = "held"
	DeliverySent      DeliveryState = "sent"
	DeliveryFailed    DeliveryState = "failed"    // buried, the engineer was told
	DeliveryMerged    DeliveryState = "merged"    // went out as part of another row
	DeliveryCancelled DeliveryState = "cancelled" // overtaken by events
	DeliveryUnknown   DeliveryState = "unknown"   // nobody can say whether it arrived; never repeated blindly
)

// MenuItem is one tappable line of a WeCom menu; what is tapped comes back as a text with this id.
type MenuItem struct {
	ID   string `json:"id"`
	Text string `json:"text"`
}

// Menu is a question with tappable answers.
type Menu struct {
	Head  string     `json:"head,omitempty"`
	Items []MenuItem `json:"items"`
	Tail  string     `json:"tail,omitempty"`
}

// Body is the stored content of a delivery. Ticket cards have none: they are rendered from the ticket when they leave.
type Body struct {
	Text     string      `json:"text,omitempty"`
	Menu     *Menu       `json:"menu,omitempty"`
	Card     *Card       `json:"card,omitempty"`
	Media    *Attachment `json:"media,omitempty"`
	Mentions []RemoteID  `json:"mentions,omitempty"`
	Emoji    string      `json:"emoji,omitempty"`
	Ring     *Ring       `json:"ring,omitempty"` // UseBuzz
	// Code is a welcome code.
	Code string `json:"code,omitempty"`
	// Sources are the engineers' messages whose words these are; those in Echo get the sign of what became of them.
	Sources []RemoteID `json:"sources,omitempty"`
	Echo    []RemoteID `json:"echo,omitempty"`
}

// Delivery is one thing we owe to somebody: a row of the outbox.
type Delivery struct {
	ID    int64
	Lane  Lane
	Key   string // unique, made from the cause: the same cause owes once
	Use   Use
	State DeliveryState

	TicketID       TicketID
	ConversationID int64    // towards the customer
	StaffID        int64    // UseDirect
	Chat           RemoteID // UseChat, UseReaction
	Target         RemoteID // message answered, edited or reacted to
	Body           Body
	Urgency        Urgency

	// ExpiresAt is the moment (clock time) after which it is no longer worth sending; zero = never.
	ExpiresAt time.Time
	CreatedAt time.Time // clock time
	// QueuedAt and NextAt are machine time: lingering and back-off.
	QueuedAt time.Time
	NextAt   time.Time
	Attempts int
	// FirstTry (clock time) is the first attempt that may have arrived although nobody knows: a platform's idempotency key lives from there.
	// Doubted says that it was not the present attempt.
	FirstTry  time.Time
	Doubted   bool
	RemoteID  RemoteID // what the platform called it
	LastError string
	MergedIn  int64
}

// Address is where a delivery goes.
type Address struct {
	Platform Platform
	Channel  RemoteID // open_kfid or chat_id
	Peer     RemoteID // external_userid or open_id
	Topic    RemoteID // root message of a Feishu topic
}

// Outgoing is a delivery ready for its platform.
type Outgoing struct {
	// Key derives from the outbox row: at most 32 characters of [0-9A-Za-z_-]. A repeat with the same key must not arrive twice.
	Key     string
	Use     Use
	To      Address
	Urgency Urgency
	Target  RemoteID
	Body
}

// Receipt is what the platform said when it took a message.
type Receipt struct {
	RemoteID RemoteID
	// Code allows one more message to a contact whose session was ended (UseRetake).
	Code string
}
