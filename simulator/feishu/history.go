package feishu

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// readersKept is how long after sending the readers of a message can be asked for.
const readersKept = 7 * 24 * time.Hour

// messageView is a message as the API shows it.
func (s *Server) messageView(m message) map[string]any {
	sender := map[string]string{"id": m.Sender, "id_type": "open_id", "sender_type": "user", "tenant_key": s.app.TenantKey}
	if m.own() {
		sender = map[string]string{"id": s.app.ID, "id_type": "app_id", "sender_type": "app", "tenant_key": s.app.TenantKey}
	}
	view := map[string]any{
		"message_id":  m.ID,
		"msg_type":    m.Type,
		"create_time": millis(m.Created),
		"update_time": millis(m.Updated),
		"deleted":     m.Recalled || m.Deleted,
		"updated":     m.Edited,
		"chat_id":     m.ChatID,
		"sender":      sender,
		"body":        map[string]string{"content": m.Received},
	}
	for name, id := range map[string]string{"root_id": m.RootID, "parent_id": m.ParentID, "thread_id": m.ThreadID} {
		if id != "" {
			view[name] = id
		}
	}
	if m.Recalled || m.Deleted {
		view["body"] = map[string]string{"content": "This message was recalled"}
		return view
	}
	if len(m.Mentions) > 0 {
		var list []map[string]string
		for _, x := range m.Mentions {
			list = append(list, map[string]string{"key": x.Key, "id": x.ID, "id_type": "open_id", "name": x.Name, "tenant_key": s.app.TenantKey})
		}
		view["mentions"] = list
	}
	return view
}

// getMessage serves GET /im/v1/messages/:id. A card comes without what acts, unless the original is asked for.
func (s *Server) getMessage(c *call) (any, error) {
	m, err := s.known(c.param("id"))
	if err != nil {
		return nil, err
	}
	return map[string]any{"items": []any{s.historyView(c, m)}}, nil
}

// historyView shows a message as history does: of a card only title and words, without asking for the original.
func (s *Server) historyView(c *call, m message) map[string]any {
	view := s.messageView(m)
	if m.Type != "interactive" || m.Recalled || m.Deleted || c.query("card_msg_content_type", "") == "user_card_content" {
		return view
	}
	lines := strings.Split(m.Text, "\n")
	elements := [][]map[string]string{}
	for _, line := range lines[1:] {
		elements = append(elements, []map[string]string{{"tag": "text", "text": line}})
	}
	view["body"] = map[string]string{"content": encode(map[string]any{"title": lines[0], "elements": elements})}
	return view
}

// listMessages serves GET /im/v1/messages: of a chat the messages and the roots of topics, of a thread all of it.
func (s *Server) listMessages(c *call) (any, error) {
	from, size, err := c.page(20, 50)
	if err != nil {
		return nil, err
	}
	var found []message
	switch kind, id := c.query("container_id_type", ""), c.query("container_id", ""); kind {
	case "chat":
		found, err = s.chatHistory(c, id)
	case "thread":
		found, err = s.threadHistory(id)
	default:
		err = fail(230001, "container_id_type must be chat or thread")
	}
	if err != nil {
		return nil, err
	}
	switch c.query("sort_type", "ByCreateTimeAsc") {
	case "ByCreateTimeAsc":
	case "ByCreateTimeDesc":
		slices.Reverse(found)
	default:
		return nil, fail(230001, "sort_type must be ByCreateTimeAsc or ByCreateTimeDesc")
	}
	views := make([]map[string]any, len(found))
	for i, m := range found {
		views[i] = s.historyView(c, m)
	}
	return paged(views, from, size), nil
}

func (s *Server) chatHistory(c *call, id string) ([]message, error) {
	in, err := s.chatForBot(id)
	if err != nil {
		return nil, err
	}
	if in.Mode == modeGroup && !s.grantedOne(scopeGroup) {
		return nil, fail(230027, "need scope: %s", scopeGroup[0])
	}
	begin, err1 := seconds(c.query("start_time", ""), time.Unix(0, 0))
	end, err2 := seconds(c.query("end_time", ""), s.now())
	if err1 != nil || err2 != nil {
		return nil, fail(230001, "start_time and end_time are in seconds")
	}
	var found []message
	for _, m := range s.messagesOf(s.byChat[id]) {
		at := m.Created.Truncate(time.Second)
		if !s.inTopic(m) && !at.Before(begin) && !at.After(end) && !m.Deleted {
			found = append(found, m)
		}
	}
	return found, nil
}

// inTopic tells whether a message is a reply inside a topic, not the topic's root.
func (s *Server) inTopic(m message) bool {
	return m.ThreadID != "" && s.byThread[m.ThreadID][0] != m.ID
}

func (s *Server) threadHistory(id string) ([]message, error) {
	ids := s.byThread[id]
	if len(ids) == 0 {
		return nil, fail(230019, "")
	}
	found := s.messagesOf(ids)
	in, err := s.chatForBot(found[0].ChatID)
	if err == nil && in.Mode == modeGroup && !s.grantedOne(scopeGroup) {
		err = fail(230027, "need scope: %s", scopeGroup[0])
	}
	return found, err
}

func (s *Server) messagesOf(ids []string) []message {
	list := make([]message, 0, len(ids))
	for _, id := range ids {
		if m, ok := s.messages.Get(id); ok {
			list = append(list, m)
		}
	}
	return list
}

// seconds reads a Unix time in seconds.
func seconds(text string, def time.Time) (time.Time, error) {
	if text == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(n, 0), err
}

// readUsers serves GET /im/v1/messages/:id/read_users: who has read the bot's message.
func (s *Server) readUsers(c *call) (any, error) {
	from, size, err := c.page(20, 100)
	if err != nil {
		return nil, err
	}
	m, err := s.visible(c.param("id"))
	if err != nil {
		return nil, err
	}
	if !m.own() {
		return nil, fail(230012, "")
	}
	if s.now().Sub(m.Created) > readersKept {
		return nil, fail(230033, "")
	}
	idType := c.query("user_id_type", "")
	items := []map[string]string{}
	in, _ := s.chats.Get(m.ChatID)
	for _, member := range in.Members {
		if r, ok := s.receipts.Get(m.ID + " " + member); ok {
			u, _ := s.users.Get(member)
			items = append(items, map[string]string{"user_id_type": idType, "user_id": u.id(idType),
				"timestamp": millis(r.At), "tenant_key": s.app.TenantKey})
		}
	}
	return paged(items, from, size), nil
}
