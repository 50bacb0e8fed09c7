package feishu

// userMakesChat serves POST /control/feishu/chats {open_id, name, members, bot}: a person makes a group, with the bot
// when bot is true → {chat_id}.
func (s *Server) userMakesChat(c *controlCall) (any, error) {
	var in struct {
		OpenID  string   `json:"open_id"`
		Name    string   `json:"name"`
		Members []string `json:"members"`
		Bot     bool     `json:"bot"`
		Topics  bool     `json:"topics"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	made := chat{ID: s.w.NewID("oc_"), Mode: modeGroup, Name: in.Name, Owner: in.OpenID, CreatedAt: s.now()}
	for _, id := range append([]string{in.OpenID}, in.Members...) {
		if _, err := s.person(id); err != nil {
			return nil, err
		}
		made.Members = with(made.Members, id)
	}
	if in.Topics {
		made.Settings = map[string]string{"group_message_type": "thread"}
	}
	s.chats.Put(made.ID, made)
	s.publish(made.ID)
	if in.Bot {
		c.then(s.setBot(made, true, in.OpenID))
	}
	return map[string]string{"chat_id": made.ID}, nil
}

// memberOf is a group and a person of it, who acts in a control call.
func (s *Server) memberOf(chatID, openID string) (chat, error) {
	u, err := s.person(openID)
	if err != nil {
		return chat{}, err
	}
	in, ok := s.chats.Get(chatID)
	switch {
	case !ok || in.Disbanded || in.Mode != modeGroup:
		return in, missing("no group has the id %q: GET /control/state lists them", chatID)
	case !in.has(openID):
		return in, wrong("%s is no member of this group", u.Name)
	}
	return in, nil
}

// userChangesChat serves POST /control/feishu/chats/{chat_id} {open_id, name?, description?, disband?}.
func (s *Server) userChangesChat(c *controlCall) (any, error) {
	var in struct {
		OpenID      string  `json:"open_id"`
		Name        *string `json:"name"`
		Description *string `json:"description"`
		Disband     bool    `json:"disband"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	group, err := s.memberOf(c.param("chat_id"), in.OpenID)
	if err != nil {
		return nil, err
	}
	if in.Disband {
		c.then(s.disband(group, in.OpenID))
	} else {
		c.then(s.alter(group, group, chatBody{Name: in.Name, Description: in.Description}, in.OpenID))
	}
	return nil, nil
}

// userChangesMembers serves POST /control/feishu/chats/{chat_id}/members {open_id, add, remove, bot?}: bot true takes
// the bot in, false puts it out.
func (s *Server) userChangesMembers(c *controlCall) (any, error) {
	var in struct {
		OpenID string   `json:"open_id"`
		Add    []string `json:"add"`
		Remove []string `json:"remove"`
		Bot    *bool    `json:"bot"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	group, err := s.memberOf(c.param("chat_id"), in.OpenID)
	if err != nil {
		return nil, err
	}
	added, removed := []user{}, []user{}
	for _, id := range in.Add {
		u, err := s.person(id)
		if err != nil {
			return nil, err
		}
		if !group.has(id) {
			added = append(added, u)
		}
	}
	for _, id := range in.Remove {
		u, err := s.person(id)
		if err != nil {
			return nil, err
		}
		if group.has(id) {
			removed = append(removed, u)
		}
	}
	c.then(s.join(group, added, in.OpenID))
	group, _ = s.chats.Get(group.ID)
	c.then(s.leave(group, removed, in.OpenID))
	group, _ = s.chats.Get(group.ID)
	if in.Bot != nil {
		c.then(s.setBot(group, *in.Bot, in.OpenID))
	}
	return nil, nil
}
