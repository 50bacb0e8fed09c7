package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// buzz is one urgent call in Feishu.
type buzz struct {
	MessageID string `json:"message_id"`
	OpenID    string `json:"open_id"`
	Kind      string
}

// Buzzes are how somebody was called, oldest first.
func (s *story) Buzzes(name string) []string {
	s.t.Helper()
	var list struct{ Urgents []buzz }
	s.get(s.sim+"/control/feishu/urgents", &list)
	id := s.Feishu(name).id
	kinds := []string{}
	for _, u := range list.Urgents {
		if u.OpenID == id {
			kinds = append(kinds, u.Kind)
		}
	}
	return kinds
}

// Buzzed waits until somebody was called in these ways, and in no other.
func (s *story) Buzzed(name string, kinds ...string) {
	s.t.Helper()
	s.until(name+" was called by "+strings.Join(kinds, ", "), func() bool { return len(s.Buzzes(name)) >= len(kinds) })
	require.Equal(s.t, strings.Join(kinds, " "), strings.Join(s.Buzzes(name), " "), name)
}

// WarRoom waits for the group whose name holds the words.
func (s *story) WarRoom(words ...string) *room {
	s.t.Helper()
	var found chatState
	s.until("a group called "+strings.Join(words, " "), func() bool {
		for _, c := range s.state().Chats {
			if c.Name != deskGroupName && holdsAll(c.Name, words) {
				found = c
				return true
			}
		}
		return false
	})
	r := &room{s: s, path: "/control/feishu/chats/" + found.ChatID + "/messages", chat: found.ChatID, name: found.Name}
	s.shows(found.ChatID, r.String)
	return r
}

// Members are the names of those in a group.
func (r *room) Members() []string {
	r.s.t.Helper()
	var state struct {
		Users []struct {
			OpenID string `json:"open_id"`
			Name   string
		}
		Chats []struct {
			ChatID  string `json:"chat_id"`
			Members []string
		}
	}
	r.s.get(r.s.sim+"/control/state", &state)
	names := []string{}
	for _, c := range state.Chats {
		for _, u := range state.Users {
			if c.ChatID == r.chat && slices.Contains(c.Members, u.OpenID) {
				names = append(names, u.Name)
			}
		}
	}
	return names
}

// urgent opens a matter, and the contact confirms that it is urgent.
func (s *story) urgent(who *contact, words string) *topic {
	s.t.Helper()
	who.Says(words)
	card := s.Card(words)
	who.Says("紧急")
	who.Taps("确认紧急")
	who.Sees("什么停了")
	s.Settle()
	return card
}

func TestStoryEmergencyFindsAPerson(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li := s.WeCom("李工")
		card := s.urgent(li, "车间看板全部黑屏")
		zhang, sun := s.Direct("张伟"), s.Direct("孙磊")
		asked := zhang.Sees("HLDL-0001", "车间看板")
		require.Subset(t, asked.Buttons, []string{"我来处理", "更新进展", "解除"})
		s.Buzzed("张伟", "app")
		s.Buzzed("孙磊")
		li.Says("三条产线全停，影响一百人")
		li.Sees("HLDL-0001", "紧急处理", "张伟")
		war := s.WarRoom("HLDL-0001")
		require.ElementsMatch(t, []string{"张伟", "孙磊", "王芳", "刘洋"}, war.Members())
		brief := war.Sees("车间看板", "联络专员", "王芳")
		require.Subset(t, brief.Buttons, []string{"我来处理", "更新进展", "解除"})
		war.Sees("三条产线全停")

		s.Forward(time.Minute)
		called := sun.Sees("HLDL-0001", "三条产线全停")
		s.Direct("王芳").Sees("HLDL-0001", "车间看板")
		s.Buzzed("孙磊", "app")
		s.Buzzed("王芳", "app")
		li.Sees("HLDL-0001", "还在呼叫")
		card.Shows("正在呼叫孙磊")
		s.Forward(time.Minute)
		s.Buzzed("孙磊", "app", "sms")
		s.Forward(time.Minute)
		s.Buzzed("孙磊", "app", "sms", "phone")
		s.Buzzed("何静")
		s.Forward(time.Minute)
		s.Buzzed("何静", "app")

		refused := s.Feishu("徐明").Presses(called.MessageID, "我来处理")
		require.Equal(t, "error", refused.Toast.Type)
		require.Contains(t, refused.Toast.Content, "孙磊")
		toast := s.Feishu("何静").Presses(s.Direct("何静").Sees("HLDL-0001", "紧急呼叫您").MessageID, "我来处理")
		require.Equal(t, "success", toast.Toast.Type)
		li.Sees("何静已接手 HLDL-0001", "给您下一次消息")
		sun.Sees("已由何静接手")
		require.Contains(t, war.Members(), "何静")
		card.Shows("何静", "接手")
		second := s.Feishu("孙磊").Presses(called.MessageID, "我来处理")
		require.Equal(t, "error", second.Toast.Type)
		require.Contains(t, second.Toast.Content, "何静")
		s.Forward(20 * time.Minute)
		s.Buzzed("孙磊", "app", "sms", "phone")
		s.Buzzed("何静", "app")
		s.Buzzed("张伟", "app")
	})
}
