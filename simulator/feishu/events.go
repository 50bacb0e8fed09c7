package feishu

// ids are a person's ids in an event.
func (s *Server) ids(openID string) map[string]any {
	ids := map[string]any{"open_id": openID}
	if u, ok := s.users.Get(openID); ok {
		ids["union_id"] = u.UnionID
		if s.grantedOne(scopeEmployee) {
			ids["user_id"] = u.UserID
		}
	}
	return ids
}

// receiveEvent tells the bot of a person's message.
func (s *Server) receiveEvent(m message, in chat) map[string]any {
	body := map[string]any{
		"message_id":   m.ID,
		"create_time":  millis(m.Created),
		"update_time":  millis(m.Updated),
		"chat_id":      m.ChatID,
		"chat_type":    in.Mode,
		"message_type": m.Type,
		"content":      m.Received,
		"user_agent":   "",
	}
	for name, id := range map[string]string{"root_id": m.RootID, "parent_id": m.ParentID, "thread_id": m.ThreadID} {
		if id != "" {
			body[name] = id
		}
	}
	if len(m.Mentions) > 0 {
		var list []map[string]any
		for _, x := range m.Mentions {
			kind := "user"
			if x.Bot {
				kind = "bot"
			}
			list = append(list, map[string]any{"key": x.Key, "id": s.ids(x.ID), "mentioned_type": kind, "name": x.Name, "tenant_key": s.app.TenantKey})
		}
		body["mentions"] = list
	}
	return map[string]any{
		"sender":  map[string]any{"sender_id": s.ids(m.Sender), "sender_type": "user", "tenant_key": s.app.TenantKey},
		"message": body,
	}
}

// recalledEvent is what is left of a message that was recalled before the bot heard of it.
func (s *Server) recalledEvent(m message, in chat) map[string]any {
	return map[string]any{
		"sender":  map[string]any{"sender_id": s.ids(m.Sender), "sender_type": "user", "tenant_key": s.app.TenantKey},
		"message": map[string]any{"message_id": m.ID, "create_time": millis(m.Created), "chat_id": m.ChatID, "chat_type": in.Mode},
	}
}

// receiveScopes are those of which one lets the bot hear a message: in groups what does not mention the bot needs more.
func (s *Server) receiveScopes(m message, in chat) []string {
	if in.Mode == modeP2P {
		return scopeP2P
	}
	for _, x := range m.Mentions {
		if x.Bot {
			return scopeGroupAt
		}
	}
	return scopeGroup
}

func (s *Server) reactionEvent(r reaction) map[string]any {
	body := map[string]any{
		"message_id":    r.Message,
		"reaction_type": reactionType{r.Emoji},
		"operator_type": "user",
		"user_id":       s.ids(r.User),
		"action_time":   millis(r.At),
	}
	if r.User == "" {
		delete(body, "user_id")
		body["operator_type"], body["app_id"] = "app", s.app.ID
	}
	return body
}

// chatEvent is what all events of a group have.
func (s *Server) chatEvent(c chat, operator string) map[string]any {
	return map[string]any{
		"chat_id":             c.ID,
		"operator_id":         s.ids(operator),
		"external":            false,
		"operator_tenant_key": s.app.TenantKey,
		"name":                c.Name,
		"i18n_names":          map[string]string{"zh_cn": c.Name},
	}
}

func (s *Server) membersEvent(c chat, operator string, people []user) map[string]any {
	body := s.chatEvent(c, operator)
	var users []map[string]any
	for _, u := range people {
		users = append(users, map[string]any{"name": u.Name, "tenant_key": s.app.TenantKey, "user_id": s.ids(u.OpenID)})
	}
	body["users"] = users
	return body
}

// changeView is a group before or after a change.
func (s *Server) changeView(c chat) map[string]any {
	view := map[string]any{"name": c.Name, "description": c.Description}
	if c.Owner != "" {
		view["owner_id"] = s.ids(c.Owner)
	}
	for name, v := range c.Settings {
		if name != "chat_type" && name != "urgent_setting" && name != "pin_manage_setting" {
			view[name] = v
		}
	}
	return view
}
