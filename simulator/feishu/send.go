package feishu

import (
	"slices"
	"strings"
	"time"
)

// Lives of uuids, in clock time: the same uuid succeeds once within them.
const (
	uuidLife     = time.Hour
	chatUUIDLife = 10 * time.Hour
	maxUUID      = 50
)

// outgoing is the body of a call that sends.
type outgoing struct {
	ReceiveID     string `json:"receive_id"`
	MsgType       string `json:"msg_type"`
	Content       string `json:"content"`
	UUID          string `json:"uuid"`
	ReplyInThread bool   `json:"reply_in_thread"`
}

// createMessage serves POST /im/v1/messages.
func (s *Server) createMessage(c *call) (any, error) {
	var in outgoing
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	idType := c.query("receive_id_type", "")
	if in.ReceiveID == "" || in.MsgType == "" || idType == "" {
		return nil, fail(99992402, "receive_id_type, receive_id and msg_type are required")
	}
	return s.once(in.UUID, func() (message, error) {
		to, err := s.target(in.ReceiveID, idType)
		if err != nil {
			return message{}, err
		}
		return s.send(message{ChatID: to.ID, Type: in.MsgType}, to, in.Content)
	})
}

// once does a sending call at most once per uuid and hour; a repeat is answered with the first message.
func (s *Server) once(uuid string, do func() (message, error)) (any, error) {
	if len(uuid) > maxUUID {
		return nil, fail(230001, "uuid has more than %d characters", maxUUID)
	}
	if uuid != "" {
		if s.inFlight["message "+uuid] {
			return nil, fail(230049, "")
		}
		if id, ok := s.repeated("message "+uuid, uuidLife); ok {
			first, _ := s.messages.Get(id)
			return s.messageView(first), nil
		}
	}
	m, err := do()
	if err != nil {
		return nil, err
	}
	if uuid != "" {
		s.remember("message "+uuid, m.ID)
	}
	return s.messageView(m), nil
}

// repeated gives what a key brought about within its life.
func (s *Server) repeated(key string, life time.Duration) (result string, ok bool) {
	first, ok := s.uuids.Get(key)
	if !ok || s.now().Sub(first.At) >= life {
		return "", false
	}
	return first.Result, true
}

// remember keeps what a key has brought about.
func (s *Server) remember(key, result string) {
	s.uuids.Put(key, sentOnce{Key: key, Result: result, At: s.now()})
}

// target is the chat behind a receiver.
func (s *Server) target(id, idType string) (chat, error) {
	if idType == "chat_id" {
		return s.chatForBot(id)
	}
	u, err := s.userID(id, idType)
	if err != nil {
		return chat{}, err
	}
	if err := reachable(u); err != nil {
		return chat{}, err
	}
	return s.direct(u.OpenID), nil
}

// reachable says why the bot cannot write to somebody.
func reachable(u user) error {
	switch u.Away {
	case awayOutside:
		return fail(230013, "")
	case awayResigned:
		return fail(230029, "")
	case awayStopped:
		return fail(230053, "")
	}
	return nil
}

// chatForBot is a chat in which the bot may act. Errors: 99992356, 230002, 232009.
func (s *Server) chatForBot(id string) (chat, error) {
	if !strings.HasPrefix(id, "oc_") {
		return chat{}, fail(99992356, "")
	}
	to, ok := s.chats.Get(id)
	switch {
	case !ok || (!to.BotIn && !to.Disbanded):
		return chat{}, fail(230002, "")
	case to.Disbanded:
		return chat{}, fail(232009, "")
	case to.Mode == modeP2P:
		u, _ := s.users.Get(to.Members[0])
		return to, reachable(u)
	}
	return to, nil
}

// direct is a user's direct chat with the bot, made when it is first needed.
func (s *Server) direct(openID string) chat {
	if id, ok := s.directs[openID]; ok {
		to, _ := s.chats.Get(id)
		return to
	}
	to := chat{ID: s.w.NewID("oc_"), Mode: modeP2P, Members: []string{openID}, BotIn: true, CreatedAt: s.now()}
	s.chats.Put(to.ID, to)
	s.directs[openID] = to.ID
	return to
}

// replyMessage serves POST /im/v1/messages/:id/reply.
func (s *Server) replyMessage(c *call) (any, error) {
	var in outgoing
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.MsgType == "" {
		return nil, fail(99992402, "msg_type is required")
	}
	return s.once(in.UUID, func() (message, error) {
		quoted, err := s.visible(c.param("id"))
		if err != nil {
			return message{}, err
		}
		to, err := s.chatForBot(quoted.ChatID)
		if err != nil {
			return message{}, err
		}
		m := message{ChatID: to.ID, Type: in.MsgType}
		s.attach(&m, quoted, in.ReplyInThread)
		return s.send(m, to, in.Content)
	})
}

// attach makes m a reply. Inside a topic a reply stays there, with the topic's root as parent; elsewhere it quotes,
// unless inThread opens a topic.
func (s *Server) attach(m *message, quoted message, inThread bool) {
	m.RootID, m.ParentID, m.ThreadID = quoted.RootID, quoted.ID, quoted.ThreadID
	if m.RootID == "" {
		m.RootID = quoted.ID
	}
	switch {
	case quoted.ThreadID != "":
		m.RootID = s.byThread[quoted.ThreadID][0]
		m.ParentID = m.RootID
	case inThread:
		m.RootID, m.ParentID = quoted.ID, quoted.ID
		m.ThreadID = s.w.NewID("omt_")
	}
}

// visible is a message that the bot may act on. Errors: 99992354, 230002, 230011, 230110.
func (s *Server) visible(id string) (message, error) {
	m, err := s.known(id)
	switch {
	case err != nil:
		return m, err
	case m.Deleted:
		return m, fail(230110, "")
	case m.Recalled:
		return m, fail(230011, "")
	}
	return m, nil
}

// known is a message in a chat of the bot, recalled or not.
func (s *Server) known(id string) (message, error) {
	m, ok := s.messages.Get(id)
	if !ok {
		return m, fail(99992354, "invalid message_id")
	}
	if in, _ := s.chats.Get(m.ChatID); !in.BotIn {
		return m, fail(230002, "")
	}
	return m, nil
}

// send checks the bot's message and puts it into the chat.
func (s *Server) send(m message, to chat, raw string) (message, error) {
	if !s.w.Switches.Bool(swBot) {
		return m, fail(230006, "")
	}
	body, err := s.prepare(m.Type, raw)
	if err != nil {
		return m, err
	}
	if err := s.limitChat(to.ID); err != nil {
		return m, err
	}
	m.take(body)
	return s.place(m, to), nil
}

// take fills the forms of a content in.
func (m *message) take(c content) {
	m.Sent, m.Received, m.Text = c.sent, c.received, c.text
	m.Mentions, m.Pings, m.Keys, m.Buttons = c.mentions, c.pings, c.keys, c.buttons
}

// place gives a message its id and time and puts it at the end of its chat.
func (s *Server) place(m message, in chat) message {
	m.ID, m.Created = s.w.NewID("om_"), s.now()
	m.Updated = m.Created
	m.Seq = s.w.Journal.NextSeq()
	m.Changed = m.Seq
	if m.RootID == "" && in.threaded() {
		m.ThreadID = s.w.NewID("omt_")
	}
	if root, ok := s.messages.Get(m.RootID); ok && m.ThreadID != "" && root.ThreadID == "" {
		root.ThreadID = m.ThreadID // the first reply opens the topic
		s.byThread[m.ThreadID] = append(s.byThread[m.ThreadID], root.ID)
		s.change(root)
	}
	s.messages.Put(m.ID, m)
	s.indexMessage(m)
	s.publish(m.ChatID)
	return m
}

// change keeps a changed message and reports it to the control lists.
func (s *Server) change(m message) {
	m.Changed = s.w.Journal.NextSeq()
	s.messages.Put(m.ID, m)
	s.publish(m.ChatID)
}

func (s *Server) publish(chatID string) { s.w.Hub.Publish("feishu", chatID) }

// forwardMessage serves POST /im/v1/messages/:id/forward.
func (s *Server) forwardMessage(c *call) (any, error) {
	var in outgoing
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.visible(c.param("id"))
	if err != nil {
		return nil, err
	}
	to, err := s.target(in.ReceiveID, c.query("receive_id_type", ""))
	if err != nil {
		return nil, err
	}
	if err := s.limitChat(to.ID); err != nil {
		return nil, err
	}
	copied := message{ChatID: to.ID, Type: m.Type, Sent: m.Sent, Received: m.Received, Text: m.Text,
		Mentions: m.Mentions, Keys: slices.Clone(m.Keys), Buttons: m.Buttons}
	return s.messageView(s.place(copied, to)), nil
}
