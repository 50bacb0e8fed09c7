package feishu

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"
)

func TestReceivers(t *testing.T) {
	b := newBench(t)
	u, _ := b.s.users.Get(b.user("张伟"))
	var chat string
	for idType, id := range map[string]string{"open_id": u.OpenID, "union_id": u.UnionID, "user_id": u.UserID, "email": u.Email} {
		resp := b.send(idType, id, "text", textOf("to "+idType), "")
		require.True(t, resp.Success(), "%s: %v", idType, resp.CodeError)
		if chat == "" {
			chat = *resp.Data.ChatId
		}
		require.Equal(t, chat, *resp.Data.ChatId, "one direct chat a person")
	}
	require.Len(t, b.listed("/users/"+u.OpenID+"/messages"), 4)
	require.True(t, b.send("chat_id", chat, "text", textOf("to the chat"), "").Success())

	for _, c := range []struct {
		name, idType, id string
		code             int
	}{
		{"malformed open_id", "open_id", "x", 99992351},
		{"open_id of another app", "open_id", "ou_0123456789abcdef0123456789abcdef", 99992361},
		{"no such e-mail", "email", "nobody@tenant.example", 99992351},
		{"malformed chat_id", "chat_id", "x", 99992356},
		{"a chat without the bot", "chat_id", "oc_0123456789abcdef0123456789abcdef", 230002},
		{"unknown type", "phone", "1", 99992402},
		{"no receiver", "open_id", "", 99992402},
	} {
		resp := b.send(c.idType, c.id, "text", textOf("x"), "")
		require.Equal(t, c.code, resp.Code, c.name)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	}
}

func TestUnreachablePeople(t *testing.T) {
	b := newBench(t)
	id := b.user("李娜")
	for _, c := range []struct {
		away string
		code int
	}{{"outside", 230013}, {"resigned", 230029}, {"stopped", 230053}, {"", 0}} {
		b.control("POST", "/users/"+id, obj{"away": c.away})
		require.Equal(t, c.code, b.send("open_id", id, "text", textOf("x"), "").Code, c.away)
	}
	b.set(swBot, false)
	require.Equal(t, 230006, b.send("open_id", id, "text", textOf("x"), "").Code)
}

func TestContentRules(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	post := func(paragraphs ...any) string {
		return encode(obj{"zh_cn": obj{"title": "题", "content": paragraphs}})
	}
	own := b.uploadImage()
	for _, c := range []struct {
		name, msgType, content string
		code                   int
	}{
		{"text at its limit", "text", textOf(strings.Repeat("a", maxText-len(textOf("")))), 0},
		{"text too long", "text", textOf(strings.Repeat("a", maxText-len(textOf(""))+1)), 230025},
		{"post too long", "post", post([]any{obj{"tag": "text", "text": strings.Repeat("a", maxPost)}}), 230025},
		{"not JSON", "text", "hello", 230001},
		{"empty text", "text", textOf(""), 230001},
		{"unknown type", "poem", "{}", 230001},
		{"post without language", "post", encode(obj{"title": "x"}), 230001},
		{"unknown tag", "post", post([]any{obj{"tag": "blink"}}), 230001},
		{"image not alone", "post", post([]any{obj{"tag": "text", "text": "x"}, obj{"tag": "img", "image_key": own}}), 230001},
		{"image alone", "post", post([]any{obj{"tag": "text", "text": "x"}}, []any{obj{"tag": "img", "image_key": own}}), 0},
		{"at of nobody", "post", post([]any{obj{"tag": "at", "user_id": "ou_nobody"}}), 230001},
		{"unknown image", "image", encode(obj{"image_key": "img_v3_x"}), 230001},
		{"own image", "image", encode(obj{"image_key": own}), 0},
		{"image as file", "file", encode(obj{"file_key": own}), 230055},
		{"video as file", "file", encode(obj{"file_key": b.uploadFile("a.mp4", "mp4")}), 230055},
		{"video as media", "media", encode(obj{"file_key": b.uploadFile("a.mp4", "mp4"), "image_key": own}), 0},
		{"audio", "audio", encode(obj{"file_key": b.uploadFile("a.opus", "opus")}), 0},
		{"sticker", "sticker", encode(obj{"file_key": "file_v3_s"}), 0},
		{"shared chat", "share_chat", encode(obj{"chat_id": chat}), 0},
		{"shared user", "share_user", encode(obj{"user_id": b.user("张伟")}), 0},
		{"shared nobody", "share_user", encode(obj{"user_id": "ou_x"}), 230001},
	} {
		resp := b.send("chat_id", chat, c.msgType, c.content, "")
		require.Equal(t, c.code, resp.Code, "%s: %s", c.name, resp.Msg)
	}
	b.says("张伟", obj{"chat_id": chat, "images": []obj{{"data": pixel, "filename": "a.png"}}})
	theirs := b.listed("/chats/" + chat + "/messages")
	key := theirs[len(theirs)-1]["image_key"].(string)
	require.Equal(t, 230017, b.send("chat_id", chat, "image", encode(obj{"image_key": key}), "").Code, "somebody else's upload")
}

func TestDataProtection(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	require.Equal(t, 0, b.send("chat_id", chat, "text", textOf("打 13800000001"), "").Code, "off unless the tenant has it")
	b.set(swDLP, true)
	require.Equal(t, 230028, b.send("chat_id", chat, "text", textOf("打 13800000001"), "").Code)
	require.Equal(t, 230028, b.send("chat_id", chat, "text", textOf("写 a@b.cn"), "").Code)
	require.Equal(t, 0, b.send("chat_id", chat, "text", textOf("打 138****0001"), "").Code)
}

func TestMentionsInText(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟", "李娜")
	zhang := b.user("张伟")
	id := b.sent(chat, "text", textOf(`<at user_id="`+zhang+`">x</at> 看看 <at user_id="ou_nobody">李</at> <b>快</b> [这里](https://a.example) <at user_id="all">所有人</at>`))
	m := b.message(chat, id)
	require.Equal(t, `@张伟 看看 <at user_id="ou_nobody">李</at> 快 这里 @所有人`, m["text"])
	require.Equal(t, []any{zhang, "all"}, m["mentions"])

	got := b.get(id)
	require.JSONEq(t, textOf(`@_user_1 看看 <at user_id="ou_nobody">李</at> <b>快</b> [这里](https://a.example) @_all`), *got.Body.Content)
	require.Equal(t, "@_user_1", *got.Mentions[0].Key)
	require.Equal(t, zhang, *got.Mentions[0].Id)

	id = b.sent(chat, "text", textOf("a &lt;b&gt;"))
	require.Equal(t, "a &lt;b&gt;", b.message(chat, id)["text"], "shown as it stands unless the switch says otherwise")
	b.set(swEntities, true)
	id = b.sent(chat, "text", textOf("a &lt;b&gt;"))
	require.Equal(t, "a <b>", b.message(chat, id)["text"])
}

// get reads one message by the API.
func (b *bench) get(id string) *larkim.Message {
	b.t.Helper()
	resp, err := b.client.Im.V1.Message.Get(context.Background(), larkim.NewGetMessageReqBuilder().MessageId(id).Build(), b.auth())
	require.NoError(b.t, err)
	require.True(b.t, resp.Success(), resp.CodeError)
	return resp.Data.Items[0]
}

func TestUUID(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	first := b.send("chat_id", chat, "text", textOf("one"), "u1")
	again := b.send("chat_id", chat, "text", textOf("two"), "u1")
	require.True(t, again.Success())
	require.Equal(t, *first.Data.MessageId, *again.Data.MessageId)
	require.Equal(t, "one", b.message(chat, *again.Data.MessageId)["text"])
	require.Len(t, b.listed("/chats/"+chat+"/messages"), 1)

	b.forward(time.Hour - time.Second)
	require.Equal(t, *first.Data.MessageId, *b.send("chat_id", chat, "text", textOf("x"), "u1").Data.MessageId)
	b.forward(time.Second)
	require.NotEqual(t, *first.Data.MessageId, *b.send("chat_id", chat, "text", textOf("x"), "u1").Data.MessageId, "good for an hour")

	require.Equal(t, 230001, b.send("chat_id", chat, "text", textOf("x"), strings.Repeat("u", maxUUID+1)).Code)
	require.Equal(t, 230002, b.send("chat_id", "oc_0123456789abcdef", "text", textOf("x"), "u2").Code)
	require.True(t, b.send("chat_id", chat, "text", textOf("x"), "u2").Success(), "a failed call does not use the uuid up")

	b.s.mu.Lock()
	b.s.inFlight["message u3"] = true
	b.s.mu.Unlock()
	require.Equal(t, 230049, b.send("chat_id", chat, "text", textOf("x"), "u3").Code)
}

func TestRepliesAndTopics(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	root := b.sent(chat, "text", textOf("root"))

	quote := b.reply(root, "quote", false)
	require.True(t, quote.Success(), quote.CodeError)
	require.Equal(t, root, *quote.Data.RootId)
	require.Equal(t, root, *quote.Data.ParentId)
	require.Nil(t, quote.Data.ThreadId)
	deeper := b.reply(*quote.Data.MessageId, "deeper", false)
	require.Equal(t, root, *deeper.Data.RootId)
	require.Equal(t, *quote.Data.MessageId, *deeper.Data.ParentId)

	topic := b.reply(root, "in the topic", true)
	require.NotEmpty(t, *topic.Data.ThreadId)
	inside := b.reply(*topic.Data.MessageId, "stays inside", false)
	require.Equal(t, *topic.Data.ThreadId, *inside.Data.ThreadId, "a reply inside a topic stays there")
	require.Equal(t, root, *inside.Data.RootId)
	require.Equal(t, root, *inside.Data.ParentId, "the parent is always the root")
	require.Equal(t, *topic.Data.ThreadId, *b.get(root).ThreadId, "the root is part of its topic")

	person := b.says("张伟", obj{"chat_id": chat, "root_id": *inside.Data.MessageId, "text": "me too"})
	require.Equal(t, *topic.Data.ThreadId, b.message(chat, person)["thread_id"])
	require.Equal(t, root, b.message(chat, person)["root_id"])

	fromQuote := b.reply(*quote.Data.MessageId, "a topic of its own", true)
	require.Equal(t, *quote.Data.MessageId, *fromQuote.Data.RootId)
	require.NotEqual(t, *topic.Data.ThreadId, *fromQuote.Data.ThreadId)

	b.control("POST", "/messages/"+person+"/recall", obj{"open_id": b.user("张伟")})
	require.Equal(t, 230011, b.reply(person, "x", false).Code)
	gone := b.says("张伟", obj{"chat_id": chat, "text": "gone"})
	b.control("POST", "/messages/"+gone+"/recall", obj{"open_id": b.user("张伟"), "deleted": true})
	require.Equal(t, 230110, b.reply(gone, "x", false).Code)
	require.Equal(t, 99992354, b.reply("om_x", "x", false).Code)
}

func TestTopicGroup(t *testing.T) {
	b := newBench(t)
	out := b.control("POST", "/chats", obj{"open_id": b.user("张伟"), "name": "话题", "bot": true, "topics": true})
	chat := out["chat_id"].(string)
	id := b.sent(chat, "text", textOf("opens a topic"))
	thread := b.get(id).ThreadId
	require.NotNil(t, thread)
	require.Equal(t, *thread, *b.reply(id, "x", false).Data.ThreadId)
	for _, c := range b.s.State().Chats {
		require.Equal(t, "topic", c.Mode)
	}
}

func TestForward(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	id := b.says("张伟", obj{"chat_id": chat, "text": "hello"})
	resp, err := b.client.Im.V1.Message.Forward(context.Background(), larkim.NewForwardMessageReqBuilder().MessageId(id).
		ReceiveIdType("open_id").Body(larkim.NewForwardMessageReqBodyBuilder().ReceiveId(b.user("李娜")).Build()).Build(), b.auth())
	require.NoError(t, err)
	require.True(t, resp.Success(), resp.CodeError)
	require.Equal(t, "hello", b.listed("/users/" + b.user("李娜") + "/messages")[0]["text"])
}
