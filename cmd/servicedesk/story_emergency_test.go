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

		s.Feishu("徐明").Asks("/我来 HLDL-0001")
		s.Direct("徐明").Sees("只有被呼叫的人", "孙磊")
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

func TestStoryEmergencyIsWorkedAndStoodDown(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, wang := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("王芳")
		card := s.urgent(li, "扫码服务停了")
		zhang.Asks("/我来")
		li.Sees("张伟已接手 HLDL-0001")
		war := s.WarRoom("HLDL-0001")
		war.Sees("张伟接手")

		zhang.Writes(war, utterance{text: "数据库主机的磁盘满了"})
		zhang.Writes(war, utterance{text: "先清理日志再看", desk: true})
		war.Sees("默认不发给客户")
		li.Says("我们先手工登记")
		war.Sees("李工：我们先手工登记")
		zhang.Writes(war, utterance{text: "/进展 磁盘已满，正在清理，预计二十分钟恢复"})
		next := li.Sees("【进展】HLDL-0001", "磁盘已满", "下次更新").Text
		require.Regexp(t, `下次更新：\d\d:\d\d 前`, next)
		card.Sees("张伟给客户的进展", "磁盘已满")
		s.Settle()
		li.SeesNot("先清理日志")
		li.SeesNot("磁盘满了")
		war.SeesNot("请更新进展")

		s.Forward(29 * time.Minute)
		war.SeesNot("请更新进展")
		s.Forward(time.Minute)
		reminder := war.Sees("请更新进展", "30 分钟没有给客户消息")
		require.Contains(t, reminder.Mentions, zhang.id)
		empty := zhang.PressesWith(reminder.MessageID, "更新进展", map[string]string{"text": ""})
		require.Equal(t, "error", empty.Toast.Type)
		zhang.PressesWith(reminder.MessageID, "更新进展", map[string]string{"text": "清理完成，正在重启扫码服务"})
		require.Regexp(t, `下次更新：\d\d:\d\d 前`, li.Sees("重启扫码服务").Text)

		zhang.Writes(war, utterance{text: "/会诊 @徐明 磁盘为什么三天就写满"})
		war.Sees("会诊 HLDL-0001", "磁盘为什么三天就写满", "徐明")
		s.Settle()
		require.Contains(t, war.Members(), "徐明")

		s.Feishu("徐明").Writes(war, utterance{text: "/解除 试一下"})
		war.Sees("接手人张伟")
		zhang.Writes(war, utterance{text: "/解除"})
		war.Sees("还缺总结")
		zhang.Writes(war, utterance{text: "/解除 清理磁盘并重启服务，业务恢复"})
		war.Sees("紧急已解除", "清理磁盘并重启服务", "复盘")
		require.NotContains(t, li.Sees("HLDL-0001", "告一段落", "张伟").Text, "回复 1")
		li.SeesNot("清理磁盘并重启")
		review := s.Direct("张伟").Sees("复盘 HLDL-0001")
		s.Direct("王芳").Sees("复盘 HLDL-0001")
		s.Forward(3 * time.Hour)
		war.SeesTimes(1, "30 分钟没有给客户消息")
		require.NotEqual(t, "red", card.Colour())

		s.Forward(48 * time.Hour)
		s.Direct("王芳").SeesTimes(2, "复盘 HLDL-0001")
		undated := zhang.PressesWith(review.MessageID, "提交复盘", map[string]string{"cause": "日志没有轮转", "actions": "张伟 配置日志轮转"})
		require.Equal(t, "error", undated.Toast.Type)
		require.Contains(t, undated.Toast.Content, "没有日期")
		wang.Asks("/复盘 HLDL-0001 原因=日志没有轮转 措施=\"张伟 配置日志轮转 2026-12-05\"")
		card.Sees("提交了复盘", "日志没有轮转", "2026-12-05")
		zhang.Types(card, "/单 历史")
		inOrder(t, card.Sees("启动紧急通道", "复盘").Text, "启动紧急通道", "呼叫张伟（应用内加急）", "接手紧急", "磁盘满了", "磁盘已满，正在清理", "会诊 徐明",
			"解除紧急：清理磁盘并重启服务", "复盘 原因：日志没有轮转")

		zhang.Asks("/散群 HLDL-0001")
		s.Direct("张伟").Sees("会诊还缺纪要")
		s.Feishu("徐明").Asks("/会诊 HLDL-0001 纪要 日志级别误设为调试，已改回")
		card.Sees("会诊纪要", "日志级别误设为调试")
		zhang.Presses(war.Sees("紧急已解除").MessageID, "解散群")
		s.Settle()
		s.until("the group is gone", func() bool {
			return !slices.ContainsFunc(s.state().Chats, func(c chatState) bool { return c.ChatID == war.chat })
		})
	})
}
