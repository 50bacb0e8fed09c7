package feishu

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

// press presses something as 张伟 and gives what the client shows.
func (b *bench) press(id string, body obj) obj {
	b.t.Helper()
	body["message_id"] = id
	return b.control("POST", "/users/"+b.user("张伟")+"/actions", body)
}

// refused is a press that the client or the control interface refuses.
func (b *bench) refused(id string, body obj) string {
	b.t.Helper()
	body["message_id"] = id
	status, _, out := b.http("POST", "/control/feishu/users/"+b.user("张伟")+"/actions", nil, body)
	require.GreaterOrEqual(b.t, status, http.StatusBadRequest)
	return out["error"].(string)
}

func TestPresses(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	option := func(label, value string) obj { return obj{"text": plain(label), "value": value} }
	id := b.sent(chat, "interactive", cardOf(
		callbackButton("接单", obj{"do": "claim", "n": 1}),
		obj{"tag": "button", "text": plain("停用"), "disabled": true, "behaviors": []any{obj{"type": "callback"}}},
		obj{"tag": "button", "text": plain("网页"), "behaviors": []any{obj{"type": "open_url", "default_url": "https://desk.example"}}},
		obj{"tag": "button", "text": plain("删除"), "confirm": obj{"title": plain("确定？"), "text": plain("真的？")}, "behaviors": []any{obj{"type": "callback", "value": obj{"do": "delete"}}}},
		panel("更多", columns(callbackButton("转派", obj{"do": "assign"}))),
		obj{"tag": "overflow", "name": "more", "options": []any{option("合并", "merge"), option("历史", "history")}, "behaviors": []any{obj{"type": "callback", "value": obj{"do": "more"}}}},
		obj{"tag": "select_static", "name": "type", "options": []any{option("报错", "error"), option("需求", "demand")}, "behaviors": []any{obj{"type": "callback", "value": obj{"do": "type"}}}},
		obj{"tag": "select_static", "name": "mute", "options": []any{option("静", "m")}},
		obj{"tag": "date_picker", "name": "due", "behaviors": []any{obj{"type": "callback"}}},
		obj{"tag": "checker", "name": "seen", "checked": false, "text": plain("已看"), "behaviors": []any{obj{"type": "callback"}}},
		obj{"tag": "interactive_container", "element_id": "box", "elements": []any{obj{"tag": "hr"}}, "behaviors": []any{obj{"type": "callback", "value": obj{"do": "box"}}}},
	))
	for _, c := range []struct {
		press obj
		want  callback.CallBackAction
	}{
		{obj{"button": "接单"}, callback.CallBackAction{Tag: "button", Value: obj{"do": "claim", "n": 1.0}}},
		{obj{"button": "删除"}, callback.CallBackAction{Tag: "button", Value: obj{"do": "delete"}}},
		{obj{"button": "转派"}, callback.CallBackAction{Tag: "button", Value: obj{"do": "assign"}}},
		{obj{"button": "历史"}, callback.CallBackAction{Tag: "overflow", Name: "more", Option: "history", Value: obj{"do": "more"}}},
		{obj{"name": "more", "option": "merge"}, callback.CallBackAction{Tag: "overflow", Name: "more", Option: "merge", Value: obj{"do": "more"}}},
		{obj{"option": "需求"}, callback.CallBackAction{Tag: "select_static", Name: "type", Option: "demand", Value: obj{"do": "type"}}},
		{obj{"name": "due", "option": "2026-04-01 +0800"}, callback.CallBackAction{Tag: "date_picker", Name: "due", Option: "2026-04-01 +0800", Value: obj{}}},
		{obj{"name": "seen"}, callback.CallBackAction{Tag: "checker", Name: "seen", Checked: true, Value: obj{}}},
		{obj{"element_id": "box"}, callback.CallBackAction{Tag: "interactive_container", Value: obj{"do": "box"}}},
	} {
		require.Equal(t, obj{"status": 200.0}, b.press(id, c.press), "%v", c.press)
		got := e.actions[len(e.actions)-1].Event
		c.want.Timezone = "Asia/Shanghai"
		require.Equal(t, &c.want, got.Action)
		require.Equal(t, b.user("张伟"), got.Operator.OpenID)
		require.Equal(t, id, got.Context.OpenMessageID)
		require.Equal(t, chat, got.Context.OpenChatID)
		require.Equal(t, "im_message", got.Host)
		require.Regexp(t, "^c-", got.Token)
	}
	require.Equal(t, micros(start), e.actions[0].EventV2Base.Header.CreateTime)
	n := len(e.actions)
	require.Equal(t, "https://desk.example", b.press(id, obj{"button": "网页"})["url"])
	require.Equal(t, obj{"status": 200.0}, b.press(id, obj{"name": "mute", "option": "m"}), "without behaviors nothing happens in 2.0")
	require.Len(t, e.actions, n)
	require.Contains(t, b.refused(id, obj{"button": "停用"}), "disabled")
	require.Contains(t, b.refused(id, obj{"button": "没有"}), "接单, 停用", "the refusal lists what there is")
	require.Contains(t, b.refused(id, obj{}), "button")
	status, _, _ := b.http("POST", "/control/feishu/users/"+b.user("李娜")+"/actions", nil, obj{"message_id": id, "button": "接单"})
	require.Equal(t, http.StatusBadRequest, status, "not in the group")
}

func TestForms(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	options := []any{obj{"text": plain("高"), "value": "high"}, obj{"text": plain("低"), "value": "low"}}
	id := b.sent(chat, "interactive", cardOf(form(
		obj{"tag": "input", "name": "words", "required": true, "max_length": 5},
		obj{"tag": "input", "name": "note", "default_value": "随便"},
		obj{"tag": "input", "name": "empty"},
		columns(obj{"tag": "select_static", "name": "level", "options": options, "initial_option": "low"}),
		obj{"tag": "multi_select_static", "name": "several", "options": options},
		obj{"tag": "date_picker", "name": "due"},
		obj{"tag": "checker", "name": "sure", "checked": true, "text": plain("确定")},
		obj{"tag": "button", "name": "send", "text": plain("发送"), "form_action_type": "submit", "behaviors": []any{obj{"type": "callback", "value": obj{"do": "reply"}}}},
		obj{"tag": "button", "name": "undo", "text": plain("重置"), "form_action_type": "reset"},
	)))
	require.Contains(t, b.refused(id, obj{"button": "发送"}), `"words" is required`)
	require.Contains(t, b.refused(id, obj{"button": "发送", "form_value": obj{"words": ""}}), `"words" is required`)
	require.Contains(t, b.refused(id, obj{"button": "发送", "form_value": obj{"words": "一二三四五六"}}), "at most 5")
	require.Contains(t, b.refused(id, obj{"button": "发送", "form_value": obj{"words": "好", "level": "中"}}), "高, 低")
	require.Contains(t, b.refused(id, obj{"button": "发送", "form_value": obj{"words": "好", "nothing": 1}}), `no field "nothing"`)
	require.Equal(t, obj{"status": 200.0}, b.press(id, obj{"button": "重置"}))
	require.Empty(t, e.actions)

	b.press(id, obj{"button": "发送", "form_value": obj{"words": "好", "level": "高", "several": []any{"低"}}})
	got := e.actions[0].Event.Action
	require.Equal(t, "button", got.Tag)
	require.Equal(t, "send", got.Name)
	require.Equal(t, obj{"do": "reply"}, got.Value)
	require.Equal(t, obj{"words": "好", "note": "随便", "empty": "", "level": "high", "several": []any{"low"}, "sure": true}, got.FormValue,
		"defaults fill what was not given; untouched pickers are left out")
	require.Contains(t, b.refused(id, obj{"name": "level", "option": "high"}), "submit button")
}

func TestCard1(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	id := b.sent(chat, "interactive", encode(obj{"config": obj{"update_multi": true}, "header": obj{"title": plain("旧")}, "elements": []any{
		obj{"tag": "div", "text": obj{"tag": "lark_md", "content": "**词**"}, "fields": []any{obj{"text": plain("栏")}}},
		obj{"tag": "action", "actions": []any{obj{"tag": "button", "text": plain("好"), "value": obj{"a": "b"}}}},
		obj{"tag": "note", "elements": []any{plain("注")}},
	}}))
	m := b.message(chat, id)
	require.Equal(t, "旧\n词\n栏\n注", m["text"])
	require.Equal(t, []any{"好"}, m["buttons"])
	b.press(id, obj{"button": "好"})
	require.Equal(t, obj{"a": "b"}, e.actions[0].Event.Action.Value)
	b.forward(clickable2 + time.Second)
	b.press(id, obj{"button": "好"})
	b.forward(clickable1 - clickable2)
	require.Contains(t, b.refused(id, obj{"button": "好"}), "too old")
	id = b.sent(chat, "interactive", cardOf(callbackButton("好", obj{})))
	b.forward(clickable2)
	b.press(id, obj{"button": "好"})
	b.forward(time.Second)
	require.Contains(t, b.refused(id, obj{"button": "好"}), "too old")
}

func TestCardAnswers(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	id := b.sent(chat, "interactive", cardOf(callbackButton("好", obj{})))
	answer := func(card any, kind string) {
		e.respond = func(*callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
			return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: "info", Content: "嗯"}, Card: &callback.Card{Type: kind, Data: card}}, nil
		}
	}
	newCard := obj{"schema": "2.0", "body": obj{"elements": []any{obj{"tag": "markdown", "content": "新"}}}}
	answer(newCard, "raw")
	require.Equal(t, obj{"status": 200.0, "toast": obj{"type": "info", "content": "嗯"}}, b.press(id, obj{"button": "好"}))
	m := b.message(chat, id)
	require.Equal(t, "新", m["text"])
	require.Equal(t, true, m["updated"])

	id = b.sent(chat, "interactive", cardOf(callbackButton("好", obj{})))
	answer(obj{"elements": []any{}}, "raw")
	require.Equal(t, clientBadCard, b.press(id, obj{"button": "好"})["error"], "2.0 does not become 1.0")
	answer(newCard, "template")
	require.Equal(t, clientBadCard, b.press(id, obj{"button": "好"})["error"])
	e.respond = func(*callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) { return nil, nil }
	require.Equal(t, clientBadBody, b.press(id, obj{"button": "好"})["error"], "the SDK makes null of nil")
	e.respond = func(*callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
		return &callback.CardActionTriggerResponse{Toast: &callback.Toast{Type: "loud"}}, nil
	}
	require.Equal(t, clientBadBody, b.press(id, obj{"button": "好"})["error"])
	e.respond = func(*callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
		return nil, errors.New("no")
	}
	require.Equal(t, obj{"status": 500.0, "error": clientBadStatus}, b.press(id, obj{"button": "好"}))

	e.respond = nil
	require.NoError(t, b.w.Disturb.Add(kernel.Disturbance{Platform: kernel.Feishu, Mode: kernel.Drop, Times: 1}))
	require.Equal(t, obj{"status": 0.0, "error": clientTimeout}, b.press(id, obj{"button": "好"}))
	n := len(e.actions)
	b.forward(24 * time.Hour)
	require.Len(t, e.actions, n, "a card callback is not repeated")
}

func TestCardWithoutDesk(t *testing.T) {
	b := newBench(t)
	b.s.post.Timeout = 50 * time.Millisecond
	chat := b.group("张伟")
	id := b.sent(chat, "interactive", cardOf(callbackButton("好", obj{})))
	b.answer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server notice that the caller has gone
		<-r.Context().Done()
	}))
	require.Equal(t, obj{"status": 0.0, "error": clientTimeout}, b.press(id, obj{"button": "好"}))
	b.w.DeskURL = "http://127.0.0.1:1"
	require.Equal(t, clientNoConnection, b.press(id, obj{"button": "好"})["error"])
	b.w.DeskURL = ""
	require.Equal(t, clientNotConfigured, b.press(id, obj{"button": "好"})["error"])
}

func TestDelayedUpdate(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	id := b.sent(chat, "interactive", cardOf(callbackButton("好", obj{})))
	card := func(text string) obj {
		return obj{"schema": "2.0", "body": obj{"elements": []any{obj{"tag": "markdown", "content": text}, callbackButton("好", obj{})}}}
	}
	update := func(token, text string) int {
		return b.code("POST", "/interactive/v1/card/update", obj{"token": token, "card": card(text)})
	}
	early := -1
	e.respond = func(ev *callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
		early = update(ev.Event.Token, "too early")
		return &callback.CardActionTriggerResponse{}, nil
	}
	b.press(id, obj{"button": "好"})
	require.Equal(t, 300020, early, "before the callback is answered")
	e.respond = nil
	token := e.actions[0].Event.Token
	require.Equal(t, 300020, update("c-x", "x"))
	require.Equal(t, 0, update(token, "one"))
	require.Equal(t, 0, update(token, "two"))
	require.Equal(t, "two", b.message(chat, id)["text"])
	require.Equal(t, 300040, update(token, "three"))

	b.press(id, obj{"button": "好"})
	token = e.actions[1].Event.Token
	b.forward(cardTokenLife)
	require.Equal(t, 0, update(token, "in time"))
	b.forward(time.Second)
	require.Equal(t, 300030, update(token, "late"))

	b.press(id, obj{"button": "好"})
	token = e.actions[2].Event.Token
	require.Equal(t, 100000, b.code("POST", "/interactive/v1/card/update", obj{"token": token, "card": obj{"x": make([]int, maxDelayedCard)}}))
	require.Equal(t, 0, b.code("DELETE", "/im/v1/messages/"+id, nil))
	require.Equal(t, 200000, update(token, "gone"))
}
