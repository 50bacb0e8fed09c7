package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

func TestStoryRoutingGuessedAndCorrected(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wu, zhang, wang := s.WeCom("吴会计"), s.Feishu("张伟"), s.Feishu("王芳")
		wu.Says("凭证保存的时候报错，说借贷不平")
		card := s.Card("凭证保存", "XWJX-0001")
		card.Shows("报错（“报错”", "P3", "ERP/财务（“凭证”", "张伟，客户的服务负责人")
		require.Subset(t, card.Now().Buttons, []string{"改类", "升级"})
		wu.Sees("XWJX-0001", "张伟")

		zhang.Types(card, "/改类 操作咨询")
		card.Sees("XWJX-0001：类型 报错 → 操作咨询", "模块还没有确认")
		card.Shows("操作咨询（张伟确认）")
		zhang.Presses(card.card, "改类")
		form := card.Sees("改类 XWJX-0001")
		toast := zhang.PressesWith(form.MessageID, "改类", map[string]string{"type": "error", "priority": "2", "module": "ERP/财务"})
		require.Equal(t, "success", toast.Toast.Type)
		card.Sees("类型 操作咨询 → 报错、优先级 P3 → P2", "诊断完成")
		card.Shows("报错（张伟确认）", "P2", "ERP/财务（张伟确认）")

		wang.Types(card, "/优先级 5")
		card.Sees("优先级是 1（最高）到 4")
		wang.Types(card, "/优先级 P1")
		card.Shows("P1（王芳确认）")
		wang.Types(card, "/模块 仓储")
		card.Sees("没有模块“仓储”", "ERP/库存")
		wang.Types(card, "/模块 库存")
		card.Shows("ERP/库存（王芳确认）")
		s.Feishu("陈强").Types(card, "/改类 需求")
		card.Sees("/改类 只有", "工程师")
		zhang.Types(card, "/改类 胡说")
		card.Sees("请写类型", "业务中断、报错")

		s.Settle()
		wu.SeesTimes(1, "XWJX-0001") // told nothing but the acknowledgement
		zhang.Types(card, "/改类 业务中断")
		wu.Sees("XWJX-0001", "按业务中断处理")
		wu.Says("好的，我等着")
		card.Sees("好的，我等着")
		zhang.Types(card, "/改类 环境")
		wu.Sees("XWJX-0001", "不再按业务中断处理", "环境")
		zhang.Types(card, "/单 历史")
		inOrder(t, card.Sees("提出", "诊断：").Text, "派单：张伟，客户的服务负责人", "改：类型 报错 → 操作咨询", "改：类型 操作咨询 → 报错",
			"改：优先级 P3 → P2", "诊断：报错 · ERP/财务", "改：模块 ERP/财务 → ERP/库存")
	})
}

func TestStoryRoutingGoesPastTheOwner(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li := s.WeCom("李工")
		li.Says("VPN连不上，在家没法办公")
		card := s.Card("VPN连不上")
		card.Shows("环境（“vpn”", "网络与服务器", "徐明代接", "负责人张伟没有网络与服务器的技能")
		li.Sees("HLDL-0001", "徐明")
		s.Settle()
		li.SeesNot("张伟")
		require.Equal(t, []string{s.Feishu("徐明").id}, card.Now().Mentions)

		s.Feishu("徐明").Asks("/为什么派我 HLDL-0001")
		why := s.Direct("徐明").Sees("HLDL-0001 现在由徐明负责").Text
		inOrder(t, why, "派单：徐明代接", "模块 网络与服务器 · 分层 A · 现在值班 孙磊", "张伟：没有技能 网络与服务器、负载 0/20", "徐明：技能 网络与服务器 3 级")
		s.Feishu("徐明").Types(card, "/转派 张伟 客户点名")
		card.Shows("张伟，由徐明转派 客户点名")
		s.Feishu("陈强").Asks("/为什么派我 HLDL-0001")
		s.Direct("陈强").Sees("现在由张伟负责", "徐明 转派：徐明 → 张伟 客户点名")
	})
}

// withModule is the sample directory with one module more.
func withModule(name string) []byte {
	return bytes.Replace(customers.Sample, []byte("网络与服务器]"), []byte("网络与服务器, "+name+"]"), 1)
}

func TestStoryRoutingWithoutSkill(t *testing.T) {
	stage{directory: withModule("质量")}.stories(t, func(t *testing.T, s *story) {
		li := s.WeCom("李工")
		li.Says("质检单的质量判定结果不对")
		s.Card("质检单").Shows("质量", "张伟，客户的服务负责人")
		s.Direct("刘洋").Sees("没有人会 质量", "HLDL-0001")
		s.Direct("郑宇").Sees("没有人会 质量", "HLDL-0001")
		s.WeCom("钱主管").Says("质量检验报表打不开")
		s.Card("质量检验报表")
		s.Settle()
		s.Direct("刘洋").SeesTimes(1, "没有人会 质量")
		s.Forward(24 * time.Hour)
		s.WeCom("吴会计").Says("质量检验单保存不了")
		s.Card("质量检验单")
		s.Direct("刘洋").SeesTimes(2, "没有人会 质量")
	})
}

func TestStoryRoutingOverload(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		qian := s.WeCom("钱主管")
		for i := 1; i <= 21; i++ {
			if i > 1 {
				qian.Says("新问题")
				qian.SeesTimes(i-1, "请直接描述新问题")
			}
			qian.Says(fmt.Sprintf("第%d张采购订单保存不了", i))
			s.Card(fmt.Sprintf("第%d张采购", i))
		}
		last := s.Card("第21张采购")
		last.Shows("张伟代接", "负责人李娜手上已有 20 张（上限 20）")
		s.Feishu("张伟").Asks("/为什么派我 HDQP-0021")
		s.Direct("张伟").Sees("李娜：技能 ERP/采购 2 级、负载 20/20")
	})
}

func TestStoryRoutingRules(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, wu, liu := s.WeCom("李工"), s.WeCom("吴会计"), s.Feishu("刘洋")
		wu.Says("标签打印出来是歪的")
		old := s.Card("标签打印")
		old.Shows("报错", "P3", "张伟")
		direct := s.Direct("刘洋")
		s.Feishu("张伟").Asks("/规则")
		s.Direct("张伟").Sees("/规则 只有产品经理、管理员可以用")
		liu.Asks("/规则")
		direct.Sees("还没有规则", "/规则 加 词=打印机")

		liu.Asks("/规则 试算 词=标签 则 类型=环境 优先级=2 派给=徐明")
		direct.Sees("最近 1 张工单试算：1 张会不同", "XWJX-0001 标签打印", "类型 报错 → 环境、优先级 P3 → P2、负责人 张伟 → 徐明", "没有改动任何工单")
		s.Settle()
		old.Shows("报错", "P3", "张伟")
		liu.Asks("/规则")
		direct.SeesTimes(2, "还没有规则")

		liu.Asks("/规则 加 词=标签 则 类型=环境 优先级=2 派给=徐明 标签=打印")
		direct.Sees("已添加规则 1：词=标签 则 类型=环境 优先级=2 派给=徐明 标签=打印")
		liu.Asks("/规则 加 分层=A 类型=环境 → 优先级=升")
		direct.Sees("已添加规则 2：类型=环境 分层=A 则 优先级=升")
		li.Says("标签的条码扫不出来")
		card := s.Card("标签的条码")
		card.Shows("环境（规则 1）", "P1（规则 2）", "徐明，按规则 1", "标签", "打印")
		li.Sees("HLDL-0001", "徐明")
		s.Feishu("徐明").Types(card, "/单 历史")
		card.Sees("执行规则 1、2：类型 报错 → 环境、优先级 P3 → P1", "派单：徐明，按规则 1")

		liu.Asks("/规则 加 当=改动 类型=报错 则 优先级=升")
		liu.Asks("/规则 加 当=来信 词=停线 则 类型=报错")
		direct.Sees("已添加规则 4")
		wu.Says("再弄不好就停线了")
		old.Sees("再弄不好") // it was one: nothing to do
		s.Feishu("张伟").Types(old, "/改类 需求")
		old.Shows("需求")
		wu.Says("真的要停线了")
		old.Sees("规则 4、3：类型 需求 → 报错、优先级 P3 → P2")
		s.Feishu("张伟").Types(old, "/单 历史")
		old.Sees("规则 3 会再次触发自己，执行一遍后已停下")

		liu.Asks("/规则 序 4 1")
		require.True(t, strings.HasPrefix(strings.Split(direct.Sees("4 条规则").Text, "\n")[1], "1. 当=来信 词=停线"))
		liu.Asks("/规则 删 9")
		direct.Sees("没有规则“9”，现在共 4 条")
		liu.Asks("/规则 删 1")
		direct.Sees("已删除规则 1：当=来信")
		liu.Asks("/规则 加 词=标签")
		direct.Sees("规则要有“则”")
		liu.Asks("/规则 加 颜色=红 则 类型=环境")
		direct.Sees("没有看懂“颜色=红”")
		liu.Asks("/规则 试算")
		direct.Sees("最近 2 张工单试算")
	})
}

func TestStoryRoutingRuleOnTime(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, qian := s.WeCom("李工"), s.WeCom("钱主管")
		s.Feishu("郑宇").Asks("/规则 加 已开=1d 缺=响应 则 优先级=1 派给=二线")
		s.Direct("郑宇").Sees("已添加规则 1：当=超时 已开=1d 缺=响应 则 优先级=1 派给=二线")
		li.Says("采购订单导出来的金额不对")
		qian.Says("领料单重复了两张")
		answered, silent := s.Card("领料单重复"), s.Card("采购订单导出")
		s.Feishu("李娜").Tells(answered, "您好，我先看一下两张单的来源")
		qian.Sees("两张单的来源")
		s.Forward(24*time.Hour - time.Minute)
		silent.Shows("P3", "张伟")
		s.Forward(time.Minute)
		silent.Sees("规则 1：优先级 P3 → P1")
		silent.Shows("P1（规则 1）", "徐明")
		silent.Sees("服务台转派给徐明", "规则 1") // the customer hears it as far as his window allows
		s.Settle()
		answered.Shows("P3", "李娜")
	})
}

func TestStoryRoutingFirstLevelHasOneHour(t *testing.T) { stories(t, firstLevelHasOneHour) }

func TestStoryRoutingFirstLevelHasOneHourWithTwoWorkers(t *testing.T) {
	stage{roles: []string{roleWeb, roleWorker, roleWorker}}.stories(t, firstLevelHasOneHour)
}

func firstLevelHasOneHour(t *testing.T, s *story) {
	li, zhang, xu := s.WeCom("李工"), s.Feishu("张伟"), s.Direct("徐明")
	li.Says("总账科目余额表跑出来和明细对不上，差了三千多")
	card := s.Card("总账科目")
	li.Says("今天要报税")
	card.Sees("今天要报税")
	zhang.Tells(card, "我先核对期初余额，下午给您消息") // the promise of a response is kept: no gate opens by itself
	li.Sees("我先核对期初余额")
	s.WeCom("周总").Says("采购订单打不开")
	diagnosed := s.Card("采购订单打不开")
	zhang.Types(diagnosed, "/模块 采购")
	zhang.Types(diagnosed, "/改类 报错")
	diagnosed.Sees("诊断完成")
	s.Forward(59 * time.Minute)
	s.Settle()
	xu.SeesNot("HLDL-0001")
	s.Forward(2 * time.Minute)
	intake := xu.Sees("请协助诊断 HLDL-0001").Text
	for _, part := range []string{"恒力电缆 · A · 7×24", "李工 · 技术联系人", "张伟", "微信客服", "差了三千多", "附件数", "报错", "ERP/财务", "说：今天要报税",
		"一小时内没有确认"} {
		require.Contains(t, intake, part)
	}
	card.Sees("已满一小时", "徐明")
	card.Shows("张伟") // who keeps it
	s.Forward(3 * time.Hour)
	xu.SeesTimes(1, "请协助诊断")
	s.Settle()
	li.SeesNot("徐明")

	zhang.Types(card, "/升级")
	card.Sees("还缺摘要", "/升级 摘要")
	zhang.Types(card, "/升级 已核对明细，怀疑期初导入有误")
	card.Sees("已请关口答复")
}

func TestStoryRoutingEscalates(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wu, zhang := s.WeCom("吴会计"), s.Feishu("张伟")
		wu.Says("固定资产折旧金额不对")
		card := s.Card("固定资产折旧")
		zhang.Presses(card.card, "升级")
		form := card.Sees("升级 XWJX-0001")
		toast := zhang.PressesWith(form.MessageID, "升级", map[string]string{"text": "折旧方法已核对，残值率像是被改过"})
		require.Equal(t, "success", toast.Toast.Type)
		require.Equal(t, []string{s.Feishu("徐明").id}, card.Sees("张伟升级给二线徐明", "残值率").Mentions)
		card.Shows("徐明（折旧方法已核对")
		wu.Sees("XWJX-0001 现在由徐明负责")
		s.Direct("徐明").Sees("请协助诊断 XWJX-0001", "残值率像是被改过", "固定资产折旧金额不对")
		s.Forward(2 * time.Hour)
		s.Settle()
		s.Direct("徐明").SeesTimes(1, "请协助诊断")
		s.Feishu("徐明").Types(card, "/升级 需要产品经理决定口径")
		card.Sees("已请关口答复")
		s.Feishu("陈强").Types(card, "/升级 试试")
		card.Sees("/升级 只有")
	})
}

func TestStoryRoutingPastAnAbsentOwner(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		wu, li, zhang, na := s.WeCom("吴会计"), s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("李娜")
		zhang.Asks("/忙 高铁 3h")
		s.Direct("张伟").Sees("高铁")
		wu.Says("凭证保存的时候报错")
		card := s.Card("凭证保存")
		card.Shows("李娜代接", "负责人张伟不在（高铁")
		wu.Sees("XWJX-0001", "李娜")
		require.Equal(t, []string{na.id}, card.Now().Mentions)
		na.Asks("/为什么派我 XWJX-0001")
		s.Direct("李娜").Sees("XWJX-0001 现在由李娜负责", "张伟：技能 ERP/财务 3 级", "不在岗（高铁", "李娜：技能 ERP/财务 2 级")
		li.Says("总账余额不对")
		s.Card("总账余额").Shows("徐明代接（技能 ERP/财务 3 级") // a strategic customer gets the most skilled

		s.Forward(4 * time.Hour)
		card.Shows("李娜代接") // nothing bounces
		s.WeCom("周总").Says("采购订单金额不对")
		s.Card("采购订单金额").Shows("张伟，客户的服务负责人")
	})
}
