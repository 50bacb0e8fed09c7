package feishu

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"
)

// history lists a container page by page and gives the texts.
func (b *bench) history(build func(*larkim.ListMessageReqBuilder)) (ids []string, code int) {
	b.t.Helper()
	token := ""
	for {
		req := larkim.NewListMessageReqBuilder().PageSize(2)
		build(req)
		if token != "" {
			req.PageToken(token)
		}
		resp, err := b.client.Im.V1.Message.List(context.Background(), req.Build(), b.auth())
		require.NoError(b.t, err)
		if !resp.Success() {
			return nil, resp.Code
		}
		for _, m := range resp.Data.Items {
			ids = append(ids, *m.MessageId)
		}
		if !*resp.Data.HasMore {
			return ids, 0
		}
		token = *resp.Data.PageToken
	}
}

func TestHistory(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	var sent []string
	for i := range 5 {
		sent = append(sent, b.says("张伟", obj{"chat_id": chat, "text": fmt.Sprint(i)}))
		b.forward(10 * time.Second)
	}
	topic := b.reply(sent[1], "in the topic", true)
	quote := b.reply(sent[2], "quote", false)

	in := func(kind, id string) func(*larkim.ListMessageReqBuilder) {
		return func(r *larkim.ListMessageReqBuilder) { r.ContainerIdType(kind).ContainerId(id) }
	}
	all, code := b.history(in("chat", chat))
	require.Equal(t, 0, code)
	require.Equal(t, append(append([]string{}, sent...), *quote.Data.MessageId), all, "of topics just the roots")
	thread, _ := b.history(in("thread", *topic.Data.ThreadId))
	require.Equal(t, []string{sent[1], *topic.Data.MessageId}, thread)

	some, _ := b.history(func(r *larkim.ListMessageReqBuilder) {
		in("chat", chat)(r)
		r.StartTime(strconv.FormatInt(start.Add(10*time.Second).Unix(), 10)).EndTime(strconv.FormatInt(start.Add(30*time.Second).Unix(), 10)).SortType("ByCreateTimeDesc")
	})
	require.Equal(t, []string{sent[3], sent[2], sent[1]}, some, "start and end are included")

	b.control("POST", "/messages/"+sent[0]+"/recall", obj{"open_id": b.user("张伟")})
	m := b.get(sent[0])
	require.True(t, *m.Deleted)
	require.NotContains(t, *m.Body.Content, "text")

	b.control("POST", "/scopes", obj{"im:message.group_msg": false})
	_, code = b.history(in("chat", chat))
	require.Equal(t, 230027, code, "a group's history needs im:message.group_msg")
	_, code = b.history(in("thread", *topic.Data.ThreadId))
	require.Equal(t, 230027, code)
	b.says("张伟", obj{"text": "direct"})
	direct := b.s.directs[b.user("张伟")]
	ids, code := b.history(in("chat", direct))
	require.Equal(t, 0, code)
	require.Len(t, ids, 1)

	_, code = b.history(in("chat", "oc_0123456789abcdef"))
	require.Equal(t, 230002, code)
	_, code = b.history(in("thread", "omt_x"))
	require.Equal(t, 230019, code)
	_, code = b.history(in("planet", chat))
	require.Equal(t, 230001, code)
	require.Equal(t, 99992402, b.code("GET", "/im/v1/messages?page_size=51&container_id_type=chat&container_id="+chat, nil))
}

func TestReadUsers(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟", "李娜")
	id := b.sent(chat, "text", textOf("read me"))
	readers := func(id string) ([]string, int) {
		resp, err := b.client.Im.V1.Message.ReadUsers(context.Background(), larkim.NewReadUsersMessageReqBuilder().MessageId(id).UserIdType("open_id").Build(), b.auth())
		require.NoError(t, err)
		var list []string
		if resp.Success() {
			for _, x := range resp.Data.Items {
				list = append(list, *x.UserId)
			}
		}
		return list, resp.Code
	}
	b.control("POST", "/messages/"+id+"/read", obj{"open_id": b.user("李娜")})
	list, code := readers(id)
	require.Equal(t, 0, code)
	require.Equal(t, []string{b.user("李娜")}, list)
	_, code = readers(b.says("张伟", obj{"chat_id": chat, "text": "x"}))
	require.Equal(t, 230012, code)
	b.forward(readersKept)
	_, code = readers(id)
	require.Equal(t, 0, code)
	b.forward(time.Second)
	_, code = readers(id)
	require.Equal(t, 230033, code)
}

func TestCardInHistory(t *testing.T) {
	b := newBench(t)
	chat := b.group("张伟")
	card := cardOf(obj{"tag": "markdown", "content": "**库存**"}, callbackButton("接单", obj{"do": "claim"}))
	id := b.sent(chat, "interactive", card)
	require.NotContains(t, *b.get(id).Body.Content, "behaviors", "history gives the words of a card only")
	_, _, out := b.api("GET", "/im/v1/messages/"+id+"?card_msg_content_type=user_card_content", nil)
	body := out["data"].(obj)["items"].([]any)[0].(obj)["body"].(obj)
	require.JSONEq(t, card, body["content"].(string))
}
