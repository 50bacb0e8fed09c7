package feishu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/bot"
	"servicedesk/tickets"
)

func TestBuzzes(t *testing.T) {
	w := newWorld(t)
	zhang, li := w.users["张伟"], w.users["李娜"]
	direct := tickets.Address{Platform: tickets.Feishu, Peer: zhang}
	shown, err := w.Send(t.Context(), tickets.Outgoing{Key: "b1", Use: tickets.UseDirect, To: direct, Body: tickets.Body{Text: "HLDL-0001"}})
	require.NoError(t, err)
	call := func(who tickets.RemoteID, kind tickets.Buzz, about tickets.RemoteID) error {
		_, err := w.Send(t.Context(), tickets.Outgoing{Key: "b2", Use: tickets.UseBuzz, Target: about,
			To: tickets.Address{Platform: tickets.Feishu, Peer: who}, Body: tickets.Body{Ring: &tickets.Ring{Kind: kind}}})
		return err
	}
	for _, kind := range []tickets.Buzz{tickets.BuzzApp, tickets.BuzzSMS, tickets.BuzzPhone} {
		require.NoError(t, call(zhang, kind, shown.RemoteID))
	}
	var list struct {
		Urgents []struct {
			OpenID tickets.RemoteID `json:"open_id"`
			Kind   string
		}
	}
	w.control("GET", "/control/feishu/urgents", nil, &list)
	require.Len(t, list.Urgents, 3)
	for i, kind := range []string{"app", "sms", "phone"} {
		require.Equal(t, zhang, list.Urgents[i].OpenID)
		require.Equal(t, kind, list.Urgents[i].Kind)
	}

	require.Equal(t, tickets.Rejected, bot.FailureOf(call(li, tickets.BuzzApp, shown.RemoteID)).Class, "she is not in that chat")
	require.Equal(t, tickets.Rejected, bot.FailureOf(call(zhang, tickets.BuzzApp, "")).Class)
	w.control("POST", "/control/feishu/scopes", map[string]bool{"im:message.urgent:phone": false}, nil)
	require.Equal(t, tickets.Misconfigured, bot.FailureOf(call(zhang, tickets.BuzzPhone, shown.RemoteID)).Class)
}

func TestRooms(t *testing.T) {
	w := newWorld(t)
	zhang, li := w.users["张伟"], w.users["李娜"]
	send := func(use tickets.Use, chat, target tickets.RemoteID, body tickets.Body) tickets.RemoteID {
		r, err := w.Send(t.Context(), tickets.Outgoing{Key: "r-" + string(use), Use: use, Target: target,
			To: tickets.Address{Platform: tickets.Feishu, Channel: chat}, Body: body})
		require.NoError(t, err, use)
		return r.RemoteID
	}
	made := tickets.Body{Text: "紧急 HLDL-0001", Mentions: []tickets.RemoteID{zhang}}
	chat := send(tickets.UseRoomMake, "", "", made)
	require.Equal(t, chat, send(tickets.UseRoomMake, "", "", made), "a repeat makes no second group")
	send(tickets.UseRoomJoin, chat, "", tickets.Body{Mentions: []tickets.RemoteID{li, zhang}})
	require.ElementsMatch(t, []tickets.RemoteID{zhang, li}, w.membersOf(chat))
	card := tickets.Card{Title: "紧急 HLDL-0001", Colour: tickets.ColourAlarm, Lines: []tickets.Line{{Text: "产线停了"}}}
	shown := send(tickets.UseRoomCard, chat, "", tickets.Body{Card: &card})
	send(tickets.UseRoomTop, chat, shown, tickets.Body{})
	card.Lines[0].Text = "张伟接手"
	send(tickets.UseRoomEdit, chat, shown, tickets.Body{Card: &card})
	send(tickets.UseRoomSay, chat, "", tickets.Body{Text: "第一句"})

	var list struct {
		Messages []struct {
			Text  string
			OnTop bool `json:"on_top"`
		}
	}
	w.control("GET", "/control/feishu/chats/"+string(chat)+"/messages", nil, &list)
	require.Len(t, list.Messages, 2)
	require.Contains(t, list.Messages[0].Text, "张伟接手")
	require.True(t, list.Messages[0].OnTop)
	send(tickets.UseRoomEnd, chat, "", tickets.Body{})
	late := tickets.Outgoing{Key: "r2", Use: tickets.UseRoomSay, To: tickets.Address{Channel: chat}, Body: tickets.Body{Text: "晚了"}}
	_, err := w.Send(t.Context(), late)
	require.Error(t, err)
}
