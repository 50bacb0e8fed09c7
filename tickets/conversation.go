package tickets

import "time"

// Question is what the desk last asked a contact; a bare number answers the latest one.
type Question string

// The questions.
const (
	AskNone    Question = ""
	AskWhich   Question = "which"   // which of several open matters are the kept words about?
	AskConfirm Question = "confirm" // solved?
	AskRating  Question = "rating"  // 1–5
	AskUrgent  Question = "urgent"  // really urgent?
	AskStopped Question = "stopped" // what stands still? the next words answer
	AskMatter  Question = "matter"  // the next words open another ticket
	AskManager Question = "manager" // the next words go to the product manager
	AskLeader  Question = "leader"  // the next words go to the leader
	AskSame    Question = "same"    // is it the same as what a colleague reported?
)

// Conversation is one contact's chat with one kf account, and the ledger of what may still be sent in it.
type Conversation struct {
	ID        int64
	Account   RemoteID // open_kfid
	Peer      RemoteID // external_userid
	ContactID int64
	// Current is the ticket to which further words belong; 0 = none.
	Current TicketID

	// Asked is the latest open question, about AskedTicket, since AskedAt.
	Asked       Question
	AskedTicket TicketID
	AskedAt     time.Time
	// AskedEntry is the timeline entry kept on the latest ticket while the contact is asked which one he meant, and the colleague's ticket
	// while he is asked whether his is the same.
	AskedEntry int64

	// Module is that of the link by which he came in last; empty = none.
	Module string
	Window Window
	Hold   Hold
}

// Ask remembers a question as the latest open one.
func (c *Conversation) Ask(q Question, t TicketID, now time.Time) {
	c.Asked, c.AskedTicket, c.AskedAt = q, t, now
}

// Answered forgets the open question.
func (c *Conversation) Answered() {
	c.Asked, c.AskedTicket, c.AskedAt, c.AskedEntry = AskNone, 0, time.Time{}, 0
}

// Lane is the conversation's outgoing lane.
func (c *Conversation) Lane() Lane { return CustomerLane(c.ID) }
