package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

// withThird is the sample directory with a third contact of 恒力电缆.
func withThird(t *testing.T) []byte {
	t.Helper()
	text := strings.Replace(string(customers.Sample), "      - {name: 周总", "      - {name: 郑工, kind: technical, wecom_id: wmSampleZhenggong000000001}\n      - {name: 周总", 1)
	require.Contains(t, text, "郑工")
	return []byte(text)
}

// Three contacts report one outage; two of them say that it is the same.
func TestStoryOneOutageManyReporters(t *testing.T) {
	stage{directory: withThird(t)}.stories(t, func(t *testing.T, s *story) {
		li, zhou, zhang := s.WeCom("李工"), s.WeCom("周总"), s.Feishu("张伟")
		s.post("/control/wecom/contacts", map[string]string{"name": "郑工", "id": "wmSampleZhenggong000000001"}, nil)
		zheng := s.WeCom("郑工")
		li.Says("库存查询页面打不开，一直转圈")
		card := s.Card("HLDL-0001")
		s.Forward(10 * time.Minute)
		zhou.Says("查库存的页面打不开了")
		asked := zhou.Sees("是同一件", "李工", "HLDL-0001", "HLDL-0002")
		require.Equal(t, []string{"是同一件", "不是"}, asked.labels())
		second := s.Card("HLDL-0002")
		zhou.Taps("是同一件")
		zhou.Sees("HLDL-0002 与 HLDL-0001", "已合并", "张伟")
		second.Shows("已合并", "HLDL-0001")
		second.Sees("周总说 HLDL-0002 与 HLDL-0001 是同一件")
		card.Sees("周总说他的 HLDL-0002 与本单是同一件", "查库存的页面打不开了")
		card.Shows("反映人", "李工", "周总", "HLDL-0002")

		s.Forward(10 * time.Minute)
		zheng.Says("库存查询转圈，查不了")
		zheng.Sees("李工", "HLDL-0001")
		zheng.Says("是同一件")
		zheng.Sees("HLDL-0003 与 HLDL-0001", "已合并")
		zheng.Says("车间也查不了")
		card.Sees("郑工：车间也查不了")

		reply := zhang.Tells(card, "数据库正在重启，十分钟后恢复")
		for _, c := range []*contact{li, zhou, zheng} {
			c.SeesTimes(1, "张伟", "数据库正在重启")
		}
		s.Echo(reply, "CheckMark")
		zhang.Asks("/单 HLDL-0003")
		s.Direct("张伟").Sees("HLDL-0001", "反映人", "李工", "周总", "郑工", "HLDL-0002")
		zhou.Says("进度")
		zhou.Sees("HLDL-0001：库存查询", "处理中")
		zhou.Says("催办")
		card.Sees("周总催办（第 1 次）")

		zhang.Types(card, "/解决 数据库已重启")
		li.Sees("数据库已重启", "已解决")
		zhou.Sees("HLDL-0001 已给出方案", "数据库已重启", "李工")
		li.Taps("已解决")
		card.Shows("已确认")
		s.Settle()
		zhou.SeesNot("打个分")
		zhou.Says("库存又打不开了")
		card.Sees("周总说没有解决")
	})
}

// sure answers the question that a command asked first.
func (c *colleague) sure(where *room, button string) pressed {
	c.s.t.Helper()
	return c.Presses(where.Sees("请确认").MessageID, button)
}

// history is a ticket's timeline as the colleague reads it in his direct chat.
func (s *story) history(c *colleague, number string, words ...string) string {
	s.t.Helper()
	direct := s.Direct(c.name)
	before := len(direct.Heard(number))
	c.Asks("/单 " + number + " 历史")
	s.until("the timeline of "+number, func() bool { return len(direct.Heard(number)) > before })
	found := direct.Heard(number)
	text := found[len(found)-1].Text
	for _, w := range words {
		require.Contains(s.t, text, w)
	}
	return text
}

// said are the lines of a timeline in which somebody said something.
func saidLines(history string) (lines []string) {
	for _, line := range strings.Split(history, "\n") {
		if strings.Contains(line, " 说：") || strings.Contains(line, "回复客户：") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestStoryMergeAndBack(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhou, zhang, wang := s.WeCom("李工"), s.WeCom("周总"), s.Feishu("张伟"), s.Feishu("王芳")
		li.Says("采购审批流程卡在第二级")
		stays := s.Card("HLDL-0001")
		zhou.Says("合同付款单一直没人批")
		goes := s.Card("HLDL-0002")
		zhang.Types(goes, "/接单")
		goes.Shows("处理中")
		zhang.Tells(goes, "正在看付款单")
		zhou.Sees("正在看付款单")
		before := [2]string{s.history(zhang, "HLDL-0001"), s.history(zhang, "HLDL-0002", "合同付款单", "正在看付款单")}

		wang.Asks("/合并 HLDL-0002 到 HLDL-0001")
		direct := s.Direct("王芳")
		question := direct.Sees("请确认", "HLDL-0002", "HLDL-0001", "周总")
		require.Equal(t, []string{"确认合并"}, question.Buttons)
		goes.Shows("处理中")
		toast := wang.Presses(question.MessageID, "确认合并")
		require.Equal(t, "success", toast.Toast.Type)
		direct.Sees("HLDL-0002 已并入 HLDL-0001")
		goes.Shows("已合并", "已并入", "HLDL-0001")
		goes.Sees("王芳把 HLDL-0002 并入 HLDL-0001")
		stays.Sees("王芳把 HLDL-0002 并入本单", "合同付款单一直没人批")
		zhou.SeesTimes(1, "HLDL-0002 与 HLDL-0001", "已合并", "张伟")
		again := wang.Presses(question.MessageID, "确认合并")
		require.Equal(t, "error", again.Toast.Type)
		require.Contains(t, again.Toast.Content, "已经点过了")

		zhou.Says("付款单今天必须批掉")
		stays.Sees("周总：付款单今天必须批掉")
		zhou.Says("进度 HLDL-0002")
		zhou.Sees("HLDL-0001：采购审批")
		zhang.Asks("/单 HLDL-0002")
		s.Direct("张伟").Sees("HLDL-0001", "反映人", "李工", "周总")
		zhang.Asks("/找 付款单一直没人批")
		s.Direct("张伟").Sees("找到 1 张", "HLDL-0002", "已合并 → HLDL-0001")
		s.history(zhang, "HLDL-0001", "HLDL-0002 并入本单", "周总 说：付款单今天必须批掉", "并入的 HLDL-0002", "周总 说：合同付款单一直没人批")
		zhang.Types(goes, "/重开 还要看")
		goes.Sees("还在处理中")
		zhang.Tells(goes, "两件事一起处理")
		li.Sees("两件事一起处理")
		zhou.Sees("两件事一起处理")
		s.Forward(3 * time.Hour)
		s.Settle()
		goes.SeesNot("付款单今天必须批掉")

		zhang.Types(goes, "/拆分")
		goes.Sees("HLDL-0002 已从 HLDL-0001 拆回")
		stays.Sees("张伟把 HLDL-0002 拆回")
		goes.Shows("处理中", "张伟")
		zhou.Sees("HLDL-0002", "单独处理", "张伟")
		after := [2]string{s.history(zhang, "HLDL-0001"), s.history(zhang, "HLDL-0002")}
		for _, line := range saidLines(before[0]) {
			require.Contains(t, after[0], line)
		}
		require.Equal(t, saidLines(before[1]), saidLines(after[1]), "as before")
		require.Contains(t, after[0], "周总 说：付款单今天必须批掉", "what was said meanwhile stays")
		require.NotContains(t, after[0], "合同付款单一直没人批")
		zhou.Says("现在好像可以批了")
		goes.Sees("周总：现在好像可以批了")
		zhang.Types(goes, "/撤销")
		goes.Sees("没有可以撤销的")
		s.Settle()
		stays.SeesNot("现在好像可以批了")
		li.SeesNot("付款单")
	})
}

func TestStoryMergeRefused(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhou, qian, zhang := s.WeCom("李工"), s.WeCom("周总"), s.WeCom("钱主管"), s.Feishu("张伟")
		li.Says("库存盘点数量对不上")
		one := s.Card("HLDL-0001")
		qian.Says("发货单打印空白")
		s.Card("HDQP-0001")
		zhou.Says("年度合同在哪里看")
		two := s.Card("HLDL-0002")
		zhang.Types(one, "/合并 到 HDQP-0001")
		one.Sees("不能合并", "恒力电缆", "华东汽配", "同一家客户")
		zhang.Types(one, "/合并 HLDL-0001 到 HLDL-0001")
		one.Sees("不能并入自己")
		zhang.Types(one, "/合并 HLDL-0001 到 HLDL-0099")
		one.Sees("查无此单：HLDL-0099")
		zhang.Types(one, "/合并")
		one.Sees("请这样写：/合并 单号 到 单号")
		zhang.Types(one, "/合并 二号单")
		one.Sees("查无此单：二号单")
		s.Feishu("陈强").Types(one, "/合并 HLDL-0001 到 HLDL-0002")
		one.Sees("/合并 只有", "联络专员")

		zhang.Types(one, "/合并 HLDL-0002 到 HLDL-0001")
		late := one.Sees("请确认", "HLDL-0002")
		denied := s.Feishu("陈强").Presses(late.MessageID, "确认合并")
		require.Equal(t, "error", denied.Toast.Type)
		require.Contains(t, denied.Toast.Content, "联络专员")
		s.Forward(61 * time.Minute)
		expired := zhang.Presses(late.MessageID, "确认合并")
		require.Equal(t, "error", expired.Toast.Type)
		require.Contains(t, expired.Toast.Content, "过期")
		two.Shows("已派单")

		// by the button, with a bare number
		zhang.Presses(two.card, "合并")
		form := two.Sees("合并 HLDL-0002")
		asked := zhang.PressesWith(form.MessageID, "合并", map[string]string{"into": "1"})
		require.Equal(t, "success", asked.Toast.Type)
		require.Equal(t, "success", zhang.sure(two.room, "确认合并").Toast.Type)
		two.Shows("已合并", "HLDL-0001")
		zhang.Types(one, "/合并 HLDL-0002 到 HLDL-0001")
		one.Sees("HLDL-0002 已经并入 HLDL-0001")
		zhang.Types(one, "/取消 HLDL-0002 不要了")
		one.SeesTimes(2, "HLDL-0002 已经并入 HLDL-0001")
		zhang.Types(one, "/合并 到 HLDL-0002")
		one.SeesTimes(2, "不能并入自己")
		zhang.Types(one, "/撤销")
		one.Sees("HLDL-0002 已从 HLDL-0001 拆回")
		two.Shows("已派单")

		zhang.Types(two, "/解决 在合同菜单里看")
		zhou.Taps("已解决")
		two.Shows("已确认")
		zhang.Types(one, "/合并 HLDL-0002 到 HLDL-0001")
		one.Sees("HLDL-0002 现在是“已确认”", "不能合并")
	})
}

// Chains are flat: what was merged before goes along, and comes back the way it went.
func TestStoryMergeChain(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhou, zhang := s.WeCom("李工"), s.WeCom("周总"), s.Feishu("张伟")
		li.Says("库存盘点数量对不上")
		one := s.Card("HLDL-0001")
		zhou.Says("年度合同在哪里看")
		two := s.Card("HLDL-0002")
		li.Says("新问题")
		li.Sees("另开一单")
		li.Says("采购单打印没有表头")
		three := s.Card("HLDL-0003")
		merge := func(from *topic, into string) {
			zhang.Types(from, "/合并 到 "+into)
			zhang.sure(from.room, "确认合并")
			from.Shows("已合并", into)
		}
		merge(two, "HLDL-0001")
		merge(one, "HLDL-0003")
		two.Shows("已合并", "HLDL-0003")
		zhou.Says("合同编号是多少")
		three.Sees("周总：合同编号是多少")
		zhang.Asks("/单 HLDL-0002")
		s.Direct("张伟").Sees("HLDL-0003", "反映人", "周总")
		zhang.Types(two, "/拆分")
		two.Shows("已派单")
		zhou.Says("还是合同的事")
		two.Sees("周总：还是合同的事")
		zhang.Types(three, "/撤销")
		three.Sees("HLDL-0001 已从 HLDL-0003 拆回")
		one.Shows("已派单")
		zhang.Types(three, "/撤销")
		three.Sees("HLDL-0003 没有可以撤销的")
		li.Says("盘点差三箱")
		li.Sees("哪一件")
	})
}
