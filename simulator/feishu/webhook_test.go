package feishu

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	larkcore "github.com/larksuite/oapi-sdk-go/v3/core"
	"github.com/larksuite/oapi-sdk-go/v3/core/httpserverext"
	larkevent "github.com/larksuite/oapi-sdk-go/v3/event"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher"
	"github.com/larksuite/oapi-sdk-go/v3/event/dispatcher/callback"
	larkim "github.com/larksuite/oapi-sdk-go/v3/service/im/v1"
	"github.com/stretchr/testify/require"

	"servicedesk/simulator/kernel"
)

// ear is a desk that hears events through the SDK's dispatcher.
type ear struct {
	t *testing.T
	b *bench

	mu       sync.Mutex
	received []*larkim.P2MessageReceiveV1
	others   []string // types of other events
	actions  []*callback.CardActionTriggerEvent
	refuse   int // events still to be refused
	respond  func(*callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error)
}

func newEar(b *bench) *ear { return &ear{t: b.t, b: b} }

// dispatcher registers everything the platform sends.
func (e *ear) dispatcher(token, key string) *dispatcher.EventDispatcher {
	d := dispatcher.NewEventDispatcher(token, key)
	d.InitConfig(larkevent.WithLogLevel(larkcore.LogLevelError + 1))
	other := func(kind string) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.others = append(e.others, kind)
		return nil
	}
	d.OnP2MessageReceiveV1(func(_ context.Context, ev *larkim.P2MessageReceiveV1) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.refuse > 0 {
			e.refuse--
			return io.ErrUnexpectedEOF
		}
		e.received = append(e.received, ev)
		return nil
	})
	d.OnP2MessageReadV1(func(_ context.Context, ev *larkim.P2MessageReadV1) error {
		return other("read " + ev.Event.MessageIdList[0])
	})
	d.OnP2MessageRecalledV1(func(_ context.Context, ev *larkim.P2MessageRecalledV1) error {
		return other("recalled " + *ev.Event.RecallType)
	})
	d.OnP2MessageReactionCreatedV1(func(_ context.Context, ev *larkim.P2MessageReactionCreatedV1) error {
		return other("reaction " + *ev.Event.OperatorType + " " + *ev.Event.ReactionType.EmojiType)
	})
	d.OnP2MessageReactionDeletedV1(func(_ context.Context, ev *larkim.P2MessageReactionDeletedV1) error {
		return other("unreaction " + *ev.Event.OperatorType + " " + *ev.Event.ReactionType.EmojiType)
	})
	d.OnP2ChatMemberBotAddedV1(func(_ context.Context, ev *larkim.P2ChatMemberBotAddedV1) error {
		return other("bot added " + *ev.Event.Name)
	})
	d.OnP2ChatMemberBotDeletedV1(func(context.Context, *larkim.P2ChatMemberBotDeletedV1) error { return other("bot deleted") })
	d.OnP2ChatMemberUserAddedV1(func(_ context.Context, ev *larkim.P2ChatMemberUserAddedV1) error {
		return other("user added " + *ev.Event.Users[0].Name)
	})
	d.OnP2ChatMemberUserDeletedV1(func(_ context.Context, ev *larkim.P2ChatMemberUserDeletedV1) error {
		return other("user deleted " + *ev.Event.Users[0].Name)
	})
	d.OnP2ChatUpdatedV1(func(_ context.Context, ev *larkim.P2ChatUpdatedV1) error {
		return other("updated " + *ev.Event.BeforeChange.Name + " > " + *ev.Event.AfterChange.Name)
	})
	d.OnP2ChatDisbandedV1(func(context.Context, *larkim.P2ChatDisbandedV1) error { return other("disbanded") })
	d.OnP2ChatAccessEventBotP2pChatEnteredV1(func(context.Context, *larkim.P2ChatAccessEventBotP2pChatEnteredV1) error { return other("entered") })
	d.OnP2CardActionTrigger(func(_ context.Context, ev *callback.CardActionTriggerEvent) (*callback.CardActionTriggerResponse, error) {
		e.mu.Lock()
		e.actions = append(e.actions, ev)
		respond := e.respond
		e.mu.Unlock()
		if respond == nil {
			return &callback.CardActionTriggerResponse{}, nil
		}
		return respond(ev)
	})
	return d
}

// listen lets the desk take webhooks.
func (e *ear) listen() *ear {
	e.b.answer(http.HandlerFunc(httpserverext.NewEventHandlerFunc(e.dispatcher(e.b.s.app.VerificationToken, e.b.s.app.EncryptKey))))
	return e
}

// texts are the contents of the messages received.
func (e *ear) texts() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := []string{}
	for _, ev := range e.received {
		list = append(list, *ev.Event.Message.Content)
	}
	return list
}

func (e *ear) last() *larkim.P2MessageReceiveV1 {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	require.NotEmpty(e.t, e.received)
	return e.received[len(e.received)-1]
}

func (e *ear) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{}, e.others...)
}

func TestMessageEvents(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟", "李娜")
	root := b.sent(chat, "text", textOf("root"))
	id := b.says("张伟", obj{"chat_id": chat, "root_id": root, "text": "请看 @李娜 的截图", "mention_bot": true, "mentions": []string{b.user("李娜"), b.user("张伟")}})

	ev := e.last()
	m := ev.Event.Message
	require.Equal(t, id, *m.MessageId)
	require.Equal(t, "group", *m.ChatType)
	require.Equal(t, root, *m.RootId)
	require.Equal(t, root, *m.ParentId)
	require.NotEmpty(t, *m.ThreadId)
	require.JSONEq(t, textOf("@_user_1 请看 @_user_2 的截图 @_user_3"), *m.Content, "named where typed, the bot in front, others at the end")
	require.Len(t, m.Mentions, 3)
	require.Equal(t, "bot", *m.Mentions[0].MentionedType)
	require.Equal(t, b.s.app.BotOpenID, *m.Mentions[0].Id.OpenId)
	require.Equal(t, "李娜", *m.Mentions[1].Name)
	require.Equal(t, b.user("张伟"), *ev.Event.Sender.SenderId.OpenId)
	require.NotEmpty(t, *ev.Event.Sender.SenderId.UserId, "the scope for user_id is granted")
	require.Equal(t, b.s.app.ID, ev.EventV2Base.Header.AppID)
	require.Equal(t, b.s.app.VerificationToken, ev.EventV2Base.Header.Token)
	require.Equal(t, millis(start), ev.EventV2Base.Header.CreateTime)
	require.Equal(t, "@服务台 请看 @李娜 的截图 @张伟", b.message(chat, id)["text"])

	b.says("张伟", obj{"text": "line 1\nline 2", "images": []obj{{"data": pixel, "filename": "a.png"}, {"data": pixel, "filename": "b.png"}}})
	post := e.last().Event.Message
	require.Equal(t, "post", *post.MessageType)
	require.Equal(t, "p2p", *post.ChatType)
	require.Contains(t, *post.Content, `"text":"line 2"`)
	require.NotContains(t, *post.Content, "zh_cn", "the received form has no language")
	listed := b.listed("/users/" + b.user("张伟") + "/messages")[0]
	require.Len(t, listed["image_keys"], 2)
	require.Equal(t, "line 1\nline 2", listed["text"])

	b.control("POST", "/scopes", obj{"contact:user.employee_id:readonly": false})
	b.says("张伟", obj{"text": "x"})
	require.Nil(t, e.last().Event.Sender.SenderId.UserId)
}

func TestMentionFilter(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	chat := b.group("张伟")
	b.says("张伟", obj{"chat_id": chat, "text": "1 heard: group_msg is granted at first"})
	b.control("POST", "/scopes", obj{"im:message.group_msg": false})
	b.says("张伟", obj{"chat_id": chat, "text": "2 not heard"})
	b.says("张伟", obj{"chat_id": chat, "text": "3 everybody", "mentions": []string{"all"}})
	b.says("张伟", obj{"chat_id": chat, "text": "4 heard", "mention_bot": true})
	b.says("张伟", obj{"text": "5 direct"})
	b.control("POST", "/scopes", obj{"im:message.p2p_msg:readonly": false})
	b.says("张伟", obj{"text": "6 not heard"})
	require.Equal(t, []string{textOf("1 heard: group_msg is granted at first"), textOf("@_user_1 4 heard"), textOf("5 direct")}, e.texts())
	b.forward(8 * time.Hour)
	require.Len(t, e.texts(), 3, "what is filtered is not sent later either")
}

func TestOtherEvents(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	zhang, li, wang := b.user("张伟"), b.user("李娜"), b.user("王芳")
	chat := b.control("POST", "/chats", obj{"open_id": zhang, "name": "客户群", "members": []string{li}, "bot": true})["chat_id"].(string)
	members := "/chats/" + chat + "/members"
	b.control("POST", members, obj{"open_id": zhang, "add": []string{wang}})
	b.control("POST", members, obj{"open_id": zhang, "remove": []string{wang}})
	b.control("POST", "/chats/"+chat, obj{"open_id": zhang, "name": "新名"})
	m := b.says("李娜", obj{"chat_id": chat, "text": "x"})
	b.control("POST", "/users/"+li+"/reactions", obj{"message_id": m, "emoji_type": "OnIt"})
	b.control("POST", "/users/"+li+"/reactions", obj{"message_id": m, "emoji_type": "OnIt", "remove": true})
	b.control("POST", "/messages/"+m+"/recall", obj{"open_id": zhang})
	b.control("POST", "/users/"+li+"/enter", nil)
	inGroup := b.sent(chat, "text", textOf("x"))
	b.control("POST", "/messages/"+inGroup+"/read", obj{"open_id": li})
	direct := b.send("open_id", li, "text", textOf("x"), "")
	b.control("POST", "/messages/"+*direct.Data.MessageId+"/read", obj{"open_id": li})
	b.control("POST", members, obj{"open_id": zhang, "bot": false})
	b.control("POST", members, obj{"open_id": zhang, "add": []string{wang}})
	b.control("POST", members, obj{"open_id": zhang, "bot": true})
	b.control("POST", "/chats/"+chat, obj{"open_id": zhang, "disband": true})
	require.Equal(t, []string{
		"bot added 客户群", "user added 王芳", "user deleted 王芳", "updated 客户群 > 新名", "reaction user OnIt", "unreaction user OnIt",
		"recalled group_owner", "entered", "read " + *direct.Data.MessageId, "bot deleted", "bot added 新名", "disbanded",
	}, e.heard(), "reading in groups is not told, nor what happens without the bot")
	require.Equal(t, 232009, b.code("GET", "/im/v1/chats/"+chat, nil))
	require.Equal(t, 232009, b.send("chat_id", chat, "text", textOf("x"), "").Code)
	for _, c := range b.s.State().Chats {
		require.NotEqual(t, chat, c.ChatID)
	}
}

func TestChallenge(t *testing.T) {
	b := newBench(t)
	require.Equal(t, false, b.control("POST", "/challenge", nil)["ok"])
	newEar(b).listen()
	require.Equal(t, true, b.control("POST", "/challenge", nil)["ok"])
	b.answer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"challenge":"guess"}`) }))
	require.Equal(t, false, b.control("POST", "/challenge", nil)["ok"])
}

func TestRedelivery(t *testing.T) {
	b := newBench(t)
	e := newEar(b)
	var times []time.Duration
	var ids []string
	inner := http.HandlerFunc(httpserverext.NewEventHandlerFunc(e.dispatcher(b.s.app.VerificationToken, b.s.app.EncryptKey)))
	b.answer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		times = append(times, b.w.Clock.Now().Sub(start))
		require.Equal(t, strconv.FormatInt(b.w.Clock.Now().Unix(), 10), r.Header.Get("X-Lark-Request-Timestamp"), "in seconds, of this attempt")
		inner(w, r)
	}))
	e.refuse = 4
	b.says("张伟", obj{"text": "hello"})
	require.Empty(t, e.texts())
	b.forward(24 * time.Hour)
	require.Equal(t, []string{textOf("hello")}, e.texts())
	require.Equal(t, []time.Duration{0, 15 * time.Second, 5*time.Minute + 15*time.Second, time.Hour + 5*time.Minute + 15*time.Second,
		7*time.Hour + 5*time.Minute + 15*time.Second}, times)

	times, ids = nil, nil
	b.answer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		ids = append(ids, string(raw))
		w.WriteHeader(http.StatusInternalServerError)
	}))
	b.says("张伟", obj{"text": "given up"})
	b.forward(24 * time.Hour)
	require.Len(t, ids, 5, "one attempt and four more")
	require.NotEqual(t, ids[0], ids[1], "each attempt is encrypted anew")
	require.Zero(t, b.s.pushes.Len())
}

func TestRecalledBeforeItWasHeard(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	require.NoError(t, b.w.Disturb.Add(kernel.Disturbance{Platform: kernel.Feishu, Mode: kernel.Drop, Times: 1}))
	id := b.says("张伟", obj{"text": "secret"})
	b.control("POST", "/messages/"+id+"/recall", obj{"open_id": b.user("张伟")})
	b.forward(15 * time.Second)
	m := e.last().Event.Message
	require.Equal(t, id, *m.MessageId)
	require.Nil(t, m.Content, "little more than ids is left")
	require.Nil(t, m.MessageType)
}

func TestRedirectsAreNoAnswer(t *testing.T) {
	b := newBench(t)
	b.answer(http.RedirectHandler("/elsewhere", http.StatusFound))
	b.says("张伟", obj{"text": "x"})
	require.Equal(t, 1, b.s.pushes.Len())
}

func TestDisturbances(t *testing.T) {
	b := newBench(t)
	e := newEar(b).listen()
	disturb := func(d kernel.Disturbance) {
		d.Platform, d.Times = kernel.Feishu, 1
		require.NoError(t, b.w.Disturb.Add(d))
	}
	disturb(kernel.Disturbance{Mode: kernel.Duplicate})
	b.says("张伟", obj{"text": "twice"})
	require.Equal(t, []string{textOf("twice"), textOf("twice")}, e.texts())
	require.Equal(t, e.received[0].EventV2Base.Header.EventID, e.received[1].EventV2Base.Header.EventID)

	disturb(kernel.Disturbance{Mode: kernel.Drop})
	b.says("张伟", obj{"text": "dropped"})
	require.Len(t, e.texts(), 2)
	b.forward(15 * time.Second)
	require.Len(t, e.texts(), 3, "the schedule brings it again")

	disturb(kernel.Disturbance{Mode: kernel.Corrupt})
	b.says("张伟", obj{"text": "damaged"})
	require.Len(t, e.texts(), 3, "the signature does not fit")
	b.forward(15 * time.Second)
	require.Len(t, e.texts(), 4)

	disturb(kernel.Disturbance{Mode: kernel.Reorder})
	b.says("张伟", obj{"text": "first"})
	b.says("张伟", obj{"text": "second"})
	b.forward(0)
	require.Equal(t, []string{textOf("second"), textOf("first")}, e.texts()[4:])

	disturb(kernel.Disturbance{Mode: kernel.Delayed, Delay: kernel.Duration(time.Minute)})
	b.says("张伟", obj{"text": "late"})
	require.Len(t, e.texts(), 6)
	b.forward(time.Minute)
	require.Len(t, e.texts(), 7)
	b.forward(24 * time.Hour)
	require.Len(t, e.texts(), 7, "nothing comes again that was accepted")
}
