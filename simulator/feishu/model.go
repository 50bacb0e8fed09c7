package feishu

import (
	"slices"
	"time"
)

// app is the one application installed in the simulated tenant, with its bot.
type app struct {
	ID                string `json:"id"`
	Secret            string `json:"secret"`
	VerificationToken string `json:"verification_token"`
	EncryptKey        string `json:"encrypt_key"`
	TenantKey         string `json:"tenant_key"`
	BotOpenID         string `json:"bot_open_id"`
	BotName           string `json:"bot_name"`
}

// user is a colleague of the tenant. Away says why the bot cannot reach him: "" when it can.
type user struct {
	OpenID  string `json:"open_id"`
	UnionID string `json:"union_id"`
	UserID  string `json:"user_id"`
	Name    string `json:"name"`
	Mobile  string `json:"mobile,omitempty"`
	Email   string `json:"email"`
	Away    string `json:"away,omitempty"`
}

// Reasons why a user cannot be reached.
const (
	awayOutside  = "outside"  // not in the range to which the app is offered
	awayResigned = "resigned" // has left the company
	awayStopped  = "stopped"  // has stopped the bot
)

// chat is a group or a user's direct chat with the bot.
type chat struct {
	ID          string            `json:"id"`
	Mode        string            `json:"mode"` // "group" or "p2p"
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Owner       string            `json:"owner,omitempty"` // open_id; empty when the bot owns it
	Managers    []string          `json:"managers,omitempty"`
	BotManages  bool              `json:"bot_manages,omitempty"`
	BotIn       bool              `json:"bot_in"`
	MadeByBot   bool              `json:"made_by_bot,omitempty"`
	Members     []string          `json:"members"` // open_ids of people; the bot is not among them
	Settings    map[string]string `json:"settings,omitempty"`
	Disbanded   bool              `json:"disbanded,omitempty"`
	TopMessage  string            `json:"top_message,omitempty"`
	CreatedAt   time.Time         `json:"created_at"`
}

const (
	modeGroup = "group"
	modeP2P   = "p2p"
)

// threaded tells whether every message of the group opens a topic.
func (c chat) threaded() bool { return c.Settings["group_message_type"] == "thread" }

// has tells whether a person is a member.
func (c chat) has(openID string) bool { return slices.Contains(c.Members, openID) }

// mention is somebody named in a received text by a key such as @_user_1.
type mention struct {
	Key  string `json:"key"`
	ID   string `json:"id"` // open_id
	Name string `json:"name"`
	Bot  bool   `json:"bot,omitempty"`
}

// message is what stands in a chat.
type message struct {
	ID       string    `json:"id"`
	Seq      int64     `json:"seq"`     // order of sending
	Changed  int64     `json:"changed"` // of the last change that the control lists report
	ChatID   string    `json:"chat_id"`
	RootID   string    `json:"root_id,omitempty"`
	ParentID string    `json:"parent_id,omitempty"`
	ThreadID string    `json:"thread_id,omitempty"`
	Sender   string    `json:"sender,omitempty"` // open_id of a person; empty: the bot
	Type     string    `json:"type"`
	Sent     string    `json:"sent"`     // content as it was sent
	Received string    `json:"received"` // content as the platform hands it out
	Mentions []mention `json:"mentions,omitempty"`
	Pings    []string  `json:"pings,omitempty"` // whom it notifies by an at: open_ids, or "all"
	Keys     []string  `json:"keys,omitempty"`  // of its images and files
	Text     string    `json:"text"`            // the visible words
	Buttons  []string  `json:"buttons,omitempty"`
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
	Edits    int       `json:"edits,omitempty"`
	Edited   bool      `json:"edited,omitempty"`
	Recalled bool      `json:"recalled,omitempty"`
	Deleted  bool      `json:"deleted,omitempty"` // gone for good rather than recalled
	Pinned   time.Time `json:"pinned,omitzero"`
}

// own tells whether the bot sent it.
func (m message) own() bool { return m.Sender == "" }

// reaction is one emoji of one operator on one message.
type reaction struct {
	ID      string    `json:"id"`
	Message string    `json:"message"`
	Emoji   string    `json:"emoji"`
	User    string    `json:"user,omitempty"` // open_id; empty: the bot
	At      time.Time `json:"at"`
}

// receipt says when somebody read a message.
type receipt struct {
	Message string    `json:"message"`
	User    string    `json:"user"`
	At      time.Time `json:"at"`
}

// urgent is one buzz.
type urgent struct {
	ID      string    `json:"id"`
	Message string    `json:"message_id"`
	User    string    `json:"open_id"`
	Kind    string    `json:"kind"` // app, sms, phone
	Time    time.Time `json:"time"`
	Read    bool      `json:"read"`
}

// feedPin lists the chats pinned at the top of a user's list.
type feedPin struct {
	User  string   `json:"open_id"`
	Chats []string `json:"chat_ids"`
}

// resource is an uploaded image or file; the bytes are the journal's blob of the same key.
type resource struct {
	Key      string `json:"key"`
	Kind     string `json:"kind"`            // "image" or the file_type
	Owner    string `json:"owner,omitempty"` // open_id of the uploader; empty: the app
	Filename string `json:"filename,omitempty"`
	Mime     string `json:"mime"`
	Size     int    `json:"size"`
}

// token is a tenant_access_token.
type token struct {
	Value   string    `json:"value"`
	Expires time.Time `json:"expires"`
	Killed  bool      `json:"killed,omitempty"`
}

// sentOnce remembers what a uuid has already brought about.
type sentOnce struct {
	Key    string    `json:"key"`
	Result string    `json:"result"` // message or chat id
	At     time.Time `json:"at"`
}

// busy is a stretch of a user's calendar.
type busy struct {
	User string    `json:"user"`
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// cardToken is the token of one click, good for delayed updates of that card.
type cardToken struct {
	Token    string    `json:"token"`
	Message  string    `json:"message"`
	At       time.Time `json:"at"`
	Answered bool      `json:"answered,omitempty"` // the callback has been answered
	Uses     int       `json:"uses,omitempty"`
}

// without is list less every s, as a new slice.
func without(list []string, s string) []string {
	kept := make([]string, 0, len(list))
	for _, x := range list {
		if x != s {
			kept = append(kept, x)
		}
	}
	return kept
}

// with is list and s, which it holds once, as a new slice.
func with(list []string, s string) []string { return append(without(list, s), s) }
