package feishu

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"

	"servicedesk/bot"
	"servicedesk/tickets"
)

// errSelf means that the desk does not know its own bot yet, so that it cannot tell a mention of itself from others.
var errSelf = fmt.Errorf("feishu: %w: the bot's own open_id is not known", bot.ErrNotYet)

// said is the event of im.message.receive_v1.
type said struct {
	Sender struct {
		SenderID   userID `json:"sender_id"`
		SenderType string `json:"sender_type"`
	} `json:"sender"`
	Message message `json:"message"`
}

type userID struct {
	OpenID string `json:"open_id"`
}

type message struct {
	MessageID   string    `json:"message_id"`
	RootID      string    `json:"root_id,omitempty"`
	ParentID    string    `json:"parent_id,omitempty"`
	ThreadID    string    `json:"thread_id,omitempty"`
	CreateTime  string    `json:"create_time"`
	ChatID      string    `json:"chat_id"`
	ChatType    string    `json:"chat_type"`
	MessageType string    `json:"message_type"`
	Content     string    `json:"content"`
	Mentions    []mention `json:"mentions,omitempty"`
}

type mention struct {
	Key  string `json:"key"`
	ID   userID `json:"id"`
	Name string `json:"name"`
}

// Convert turns a kept event into neutral form. ok is false for what has no meaning for the desk: other events, and messages of bots. It
// fails for what is no event, and for messages with mentions as long as Bot was not called successfully.
func (c *Client) Convert(raw []byte) (in tickets.Inbound, ok bool, err error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return tickets.Inbound{}, false, errors.New("feishu: kept event is no JSON")
	}
	in = tickets.Inbound{Platform: tickets.Feishu, ID: tickets.RemoteID(e.Header.EventID), At: instant(e.Header.CreateTime)}
	switch e.Header.EventType {
	case eventMessage:
		var s said
		if err := json.Unmarshal(e.Event, &s); err != nil {
			return in, false, fmt.Errorf("feishu: %s is malformed", eventMessage)
		}
		return c.convertMessage(in, s)
	case eventRecalled:
		return convertRecall(in, e.Event)
	case eventBotAdded:
		return convertChat(in, tickets.KindJoined, e.Event)
	case eventBotGone, eventDisbanded:
		return convertChat(in, tickets.KindLeft, e.Event)
	}
	return in, false, nil
}

func (c *Client) convertMessage(in tickets.Inbound, s said) (tickets.Inbound, bool, error) {
	m := s.Message
	if (s.Sender.SenderType != "" && s.Sender.SenderType != "user") || m.MessageID == "" || s.Sender.SenderID.OpenID == "" {
		return in, false, nil
	}
	in.ID = tickets.RemoteID(m.MessageID)
	in.Channel = tickets.RemoteID(m.ChatID)
	in.Author = tickets.RemoteID(s.Sender.SenderID.OpenID)
	in.Direct = m.ChatType == "p2p"
	in.Root = tickets.RemoteID(m.RootID)
	if in.Root == "" {
		in.Root = tickets.RemoteID(m.ParentID)
	}
	if at := instant(m.CreateTime); !at.IsZero() {
		in.At = at
	}
	names, err := c.names(&in, m.Mentions)
	if err != nil {
		return in, false, err
	}
	read(&in, m.MessageType, m.Content, names)
	return in, true, nil
}

// names fills in who is mentioned and says what stands for each key: nothing for the desk itself, @name for others. Longest keys come first,
// because @_user_1 is the beginning of @_user_10.
func (c *Client) names(in *tickets.Inbound, mentions []mention) (names, error) {
	if len(mentions) == 0 {
		return nil, nil
	}
	self := c.self.Load()
	if self == nil {
		return nil, errSelf
	}
	var n names
	for _, m := range mentions {
		switch {
		case m.Key == "":
		case m.Key == keyAll || m.ID.OpenID == "all":
			in.Mentions = append(in.Mentions, "all") // colleagues are meant as well: such words are not for the customer
			n = append(n, name{m.Key, "@" + orEllipsis(clean(m.Name)), false})
		case m.ID.OpenID == self.openID:
			in.ToDesk = true
			n = append(n, name{m.Key, "", true})
		default:
			if m.ID.OpenID != "" {
				in.Mentions = append(in.Mentions, tickets.RemoteID(m.ID.OpenID))
			}
			n = append(n, name{m.Key, "@" + orEllipsis(clean(m.Name)), false})
		}
	}
	sort.SliceStable(n, func(i, j int) bool { return len(n[i].key) > len(n[j].key) })
	return n, nil
}

// keyAll stands for everybody in a group.
const keyAll = "@_all"

// name is what stands for a mention's key.
type name struct {
	key, text string
	self      bool
}

type names []name

// in puts names for keys in a text. All are replaced in one pass: a name that looks like a key stays a name. A mention of the desk takes a
// space with it.
func (n names) in(text string) string {
	if len(n) == 0 {
		return text
	}
	var pairs []string
	for _, m := range n {
		if m.self {
			pairs = append(pairs, m.key+" ", "")
		}
		pairs = append(pairs, m.key, m.text)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func convertRecall(in tickets.Inbound, event json.RawMessage) (tickets.Inbound, bool, error) {
	var r struct {
		MessageID  string `json:"message_id"`
		ChatID     string `json:"chat_id"`
		RecallTime string `json:"recall_time"`
	}
	if err := json.Unmarshal(event, &r); err != nil {
		return in, false, fmt.Errorf("feishu: %s is malformed", eventRecalled)
	}
	in.Kind = tickets.KindRecall
	in.Channel, in.Target = tickets.RemoteID(r.ChatID), tickets.RemoteID(r.MessageID)
	if at := instant(r.RecallTime); !at.IsZero() {
		in.At = at
	}
	return in, r.MessageID != "", nil
}

func convertChat(in tickets.Inbound, kind tickets.Kind, event json.RawMessage) (tickets.Inbound, bool, error) {
	var r struct {
		ChatID   string `json:"chat_id"`
		Operator userID `json:"operator_id"`
		Name     string `json:"name"`
	}
	if err := json.Unmarshal(event, &r); err != nil {
		return in, false, errors.New("feishu: event of a chat is malformed")
	}
	in.Kind = kind
	in.Channel, in.Author = tickets.RemoteID(r.ChatID), tickets.RemoteID(r.Operator.OpenID)
	in.Text = clean(r.Name)
	return in, r.ChatID != "", nil
}
