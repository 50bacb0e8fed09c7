package feishu

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestListsAfter(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	first := b.says("张伟", obj{"chat_id": chat, "text": "first"})
	card := b.sent(chat, "interactive", cardOf(obj{"tag": "markdown", "content": "old"}))
	out := b.control("GET", "/chats/"+chat+"/messages?after=0", nil)
	require.Len(t, out["messages"], 2)
	after := func(seq any) []string {
		var ids []string
		for _, m := range b.listed(fmt.Sprintf("/chats/%s/messages?after=%.0f", chat, seq)) {
			ids = append(ids, m["message_id"].(string))
		}
		return ids
	}
	seq := out["seq"]
	require.Empty(t, after(seq))
	third := b.sent(chat, "text", textOf("third"))
	b.control("POST", "/users/"+b.user("张伟")+"/reactions", obj{"message_id": first, "emoji_type": "OnIt"})
	require.Equal(t, []string{first, third}, after(seq), "in order of sending, changed ones among them")
	require.True(t, b.patch(card, cardOf(obj{"tag": "markdown", "content": "new"})).Success())
	require.Equal(t, []string{first, card, third}, after(seq))

	m := b.message(chat, first)
	require.Equal(t, b.user("张伟"), m["sender"])
	require.Equal(t, "张伟", m["sender_name"])
	require.Equal(t, start.Format(time.RFC3339), m["time"])
	require.Equal(t, b.s.app.ID, b.message(chat, third)["sender"])
	require.Less(t, m["seq"].(float64), b.message(chat, card)["seq"].(float64))
}

func TestControlRefusals(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	zhang, li := b.user("张伟"), b.user("李娜")
	mine := b.says("张伟", obj{"chat_id": chat, "text": "x"})
	for _, c := range []struct {
		name, method, path string
		body               obj
		status             int
	}{
		{"unknown user", "POST", "/users/ou_x/messages", obj{"text": "x"}, 404},
		{"unknown chat", "POST", "/users/" + zhang + "/messages", obj{"chat_id": "oc_x", "text": "x"}, 404},
		{"not a member", "POST", "/users/" + li + "/messages", obj{"chat_id": chat, "text": "x"}, 400},
		{"unknown root", "POST", "/users/" + zhang + "/messages", obj{"root_id": "om_x", "text": "x"}, 404},
		{"root of another chat", "POST", "/users/" + zhang + "/messages", obj{"root_id": mine, "chat_id": b.group("张伟"), "text": "x"}, 400},
		{"nothing to say", "POST", "/users/" + zhang + "/messages", obj{"chat_id": chat}, 400},
		{"file with text", "POST", "/users/" + zhang + "/messages", obj{"text": "x", "file": obj{"data": "eA==", "filename": "x"}}, 400},
		{"no base64", "POST", "/users/" + zhang + "/messages", obj{"images": []obj{{"data": "§"}}}, 400},
		{"no image", "POST", "/users/" + zhang + "/messages", obj{"images": []obj{{"data": "eA=="}}}, 400},
		{"mention of nobody", "POST", "/users/" + zhang + "/messages", obj{"text": "x", "mentions": []string{"ou_x"}}, 404},
		{"somebody else's message", "POST", "/messages/" + mine + "/recall", obj{"open_id": li}, 400},
		{"unknown message", "POST", "/messages/om_x/read", obj{"open_id": li}, 404},
		{"unknown emoji", "POST", "/users/" + zhang + "/reactions", obj{"message_id": mine, "emoji_type": "x"}, 400},
		{"reaction that is not there", "POST", "/users/" + zhang + "/reactions", obj{"message_id": mine, "emoji_type": "OnIt", "remove": true}, 400},
		{"no card", "POST", "/users/" + zhang + "/actions", obj{"message_id": mine, "button": "x"}, 400},
		{"busy backwards", "POST", "/users/" + zhang + "/busy", obj{"from": start.Add(time.Hour), "to": start}, 400},
		{"user without name", "POST", "/users", obj{}, 400},
		{"unknown reason", "POST", "/users/" + zhang, obj{"away": "asleep"}, 400},
		{"unknown action on tokens", "POST", "/tokens", obj{"action": "bless"}, 400},
		{"unknown resource", "GET", "/resources/img_x", nil, 404},
		{"list of an unknown chat", "GET", "/chats/oc_x/messages", nil, 404},
		{"after is no number", "GET", "/chats/" + chat + "/messages?after=x", nil, 400},
		{"unknown path", "GET", "/planets", nil, 404},
	} {
		status, _, out := b.http(c.method, "/control/feishu"+c.path, nil, c.body)
		require.Equal(t, c.status, status, "%s: %v", c.name, out)
		require.NotEmpty(t, out["error"], c.name)
	}
	status, _, _ := b.http("POST", "/control/feishu/scopes", http.Header{}, []int{1})
	require.Equal(t, 400, status)
}

func TestTypedMentions(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	b.control("POST", "/users", obj{"name": "张伟强", "open_id": "ou_zhangweiqiang"})
	for _, c := range []struct {
		say  obj
		want string
	}{
		{obj{"text": "hello", "mention_bot": true}, "@_user_1 hello"},
		{obj{"text": "hello @服务台 there", "mention_bot": true}, "hello @_user_1 there"},
		{obj{"text": "/转派 HLDL-0001", "mentions": []string{b.user("李娜")}}, "/转派 HLDL-0001 @_user_1"},
		{obj{"text": "@张伟强 和 @张伟", "mentions": []string{b.user("张伟"), "ou_zhangweiqiang"}}, "@_user_1 和 @_user_2"},
		{obj{"text": "@李娜 typed by hand", "mention_bot": true}, "@_user_1 @李娜 typed by hand"},
		{obj{"text": "@_user_1 typed by hand"}, "@_user_1 typed by hand"},
		{obj{"text": "听 @所有人", "mentions": []string{"all"}}, "听 @所有人 @_all"},
	} {
		b.says("张伟", c.say)
		require.JSONEq(t, textOf(c.want), *e.last().Event.Message.Content)
	}
	b.says("张伟", obj{"text": "@张伟强 和 @张伟", "mentions": []string{b.user("张伟"), "ou_zhangweiqiang"}})
	got := e.last().Event.Message.Mentions
	require.Equal(t, "张伟强", *got[0].Name)
	require.Equal(t, "张伟", *got[1].Name)
}

func TestRestart(t *testing.T) {
	dir := t.TempDir()
	b := openBench(t, dir)
	chat := b.group("张伟")
	root := b.sent(chat, "interactive", cardOf(callbackButton("接单", obj{})))
	topic := b.reply(root, "in the topic", true)
	said := b.says("张伟", obj{"chat_id": chat, "root_id": root, "text": "kept", "mention_bot": true}) // nobody listens: pending
	picture := b.says("张伟", obj{"images": []obj{{"data": pixel, "filename": "a.png"}}})
	b.control("POST", "/users/"+b.user("张伟")+"/reactions", obj{"message_id": root, "emoji_type": "OnIt"})
	require.True(t, b.send("chat_id", chat, "text", textOf("once"), "u").Success())
	b.control("POST", "/scopes", obj{"im:message.pins:write_only": false})
	b.set(swDLP, true)
	token, _ := b.fetch()
	config, state := b.s.Config(), b.s.State()
	before := b.listed("/chats/" + chat + "/messages")
	direct := b.listed("/users/" + b.user("张伟") + "/messages")
	b.forward(5 * time.Second)
	// The journal is read again while the first process still has it open, as after kill -9.
	again := openBench(t, dir)
	require.Equal(t, config, again.s.Config())
	require.Equal(t, state, again.s.State())
	require.True(t, start.Add(5*time.Second).Equal(again.w.Clock.Now()))
	require.Equal(t, before, again.listed("/chats/"+chat+"/messages"))
	require.Equal(t, direct, again.listed("/users/"+again.user("张伟")+"/messages"))
	_, code := again.with("Bearer " + token)
	require.Equal(t, 0, code, "tokens live on")
	require.Equal(t, 99991672, again.code("POST", "/im/v1/pins", obj{"message_id": root}))
	require.True(t, again.w.Switches.Bool(swDLP))
	require.Len(t, again.listed("/chats/"+chat+"/messages"), len(before))
	require.True(t, again.send("chat_id", chat, "text", textOf("twice"), "u").Success())
	require.Len(t, again.listed("/chats/"+chat+"/messages"), len(before), "the uuid is remembered")
	require.Equal(t, *topic.Data.ThreadId, *again.reply(said, "on", false).Data.ThreadId)
	status, _, _ := again.http("GET", "/control/feishu/resources/"+direct[0]["image_key"].(string), nil, nil)
	require.Equal(t, 200, status)
	require.Equal(t, picture, direct[0]["message_id"])

	e := newEar(again).listen()
	again.forward(20 * time.Second)
	require.ElementsMatch(t, []string{textOf("@_user_1 kept"), fmt.Sprintf(`{"image_key":"%s"}`, direct[0]["image_key"])}, e.texts(),
		"pending events go on")
	require.Zero(t, again.s.pushes.Len())
}
