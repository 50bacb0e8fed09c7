package feishu

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// listed is a message as the control interface lists it.
type listed struct {
	Seq        int64           `json:"seq"`
	MessageID  string          `json:"message_id"`
	RootID     string          `json:"root_id,omitempty"`
	ParentID   string          `json:"parent_id,omitempty"`
	ThreadID   string          `json:"thread_id,omitempty"`
	Sender     string          `json:"sender"` // a person's open_id, or the app_id
	SenderType string          `json:"sender_type"`
	SenderName string          `json:"sender_name"`
	MsgType    string          `json:"msg_type"`
	Text       string          `json:"text"`
	Buttons    []string        `json:"buttons,omitempty"`
	Content    string          `json:"content"`
	Card       json.RawMessage `json:"card,omitempty"`
	Mentions   []string        `json:"mentions,omitempty"` // whom it notifies: open_ids, or "all"
	Reactions  []string        `json:"reactions"`
	ImageKey   string          `json:"image_key,omitempty"`
	ImageKeys  []string        `json:"image_keys,omitempty"` // of a post with several
	FileKey    string          `json:"file_key,omitempty"`
	Filename   string          `json:"filename,omitempty"`
	Pinned     bool            `json:"pinned,omitempty"`
	OnTop      bool            `json:"on_top,omitempty"` // the chat's top notice
	Updated    bool            `json:"updated"`
	Recalled   bool            `json:"recalled"`
	Time       time.Time       `json:"time"`
}

// chatMessages serves GET /control/feishu/chats/{chat_id}/messages?after=N.
func (s *Server) chatMessages(c *controlCall) (any, error) {
	id := c.param("chat_id")
	if _, ok := s.chats.Get(id); !ok {
		return nil, missing("no chat has the id %q: GET /control/state lists them", id)
	}
	return s.listAfter(c, id)
}

// directMessages serves GET /control/feishu/users/{open_id}/messages?after=N.
func (s *Server) directMessages(c *controlCall) (any, error) {
	u, err := s.person(c.param("open_id"))
	if err != nil {
		return nil, err
	}
	return s.listAfter(c, s.directs[u.OpenID])
}

// listAfter lists a chat's messages that are new or changed after a number, in order of sending. "seq" is the number to
// go on from.
func (s *Server) listAfter(c *controlCall, chatID string) (any, error) {
	after, err := strconv.ParseInt(c.query("after", "0"), 10, 64)
	if err != nil {
		return nil, wrong("after is a number")
	}
	latest, list := after, []listed{}
	for _, m := range s.messagesOf(s.byChat[chatID]) {
		if latest = max(latest, m.Changed); m.Changed > after {
			list = append(list, s.listed(m))
		}
	}
	return map[string]any{"messages": list, "seq": latest}, nil
}

func (s *Server) listed(m message) listed {
	l := listed{
		Seq: m.Seq, MessageID: m.ID, RootID: m.RootID, ParentID: m.ParentID, ThreadID: m.ThreadID,
		Sender: m.Sender, SenderType: "user", SenderName: s.nameOf(m.Sender), MsgType: m.Type, Text: m.Text,
		Buttons: m.Buttons, Content: m.Sent, Mentions: m.Pings, Reactions: s.emojisOf(m.ID),
		Pinned: !m.Pinned.IsZero(), Updated: m.Edited, Recalled: m.Recalled || m.Deleted, Time: m.Created,
	}
	if m.own() {
		l.Sender, l.SenderType, l.SenderName = s.app.ID, "app", s.app.BotName
	}
	in, _ := s.chats.Get(m.ChatID)
	l.OnTop = in.TopMessage == m.ID
	if m.Type == "interactive" && json.Valid([]byte(m.Sent)) {
		l.Card = json.RawMessage(m.Sent)
	}
	if m.Type != "interactive" {
		s.addMedia(&l, m)
	}
	return l
}

// addMedia names a message's images and file.
func (s *Server) addMedia(l *listed, m message) {
	for _, key := range m.Keys {
		res, _ := s.resources.Get(key)
		if res.Kind == "image" {
			l.ImageKeys = append(l.ImageKeys, key)
		} else {
			l.FileKey = key
		}
		if l.Filename == "" || res.Kind != "image" {
			l.Filename = res.Filename
		}
	}
	if len(l.ImageKeys) > 0 {
		l.ImageKey = l.ImageKeys[0]
	}
	if len(l.ImageKeys) == 1 {
		l.ImageKeys = nil
	}
}

// userReacts serves POST /control/feishu/users/{open_id}/reactions.
func (s *Server) userReacts(c *controlCall) (any, error) {
	var in struct {
		MessageID string `json:"message_id"`
		EmojiType string `json:"emoji_type"`
		Remove    bool   `json:"remove"`
	}
	u, err := s.person(c.param("open_id"))
	if err != nil {
		return nil, err
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	m, _, err := s.seenBy(u, in.MessageID)
	switch {
	case err != nil:
		return nil, err
	case !emojis[in.EmojiType]:
		return nil, wrong("%q is no emoji_type: write one such as OnIt, DONE, Alarm, THUMBSUP", in.EmojiType)
	}
	event := ""
	if !in.Remove {
		_, event = s.react(m, u.OpenID, in.EmojiType)
	} else {
		i := slices.IndexFunc(s.byEmoji[m.ID], func(id string) bool {
			r, _ := s.reactions.Get(id)
			return r.User == u.OpenID && r.Emoji == in.EmojiType
		})
		if i < 0 {
			return nil, wrong("%s has not reacted with %s", u.Name, in.EmojiType)
		}
		r, _ := s.reactions.Get(s.byEmoji[m.ID][i])
		event = s.unreact(r)
	}
	c.then(event)
	return nil, nil
}

// seenBy is a message that a person can act on, and its chat.
func (s *Server) seenBy(u user, id string) (message, chat, error) {
	m, ok := s.messages.Get(id)
	in, _ := s.chats.Get(m.ChatID)
	switch {
	case !ok:
		return m, in, missing("no message has the id %q", id)
	case !in.has(u.OpenID):
		return m, in, wrong("%s is no member of this chat", u.Name)
	case m.Recalled || m.Deleted:
		return m, in, wrong("this message has been recalled")
	}
	return m, in, nil
}

// userRecalls serves POST /control/feishu/messages/{message_id}/recall {open_id, deleted?}: the sender, or the group's
// owner or manager. Deleted for good, nobody is told.
func (s *Server) userRecalls(c *controlCall) (any, error) {
	var in struct {
		OpenID  string `json:"open_id"`
		Deleted bool   `json:"deleted"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	u, err := s.person(in.OpenID)
	if err != nil {
		return nil, err
	}
	m, to, err := s.seenBy(u, c.param("message_id"))
	if err != nil {
		return nil, err
	}
	how := ""
	switch {
	case m.Sender == u.OpenID:
		how = "message_owner"
	case to.Owner == u.OpenID:
		how = "group_owner"
	case slices.Contains(to.Managers, u.OpenID):
		how = "group_manager"
	default:
		return nil, wrong("only the sender, the group's owner or a manager can recall this message")
	}
	if in.Deleted {
		m.Deleted = true
		s.blank(m)
		return nil, nil
	}
	s.recall(m)
	c.then(s.raiseIn(to, "im.message.recalled_v1", scopeRead, map[string]string{"message_id": m.ID, "chat_id": m.ChatID,
		"recall_time": millis(s.now()), "recall_type": how}))
	return nil, nil
}

// userReads serves POST /control/feishu/messages/{message_id}/read {open_id}. The bot hears of it in direct chats only.
func (s *Server) userReads(c *controlCall) (any, error) {
	var in struct {
		OpenID string `json:"open_id"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	u, err := s.person(in.OpenID)
	if err != nil {
		return nil, err
	}
	m, to, err := s.seenBy(u, c.param("message_id"))
	if err != nil {
		return nil, err
	}
	key := m.ID + " " + u.OpenID
	if _, read := s.receipts.Get(key); read || m.Sender == u.OpenID {
		return nil, nil
	}
	now := s.now()
	s.receipts.Put(key, receipt{m.ID, u.OpenID, now})
	s.readUrgents(m.ID, u.OpenID)
	if m.own() && to.Mode == modeP2P {
		c.then(s.raise("im.message.message_read_v1", scopeRead, map[string]any{
			"reader":          map[string]any{"reader_id": s.ids(u.OpenID), "read_time": millis(now), "tenant_key": s.app.TenantKey},
			"message_id_list": []string{m.ID},
		}))
	}
	return nil, nil
}
