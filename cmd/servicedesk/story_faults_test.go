package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStoryDoubledAndLateCallbacks(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		s.Disturb("wecom", "duplicate", 0)
		s.Disturb("feishu", "duplicate", 0)
		li.Says("委外单没有回写成本")
		card := s.Card("委外单")
		toast := zhang.Presses(card.card, "接单")
		require.Equal(t, "success", toast.Toast.Type)
		zhang.Types(card, "/回复 正在核对成本卷积")
		zhang.Tells(card, "请给我委外单号")
		li.Says("单号是 WW-2026-018")
		card.SeesTimes(1, "WW-2026-018")
		s.Settle()
		li.SeesTimes(1, "正在核对成本卷积")
		li.SeesTimes(1, "请给我委外单号")
		card.SeesNot("您已经接单了")
		s.Heal()

		s.Disturb("wecom", "drop", 1)
		s.Disturb("feishu", "drop", 1)
		li.Says("这句的回调丢了")
		zhang.Tells(card, "这句的事件也丢了")
		s.Forward(20 * time.Second)
		card.SeesTimes(1, "这句的回调丢了")
		li.SeesTimes(1, "这句的事件也丢了")

		s.Disturb("wecom", "reorder", 1)
		for i := range 4 {
			li.Says(fmt.Sprintf("连着说的第%d句", i+1))
		}
		s.until("all four stand in the topic", func() bool { return len(card.Heard("连着说的")) == 4 })
		s.Settle()
		for i, p := range card.Heard("连着说的") {
			require.Contains(t, p.Text, fmt.Sprintf("第%d句", i+1), "in the order of sync_msg")
		}
		s.Disturb("wecom", "corrupt", 1)
		s.Disturb("feishu", "corrupt", 1)
		li.Says("这句的回调坏了")
		zhang.Tells(card, "这句的事件也坏了")
		s.Forward(20 * time.Second)
		card.SeesTimes(1, "这句的回调坏了")
		li.SeesTimes(1, "这句的事件也坏了")
	})
}

func TestStoryPlatformsFailAndHeal(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		s.Fault("wecom", "/cgi-bin/kf/send_msg", 4, map[string]any{"http_status": 500})
		s.Fault("feishu", "/open-apis/im/v1/messages", 3, map[string]any{"http_status": 500})
		li.Says("工资条发不出去")
		s.until("the card heals", func() bool { return len(s.Group().Heard("工资条")) > 0 })
		card := s.Card("工资条")
		s.until("the number arrives", func() bool { return len(li.Heard("HLDL-0001")) > 0 })

		// Done, and then failed: the repeat must not arrive twice.
		s.Fault("wecom", "/cgi-bin/kf/send_msg", 1, map[string]any{"http_status": 502, "after_effect": true})
		s.Fault("feishu", "/open-apis/im/v1/messages", 1, map[string]any{"http_status": 502, "after_effect": true})
		reply := zhang.Tells(card, "已经发现是邮件网关的问题")
		li.Says("好的，等您消息")
		s.Echo(reply, "CheckMark")
		s.Settle()
		li.SeesTimes(1, "邮件网关")
		card.SeesTimes(1, "等您消息")

		s.post("/control/wecom/tokens", map[string]string{"action": "kill"}, nil)
		s.post("/control/feishu/tokens", map[string]string{"action": "kill"}, nil)
		zhang.Tells(card, "令牌换过以后")
		li.SeesTimes(1, "令牌换过以后")
		li.Says("收到，谢谢")
		card.SeesTimes(1, "收到，谢谢")
		s.Settle()
	})
}

func TestStoryRefusedForGood(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("领料退回数量为负")
		card := s.Card("领料退回")
		li.Sees("HLDL-0001")
		s.Fault("wecom", "/cgi-bin/kf/send_msg", 1, map[string]any{"errcode": 95001})
		held := zhang.Tells(card, "平台说名额用完了")
		card.Sees("先排队", "平台说名额用完了")
		card.Shows("余 0 条")
		s.Settle()
		require.Equal(t, 1, s.backlog().Held)
		li.Says("在吗？")
		li.SeesTimes(1, "平台说名额用完了")
		s.Echo(held, "CheckMark")

		s.Fault("wecom", "/cgi-bin/kf/send_msg", 1, map[string]any{"errcode": 40096})
		lost := zhang.Tells(card, "平台不认识这位客户")
		require.Equal(t, []string{zhang.id}, card.Sees("没有送达客户", "平台不认识这位客户", "40096").Mentions)
		s.Echo(lost, "CrossMark")

		// Taken at first, and then not delivered.
		sent := zhang.Tells(card, "先收下又退回的话")
		taken := li.Sees("先收下又退回的话")
		s.Echo(sent, "CheckMark")
		li.sends(map[string]any{"msgtype": "event", "event": map[string]any{"event_type": "msg_send_fail", "fail_msgid": taken.MsgID, "fail_type": 10}})
		card.Sees("没有送达客户", "先收下又退回的话", "客户拒收")
		s.Echo(sent, "CrossMark")
		zhang.Types(card, "/单 历史")
		card.Sees("没有送达：客户拒收")
	})
}

func TestStoryCardRefusedByForm(t *testing.T) {
	// Over the webhook nothing but the card meets the fault: a long connection also reads the history, on the same path.
	stage{env: []string{"SERVICEDESK_FEISHU_MODE=webhook"}}.stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		s.Fault("feishu", "/open-apis/im/v1/messages", 1, map[string]any{"errcode": 230099})
		li.Says("工装台账打不开了")
		plain := s.Group().Sees("HLDL-0001", "工装台账打不开了", "张伟")
		require.Equal(t, "post", plain.MsgType, "in words, so that somebody sees it")
		ticket := &topic{room: &room{s: s, path: s.Group().path, chat: s.Group().chat, root: plain.MessageID, name: "topic of words"}, card: plain.MessageID}
		zhang.Types(ticket, "/接单")
		ticket.Sees("张伟已接单 HLDL-0001")
		zhang.Tells(ticket, "马上处理")
		li.Sees("马上处理")
		ticket.Shows("处理中")
		s.Settle()
	})
}

func TestStoryStrangersAndOldCards(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, na := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("李娜")
		li.Says("模具寿命统计不准")
		card := s.Card("模具寿命")
		var made struct {
			OpenID string `json:"open_id"`
		}
		s.post("/control/feishu/users", map[string]string{"name": "路人"}, &made)
		s.post("/control/feishu/chats/"+card.chat+"/members", map[string]any{"open_id": zhang.id, "add": []string{made.OpenID}}, nil)
		stranger := s.Feishu("路人")
		pressed := stranger.Presses(card.card, "接单")
		require.Equal(t, "error", pressed.Toast.Type)
		require.Contains(t, pressed.Toast.Content, "不在服务台的人员名录里")
		stranger.Tells(card, "我也想对客户说两句")
		card.SeesTimes(1, "不在服务台的人员名录里")
		stranger.Asks("/单 HLDL-0001")
		s.Direct("路人").Sees("不在服务台的人员名录里")
		s.Direct("路人").SeesNot("模具寿命")

		na.Asks("/单 HLDL-0001")
		old := s.Direct("李娜").Sees("HLDL-0001", "模具寿命")
		zhang.Presses(card.card, "接单")
		taken := na.Presses(old.MessageID, "接单")
		require.Equal(t, "error", taken.Toast.Type)
		require.Contains(t, taken.Toast.Content, "张伟")
		zhang.Types(card, "/解决 统计口径已修正")
		li.Taps("已解决")
		li.Taps("5 非常满意")
		card.Shows("已关闭")
		late := na.Presses(old.MessageID, "接单")
		require.Equal(t, "error", late.Toast.Type)
		require.Contains(t, late.Toast.Content, "HLDL-0001 已经结束")
		s.Settle()
		li.SeesNot("两句")
	})
}

func TestStoryRightsOfTheChat(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		s.post("/control/feishu/scopes", map[string]bool{"im:message.group_msg": false}, nil)
		li.Says("夜班报表少了一行")
		card := s.Card("夜班报表")
		zhang.Types(card, "没有权限时这句到不了服务台")
		zhang.Tells(card, "/接单")
		card.Sees("张伟已接单")
		zhang.Tells(card, "/回复 请稍等一会儿")
		li.Sees("请稍等一会儿")
		zhang.Tells(card, "提到服务台的照样发出")
		li.Sees("提到服务台的照样发出")
		zhang.Asks("/单 HLDL-0001 历史")
		require.NotContains(t, s.Direct("张伟").Sees("提到服务台的照样发出").Text, "没有权限时")
	})
}

func TestStoryOtherKindsOfMessages(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li := s.WeCom("李工")
		li.Says("物流单定位错误")
		card := s.Card("物流单定位")
		li.sends(map[string]any{"msgtype": "location", "location": map[string]any{"latitude": 31.2, "longitude": 121.4, "name": "二号仓库", "address": "嘉定区"}})
		card.Sees("[位置]", "二号仓库")
		li.sends(map[string]any{"msgtype": "hologram", "hologram": map[string]string{"title": "以后才有的种类"}})
		card.Sees("[hologram]")
		li.sends(map[string]any{"msgtype": "event", "event": map[string]any{"event_type": "something_new"}})
		li.sends(map[string]any{"msgtype": "file", "data": "aGVsbG8=", "filename": "日志.txt"})
		card.Sees("[文件 日志.txt]")
		s.post("/control/wecom/contacts/"+li.id+"/servicer", map[string]string{"action": "say", "text": "我是客服小王，先帮您看"}, nil)
		card.Sees("微信客服接待人员", "我是客服小王")
		s.Settle()
		require.Equal(t, http.StatusOK, knocker{t, s}.knocks(http.MethodGet, "/metrics", nil, nil))
		require.False(t, strings.Contains(card.Now().Text, "something_new"))
	})
}

// TestStoryADeadPlatformIsTold: the administrator hears within two minutes that a platform does not answer, nothing is lost, and all goes out
// in order when it is back.
func TestStoryADeadPlatformIsTold(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		s.troubled = true
		li, zhang, admin := s.WeCom("李工"), s.Feishu("张伟"), s.Direct("郑宇")
		li.Says("看板大屏不刷新")
		card := s.Card("看板大屏")
		li.Sees("HLDL-0001")
		zhang.Presses(card.card, "接单")
		s.Settle()
		s.Fault("wecom", "/cgi-bin/", 0, map[string]any{"http_status": 503})
		zhang.Tells(card, "第一句")
		zhang.Tells(card, "第二句")
		s.until("WeCom was tried a few times", func() bool { return s.refused("/cgi-bin/kf/send_msg") >= 4 })
		admin.Sees("企业微信", "没有应答", "没有丢失")
		s.Heal()
		li.Sees("第二句")
		admin.Sees("企业微信", "已恢复应答")
		s.Settle()
		inOrder(t, li.Heard("第一句")[0].Text+li.Heard("第二句")[0].Text, "第一句", "第二句")
		admin.SeesTimes(1, "没有应答")
	})
}

// refused counts the calls of a path that a fault answered.
func (s *story) refused(path string) int {
	s.t.Helper()
	var list struct {
		Calls []struct {
			Path   string
			Status int
		}
	}
	s.get(s.sim+"/control/calls", &list)
	n := 0
	for _, c := range list.Calls {
		if c.Path == path && c.Status >= 500 {
			n++
		}
	}
	return n
}
