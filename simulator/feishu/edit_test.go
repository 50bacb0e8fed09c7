package feishu

import (
	"context"
	"fmt"
	"testing"
	"time"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"
)

// patch changes a card with the SDK.
func (b *bench) patch(id, card string) *larkim.PatchMessageResp {
	b.t.Helper()
	resp, err := b.client.Im.V1.Message.Patch(context.Background(), larkim.NewPatchMessageReqBuilder().MessageId(id).
		Body(larkim.NewPatchMessageReqBodyBuilder().Content(card).Build()).Build(), b.auth())
	require.NoError(b.t, err)
	return resp
}

// edit changes a text with the SDK.
func (b *bench) edit(id, text string) *larkim.UpdateMessageResp {
	b.t.Helper()
	resp, err := b.client.Im.V1.Message.Update(context.Background(), larkim.NewUpdateMessageReqBuilder().MessageId(id).
		Body(larkim.NewUpdateMessageReqBodyBuilder().MsgType("text").Content(textOf(text)).Build()).Build(), b.auth())
	require.NoError(b.t, err)
	return resp
}

func (b *bench) recall(id string) int {
	b.t.Helper()
	resp, err := b.client.Im.V1.Message.Delete(context.Background(), larkim.NewDeleteMessageReqBuilder().MessageId(id).Build(), b.auth())
	require.NoError(b.t, err)
	return resp.Code
}

func TestPatch(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	md := func(text string) obj { return obj{"tag": "markdown", "content": text} }
	id := b.sent(chat, "interactive", cardOf(md("old")))
	require.True(t, b.patch(id, cardOf(md("new"))).Success())
	m := b.message(chat, id)
	require.Contains(t, m["text"], "new")
	require.Equal(t, true, m["updated"])

	resp := b.patch(id, encode(obj{"config": obj{"update_multi": true}, "elements": []any{}}))
	require.Equal(t, 230099, resp.Code)
	require.Contains(t, resp.Msg, "ErrCode: 200830", "2.0 does not become 1.0")
	require.Equal(t, 230099, b.patch(id, cardOf(obj{"tag": "blink"})).Code)
	require.Contains(t, b.message(chat, id)["text"], "new", "a refused card leaves the old one")

	single := b.sent(chat, "interactive", encode(obj{"elements": []any{md("1.0")}}))
	require.Equal(t, 230001, b.patch(single, encode(obj{"config": obj{"update_multi": true}, "elements": []any{}})).Code, "the old one is not shared")
	multi := b.sent(chat, "interactive", encode(obj{"config": obj{"update_multi": true}, "elements": []any{md("1.0")}}))
	require.Equal(t, 230001, b.patch(multi, encode(obj{"elements": []any{}})).Code, "the new one is not shared")
	require.Equal(t, 0, b.patch(multi, cardOf(md("2.0"))).Code, "1.0 may become 2.0")

	require.Equal(t, 230054, b.patch(b.sent(chat, "text", textOf("x")), cardOf()).Code)
	require.Equal(t, 230012, b.patch(b.says("张伟", obj{"chat_id": chat, "text": "x"}), cardOf()).Code)
	b.forward(cardEditable)
	require.Equal(t, 0, b.patch(id, cardOf(md("last"))).Code)
	b.forward(time.Second)
	require.Equal(t, 230031, b.patch(id, cardOf(md("late"))).Code)
	require.Equal(t, 0, b.recall(id))
	require.Equal(t, 230011, b.patch(id, cardOf()).Code)
}

func TestEdit(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	id := b.sent(chat, "text", textOf("0"))
	for i := range maxEdits {
		require.Equal(t, 0, b.edit(id, fmt.Sprint(i+1)).Code)
	}
	require.Equal(t, 230072, b.edit(id, "21").Code)
	require.Equal(t, "20", b.message(chat, id)["text"])
	require.True(t, *b.get(id).Updated)
	require.Equal(t, 230071, b.edit(b.says("张伟", obj{"chat_id": chat, "text": "x"}), "y").Code)
	require.Equal(t, 230054, b.edit(b.sent(chat, "interactive", cardOf()), "y").Code)
	require.Equal(t, 0, b.recall(id))
	require.Equal(t, 230011, b.edit(id, "y").Code)
}

func TestRecall(t *testing.T) {
	b := newBench(t)
	mine := b.group("张伟")
	id := b.sent(mine, "text", textOf("secret"))
	require.Equal(t, 0, b.recall(id))
	require.Equal(t, 230011, b.recall(id))
	m := b.message(mine, id)
	require.Equal(t, true, m["recalled"])
	require.NotContains(t, encode(m), "secret")

	theirs := b.says("张伟", obj{"chat_id": mine, "text": "x"})
	require.Equal(t, 0, b.recall(theirs), "the bot owns the group")
	old := b.says("张伟", obj{"chat_id": mine, "text": "x"})
	b.forward(foreignRecall + time.Second)
	require.Equal(t, 230009, b.recall(old))

	other := b.control("POST", "/chats", obj{"open_id": b.user("张伟"), "name": "n", "bot": true})["chat_id"].(string)
	require.Equal(t, 230026, b.recall(b.says("张伟", obj{"chat_id": other, "text": "x"})))
	require.Equal(t, 230026, b.recall(b.says("张伟", obj{"text": "direct"})))
}

func TestLimitOfOneAPI(t *testing.T) {
	b := newBench(t)
	b.token()
	b.stop(0)
	for i := range perSecond {
		require.Equal(t, 0, b.code("GET", "/bot/v3/info", nil), i)
	}
	status, header, out := b.api("GET", "/bot/v3/info", nil)
	require.Equal(t, 429, status)
	require.EqualValues(t, 99991400, out["code"])
	require.Equal(t, "50", header.Get("x-ogw-ratelimit-limit"))
	require.Equal(t, "1.000", header.Get("x-ogw-ratelimit-reset"))
	require.Equal(t, 0, b.code("GET", "/application/v6/scopes", nil), "another API has its own count")
	b.stop(600 * time.Millisecond)
	_, header, _ = b.api("GET", "/bot/v3/info", nil)
	require.Equal(t, "0.400", header.Get("x-ogw-ratelimit-reset"))
	b.stop(400 * time.Millisecond)
	for n := perSecond; n < perMinute; n += perSecond {
		for range perSecond {
			require.Equal(t, 0, b.code("GET", "/bot/v3/info", nil))
		}
		b.stop(time.Second)
	}
	_, header, out = b.api("GET", "/bot/v3/info", nil)
	require.EqualValues(t, 99991400, out["code"], "1000 in a minute")
	require.Equal(t, "1000", header.Get("x-ogw-ratelimit-limit"))
	require.Equal(t, "40.000", header.Get("x-ogw-ratelimit-reset"))
}

func TestLimitsOfChatAndMessage(t *testing.T) {
	b := newBench(t)
	chat, other := b.group("张伟"), b.group("李娜")
	card := b.sent(chat, "interactive", cardOf())
	b.stop(time.Second)
	for range perChat - 1 {
		b.sent(chat, "text", textOf("x"))
	}
	require.Equal(t, 0, b.reply(card, "x", true).Code, "replies count, too")
	resp := b.send("chat_id", chat, "text", textOf("x"), "")
	require.Equal(t, 230020, resp.Code)
	require.Equal(t, 400, resp.StatusCode)
	require.Equal(t, 230020, b.reply(card, "x", true).Code)
	require.Equal(t, 0, b.send("chat_id", other, "text", textOf("x"), "").Code, "each chat has its own count")
	for range perMessage {
		require.Equal(t, 0, b.patch(card, cardOf()).Code)
	}
	require.Equal(t, 230020, b.patch(card, cardOf()).Code)

	zhang := b.user("张伟")
	for range perChat {
		require.Equal(t, 0, b.send("open_id", zhang, "text", textOf("x"), "").Code)
	}
	require.Equal(t, 230020, b.send("chat_id", b.s.directs[zhang], "text", textOf("x"), "").Code, "a person's count, however he is named")
	b.stop(time.Second)
	require.Equal(t, 0, b.send("chat_id", chat, "text", textOf("x"), "").Code)
	require.Equal(t, 0, b.patch(card, cardOf()).Code)
}

func TestRatesForgetOldKeys(t *testing.T) {
	r := newRates()
	for i := range prunedAbove + 1 {
		_, _, ok := r.take(fmt.Sprint(i), start, span{1, time.Second})
		require.True(t, ok)
	}
	_, _, ok := r.take("0", start, span{1, time.Second})
	require.False(t, ok)
	_, _, ok = r.take("0", start.Add(time.Minute), span{1, time.Second})
	require.True(t, ok)
	require.Len(t, r.events, 1)
}
