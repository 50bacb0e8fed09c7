package feishu

import (
	"slices"
	"time"
)

// emojis are the types of reaction that the platform knows.
var emojis = fieldSets(map[string]string{"": `OK THUMBSUP THANKS MUSCLE FINGERHEART APPLAUSE FISTBUMP JIAYI DONE SMILE
	BLUSH LAUGH SMIRK LOL FACEPALM LOVE WINK PROUD WITTY SMART SCOWL THINKING SOB CRY ERROR NOSEPICK HAUGHTY SLAP
	SPITBLOOD TOASTED GLANCE DULL INNOCENTSMILE JOYFUL WOW TRICK YEAH ENOUGH TEARS EMBARRASSED KISS SMOOCH DROOL OBSESSED
	MONEY TEASE SHOWOFF COMFORT CLAP PRAISE STRIVE XBLUSH SILENT WAVE WHAT FROWN SHY DIZZY LOOKDOWN CHUCKLE WAIL CRAZY
	WHIMPER HUG BLUBBER WRONGED HUSKY SHHH SMUG ANGRY HAMMER SHOCKED TERROR PETRIFIED SKULL SWEAT SPEECHLESS SLEEP DROWSY
	YAWN SICK PUKE BETRAYED HEADSET EatingFood MeMeMe Sigh Typing Lemon Get LGTM OnIt OneSecond VRHeadset YouAreTheBest
	SALUTE SHAKE HIGHFIVE UPPERLEFT ThumbsDown SLIGHT TONGUE EYESCLOSED RoarForYou CALF BEAR BULL RAINBOWPUKE ROSE HEART
	PARTY LIPS BEER CAKE GIFT CUCUMBER Drumstick Pepper CANDIEDHAWS BubbleTea Coffee Yes No OKR CheckMark CrossMark
	MinusOne Hundred AWESOMEN Pin Alarm Loudspeaker Trophy Fire BOMB Music XmasTree Snowman XmasHat FIREWORKS 2022
	REDPACKET FORTUNE LUCK FIRECRACKER StickyRiceBalls HEARTBROKEN POOP StatusFlashOfInspiration 18X CLEAVER Soccer
	Basketball GeneralDoNotDisturb Status_PrivateMessage GeneralInMeetingBusy StatusReading StatusInFlight
	GeneralBusinessTrip GeneralWorkFromHome StatusEnjoyLife GeneralTravellingCar StatusBus GeneralSun GeneralMoonRest`})[""]

// reactionType is the body of a new reaction and part of every answer.
type reactionType struct {
	EmojiType string `json:"emoji_type"`
}

// createReaction serves POST /im/v1/messages/:id/reactions. The same emoji again is the same reaction.
func (s *Server) createReaction(c *call) (any, error) {
	var in struct {
		ReactionType reactionType `json:"reaction_type"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.reactable(c.param("id"))
	if err != nil {
		return nil, err
	}
	if !emojis[in.ReactionType.EmojiType] {
		return nil, fail(231001, "")
	}
	r, event := s.react(m, "", in.ReactionType.EmojiType)
	c.then(event)
	return s.reactionView(r), nil
}

// reactable is a message that the bot can react to: not recalled, not a system line. Errors: 231002, 231003.
func (s *Server) reactable(id string) (message, error) {
	m, ok := s.messages.Get(id)
	in, _ := s.chats.Get(m.ChatID)
	switch {
	case !ok || !in.BotIn:
		return m, fail(231003, "")
	case m.Recalled || m.Deleted || m.Type == "system":
		return m, fail(231002, "")
	}
	return m, nil
}

// react puts an emoji of a person, or of the bot ("" as user), under a message; event is the push that follows.
func (s *Server) react(m message, user, emoji string) (r reaction, event string) {
	for _, id := range s.byEmoji[m.ID] {
		if r, _ := s.reactions.Get(id); r.User == user && r.Emoji == emoji {
			return r, ""
		}
	}
	r = reaction{ID: s.w.NewID(""), Message: m.ID, Emoji: emoji, User: user, At: s.now()}
	s.reactions.Put(r.ID, r)
	s.byEmoji[m.ID] = append(s.byEmoji[m.ID], r.ID)
	s.change(m)
	in, _ := s.chats.Get(m.ChatID)
	return r, s.raiseIn(in, "im.message.reaction.created_v1", scopeReactions, s.reactionEvent(r))
}

// unreact takes a reaction away.
func (s *Server) unreact(r reaction) (event string) {
	s.reactions.Delete(r.ID)
	s.byEmoji[r.Message] = without(s.byEmoji[r.Message], r.ID)
	m, _ := s.messages.Get(r.Message)
	s.change(m)
	in, _ := s.chats.Get(m.ChatID)
	r.At = s.now()
	return s.raiseIn(in, "im.message.reaction.deleted_v1", scopeReactions, s.reactionEvent(r))
}

func (s *Server) reactionView(r reaction) map[string]any {
	operator := map[string]string{"operator_id": r.User, "operator_type": "user"}
	if r.User == "" {
		operator = map[string]string{"operator_id": s.app.ID, "operator_type": "app"}
	}
	return map[string]any{"reaction_id": r.ID, "operator": operator, "action_time": millis(r.At),
		"reaction_type": reactionType{r.Emoji}}
}

// listReactions serves GET /im/v1/messages/:id/reactions, of one emoji_type if the query names it.
func (s *Server) listReactions(c *call) (any, error) {
	from, size, err := c.page(20, 50)
	if err != nil {
		return nil, err
	}
	m, err := s.reactable(c.param("id"))
	if err != nil {
		return nil, err
	}
	only := c.query("reaction_type", "")
	views := []map[string]any{}
	for _, id := range s.byEmoji[m.ID] {
		if r, _ := s.reactions.Get(id); only == "" || r.Emoji == only {
			views = append(views, s.reactionView(r))
		}
	}
	return paged(views, from, size), nil
}

// deleteReaction serves DELETE /im/v1/messages/:id/reactions/:rid: the bot's own.
func (s *Server) deleteReaction(c *call) (any, error) {
	r, ok := s.reactions.Get(c.param("rid"))
	switch {
	case !ok || r.Message != c.param("id"):
		return nil, fail(231010, "")
	case r.User != "":
		return nil, fail(231007, "")
	}
	c.then(s.unreact(r))
	return s.reactionView(r), nil
}

// emojisOf lists the emoji types under a message, oldest first.
func (s *Server) emojisOf(messageID string) []string {
	list := []string{}
	for _, id := range s.byEmoji[messageID] {
		if r, ok := s.reactions.Get(id); ok {
			list = append(list, r.Emoji)
		}
	}
	return list
}

// pinMessage serves POST /im/v1/pins.
func (s *Server) pinMessage(c *call) (any, error) {
	var in struct {
		MessageID string `json:"message_id"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	m, err := s.visible(in.MessageID)
	if err != nil {
		return nil, err
	}
	if m.Pinned.IsZero() {
		m.Pinned = s.now()
		s.change(m)
	}
	return map[string]any{"pin": s.pinView(m)}, nil
}

func (s *Server) pinView(m message) map[string]string {
	return map[string]string{"message_id": m.ID, "chat_id": m.ChatID, "operator_id": s.app.ID, "operator_id_type": "app_id",
		"create_time": millis(m.Pinned)}
}

// unpinMessage serves DELETE /im/v1/pins/:id.
func (s *Server) unpinMessage(c *call) (any, error) {
	m, err := s.visible(c.param("id"))
	if err != nil {
		return nil, err
	}
	if !m.Pinned.IsZero() {
		m.Pinned = time.Time{}
		s.change(m)
	}
	return nil, nil
}

// listPins serves GET /im/v1/pins, the latest first.
func (s *Server) listPins(c *call) (any, error) {
	from, size, err := c.page(20, 50)
	if err != nil {
		return nil, err
	}
	id := c.query("chat_id", "")
	if _, err := s.chatForBot(id); err != nil {
		return nil, err
	}
	pinned := slices.DeleteFunc(s.messagesOf(s.byChat[id]), func(m message) bool { return m.Pinned.IsZero() || m.Recalled })
	slices.SortFunc(pinned, func(a, b message) int { return b.Pinned.Compare(a.Pinned) })
	views := make([]map[string]string, len(pinned))
	for i, m := range pinned {
		views[i] = s.pinView(m)
	}
	return paged(views, from, size), nil
}
