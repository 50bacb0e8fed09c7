package tickets

import "time"

// Platform names a chat platform.
type Platform string

// The platforms.
const (
	WeCom  Platform = "wecom"
	Feishu Platform = "feishu"
)

// RemoteID is an id of a platform; only that platform's package looks inside.
type RemoteID string

// Kind is what sort of thing was said.
type Kind string

// Kinds of inbound things. Everything the desk does not know arrives as KindOther with a readable placeholder in Text.
const (
	KindText    Kind = "text"
	KindImage   Kind = "image"
	KindFile    Kind = "file" // file, voice and video
	KindEnter   Kind = "enter"
	KindRecall  Kind = "recall"
	KindFail    Kind = "fail"    // the platform says that an earlier message was not delivered
	KindSession Kind = "session" // a human servicer took or ended the session
	KindJoined  Kind = "joined"  // the bot was added to a group
	KindLeft    Kind = "left"    // the bot was removed from a group
	KindOther   Kind = "other"
)

// Attachment is a media item. Remote is the platform's id; Key the desk's own file once it was copied.
type Attachment struct {
	Remote RemoteID `json:"remote,omitempty"`
	Key    string   `json:"key,omitempty"`
	Name   string   `json:"name,omitempty"`
	Image  bool     `json:"image,omitempty"`
	// Lost is set when the platform no longer had it; the message then carries a placeholder.
	Lost bool `json:"lost,omitempty"`
}

// Inbound is one thing that a platform told us, in neutral form.
type Inbound struct {
	Platform Platform
	ID       RemoteID // the message's id; for events the event's id
	Kind     Kind
	// Channel is the WeCom kf account (open_kfid) or the Feishu chat.
	Channel RemoteID
	// Author is the contact (external_userid) or the staff member (open_id).
	Author RemoteID
	// AuthorName is how the platform calls a contact seen for the first time; empty otherwise.
	AuthorName string
	// Direct is true in a Feishu direct chat with the bot.
	Direct bool
	// Root is the message that heads the Feishu topic, empty outside topics.
	Root RemoteID
	// Text holds the words, mentions of the desk removed and other mentions written as @name.
	Text string
	// Clicked is the id of a WeCom menu item; empty for typed words.
	Clicked string
	// ToDesk: the desk itself was @-mentioned. Mentions: the other people mentioned (open_ids).
	ToDesk   bool
	Mentions []RemoteID
	Attached []Attachment
	// Target is the message that a recall, failure or edit speaks of.
	Target RemoteID
	// FailType is the platform's number of a KindFail (WeCom fail_type).
	FailType int
	// WelcomeCode allows one welcome within 20 s (KindEnter). Scene and SceneParam come from the contact link.
	WelcomeCode       string
	Scene, SceneParam string
	// Session and Holder (a servicer's userid) say what a KindSession changed; WelcomeCode then allows one message after the session's end.
	Session SessionChange
	Holder  RemoteID
	// Servicer is true when a human servicer said it in the WeCom client.
	Servicer bool
	At       time.Time
}

// Action is a press on a card's button or a submitted form.
type Action struct {
	Key    string   // the platform's event id: the same action acts once
	Actor  RemoteID // open_id; rights follow from it, never from what the button carries
	Chat   RemoteID
	Card   RemoteID // message that holds the card
	Verb   string
	Ticket TicketID
	// Fields are the form's inputs and the button's own arguments, by name.
	Fields map[string]string
	At     time.Time
}

// Answer is what the presser sees at once. Level is info, success, warning or error.
type Answer struct {
	Level string
	Text  string
}
