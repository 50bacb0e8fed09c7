package feishu

import "strconv"

// defaultSettings are those of a new group.
var defaultSettings = map[string]string{
	"chat_type": "private", "group_message_type": "chat", "chat_tag": "inner", "share_card_permission": "allowed",
	"add_member_permission": "all_members", "at_all_permission": "all_members", "edit_permission": "all_members",
	"join_message_visibility": "all_members", "leave_message_visibility": "all_members", "urgent_setting": "all_members",
	"membership_approval": "no_approval_required", "pin_manage_setting": "all_members",
}

// chatView is a group or direct chat as the API shows it.
func (s *Server) chatView(c chat, idType string) map[string]any {
	view := map[string]any{
		"chat_id": c.ID, "avatar": "", "chat_mode": c.publicMode(), "external": false, "tenant_key": s.app.TenantKey,
		"user_count": "1", "bot_count": "1", "chat_status": "normal",
	}
	if c.Disbanded {
		view["chat_status"] = "dissolved"
	}
	if c.Mode == modeP2P {
		view["p2p_target_type"], view["p2p_target_id"] = "user", c.Members[0]
		return view
	}
	view["name"], view["description"] = c.Name, c.Description
	view["user_count"] = strconv.Itoa(len(c.Members)) // a string, as the platform has it
	if !c.BotIn {
		view["bot_count"] = "0"
	}
	for _, settings := range []map[string]string{defaultSettings, c.Settings} {
		for name, v := range settings {
			view[name] = v
		}
	}
	if u, ok := s.users.Get(c.Owner); ok {
		view["owner_id"], view["owner_id_type"] = u.id(idType), idType
	}
	if c.BotManages {
		view["bot_manager_id_list"] = []string{s.app.ID}
	}
	return view
}

// getChat serves GET /im/v1/chats/:id; an outsider sees little of a group.
func (s *Server) getChat(c *call) (any, error) {
	found, err := s.group(c.param("id"))
	if err != nil {
		return nil, err
	}
	view := s.chatView(found, c.query("user_id_type", "open_id"))
	delete(view, "chat_id")
	if found.BotIn {
		return view, nil
	}
	return only(view, "name", "avatar", "chat_mode", "chat_status", "external", "tenant_key", "user_count", "bot_count"), nil
}

// listChats serves GET /im/v1/chats: the groups the bot is in, no direct chats.
func (s *Server) listChats(c *call) (any, error) {
	from, size, err := c.page(20, 100)
	if err != nil {
		return nil, err
	}
	views := []map[string]any{}
	for _, found := range s.chats.All() {
		if found.Mode == modeGroup && found.BotIn && !found.Disbanded {
			full := s.chatView(found, c.query("user_id_type", "open_id"))
			views = append(views, only(full, "chat_id", "avatar", "name", "description", "owner_id", "owner_id_type",
				"external", "tenant_key", "chat_status"))
		}
	}
	return paged(views, from, size), nil
}

// only keeps the fields named.
func only(view map[string]any, names ...string) map[string]any {
	kept := map[string]any{}
	for _, name := range names {
		if v, ok := view[name]; ok {
			kept[name] = v
		}
	}
	return kept
}
