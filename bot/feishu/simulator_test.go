package feishu

import (
	"encoding/base64"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

func TestStartup(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Check(t.Context()))
	id, name, err := w.Bot(t.Context())
	require.NoError(t, err)
	require.Contains(t, id, "ou_")
	require.Equal(t, "服务台", name)

	found, err := w.ResolveMobiles(t.Context(), []string{"13800000001", "13899999999", "13800000002"})
	require.NoError(t, err)
	require.Equal(t, map[string]tickets.RemoteID{"13800000001": w.users["张伟"], "13800000002": w.users["李娜"]}, found)

	w.control("POST", "/control/feishu/scopes", map[string]bool{"im:message.group_msg": false}, nil)
	scopes, err := w.Scopes(t.Context())
	require.NoError(t, err)
	require.True(t, scopes["im:message"])
	require.False(t, scopes["im:message.group_msg"])

	wrong := w.cfg
	wrong.AppSecret = "wrong"
	c, err := New(wrong, nil, nil, nil)
	require.NoError(t, err)
	require.Equal(t, tickets.Misconfigured, bot.FailureOf(c.Check(t.Context())).Class)
}

func TestGroupsOfMany(t *testing.T) {
	w := newWorld(t)
	var members []tickets.RemoteID
	for i := range 120 {
		var answer struct {
			OpenID tickets.RemoteID `json:"open_id"`
		}
		w.control("POST", "/control/feishu/users", map[string]string{"name": "同事" + string(rune('A'+i%26))}, &answer)
		members = append(members, answer.OpenID)
	}
	chat, err := w.CreateGroup(t.Context(), "大群", members, "k1")
	require.NoError(t, err)
	again, err := w.CreateGroup(t.Context(), "大群", members, "k1")
	require.NoError(t, err)
	require.Equal(t, chat, again, "the same key is the same group")
	require.ElementsMatch(t, members, w.membersOf(chat))

	// Somebody who has left does not keep the others out.
	w.control("POST", "/control/feishu/users/"+string(members[3]), map[string]string{"away": "resigned"}, nil)
	w.control("POST", "/control/feishu/users/"+string(members[4]), map[string]string{"away": "outside"}, nil)
	chat, err = w.CreateGroup(t.Context(), "小群", append(slices.Clone(members[:10]), "ou_unknown_person"), "k2")
	require.NoError(t, err)
	require.Len(t, w.membersOf(chat), 8)
	refused, err := w.AddMembers(t.Context(), chat, members[:12])
	require.NoError(t, err)
	require.ElementsMatch(t, members[3:5], refused)
	require.Len(t, w.membersOf(chat), 10)
}

func (w *world) membersOf(chat tickets.RemoteID) []tickets.RemoteID {
	var state struct {
		Chats []struct {
			ChatID  tickets.RemoteID   `json:"chat_id"`
			Members []tickets.RemoteID `json:"members"`
		} `json:"chats"`
	}
	w.control("GET", "/control/state", nil, &state)
	for _, c := range state.Chats {
		if c.ChatID == chat {
			return c.Members
		}
	}
	return nil
}

func TestATicketInFeishu(t *testing.T) {
	w := newWorld(t)
	chat := w.group()
	card := cards["ticket"]
	card.Lines = slices.Clone(card.Lines)
	card.Lines[2].At = []tickets.RemoteID{w.users["张伟"]}
	root := w.send(cardTo(chat, card, "k-card"))
	require.Equal(t, root, w.send(cardTo(chat, card, "k-card")), "the same key arrives once")

	topic := tickets.Address{Channel: chat, Topic: root}
	w.send(tickets.Outgoing{Key: "k-1", Use: tickets.UseTopic, To: topic, Body: tickets.Body{Text: nasty, Mentions: []tickets.RemoteID{w.users["李娜"]}}})
	w.send(tickets.Outgoing{Key: "k-2", Use: tickets.UseTopic, To: topic, Body: tickets.Body{Media: &tickets.Attachment{Key: "png", Name: "图.png", Image: true}}})
	w.send(tickets.Outgoing{Key: "k-3", Use: tickets.UseReaction, To: topic, Target: root, Body: tickets.Body{Emoji: "CheckMark"}})
	w.send(tickets.Outgoing{Key: "k-3", Use: tickets.UseReaction, To: topic, Target: root, Body: tickets.Body{Emoji: "CheckMark"}})
	card.Title, card.Colour = "HLDL-0001 已解决", tickets.ColourSolved
	w.send(tickets.Outgoing{Key: "k-4", Use: tickets.UseCardEdit, To: topic, Target: root, Body: tickets.Body{Card: &card}})

	got := w.messages("chats/" + string(chat))
	require.Len(t, got, 3)
	require.Equal(t, root, got[0].MessageID)
	require.True(t, got[0].Updated)
	require.Contains(t, got[0].Text, "HLDL-0001 已解决")
	require.Contains(t, got[0].Text, nasty)
	require.Equal(t, []string{"接单", "回复客户", "解决", "转派", "等待", "改类", "备注", "取消", "发给客户"}, got[0].Buttons)
	require.Equal(t, []string{string(w.users["张伟"])}, got[0].Mentions, "nobody is pinged by the customer's words")
	require.Equal(t, []string{"CheckMark"}, got[0].Reactions)
	require.Equal(t, root, got[1].RootID)
	require.NotEmpty(t, got[1].ThreadID)
	require.Equal(t, []string{string(w.users["李娜"])}, got[1].Mentions)
	require.Contains(t, got[1].Text, nasty)
	require.Equal(t, "image", got[2].MsgType)

	w.send(tickets.Outgoing{Key: "k-5", Use: tickets.UseDirect, To: tickets.Address{Peer: w.users["张伟"]}, Body: tickets.Body{Text: "提醒"}})
	require.Equal(t, "提醒", w.messages("users/" + string(w.users["张伟"]))[0].Text)
}

// The strict platform takes every card that the desk can make.
func TestTheSimulatorTakesOurCards(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Pace.PerChat = 5 })
	chat := w.group()
	many := tickets.Card{Title: "t", Folded: cards["ticket"].Folded, Form: cards["form"].Form, Buttons: cards["ticket"].Buttons}
	for range 300 {
		many.Lines = append(many.Lines, tickets.Line{Label: "l", Text: "x"})
	}
	for name, card := range map[string]tickets.Card{"ticket": cards["ticket"], "form": cards["form"], "bare": cards["bare"], "many": many} {
		card.Lines = slices.Clone(card.Lines)
		for i := range card.Lines {
			card.Lines[i].At = nil // of people whom this Feishu does not know
		}
		w.send(cardTo(chat, card, "card-"+name))
	}
	for _, m := range w.messages("chats/" + string(chat)) {
		require.Equal(t, "interactive", m.MsgType, m.Text)
	}
}

func TestRefusedCardsAndTheirEdits(t *testing.T) {
	w := newWorld(t)
	chat := w.group()
	w.fault(map[string]any{"path": "/open-apis/im/v1/messages", "times": 1, "errcode": 230099})
	root := w.send(cardTo(chat, cards["bare"], "k1"))
	got := w.messages("chats/" + string(chat))
	require.Equal(t, "post", got[0].MsgType)
	require.Equal(t, cards["bare"].Title, got[0].Text)

	changed := cards["bare"]
	changed.Title = "HLDL-0002 重开"
	w.send(tickets.Outgoing{Key: "k2", Use: tickets.UseCardEdit, Target: root, Body: tickets.Body{Card: &changed}})
	require.Equal(t, "HLDL-0002 重开", w.messages("chats/" + string(chat))[0].Text)

	// An owner who has no account here any more costs the card, not the ticket.
	broken := cards["ticket"]
	w.send(cardTo(chat, broken, "k3"))
	got = w.messages("chats/" + string(chat))
	require.Equal(t, "post", got[1].MsgType)
	require.Contains(t, got[1].Text, "HLDL-0001")
}

func TestKilledTokensHeal(t *testing.T) {
	w := newWorld(t)
	chat := w.group()
	w.control("POST", "/control/feishu/tokens", map[string]string{"action": "kill"}, nil)
	w.send(cardTo(chat, cards["bare"], "k1"))
	w.control("POST", "/control/feishu/tokens", map[string]string{"action": "kill"}, nil)
	w.send(tickets.Outgoing{Key: "k2", Use: tickets.UseChat, To: tickets.Address{Channel: chat}, Body: tickets.Body{Media: &tickets.Attachment{Key: "k1", Name: "a.txt"}}})
	got := w.messages("chats/" + string(chat))
	require.Len(t, got, 2)
	require.Equal(t, "file", got[1].MsgType)
}

func (w *world) statuses(path string) map[int]int {
	var answer struct {
		Calls []struct {
			Path   string `json:"path"`
			Status int    `json:"status"`
		} `json:"calls"`
	}
	w.control("GET", "/control/calls", nil, &answer)
	n := map[int]int{}
	for _, c := range answer.Calls {
		if c.Path == path {
			n[c.Status]++
		}
	}
	return n
}

func TestPacingAgainstTheStrictPlatform(t *testing.T) {
	w := newWorld(t)
	chat := w.group()
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			_, err := w.Send(t.Context(), tickets.Outgoing{Key: string(rune('a' + i)), Use: tickets.UseChat, To: tickets.Address{Channel: chat},
				Urgency: tickets.UrgencyInteractive, Body: tickets.Body{Text: "x"}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Equal(t, map[int]int{200: 12}, w.statuses("/open-apis/im/v1/messages"))
}

func TestWithoutPacingThePlatformThrottles(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Pace.Off = true })
	chat := w.group()
	var throttled *tickets.Failure
	for i := range 8 {
		_, err := w.Send(t.Context(), tickets.Outgoing{Key: string(rune('a' + i)), Use: tickets.UseChat, To: tickets.Address{Channel: chat}, Body: tickets.Body{Text: "x"}})
		if f := bot.FailureOf(err); err != nil {
			throttled = &f
			break
		}
	}
	require.NotNil(t, throttled)
	require.Equal(t, tickets.Throttled, throttled.Class)
	require.Equal(t, 230020, throttled.Code)
	require.Positive(t, throttled.After)
}

// What had its effect although no answer came arrives once when it is repeated.
func TestRepeatAfterAnUncertainFailure(t *testing.T) {
	w := newWorld(t)
	chat := w.group()
	w.fault(map[string]any{"path": "/open-apis/im/v1/messages", "times": 1, "http_status": 502, "after_effect": true})
	out := cardTo(chat, cards["bare"], "k1")
	_, err := w.Send(t.Context(), out)
	require.Equal(t, tickets.Transient, bot.FailureOf(err).Class)
	require.False(t, bot.FailureOf(err).Certain)
	w.send(out)
	require.Len(t, w.messages("chats/"+string(chat)), 1)
}

func TestFetchFromTheSimulator(t *testing.T) {
	w := newWorld(t)
	chat := w.group()
	_, _, err := w.Bot(t.Context())
	require.NoError(t, err)
	image := map[string]string{"data": base64.StdEncoding.EncodeToString([]byte(pixel)), "filename": "a.png"}
	id := w.says("张伟", map[string]any{"chat_id": chat, "text": "看图", "images": []any{image, image}, "mention_bot": true})
	events, err := w.History(t.Context(), chat, false, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Len(t, events, 1)
	in, ok, err := w.Convert(events[0].Raw)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, id, in.ID)
	require.Len(t, in.Attached, 2)
	require.Equal(t, "看图", in.Text)
	require.True(t, in.ToDesk)
	body, _, err := w.Fetch(t.Context(), in, in.Attached[0])
	require.NoError(t, err)
	defer body.Close()
	content, err := io.ReadAll(body)
	require.NoError(t, err)
	require.Equal(t, pixel, string(content))

	_, _, err = w.Fetch(t.Context(), in, tickets.Attachment{Remote: "img_unknown", Image: true})
	require.Equal(t, tickets.Rejected, bot.FailureOf(err).Class)
}

func TestHistory(t *testing.T) {
	w := newWorld(t)
	chat := w.group()
	root := w.send(cardTo(chat, cards["bare"], "k1"))
	var want []tickets.RemoteID
	for i := range 55 {
		body := map[string]any{"chat_id": chat, "text": "x"}
		if i%2 == 1 {
			body["root_id"] = root
		}
		want = append(want, w.says("张伟", body))
	}
	events, err := w.History(t.Context(), chat, false, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	var got []tickets.RemoteID
	for _, e := range events {
		require.Equal(t, e.MessageKey, string(must(w.Convert(e.Raw)).ID))
		got = append(got, tickets.RemoteID(e.MessageKey))
	}
	require.ElementsMatch(t, want, got, "the bot's own card is not among them")
	require.Equal(t, "feishu:"+string(chat)+":"+string(root), laneOf(events, want[1]))

	events, err = w.Topic(t.Context(), root, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Len(t, events, 27)
	events, err = w.Topic(t.Context(), root, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, events)
}

func laneOf(events []bot.Event, id tickets.RemoteID) string {
	for _, e := range events {
		if e.MessageKey == string(id) {
			return e.Lane
		}
	}
	return ""
}

func must(in tickets.Inbound, _ bool, err error) tickets.Inbound {
	if err != nil {
		panic(err)
	}
	return in
}
