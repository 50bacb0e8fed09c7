package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStoryPromisesStandInTheAcknowledgement(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, wu := s.WeCom("李工"), s.WeCom("吴会计")
		li.Says("保存单据时提示错误 5021")
		li.Sees("已受理", "HLDL-0001", "报错", "张伟", "今天 10:30 前首次答复", "今天 17:30 前给出解决方案", "我们会记录")
		wu.Says("保存单据时提示错误 5021")
		wu.Sees("已受理", "XWJX-0001", "报错", "张伟", "今天 15:00 前首次答复", "03-05 11:00 前给出解决方案")
		li.SeesNot("非工作时间")
		s.Card("HLDL-0001").Shows("首次响应 2026-03-02 10:30 前（还剩 1 小时）")
		s.Card("XWJX-0001").Shows("首次响应 2026-03-02 15:00 前（还剩 4 小时工作时间）")

		s.Forward(11 * time.Hour) // Monday evening
		wu.Says("新问题")
		wu.Says("月结按钮点了没有反应")
		wu.Sees("XWJX-0002", "报错", "张伟", "明天 14:30 前首次答复", "非工作时间", "明天 09:00 有人上班", "紧急")
		wu.Says("转人工")
		wu.Sees("已请张伟", "明天 09:00 有人上班", "紧急")
		s.Stranger("路人").Says("发票抬头打印报错")
		s.Card("NEW-0001").Shows("2026-03-03 14:30", "4 小时工作时间")
	})
}

func TestStoryWarningsAndBreach(t *testing.T) { stories(t, warningsAndBreach) }

// Of two replicas one warns.
func TestStoryWarningsOfTwoReplicas(t *testing.T) {
	stage{roles: []string{roleAll, roleAll}}.stories(t, warningsAndBreach)
}

func warningsAndBreach(t *testing.T, s *story) {
	li, zhang := s.WeCom("李工"), s.Feishu("张伟")
	li.Says("销售报表导出失败")
	card := s.Card("销售报表")
	owner, liaison := s.Direct("张伟"), s.Direct("王芳")
	s.Forward(29 * time.Minute)
	owner.SeesNot("HLDL-0001", "首次响应")
	s.Forward(time.Minute)
	owner.SeesTimes(1, "HLDL-0001", "首次响应", "50%", "2026-03-02 10:30", "还剩 30 分钟")
	s.Forward(18 * time.Minute)
	owner.SeesTimes(1, "HLDL-0001", "首次响应", "80%")
	require.NotEqual(t, "red", card.Colour())
	s.Forward(12 * time.Minute)
	owner.SeesTimes(1, "HLDL-0001", "首次响应已超时", "10:30")
	liaison.SeesTimes(1, "HLDL-0001", "首次响应已超时", "恒力电缆")
	card.Shows("首次响应已超时（承诺 2026-03-02 10:30 前）")
	require.Equal(t, "red", card.Colour())
	zhang.Tells(card, "导出服务内存不足，已经扩容，请再试一次")
	s.until("the alarm is off", func() bool { return card.Colour() != "red" })
	card.Shows("解决 2026-03-02 17:30 前")

	s.Forward(7 * time.Hour)
	owner.SeesTimes(3, "HLDL-0001", "首次响应") // no more of them
	owner.SeesTimes(1, "HLDL-0001", "解决的时间已用 50%")
	owner.SeesTimes(1, "HLDL-0001", "解决的时间已用 80%")
	owner.SeesTimes(1, "HLDL-0001", "解决已超时")
	liaison.SeesTimes(1, "HLDL-0001", "解决已超时")
	require.Equal(t, "red", card.Colour())
	zhang.Types(card, "/单 历史")
	inOrder(t, card.Sees("提醒：首次响应已用 50%").Text, "50%", "80%", "超时：首次响应超时", "回复客户", "提醒：解决已用 50%", "超时：解决超时")
	zhang.Types(card, "/为什么")
	card.Sees("首次响应 承诺 1 小时（7×24）", "截止 2026-03-02 10:30", "2026-03-02 10:30 才做到", "临时方案 不适用", "截止 2026-03-02 17:30", "已超时")

	zhang.Types(card, "/解决 扩容并分页导出")
	li.Taps("未解决")
	card.Shows("重新处理", "解决 2026-03-03 01:30 前")
	zhang.Types(card, "/为什么")
	card.Sees("重开后第 2 次承诺", "截止 2026-03-03 01:30")
}

func TestStoryAnEmptyAnswerIsFlagged(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, qian := s.WeCom("李工"), s.WeCom("钱主管")
		zhang, na, liaison := s.Feishu("张伟"), s.Feishu("李娜"), s.Direct("王芳")
		li.Says("应付账款余额不对")
		qian.Says("仓库调拨单没法提交")
		card, other := s.Card("应付账款"), s.Card("仓库调拨")
		s.Forward(time.Minute)
		zhang.Tells(card, "收到")
		na.Tells(other, "好的，稍等")
		li.Sees("收到")
		s.Forward(30 * time.Minute)
		na.Tells(other, "调拨单的审批流停用了，正在恢复，11 点前告诉您")
		s.Forward(28 * time.Minute)
		liaison.SeesNot("计时需要核实")
		s.Forward(3 * time.Hour)
		liaison.SeesTimes(1, "HLDL-0001", "计时需要核实", "没有实质内容", "张伟")
		liaison.SeesNot("HDQP-0001", "计时需要核实")
		card.Shows("计时核实", "首次答复只是“收到”一类的空话")
		zhang.Types(card, "/单 历史")
		card.Sees("计时核实：首次答复只是")
		s.Direct("张伟").SeesNot("首次响应已超时")
	})
}

func TestStoryReproductionPausesUntilAnyAnswer(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("打印预览偶尔空白")
		card := s.Card("打印预览")
		s.Forward(30 * time.Minute)
		zhang.Types(card, "/要复现")
		li.SeesTimes(1, "张伟", "录屏", "环境", "网络日志", "数据量")
		card.Shows("等待客户回复", "解决暂停计时", "已用 30 分钟", "还剩 7 小时 30 分钟")
		zhang.Types(card, "/要复现")
		card.Sees("已经请客户提供复现资料")
		s.Forward(24 * time.Hour)
		li.SeesTimes(1, "HLDL-0001 还在等您的复现资料", "张伟")
		s.Direct("张伟").SeesNot("解决")
		s.Forward(48 * time.Hour) // the window is shut
		li.SeesTimes(1, "还在等您的复现资料")
		require.Equal(t, []string{zhang.id}, card.Sees("HLDL-0001", "72 小时", "李工", "打电话").Mentions)
		s.Direct("张伟").SeesTimes(1, "HLDL-0001", "打电话", "李工")

		li.SendsImage([]byte("\x89PNG recording"))
		card.Shows("处理中", "解决 2026-03-05 17:30 前")
		zhang.Types(card, "/为什么")
		card.Sees("2026-03-02 10:00 至 2026-03-05 10:00 暂停（要求复现）", "截止 2026-03-05 17:30")

		zhang.Types(card, "/等待 需要您重启后再打印一次")
		li.Sees("张伟", "需要您重启后再打印一次")
		card.Shows("等待客户回复")
		li.Says("新问题")
		li.Says("盘点单数量是负数")
		s.Card("盘点单")
		li.Says("重启后好一点了") // which matter? the waiting one
		li.Sees("您说的是哪一件")
		li.Taps("HLDL-0001")
		card.Shows("处理中")
		s.Forward(100 * time.Hour)
		li.SeesTimes(1, "还在等您的复现资料")
	})
}

func TestStoryAFalsePauseIsFlagged(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wu, zhang, liaison := s.WeCom("吴会计"), s.Feishu("张伟"), s.Direct("王芳")
		wu.Says("固定资产折旧算错了")
		card := s.Card("固定资产")
		zhang.Tells(card, "请问是哪个月的折旧？")
		zhang.Types(card, "/等待")
		card.Shows("等待客户回复")
		s.Settle()
		liaison.SeesNot("计时需要核实")
		wu.Says("二月的")
		card.Shows("处理中")
		zhang.Types(card, "/等待 等客户确认")
		liaison.SeesTimes(1, "XWJX-0001", "计时需要核实", "客户已经回复")
		zhang.Types(card, "/单 历史")
		card.Sees("计时核实：暂停计时的时候客户已经回复")
	})
}

func TestStoryAWorkaroundStopsItsOwnClock(t *testing.T) {
	stage{start: "2026-02-17T02:00:00+08:00"}.stories(t, func(t *testing.T, s *story) { // 春节, at night
		wu, zhang := s.WeCom("吴会计"), s.Feishu("张伟")
		s.Feishu("郑宇").Asks("/服务级别 报错 C 响应=30m 方案=4h 解决=24h 时段=7×24")
		s.Direct("郑宇").Sees("报错 · C 级", "30 分钟 / 4 小时 / 24 小时，7×24")
		wu.Says("整个系统打不开")
		wu.Sees("今天 02:30 前首次答复", "今天 06:00 前给出临时方案", "明天 02:00 前给出解决方案", "非工作时间", "02-24 09:00 上班")
		card := s.Card("整个系统")
		zhang.Types(card, "/临时方案")
		card.Sees("还缺临时方案的内容")
		zhang.Types(card, "/临时方案 请先用备用地址 erp2 登录")
		wu.Sees("张伟", "XWJX-0001 的临时方案", "备用地址 erp2")
		card.Shows("处理中", "临时方案", "备用地址 erp2", "解决 2026-02-18 02:00 前")
		card.Sees("XWJX-0001 的临时方案已排队")
		s.Forward(5 * time.Hour)
		s.Direct("张伟").SeesNot("临时方案", "%")
		s.Forward(7 * time.Hour)
		s.Direct("张伟").SeesTimes(1, "XWJX-0001", "解决的时间已用 50%")
		zhang.Types(card, "/为什么")
		card.Sees("临时方案 承诺 4 小时", "截止 2026-02-17 06:00，2026-02-17 02:00 做到", "截止 2026-02-18 02:00")

		zhang.Presses(card.card, "临时方案")
		form := card.Sees("临时方案 XWJX-0001")
		zhang.PressesWith(form.MessageID, "临时方案", map[string]string{"text": "也可以用手机端提交单据"})
		wu.Sees("也可以用手机端提交单据")
		card.Sees("张伟给出临时方案：也可以用手机端提交单据")
		zhang.Types(card, "/解决 重启了应用服务器")
		wu.Taps("已解决")
		card.Shows("已确认")
		zhang.Types(card, "/临时方案 再试试")
		card.Sees("XWJX-0001 已经结束")
	})
}

func TestStoryTheSumIsExplained(t *testing.T) {
	stage{start: "2026-02-13T17:30:00+08:00"}.stories(t, func(t *testing.T, s *story) { // the Friday before 春节
		qian, na := s.WeCom("钱主管"), s.Feishu("李娜")
		qian.Says("入库单重复生成")
		qian.Sees("报错", "明天 10:30 前首次答复", "02-25 09:30 前给出解决方案")
		card := s.Card("入库单")
		na.Types(card, "/为什么")
		text := card.Sees("HDQP-0001", "期限怎么算出来的").Text
		lines := strings.Split(text, "\n")
		find := func(head string) string {
			for _, line := range lines {
				if strings.HasPrefix(line, head) {
					return line
				}
			}
			t.Fatalf("no line %s in:\n%s", head, text)
			return ""
		}
		require.Contains(t, find("首次响应"), "承诺 2 小时（工作时间），2026-02-13 17:30 起算，用到调休（02-14）")
		require.Contains(t, find("首次响应"), "截止 2026-02-14 10:30")
		inOrder(t, find("解决"), "16 小时", "用到调休（02-14）", "跳过春节（02-15–02-23）", "截止 2026-02-25 09:30")
		require.Contains(t, find("临时方案"), "不适用")
		require.Contains(t, find("依据"), "报错 · B 级")
		require.Contains(t, find("依据"), "其他类型 · B 级 也符合，取最具体的一条")
		require.Contains(t, find("工作时间"), "09:00–12:00、13:30–18:00")
		na.Asks("/why hdqp-0001")
		s.Direct("李娜").Sees("截止 2026-02-14 10:30")

		s.Forward(7 * 24 * time.Hour) // in the holidays
		wu := s.WeCom("吴会计")
		wu.Says("期间结账时报错")
		wu.Sees("02-24 14:30 前首次答复", "02-24 09:00 有人上班")
	})
}

func TestStoryYearsWithoutHolidaysAreNamed(t *testing.T) {
	stage{start: "2026-12-29T17:30:00+08:00"}.stories(t, func(t *testing.T, s *story) {
		stranger := s.Stranger("路人")
		stranger.Says("年结之后余额报错")
		stranger.Sees("NEW-0001", "明天 14:00 前首次答复", "2027-01-04 10:00 前给出解决方案")
		s.Feishu("张伟").Asks("/为什么 NEW-0001")
		s.Direct("张伟").Sees("截止 2027-01-04 10:00", "2027 年的放假安排尚无数据", "其他类型 · C 级")
	})
}

func TestStoryPoliciesAreEdited(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wu, admin, direct := s.WeCom("吴会计"), s.Feishu("郑宇"), s.Direct("郑宇")
		wu.Says("总账打不开")
		card := s.Card("总账打不开")
		card.Shows("首次响应 2026-03-02 15:00 前")
		admin.Asks("/服务级别")
		direct.Sees("业务中断 · 各级：30 分钟 / 4 小时 / 24 小时，7×24", "报错 · A 级 · 7×24 合同：1 小时 / – / 8 小时，7×24",
			"报错 · C 级：4 小时 / – / 24 小时，工作时间", "其他类型 · B 级：4 小时 / – / 24 小时")
		s.Feishu("张伟").Types(card, "/服务级别")
		card.Sees("/服务级别 只有", "管理员", "产品经理")

		admin.Asks("/服务级别 报错 C 响应=30h")
		direct.Sees("响应不能比解决还慢")
		admin.Asks("/服务级别 报错 C 响应=很快")
		direct.Sees("看不懂时长“很快”")
		admin.Asks("/服务级别 故障 C 响应=1h")
		direct.Sees("没有类型“故障”")
		admin.Asks("/服务级别 报错 D 响应=1h")
		direct.Sees("级别“D”")

		s.Forward(time.Hour)
		s.Feishu("刘洋").Asks("/服务级别 报错 C 响应=2h 解决=16h")
		s.Direct("刘洋").Sees("原来：报错 · C 级：4 小时 / – / 24 小时", "现在：报错 · C 级：2 小时 / – / 16 小时", "其他类型 · C 级 也符合")
		card.Shows("首次响应 2026-03-02 11:30 前（还剩 1 小时工作时间）")
		s.Direct("张伟").SeesTimes(1, "XWJX-0001", "首次响应", "50%")
		admin.Asks("/服务级别")
		direct.Sees("最近的修改", "刘洋 报错 · C 级：4 小时 / – / 24 小时，工作时间 → 2 小时 / – / 16 小时，工作时间")
		admin.Asks("/服务级别 报错 C 响应=2h")
		direct.Sees("没有变化")
		s.Feishu("张伟").Types(card, "/单 历史")
		card.Sees("期限重算，已用时间保留", "首次响应截止 2026-03-02 11:30")
	})
}

func TestStoryBindingKeepsUsedTime(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		visitor := s.Stranger("周工")
		visitor.Says("登录后白屏")
		card := s.Card("登录后白屏")
		card.Shows("首次响应 2026-03-02 15:00 前")
		s.Forward(40 * time.Minute)
		s.Feishu("王芳").Asks("/绑定 周工 恒力电缆")
		card.Shows("HLDL-0001", "首次响应 2026-03-02 10:30 前（还剩 20 分钟）")
		s.Direct("张伟").SeesTimes(1, "HLDL-0001", "首次响应", "50%")
	})
}

func TestStoryTheNextWordIsNamed(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wu, zhang := s.WeCom("吴会计"), s.Feishu("张伟")
		wu.Says("税率字段没了")
		card := s.Card("税率字段")
		wu.Says("催办")
		wu.Sees("催办", "XWJX-0001", "已安排负责人", "张伟", "最晚 11:30")
		zhang.Tells(card, "是权限模板更新引起的，正在改")
		s.Forward(8 * time.Hour)
		wu.Says("进度")
		wu.Sees("XWJX-0001", "处理中", "最晚 03-03 10:30")
		s.Forward(17 * time.Hour)
		require.Equal(t, []string{zhang.id}, card.Sees("已答应客户 10:30 前给消息").Mentions)
	})
}
