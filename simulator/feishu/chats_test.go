package feishu

import (
	"context"
	"strings"
	"sync"
	"testing"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"
)

func TestCreateChat(t *testing.T) {
	b := newBench(t)
	zhang, li := b.user("张伟"), b.user("李娜")
	create := func(uuid, owner, name string) *larkim.CreateChatResp {
		body := larkim.NewCreateChatReqBodyBuilder().Name(name).Description("说明").UserIdList([]string{li})
		if owner != "" {
			body.OwnerId(owner)
		}
		resp, err := b.client.Im.V1.Chat.Create(context.Background(), larkim.NewCreateChatReqBuilder().UserIdType("open_id").
			SetBotManager(true).Uuid(uuid).Body(body.Build()).Build(), b.auth())
		require.NoError(t, err)
		return resp
	}
	first := create("u", "", "服务台工单")
	require.True(t, first.Success(), first.CodeError)
	require.Nil(t, first.Data.OwnerId, "the bot owns it")
	require.Equal(t, *first.Data.ChatId, *create("u", "", "x").Data.ChatId)
	require.NotEqual(t, *first.Data.ChatId, *create("u", zhang, "x").Data.ChatId, "another owner")
	b.forward(chatUUIDLife)
	require.NotEqual(t, *first.Data.ChatId, *create("u", "", "x").Data.ChatId, "good for ten hours")

	require.Equal(t, 232001, create("", "", strings.Repeat("名", maxChatName+1)).Code)
	require.Equal(t, 232043, create("", "ou_nobody", "x").Code)
	b.control("POST", "/users/"+zhang, obj{"away": "outside"})
	require.Equal(t, 232024, create("", zhang, "x").Code)
	require.Equal(t, 232001, b.code("POST", "/im/v1/chats", obj{"user_id_list": make([]string, maxInvited+1)}))
	require.Equal(t, 232001, b.code("POST", "/im/v1/chats", obj{"chat_mode": "p2p"}))
}

func TestGetAndUpdateChat(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟", "李娜")
	get := func(id string) *larkim.GetChatResp {
		resp, err := b.client.Im.V1.Chat.Get(context.Background(), larkim.NewGetChatReqBuilder().ChatId(id).UserIdType("open_id").Build(), b.auth())
		require.NoError(t, err)
		return resp
	}
	got := get(chat)
	require.Equal(t, "服务台工单", *got.Data.Name)
	require.Equal(t, "2", *got.Data.UserCount, "a string")
	require.Equal(t, "group", *got.Data.ChatMode)
	require.Equal(t, 232006, get("oc_x").Code)

	resp, err := b.client.Im.V1.Chat.Update(context.Background(), larkim.NewUpdateChatReqBuilder().ChatId(chat).UserIdType("open_id").
		Body(larkim.NewUpdateChatReqBodyBuilder().Name("新名").OwnerId(b.user("张伟")).EditPermission("only_owner").Build()).Build(), b.auth())
	require.NoError(t, err)
	require.True(t, resp.Success(), resp.CodeError)
	require.Equal(t, "新名", *get(chat).Data.Name)
	require.Equal(t, b.user("张伟"), *get(chat).Data.OwnerId)
	require.Equal(t, 0, b.code("PUT", "/im/v1/chats/"+chat, obj{"name": "x"}), "its maker, with the scope for it")
	b.control("POST", "/scopes", obj{"im:chat:operate_as_owner": false})
	require.Equal(t, 232017, b.code("PUT", "/im/v1/chats/"+chat, obj{"name": "y"}))
	require.Equal(t, 232017, b.code("DELETE", "/im/v1/chats/"+chat, nil))
	b.control("POST", "/scopes", obj{"im:chat:operate_as_owner": true})
	require.Equal(t, 0, b.code("DELETE", "/im/v1/chats/"+chat, nil))
	require.Equal(t, 232009, get(chat).Code)

	foreign := b.control("POST", "/chats", obj{"open_id": b.user("张伟"), "name": "n"})["chat_id"].(string)
	require.Equal(t, 232011, b.code("PUT", "/im/v1/chats/"+foreign, obj{"name": "x"}))
	outside := get(foreign)
	require.Equal(t, "n", *outside.Data.Name)
	require.Nil(t, outside.Data.OwnerId, "an outsider sees little")
	require.Equal(t, false, *b.isIn(foreign))
	b.says("张伟", obj{"text": "x"})
	mine := b.group("张伟")
	require.Equal(t, true, *b.isIn(mine))
	list, err := b.client.Im.V1.Chat.List(context.Background(), larkim.NewListChatReqBuilder().Build(), b.auth())
	require.NoError(t, err)
	require.Len(t, list.Data.Items, 1, "no direct chats, no foreign ones, no dissolved ones")
	require.Equal(t, mine, *list.Data.Items[0].ChatId)
}

func (b *bench) isIn(chat string) *bool {
	b.t.Helper()
	resp, err := b.client.Im.V1.ChatMembers.IsInChat(context.Background(), larkim.NewIsInChatChatMembersReqBuilder().ChatId(chat).Build(), b.auth())
	require.NoError(b.t, err)
	return resp.Data.IsInChat
}

func (b *bench) addMembers(chat, succeedType string, ids ...string) *larkim.CreateChatMembersResp {
	b.t.Helper()
	n := map[string]int{"0": 0, "1": 1, "2": 2}[succeedType]
	resp, err := b.client.Im.V1.ChatMembers.Create(context.Background(), larkim.NewCreateChatMembersReqBuilder().ChatId(chat).MemberIdType("open_id").
		SucceedType(n).Body(larkim.NewCreateChatMembersReqBodyBuilder().IdList(ids).Build()).Build(), b.auth())
	require.NoError(b.t, err)
	return resp
}

func (b *bench) members(chat string) []string {
	b.t.Helper()
	var names []string
	token := ""
	for {
		req := larkim.NewGetChatMembersReqBuilder().ChatId(chat).MemberIdType("open_id").PageSize(2)
		if token != "" {
			req.PageToken(token)
		}
		resp, err := b.client.Im.V1.ChatMembers.Get(context.Background(), req.Build(), b.auth())
		require.NoError(b.t, err)
		require.True(b.t, resp.Success(), resp.CodeError)
		for _, m := range resp.Data.Items {
			names = append(names, *m.Name)
		}
		if !*resp.Data.HasMore {
			return names
		}
		token = *resp.Data.PageToken
	}
}

func TestMembers(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	nobody := "ou_0123456789abcdef0123456789abcdef"
	b.control("POST", "/users/"+b.user("徐明"), obj{"away": "resigned"})
	b.control("POST", "/users/"+b.user("陈强"), obj{"away": "outside"})

	require.Equal(t, 232043, b.addMembers(chat, "0", b.user("李娜"), nobody).Code)
	require.Equal(t, 232024, b.addMembers(chat, "0", b.user("李娜"), b.user("陈强")).Code)
	require.Equal(t, 232043, b.addMembers(chat, "2", b.user("李娜"), b.user("徐明")).Code)
	require.Equal(t, []string{"张伟"}, b.members(chat), "all or nothing")
	some := b.addMembers(chat, "1", b.user("李娜"), nobody, b.user("徐明"), b.user("张伟"))
	require.True(t, some.Success(), some.CodeError)
	require.Equal(t, []string{nobody}, some.Data.NotExistedIdList)
	require.Equal(t, []string{b.user("徐明")}, some.Data.InvalidIdList)
	require.Equal(t, 0, b.addMembers(chat, "0", b.user("王芳")).Code)
	require.Equal(t, []string{"张伟", "李娜", "王芳"}, b.members(chat), "people only")

	gone, err := b.client.Im.V1.ChatMembers.Delete(context.Background(), larkim.NewDeleteChatMembersReqBuilder().ChatId(chat).MemberIdType("open_id").
		Body(larkim.NewDeleteChatMembersReqBodyBuilder().IdList([]string{b.user("李娜"), nobody}).Build()).Build(), b.auth())
	require.NoError(t, err)
	require.Equal(t, []string{nobody}, gone.Data.InvalidIdList)
	require.Equal(t, []string{"张伟", "王芳"}, b.members(chat))
	b.forward(0) // what the API brings about is told once it has answered
	require.Equal(t, []string{"user added 李娜", "user added 王芳", "user deleted 李娜"}, e.heard())

	require.Equal(t, 232001, b.addMembers(chat, "0").Code)
	foreign := b.control("POST", "/chats", obj{"open_id": b.user("张伟"), "name": "n"})["chat_id"].(string)
	require.Equal(t, 232011, b.addMembers(foreign, "0", b.user("李娜")).Code)
	own := b.control("POST", "/chats", obj{"open_id": b.user("张伟"), "name": "n", "bot": true})["chat_id"].(string)
	require.Equal(t, 232014, b.code("DELETE", "/im/v1/chats/"+own+"/members", obj{"id_list": []string{b.user("张伟")}}), "neither owner nor manager")
	require.Equal(t, 0, b.code("DELETE", "/im/v1/chats/"+own+"/members?member_id_type=app_id", obj{"id_list": []string{b.s.app.ID}}))
	require.Equal(t, 230002, b.send("chat_id", own, "text", textOf("x"), "").Code)
}

func TestConcurrentMemberChanges(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	names := []string{"李娜", "徐明", "陈强", "唐静", "王芳", "刘洋"}
	codes := make([]int, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { codes[i] = b.addMembers(chat, "0", b.user(name)).Code })
	}
	group.Wait()
	in := 0
	for _, code := range codes {
		require.Contains(t, []int{0, 232019}, code)
		if code == 0 {
			in++
		}
	}
	require.Less(t, in, len(names), "some of them met another one")
	require.Len(t, b.members(chat), 1+in)
}

func TestTopNoticeAndPins(t *testing.T) {
	b := newBench(t)
	chat, other := b.group("张伟"), b.group("李娜")
	id, elsewhere := b.sent(chat, "text", textOf("top")), b.sent(other, "text", textOf("x"))
	put := func(message string) int {
		resp, err := b.client.Im.V1.ChatTopNotice.PutTopNotice(context.Background(), larkim.NewPutTopNoticeChatTopNoticeReqBuilder().ChatId(chat).
			Body(larkim.NewPutTopNoticeChatTopNoticeReqBodyBuilder().ChatTopNotice([]*larkim.ChatTopNotice{
				larkim.NewChatTopNoticeBuilder().ActionType("1").MessageId(message).Build()}).Build()).Build(), b.auth())
		require.NoError(t, err)
		return resp.Code
	}
	require.Equal(t, 232001, put(elsewhere))
	require.Equal(t, 0, put(id))
	require.Equal(t, true, b.message(chat, id)["on_top"])
	require.Equal(t, 0, b.code("POST", "/im/v1/chats/"+chat+"/top_notice/delete_top_notice", obj{}))
	require.Nil(t, b.message(chat, id)["on_top"])

	pin, err := b.client.Im.V1.Pin.Create(context.Background(), larkim.NewCreatePinReqBuilder().Body(larkim.NewCreatePinReqBodyBuilder().MessageId(id).Build()).Build(), b.auth())
	require.NoError(t, err)
	require.Equal(t, chat, *pin.Data.Pin.ChatId)
	pins := func() int {
		list, err := b.client.Im.V1.Pin.List(context.Background(), larkim.NewListPinReqBuilder().ChatId(chat).Build(), b.auth())
		require.NoError(t, err)
		return len(list.Data.Items)
	}
	require.Equal(t, 1, pins())
	require.Equal(t, true, b.message(chat, id)["pinned"])
	require.Equal(t, 0, b.code("DELETE", "/im/v1/pins/"+id, nil))
	require.Zero(t, pins())
	require.Equal(t, 99992354, b.code("POST", "/im/v1/pins", obj{"message_id": "om_x"}))
}

func TestUrgents(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟", "李娜")
	zhang, li, wang := b.user("张伟"), b.user("李娜"), b.user("王芳")
	id := b.sent(chat, "text", textOf("快"))
	buzz := func(id string, users ...string) *larkim.UrgentAppMessageResp {
		resp, err := b.client.Im.V1.Message.UrgentApp(context.Background(), larkim.NewUrgentAppMessageReqBuilder().MessageId(id).UserIdType("open_id").
			UrgentReceivers(larkim.NewUrgentReceiversBuilder().UserIdList(users).Build()).Build(), b.auth())
		require.NoError(t, err)
		return resp
	}
	resp := buzz(id, zhang, wang, "ou_x")
	require.True(t, resp.Success(), resp.CodeError)
	require.Equal(t, []string{wang, "ou_x"}, resp.Data.InvalidUserIdList, "not in the chat, nobody")
	require.Equal(t, 230001, buzz(id, wang).Code, "nobody valid")
	require.Equal(t, 230012, buzz(b.says("张伟", obj{"chat_id": chat, "text": "x"}), li).Code)
	for _, kind := range []string{"sms", "phone"} {
		require.Equal(t, 0, b.code("PATCH", "/im/v1/messages/"+id+"/urgent_"+kind+"?user_id_type=open_id", obj{"user_id_list": []string{li}}))
	}
	b.control("POST", "/scopes", obj{"im:message.urgent:phone": false})
	require.Equal(t, 99991672, b.code("PATCH", "/im/v1/messages/"+id+"/urgent_phone", obj{"user_id_list": []string{li}}), "one scope each")

	b.control("POST", "/messages/"+id+"/read", obj{"open_id": li})
	var got []string
	for _, x := range b.control("GET", "/urgents", nil)["urgents"].([]any) {
		u := x.(obj)
		require.Equal(t, id, u["message_id"])
		line := b.s.nameOf(u["open_id"].(string)) + " " + u["kind"].(string)
		if u["read"] == true {
			line += " read"
		}
		got = append(got, line)
	}
	require.Equal(t, []string{"张伟 app", "李娜 sms read", "李娜 phone read"}, got)

	for range maxBuzzed - 1 {
		require.Equal(t, 0, buzz(id, zhang).Code)
	}
	require.Equal(t, 230023, buzz(id, zhang).Code, "200 unread")
	b.control("POST", "/messages/"+id+"/read", obj{"open_id": zhang})
	require.Equal(t, 0, buzz(id, zhang).Code)
}

func TestReactions(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	id := b.says("张伟", obj{"chat_id": chat, "text": "x"})
	add := func(id, emoji string) *larkim.CreateMessageReactionResp {
		resp, err := b.client.Im.V1.MessageReaction.Create(context.Background(), larkim.NewCreateMessageReactionReqBuilder().MessageId(id).
			Body(larkim.NewCreateMessageReactionReqBodyBuilder().ReactionType(larkim.NewEmojiBuilder().EmojiType(emoji).Build()).Build()).Build(), b.auth())
		require.NoError(t, err)
		return resp
	}
	first := add(id, "CheckMark")
	require.True(t, first.Success(), first.CodeError)
	require.Equal(t, *first.Data.ReactionId, *add(id, "CheckMark").Data.ReactionId, "the same once more is the same")
	b.control("POST", "/users/"+b.user("张伟")+"/reactions", obj{"message_id": id, "emoji_type": "OnIt"})
	require.Equal(t, []any{"CheckMark", "OnIt"}, b.message(chat, id)["reactions"])
	require.Equal(t, 231001, add(id, "NoSuchFace").Code)
	require.Equal(t, 231003, add("om_x", "OnIt").Code)

	list, err := b.client.Im.V1.MessageReaction.List(context.Background(), larkim.NewListMessageReactionReqBuilder().MessageId(id).Build(), b.auth())
	require.NoError(t, err)
	require.Len(t, list.Data.Items, 2)
	theirs := *list.Data.Items[1].ReactionId
	remove := func(rid string) int { return b.code("DELETE", "/im/v1/messages/"+id+"/reactions/"+rid, nil) }
	require.Equal(t, 231007, remove(theirs))
	require.Equal(t, 231010, remove("x"))
	require.Equal(t, 0, remove(*first.Data.ReactionId))
	require.Equal(t, []any{"OnIt"}, b.message(chat, id)["reactions"])
	b.control("POST", "/messages/"+id+"/recall", obj{"open_id": b.user("张伟")})
	require.Equal(t, 231002, add(id, "OnIt").Code)
	b.forward(0)
	require.ElementsMatch(t, []string{"reaction app CheckMark", "reaction user OnIt", "unreaction app CheckMark", "recalled message_owner"}, e.heard())
}
