package feishu

import "slices"

const (
	maxBuzzed = 200 // people in one call, and unread buzzes of one person
)

// buzz serves PATCH /im/v1/messages/:id/urgent_app, urgent_sms and urgent_phone: only the bot's own messages, only
// members of the chat. Errors: 230001 when nobody is valid, 230012, 230023.
func (s *Server) buzz(kind string) operation {
	return func(c *call) (any, error) {
		var in struct {
			UserIDs []string `json:"user_id_list"`
		}
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		m, err := s.visible(c.param("id"))
		switch {
		case err != nil:
			return nil, err
		case !m.own():
			return nil, fail(230012, "")
		case len(in.UserIDs) == 0 || len(in.UserIDs) > maxBuzzed:
			return nil, fail(230001, "user_id_list has 1 to %d ids", maxBuzzed)
		}
		to, _ := s.chats.Get(m.ChatID)
		if to.Settings["urgent_setting"] == "only_owner" && !s.rules(to) {
			return nil, fail(230052, "")
		}
		invalid, valid := s.buzzable(to, in.UserIDs, c.query("user_id_type", "open_id"))
		if len(valid) == 0 {
			return nil, fail(230001, "invalid user_id_list")
		}
		for _, openID := range valid {
			if s.unreadBuzzes(openID) >= maxBuzzed {
				return nil, fail(230023, "")
			}
		}
		for _, openID := range valid {
			id := s.w.NewID("")
			s.urgents.Put(id, urgent{ID: id, Message: m.ID, User: openID, Kind: kind, Time: s.now()})
			s.w.Hub.Publish("urgent", openID)
		}
		return map[string]any{"invalid_user_id_list": invalid}, nil
	}
}

// buzzable parts ids into those that can be buzzed in a chat, as open_ids, and the others as given.
func (s *Server) buzzable(in chat, ids []string, idType string) (invalid, valid []string) {
	invalid = []string{}
	for _, id := range ids {
		u, err := s.userID(id, idType)
		if err != nil || u.Away != "" || !in.has(u.OpenID) {
			invalid = append(invalid, id)
			continue
		}
		valid = with(valid, u.OpenID)
	}
	return invalid, valid
}

func (s *Server) unreadBuzzes(openID string) int {
	n := 0
	for _, u := range s.urgents.All() {
		if u.User == openID && !u.Read {
			n++
		}
	}
	return n
}

// readUrgents marks the buzzes of one message as read by somebody.
func (s *Server) readUrgents(messageID, openID string) {
	for _, u := range s.urgents.All() {
		if u.Message == messageID && u.User == openID && !u.Read {
			u.Read = true
			s.urgents.Put(u.ID, u)
			s.w.Hub.Publish("urgent", openID)
		}
	}
}

// feed is the body that pins the bot or a group at the top of people's lists of chats.
type feed struct {
	TimeSensitive bool     `json:"time_sensitive"`
	UserIDs       []string `json:"user_ids"`
}

// pinBotInFeed serves PATCH /im/v2/feed_cards/bot_time_sentive (the platform's spelling).
func (s *Server) pinBotInFeed(c *call) (any, error) {
	return s.pinInFeed(c, func(openID string) (string, bool) { return s.direct(openID).ID, true })
}

// pinChatInFeed serves PATCH /im/v2/feed_cards/:chat_id.
func (s *Server) pinChatInFeed(c *call) (any, error) {
	to, err := s.ownGroup(c.param("id"))
	if err != nil {
		return nil, err
	}
	return s.pinInFeed(c, func(openID string) (string, bool) { return to.ID, to.has(openID) })
}

func (s *Server) pinInFeed(c *call, chatOf func(openID string) (string, bool)) (any, error) {
	var in feed
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if len(in.UserIDs) == 0 {
		return nil, fail(99992402, "user_ids is required")
	}
	failed := []map[string]any{}
	for _, id := range in.UserIDs {
		u, err := s.userID(id, c.query("user_id_type", "open_id"))
		chatID, member := "", false
		if err == nil && u.Away == "" {
			chatID, member = chatOf(u.OpenID)
		}
		if !member {
			failed = append(failed, map[string]any{"error_code": 230013, "error_message": "the user can not be reached", "user_id": id})
			continue
		}
		pins, _ := s.feedPins.Get(u.OpenID)
		if slices.Contains(pins.Chats, chatID) != in.TimeSensitive {
			pins.User, pins.Chats = u.OpenID, without(pins.Chats, chatID)
			if in.TimeSensitive {
				pins.Chats = with(pins.Chats, chatID)
			}
			s.feedPins.Put(u.OpenID, pins)
		}
	}
	return map[string]any{"failed_user_reasons": failed}, nil
}
