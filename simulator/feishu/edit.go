package feishu

import (
	"encoding/json"
	"time"
)

// Limits of changing what was sent, in clock time.
const (
	maxEdits       = 20
	cardEditable   = 14 * 24 * time.Hour
	foreignRecall  = 365 * 24 * time.Hour
	cardTokenLife  = 30 * time.Minute
	cardTokenUses  = 2
	maxDelayedCard = 100 << 10 // bytes
)

// editMessage serves PUT /im/v1/messages/:id: the bot's own texts and posts, twenty times each.
func (s *Server) editMessage(c *call) (any, error) {
	var in outgoing
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.visible(c.param("id"))
	switch {
	case err != nil:
		return nil, err
	case !m.own():
		return nil, fail(230071, "")
	case m.Type != "text" && m.Type != "post", in.MsgType != "text" && in.MsgType != "post":
		return nil, fail(230054, "only texts and posts can be edited")
	case m.Edits >= maxEdits:
		return nil, fail(230072, "")
	}
	body, err := s.prepare(in.MsgType, in.Content)
	if err != nil {
		return nil, err
	}
	if err := s.limitMessage(m.ID); err != nil {
		return nil, err
	}
	m.take(body)
	m.Type, m.Edits, m.Edited, m.Updated = in.MsgType, m.Edits+1, true, s.now()
	s.change(m)
	return s.messageView(m), nil
}

// patchCard serves PATCH /im/v1/messages/:id: a new card in place of the old one.
func (s *Server) patchCard(c *call) (any, error) {
	var in outgoing
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.visible(c.param("id"))
	switch {
	case err != nil:
		return nil, err
	case !m.own():
		return nil, fail(230012, "")
	case m.Type != "interactive":
		return nil, fail(230054, "only cards can be patched")
	case s.now().Sub(m.Created) > cardEditable:
		return nil, fail(230031, "")
	}
	body, err := s.newCard(m, in.Content)
	if err != nil {
		return nil, err
	}
	if err := s.limitMessage(m.ID); err != nil {
		return nil, err
	}
	s.putCard(m, body)
	return nil, nil
}

// newCard checks a card that is to take the place of m's: both shared, and never 1.0 after 2.0.
func (s *Server) newCard(m message, raw string) (content, error) {
	var before, after map[string]any
	_ = json.Unmarshal([]byte(m.Sent), &before) // was checked when it was sent
	body, err := s.prepare("interactive", raw)
	if err != nil {
		return body, err
	}
	_ = json.Unmarshal([]byte(raw), &after) // prepare has read it
	switch {
	case isV2(before) && !isV2(after):
		return body, badCard(cardVersion, "a card of schema V2 can not become schema V1")
	case !shared(before) || !shared(after):
		return body, fail(230001, "update_multi must be true in the old and the new card")
	}
	return body, nil
}

// putCard shows the new card.
func (s *Server) putCard(m message, body content) {
	m.take(body)
	m.Edited, m.Updated = true, s.now()
	s.change(m)
}

// recallMessage serves DELETE /im/v1/messages/:id: the bot's own messages, and in groups which it owns or manages those
// of others for a year.
func (s *Server) recallMessage(c *call) (any, error) {
	m, err := s.visible(c.param("id"))
	if err != nil {
		return nil, err
	}
	in, _ := s.chats.Get(m.ChatID)
	if !m.own() {
		if in.Mode != modeGroup || (in.Owner != "" && !in.BotManages) {
			return nil, fail(230026, "")
		}
		if s.now().Sub(m.Created) > foreignRecall {
			return nil, fail(230009, "")
		}
	}
	s.recall(m)
	return nil, nil
}

// recall takes a message's content away.
func (s *Server) recall(m message) {
	m.Recalled, m.Updated = true, s.now()
	s.blank(m)
}

// blank keeps a message without its content.
func (s *Server) blank(m message) {
	m.take(content{})
	s.change(m)
}

// updateCardLater serves POST /interactive/v1/card/update with the token of a click: within half an hour, twice, and
// only after the click's callback has been answered.
func (s *Server) updateCardLater(c *call) (any, error) {
	var in struct {
		Token string          `json:"token"`
		Card  json.RawMessage `json:"card"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	t, ok := s.cardTokens.Get(in.Token)
	m, _ := s.messages.Get(t.Message)
	switch {
	case !ok:
		return nil, fail(300020, "")
	case !t.Answered:
		return nil, fail(300020, "the callback has not been answered yet")
	case s.now().Sub(t.At) > cardTokenLife:
		return nil, fail(300030, "")
	case t.Uses >= cardTokenUses:
		return nil, fail(300040, "")
	case m.Recalled || m.Deleted:
		return nil, fail(200000, "")
	case len(in.Card) > maxDelayedCard:
		return nil, fail(100000, "")
	}
	body, err := s.newCard(m, string(in.Card))
	if err != nil {
		return nil, err
	}
	t.Uses++
	s.cardTokens.Put(in.Token, t)
	s.putCard(m, body)
	return topLevel{}, nil
}
