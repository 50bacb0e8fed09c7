package feishu

import "time"

const (
	// memberPause is how long a change of members takes, in machine time: another one of the same group meanwhile is
	// refused with 232019.
	memberPause   = 20 * time.Millisecond
	maxMemberPage = 100
)

// memberChange is the body of a change of members.
type memberChange struct {
	IDs []string `json:"id_list"`
}

// exclusively does a change of a group's members while no other one runs. The caller holds mu, which is free while the
// change takes its time.
func (s *Server) exclusively(id string, do func() (any, error)) (any, error) {
	key := "members " + id
	if s.inFlight[key] {
		return nil, fail(232019, "")
	}
	s.inFlight[key] = true
	defer delete(s.inFlight, key)
	s.mu.Unlock()
	pause(s.ctx, memberPause)
	s.mu.Lock()
	return do()
}

// membersToChange reads the call and finds the group. Errors: 232001, 232006, 232009, 232011, 232014.
func (s *Server) membersToChange(c *call) (in memberChange, to chat, err error) {
	if err = c.decode(&in); err != nil {
		return in, to, err
	}
	if len(in.IDs) == 0 || len(in.IDs) > maxInvited {
		return in, to, fail(232001, "id_list has 1 to %d ids", maxInvited)
	}
	to, err = s.ownGroup(c.param("id"))
	if err == nil && to.Mode == modeP2P {
		err = fail(232001, "a direct chat has no members to change")
	}
	if err == nil && to.Settings["add_member_permission"] == "only_owner" && !s.rules(to) {
		err = fail(232014, "")
	}
	return in, to, err
}

// addMembers serves POST /im/v1/chats/:id/members. succeed_type 0 refuses ids that do not exist or are invisible and
// passes over people who have left; 1 takes in whom it can; 2 takes in all or nobody.
func (s *Server) addMembers(c *call) (any, error) {
	return s.exclusively(c.param("id"), func() (any, error) {
		in, to, err := s.membersToChange(c)
		if err != nil {
			return nil, err
		}
		idType, strict := c.query("member_id_type", "open_id"), c.query("succeed_type", "0")
		if idType == "app_id" {
			return s.addBots(c, to, in.IDs)
		}
		invalid, unknown, joined := []string{}, []string{}, []user{}
		for _, id := range in.IDs {
			u, err := s.userID(id, idType)
			switch {
			case err != nil:
				unknown = append(unknown, id)
			case u.Away == awayResigned || u.Away == awayOutside:
				invalid = append(invalid, id)
			case !to.has(u.OpenID):
				joined = append(joined, u)
			}
			if failed := refuseMember(u, err, strict); failed != nil {
				return nil, failed
			}
		}
		if len(to.Members)+len(joined) > maxMembers {
			return nil, fail(232013, "")
		}
		c.then(s.join(to, joined, s.app.BotOpenID))
		return map[string]any{"invalid_id_list": invalid, "not_existed_id_list": unknown, "pending_approval_id_list": []string{}}, nil
	})
}

// refuseMember is the error that one unusable id brings upon the whole call.
func refuseMember(u user, unknown error, succeedType string) error {
	switch {
	case succeedType == "1":
		return nil
	case unknown != nil:
		return fail(232043, "")
	case u.Away == awayOutside:
		return fail(232024, "")
	case u.Away == awayResigned && succeedType == "2":
		return fail(232043, "")
	}
	return nil
}

// addBots takes in bots by app_id; this tenant has one, which is in already.
func (s *Server) addBots(_ *call, _ chat, ids []string) (any, error) {
	unknown := []string{}
	for _, id := range ids {
		if id != s.app.ID {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		return nil, fail(232043, "%v", unknown)
	}
	return map[string]any{"invalid_id_list": []string{}, "not_existed_id_list": unknown, "pending_approval_id_list": []string{}}, nil
}

// join takes people into a group on behalf of operator.
func (s *Server) join(to chat, people []user, operator string) (event string) {
	if len(people) == 0 {
		return ""
	}
	for _, u := range people {
		to.Members = with(to.Members, u.OpenID)
	}
	s.chats.Put(to.ID, to)
	s.publish(to.ID)
	return s.raiseIn(to, "im.chat.member.user.added_v1", scopeChatRead, s.membersEvent(to, operator, people))
}

// removeMembers serves DELETE /im/v1/chats/:id/members.
func (s *Server) removeMembers(c *call) (any, error) {
	return s.exclusively(c.param("id"), func() (any, error) {
		in, from, err := s.membersToChange(c)
		if err != nil {
			return nil, err
		}
		idType := c.query("member_id_type", "open_id")
		if idType == "app_id" {
			return nil, s.removeBot(c, from, in.IDs)
		}
		if !s.rules(from) {
			return nil, fail(232014, "")
		}
		invalid, gone := []string{}, []user{}
		for _, id := range in.IDs {
			u, err := s.userID(id, idType)
			switch {
			case err != nil || !from.has(u.OpenID):
				invalid = append(invalid, id)
			case u.OpenID == from.Owner:
				return nil, fail(232076, "")
			default:
				gone = append(gone, u)
			}
		}
		c.then(s.leave(from, gone, s.app.BotOpenID))
		return map[string]any{"invalid_id_list": invalid}, nil
	})
}

// leave takes people out of a group on behalf of operator.
func (s *Server) leave(from chat, people []user, operator string) (event string) {
	if len(people) == 0 {
		return ""
	}
	for _, u := range people {
		from.Members = without(from.Members, u.OpenID)
	}
	s.chats.Put(from.ID, from)
	s.publish(from.ID)
	return s.raiseIn(from, "im.chat.member.user.deleted_v1", scopeChatRead, s.membersEvent(from, operator, people))
}

// removeBot lets the bot leave a group.
func (s *Server) removeBot(c *call, from chat, ids []string) error {
	for _, id := range ids {
		if id != s.app.ID {
			return fail(232043, "%s", id)
		}
	}
	c.then(s.setBot(from, false, s.app.BotOpenID))
	return nil
}

// setBot takes the bot into a group or out of it.
func (s *Server) setBot(in chat, present bool, operator string) (event string) {
	if in.BotIn == present {
		return ""
	}
	in.BotIn = present
	s.chats.Put(in.ID, in)
	s.publish(in.ID)
	name := "im.chat.member.bot.added_v1"
	if !present {
		name = "im.chat.member.bot.deleted_v1"
	}
	return s.raise(name, scopeBotMember, s.chatEvent(in, operator))
}

// listMembers serves GET /im/v1/chats/:id/members: people only, bots are left out.
func (s *Server) listMembers(c *call) (any, error) {
	from, size, err := c.page(20, maxMemberPage)
	if err != nil {
		return nil, err
	}
	in, err := s.ownGroup(c.param("id"))
	if err != nil {
		return nil, err
	}
	idType := c.query("member_id_type", "open_id")
	items := []map[string]string{}
	for _, member := range in.Members {
		u, _ := s.users.Get(member)
		items = append(items, map[string]string{"member_id_type": idType, "member_id": u.id(idType), "name": u.Name, "tenant_key": s.app.TenantKey})
	}
	data := paged(items, from, size)
	data["member_total"] = len(items)
	return data, nil
}

// isInChat serves GET /im/v1/chats/:id/members/is_in_chat for the bot.
func (s *Server) isInChat(c *call) (any, error) {
	in, err := s.group(c.param("id"))
	if err != nil {
		return nil, err
	}
	return map[string]bool{"is_in_chat": in.BotIn}, nil
}
