package feishu

// routes are the APIs that need a token, with the scopes of which each needs one.
func (s *Server) routes() []route {
	const (
		open     = "/open-apis"
		messages = open + "/im/v1/messages"
		chats    = open + "/im/v1/chats"
	)
	return []route{
		{"POST " + messages, scopeMessage, s.createMessage},
		{"GET " + messages, scopeRead, s.listMessages},
		{"GET " + messages + "/{id}", scopeRead, s.getMessage},
		{"PUT " + messages + "/{id}", scopeUpdate, s.editMessage},
		{"PATCH " + messages + "/{id}", scopeUpdate, s.patchCard},
		{"DELETE " + messages + "/{id}", scopeRecall, s.recallMessage},
		{"POST " + messages + "/{id}/reply", scopeMessage, s.replyMessage},
		{"POST " + messages + "/{id}/forward", scopeMessage, s.forwardMessage},
		{"GET " + messages + "/{id}/read_users", scopeRead, s.readUsers},
		{"PATCH " + messages + "/{id}/urgent_app", scopeApp, s.buzz("app")},
		{"PATCH " + messages + "/{id}/urgent_sms", scopeSMS, s.buzz("sms")},
		{"PATCH " + messages + "/{id}/urgent_phone", scopePhone, s.buzz("phone")},
		{"POST " + messages + "/{id}/reactions", scopeReact, s.createReaction},
		{"GET " + messages + "/{id}/reactions", scopeReactions, s.listReactions},
		{"DELETE " + messages + "/{id}/reactions/{rid}", scopeReact, s.deleteReaction},
		{"GET " + messages + "/{id}/resources/{key}", scopeResource, s.messageResource},
		{"POST " + open + "/im/v1/pins", scopePin, s.pinMessage},
		{"GET " + open + "/im/v1/pins", scopePins, s.listPins},
		{"DELETE " + open + "/im/v1/pins/{id}", scopePin, s.unpinMessage},
		{"POST " + open + "/im/v1/images", scopeResource, s.uploadImage},
		{"GET " + open + "/im/v1/images/{key}", scopeResource, s.ownResource},
		{"POST " + open + "/im/v1/files", scopeResource, s.uploadFile},
		{"GET " + open + "/im/v1/files/{key}", scopeResource, s.ownResource},
		{"POST " + chats, scopeChat, s.createChat},
		{"GET " + chats, scopeChatRead, s.listChats},
		{"GET " + chats + "/{id}", scopeChatRead, s.getChat},
		{"PUT " + chats + "/{id}", scopeChatWrite, s.updateChat},
		{"DELETE " + chats + "/{id}", scopeChatEnd, s.disbandChat},
		{"POST " + chats + "/{id}/members", scopeMembers, s.addMembers},
		{"DELETE " + chats + "/{id}/members", scopeMembers, s.removeMembers},
		{"GET " + chats + "/{id}/members", scopeMembersR, s.listMembers},
		{"GET " + chats + "/{id}/members/is_in_chat", scopeMembersR, s.isInChat},
		{"POST " + chats + "/{id}/top_notice/put_top_notice", scopeNotice, s.putTopNotice},
		{"POST " + chats + "/{id}/top_notice/delete_top_notice", scopeNotice, s.deleteTopNotice},
		{"PATCH " + open + "/im/v2/feed_cards/bot_time_sentive", scopeFeed, s.pinBotInFeed},
		{"PATCH " + open + "/im/v2/feed_cards/{id}", scopeFeed, s.pinChatInFeed},
		{"POST " + open + "/interactive/v1/card/update", nil, s.updateCardLater},
		{"GET " + open + "/contact/v3/users/{id}", scopeContact, s.getUser},
		{"GET " + open + "/contact/v3/users/batch", scopeContact, s.getUsers},
		{"POST " + open + "/contact/v3/users/batch_get_id", scopeUserID, s.findUsers},
		{"POST " + open + "/calendar/v4/freebusy/list", scopeFreeBusy, s.freeBusy},
		{"POST " + open + "/calendar/v4/freebusy/batch", scopeFreeBusy, s.freeBusyBatch},
		{"GET " + open + "/bot/v3/info", nil, s.botInfo},
		{"GET " + open + "/application/v6/scopes", nil, s.listScopes},
	}
}
