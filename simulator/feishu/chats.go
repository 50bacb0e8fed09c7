package feishu

import (
	"maps"
	"strings"
	"unicode/utf8"
)

// Limits of groups.
const (
	maxChatName        = 60
	maxChatDescription = 100
	maxInvited         = 50
	maxMembers         = 5000
)

// chatBody is the body that makes or changes a group.
type chatBody struct {
	Name        *string  `json:"name"`
	Description *string  `json:"description"`
	OwnerID     string   `json:"owner_id"`
	UserIDs     []string `json:"user_id_list"`
	BotIDs      []string `json:"bot_id_list"`

	ChatMode               string `json:"chat_mode"`
	ChatType               string `json:"chat_type"`
	GroupMessageType       string `json:"group_message_type"`
	JoinMessageVisibility  string `json:"join_message_visibility"`
	LeaveMessageVisibility string `json:"leave_message_visibility"`
	MembershipApproval     string `json:"membership_approval"`
	UrgentSetting          string `json:"urgent_setting"`
	EditPermission         string `json:"edit_permission"`
	AtAllPermission        string `json:"at_all_permission"`
	AddMemberPermission    string `json:"add_member_permission"`
	ShareCardPermission    string `json:"share_card_permission"`
	PinManageSetting       string `json:"pin_manage_setting"`
}

// settings are the group's settings that the body names.
func (b chatBody) settings() map[string]string {
	all := map[string]string{
		"chat_type": b.ChatType, "group_message_type": b.GroupMessageType, "edit_permission": b.EditPermission,
		"join_message_visibility": b.JoinMessageVisibility, "leave_message_visibility": b.LeaveMessageVisibility,
		"membership_approval": b.MembershipApproval, "urgent_setting": b.UrgentSetting,
		"at_all_permission": b.AtAllPermission, "add_member_permission": b.AddMemberPermission,
		"share_card_permission": b.ShareCardPermission, "pin_manage_setting": b.PinManageSetting,
	}
	for name, v := range all {
		if v == "" {
			delete(all, name)
		}
	}
	return all
}

// check refuses what no group can have. Error: 232001.
func (b chatBody) check() error {
	switch {
	case b.Name != nil && utf8.RuneCountInString(*b.Name) > maxChatName:
		return fail(232001, "name has more than %d characters", maxChatName)
	case b.Description != nil && utf8.RuneCountInString(*b.Description) > maxChatDescription:
		return fail(232001, "description has more than %d characters", maxChatDescription)
	case b.ChatMode != "" && b.ChatMode != modeGroup:
		return fail(232001, "chat_mode must be group")
	case b.ChatType != "" && b.ChatType != "private" && b.ChatType != "public":
		return fail(232001, "chat_type must be private or public")
	case b.GroupMessageType != "" && b.GroupMessageType != "chat" && b.GroupMessageType != "thread":
		return fail(232001, "group_message_type must be chat or thread")
	case len(b.UserIDs) > maxInvited || len(b.BotIDs) > 5:
		return fail(232001, "at most %d users and 5 bots", maxInvited)
	}
	return nil
}

// createChat serves POST /im/v1/chats. The same uuid and owner make one group in ten hours.
func (s *Server) createChat(c *call) (any, error) {
	var in chatBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	idType := c.query("user_id_type", "open_id")
	made := chat{Mode: modeGroup, Name: "(无主题)", BotIn: true, MadeByBot: true, Settings: in.settings(), CreatedAt: s.now()}
	if in.Name != nil && *in.Name != "" {
		made.Name = *in.Name
	}
	if in.Description != nil {
		made.Description = *in.Description
	}
	members := in.UserIDs
	if in.OwnerID != "" {
		members = append([]string{in.OwnerID}, members...)
	}
	for i, id := range members {
		u, err := s.invitable(id, idType)
		if err != nil {
			return nil, err
		}
		if i == 0 && in.OwnerID != "" {
			made.Owner = u.OpenID
			made.BotManages = c.query("set_bot_manager", "false") == "true"
		}
		made.Members = with(made.Members, u.OpenID)
	}
	key := "chat " + made.Owner + " " + c.query("uuid", "")
	if id, ok := s.repeated(key, chatUUIDLife); ok && c.query("uuid", "") != "" {
		first, _ := s.chats.Get(id)
		return s.chatView(first, idType), nil
	}
	made.ID = s.w.NewID("oc_")
	s.chats.Put(made.ID, made)
	if c.query("uuid", "") != "" {
		s.remember(key, made.ID)
	}
	s.publish(made.ID)
	return s.chatView(made, idType), nil
}

// invitable is somebody who can be taken into a group. Errors: 232024 not visible to the app, 232043 no such id.
func (s *Server) invitable(id, idType string) (user, error) {
	u, err := s.userID(id, idType)
	switch {
	case err != nil:
		return u, fail(232043, "%s", id)
	case u.Away == awayOutside:
		return u, fail(232024, "")
	}
	return u, nil
}

// group is a group that exists. Errors: 232006, 232009.
func (s *Server) group(id string) (chat, error) {
	c, ok := s.chats.Get(id)
	switch {
	case !ok || !strings.HasPrefix(id, "oc_"):
		return c, fail(232006, "")
	case c.Disbanded:
		return c, fail(232009, "")
	}
	return c, nil
}

// ownGroup is a group with the bot in it. Errors: 232006, 232009, 232011.
func (s *Server) ownGroup(id string) (chat, error) {
	c, err := s.group(id)
	if err == nil && !c.BotIn {
		err = fail(232011, "")
	}
	return c, err
}

// rules tells whether the bot may do what is kept to the owner: as such, as manager, or as maker of the group with the
// scope for it.
func (s *Server) rules(c chat) bool {
	return c.Owner == "" || c.BotManages || (c.MadeByBot && s.granted("im:chat:operate_as_owner"))
}

// updateChat serves PUT /im/v1/chats/:id. Errors: 232001, 232006, 232009, 232011, 232017.
func (s *Server) updateChat(c *call) (any, error) {
	var in chatBody
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	before, err := s.ownGroup(c.param("id"))
	if err == nil {
		err = in.check()
	}
	if err != nil {
		return nil, err
	}
	if before.Mode == modeP2P {
		return nil, fail(232006, "a direct chat can not be changed")
	}
	if !s.rules(before) && (in.OwnerID != "" || before.Settings["edit_permission"] == "only_owner") {
		return nil, fail(232017, "")
	}
	after := before
	if in.OwnerID != "" {
		u, err := s.invitable(in.OwnerID, c.query("user_id_type", "open_id"))
		if err != nil || !before.has(u.OpenID) {
			return nil, fail(232043, "the new owner is no member")
		}
		after.Owner = u.OpenID
	}
	c.then(s.alter(before, after, in, s.app.BotOpenID))
	return nil, nil
}

// alter changes a group's name, description and settings on behalf of operator.
func (s *Server) alter(before, after chat, in chatBody, operator string) (event string) {
	if in.Name != nil {
		after.Name = *in.Name
	}
	if in.Description != nil {
		after.Description = *in.Description
	}
	after.Settings = maps.Clone(before.Settings)
	if after.Settings == nil {
		after.Settings = map[string]string{}
	}
	maps.Copy(after.Settings, in.settings())
	s.chats.Put(after.ID, after)
	s.publish(after.ID)
	body := s.chatEvent(after, operator)
	body["before_change"], body["after_change"] = s.changeView(before), s.changeView(after)
	return s.raiseIn(after, "im.chat.updated_v1", scopeChatRead, body)
}

// disbandChat serves DELETE /im/v1/chats/:id: by the bot as owner.
func (s *Server) disbandChat(c *call) (any, error) {
	found, err := s.ownGroup(c.param("id"))
	if err != nil {
		return nil, err
	}
	if found.Mode == modeP2P || !s.rules(found) {
		return nil, fail(232017, "")
	}
	c.then(s.disband(found, s.app.BotOpenID))
	return nil, nil
}

func (s *Server) disband(c chat, operator string) (event string) {
	event = s.raiseIn(c, "im.chat.disbanded_v1", scopeChatRead, s.chatEvent(c, operator))
	c.Disbanded, c.BotIn = true, false
	s.chats.Put(c.ID, c)
	s.publish(c.ID)
	return event
}

// putTopNotice serves POST …/top_notice/put_top_notice.
func (s *Server) putTopNotice(c *call) (any, error) {
	var in struct {
		Notices []struct {
			ActionType string `json:"action_type"`
			MessageID  string `json:"message_id"`
		} `json:"chat_top_notice"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	found, err := s.ownGroup(c.param("id"))
	if err != nil {
		return nil, err
	}
	if len(in.Notices) == 0 {
		return nil, fail(232001, "chat_top_notice is empty")
	}
	for _, n := range in.Notices {
		switch n.ActionType {
		case "1":
			if m, ok := s.messages.Get(n.MessageID); !ok || m.ChatID != found.ID || m.Recalled {
				return nil, fail(232001, "invalid message_id")
			}
			found.TopMessage = n.MessageID
		case "2":
			found.TopMessage = ""
		default:
			return nil, fail(232001, "action_type must be 1 or 2")
		}
	}
	s.chats.Put(found.ID, found)
	s.publish(found.ID)
	return nil, nil
}

// deleteTopNotice serves POST …/top_notice/delete_top_notice.
func (s *Server) deleteTopNotice(c *call) (any, error) {
	found, err := s.ownGroup(c.param("id"))
	if err != nil {
		return nil, err
	}
	found.TopMessage = ""
	s.chats.Put(found.ID, found)
	s.publish(found.ID)
	return nil, nil
}
