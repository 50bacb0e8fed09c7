package main

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"servicedesk/customers"
)

// C01: a field is edited by command and by the card's form; the card shows it, and history says old → new, editor and time.
func TestStoryDirectoryCustomer(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		chen, wei := s.Feishu("陈强"), s.Feishu("张伟")
		direct := s.Direct("陈强")
		chen.Asks("/客户 恒力电缆")
		card := direct.Sees("恒力电缆（HLDL）", "A 级", "张伟", "王芳", "李工（技术）")
		require.Contains(t, card.Buttons, "保存")

		chen.Asks("/客户 恒力 行业=特种电缆 备注=\"每周三 例会\"")
		direct.Sees("恒力电缆", "行业：", "→ 特种电缆", "每周三 例会")
		chen.Asks("/客户 恒力电缆 行业=特种电缆")
		direct.Sees("已经是这样")
		chen.Asks("/客户 恒力电缆 备注=每周三 例会")
		direct.Sees("“例会”不属于任何字段")
		chen.Asks("/客户 恒力电缆 蛋糕=大")
		direct.Sees("没有“蛋糕”这个字段")
		chen.Asks("/客户 没有这家")
		direct.Sees("没有客户“没有这家”")

		// The first card is old by now: its form would put the old industry back.
		answer := chen.PressesWith(card.MessageID, "保存", map[string]string{"profile_industry": "别的", "profile_notes": ""})
		require.Equal(t, "error", answer.Toast.Type)
		require.Contains(t, answer.Toast.Content, "有人改过")
		wei.Asks("/客户 HLDL")
		fresh := s.Direct("张伟").Sees("恒力电缆（HLDL）", "特种电缆")
		answer = wei.PressesWith(fresh.MessageID, "保存", map[string]string{"profile_architecture": "两地三中心"})
		require.Equal(t, "success", answer.Toast.Type)
		s.Direct("张伟").Sees("架构：", "→ 两地三中心")

		chen.Asks("/客户 恒力电缆 历史")
		history := direct.Sees("修改记录", "陈强 行业：", "→ 特种电缆", "张伟 架构：", "→ 两地三中心").Text
		require.Regexp(t, `\d{4}-\d\d-\d\d \d\d:\d\d 陈强 备注：`, history)

		s.Feishu("赵总").Asks("/客户 恒力电缆")
		s.Direct("赵总").Sees("只有", "联络专员", "客户经理")
	})
}

// C02: who left gets no care; the liaison looks for the successor; his open tickets keep their people.
func TestStoryDirectoryContactLeft(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, fang := s.WeCom("李工"), s.Feishu("王芳")
		li.Says("打印不出来")
		card := s.Card("打印不出来")
		direct := s.Direct("王芳")
		fang.Asks("/联系人 恒力电缆 李工 手机=13911112222 生日=农历八月十五 邮箱=li@example.com")
		shown := direct.Sees("恒力电缆 · 李工", "139****2222", "农历八月十五")
		require.NotContains(t, shown.Text, "13911112222")
		fang.Asks("/联系人 恒力电缆 李工 生日=农历十三月初一")
		direct.Sees("看不懂日子")
		fang.Asks("/联系人 恒力电缆 新来的 类型=业务")
		direct.Sees("恒力电缆 · 新来的", "新增新来的", "还没有来信")
		fang.Asks("/联系人 恒力电缆 没这人")
		direct.Sees("没有叫“没这人”的联系人")
		fang.Asks("/联系人 恒力电缆")
		direct.Sees("3 位联系人", "李工", "周总", "新来的")

		s.Stranger("新来的").Says("我是新来的，怎么重置密码")
		s.Card("怎么重置密码")
		fang.Asks("/绑定 新来的 恒力电缆")
		direct.Sees("新来的已绑定到恒力电缆")
		fang.Asks("/联系人 恒力电缆")
		direct.SeesTimes(2, "3 位联系人", "新来的 · 业务") // he who was awaited, not one more

		fang.Asks("/联系人 恒力电缆 李工 状态=离职")
		direct.Sees("状态：在职 → 离职", "HLDL-0001", "张伟")
		direct.Sees("继任联系人", "李工", "1 张未结工单")
		card.Sees("李工已离职", "负责人不变")
		fang.Asks("/联系人 恒力电缆 李工 状态=离职")
		direct.Sees("已经是这样")

		s.Feishu("张伟").Types(card, "/解决 换了驱动")
		li.Taps("已解决")
		card.Sees("确认已解决")
		s.Settle()
		li.SeesNot("打个分")
		s.Feishu("张伟").Types(card, "/单 历史")
		card.Sees("联系人已离职，没有询问")
		fang.Asks("/客户 恒力电缆 历史")
		history := direct.Sees("李工 手机：（无） → 139****2222", "李工 状态：在职 → 离职").Text
		require.NotContains(t, history, "13911112222")
		s.Settle()
		direct.SeesTimes(1, "请找李工的继任联系人")
	})
}

// C03: the tier is the account manager's and the product manager's to set.
func TestStoryDirectoryTier(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		s.Feishu("张伟").Asks("/分层 小微机械 A")
		s.Direct("张伟").Sees("只有", "客户经理", "产品经理")
		s.Feishu("王芳").Asks("/分层 小微机械 A")
		s.Direct("王芳").Sees("只有客户经理、产品经理可以用")
		s.Feishu("刘洋").Asks("/分层 小微机械 甲")
		s.Direct("刘洋").Sees("/分层 客户 A|B|C")
		s.WeCom("吴会计").Says("凭证打不开")
		card := s.Card("凭证打不开")
		card.Shows("[C·")
		s.Feishu("刘洋").Asks("/分层 小微机械 A")
		s.Direct("刘洋").Sees("小微机械", "分层：C → A", "A 级")
		card.Shows("[A·")
		s.Feishu("刘洋").Asks("/分层 小微机械 A")
		s.Direct("刘洋").Sees("已经是这样")
	})
}

// C04: who lacks one of the three stands on the liaison's list each working day until bound; 找人 names the three.
func TestStoryDirectoryTriad(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		fang, direct := s.Feishu("王芳"), s.Direct("王芳")
		wu := s.WeCom("吴会计")
		wu.Says("找人")
		wu.Sees("张伟", "唐静", "王芳", "现在值班：孙磊")

		fang.Asks("/三位 小微机械 客户经理=")
		direct.Sees("小微机械由谁负责", "客户经理：唐静 → （无）")
		s.clockTo("2026-03-03T09:30:00+08:00")
		direct.Sees("1 家客户的三位还没有配齐", "小微机械", "缺客户经理", "/三位 小微机械")
		s.clockTo("2026-03-08T12:00:00+08:00") // a Sunday: four working days so far
		direct.SeesTimes(4, "三位还没有配齐")
		wu.Says("找人")
		wu.Sees("客户经理：尚未指定", "现在不是工作时间", "2026-03-09 09:00")
		fang.Asks("/三位 小微机械 客户经理=陈强 客户经理代理=唐静")
		direct.Sees("客户经理：（无） → 陈强", "客户经理代理：（无） → 唐静", "陈强（代理：唐静）")
		s.clockTo("2026-03-09T10:00:00+08:00")
		direct.SeesTimes(4, "三位还没有配齐")
		s.clockTo("2026-04-03T10:00:00+08:00")
		fang.Asks("/sanwei xwjx 联络=")
		direct.Sees("联络专员：王芳 → （无）")
		s.clockTo("2026-04-07T09:30:00+08:00") // Qingming lies between
		direct.SeesTimes(5, "三位还没有配齐")
		direct.Sees("小微机械", "缺联络专员")
		s.Feishu("张伟").Asks("/三位 小微机械 负责人=李娜")
		s.Direct("张伟").Sees("只有客户经理、联络专员可以用")
		fang.Asks("/三位 小微机械 负责人=唐静")
		direct.Sees("唐静不处理工单")
		fang.Asks("/三位 小微机械 厨师=唐静")
		direct.Sees("没有“厨师”这个位置")
	})
}

// A new owner: open tickets stay with who has them until somebody decides, in one tap.
func TestStoryDirectoryNewOwner(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		s.WeCom("钱主管").Says("入库单报错")
		card := s.Card("入库单报错")
		fang, direct := s.Feishu("王芳"), s.Direct("王芳")
		fang.Writes(nil, utterance{text: "/三位 华东汽配 负责人=@张伟", also: []*colleague{s.Feishu("张伟")}})
		shown := direct.Sees("服务负责人：李娜 → 张伟", "李娜手上还有 1 张")
		card.Shows("李娜")
		fang.Presses(shown.MessageID, "把李娜的 1 张转给张伟")
		card.Shows("张伟")
		direct.Sees("已把 1 张工单转给张伟")
		fang.Presses(shown.MessageID, "把李娜的 1 张转给张伟")
		s.Settle()
		card.SeesTimes(1, "转派给张伟")
	})
}

// Skills: set by who may, gaps named.
func TestStoryDirectorySkills(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		yu, direct := s.Feishu("郑宇"), s.Direct("郑宇")
		yu.Asks("/技能 缺口")
		direct.Sees("每个模块现在都有人会")
		yu.Asks("/技能 徐明 网络与服务器=0")
		direct.Sees("徐明：", "ERP/财务=3")
		yu.Asks("/技能 缺口")
		direct.Sees("1 个模块现在没有人能处理", "网络与服务器：没有人会")
		yu.Asks("/技能 何静 网络与服务器=2 mes=1")
		direct.Sees("何静：MES=1、网络与服务器=2")
		yu.Asks("/技能 何静 烘焙=2")
		direct.Sees("没有模块“烘焙”", "ERP/财务")
		yu.Asks("/技能 何静 MES=5")
		direct.Sees("等级“5”应为 1、2 或 3")
		yu.Asks("/团队")
		direct.Sees("何静（工程师、紧急响应专员）", "MES=1、网络与服务器=2")
		s.Feishu("张伟").Asks("/技能 缺口")
		s.Direct("张伟").Sees("只有产品经理、管理员可以用")
	})
}

// C07: a contract that ran out is served all the same; only the account manager hears of it.
func TestStoryDirectoryContract(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		chen, direct := s.Feishu("陈强"), s.Direct("陈强")
		chen.Asks("/合同 华东汽配 起=2025-03-01 止=2026-01-31 服务=年度服务 时数=200")
		direct.Sees("合同止：", "→ 2026-01-31", "最后一天 2026-01-31", "已到期")
		chen.Asks("/合同 华东汽配 止=2026-02-30")
		direct.Sees("看不懂日期")
		s.Feishu("王芳").Asks("/续约 华东汽配 止=2027-01-31")
		s.Direct("王芳").Sees("只有客户经理可以用")
		qian := s.WeCom("钱主管")
		qian.Says("报表打不开")
		s.Card("报表打不开").Shows("2026-01-31 已到期，照常服务")
		direct.Sees("华东汽配合同已到期", "HDQP-0001")
		qian.Sees("HDQP-0001")
		s.Settle()
		qian.SeesNot("合同")
		chen.Asks("/续约 华东汽配 止=2025-06-30")
		direct.Sees("早于现在的 2026-01-31")
		chen.Asks("/续约 华东汽配 止=2027-01-31")
		direct.Sees("合同止：2026-01-31 → 2027-01-31")
		chen.Asks("/客户 华东汽配")
		direct.Sees("最后一天 2027-01-31", "含 200 小时")
	})
}

// clockTo moves the clock of both sides to a moment.
func (s *story) clockTo(at string) {
	s.t.Helper()
	s.post("/control/clock", map[string]string{"set": at}, nil)
	s.Settle()
}

// twins is the sample with two more people: a second 张伟, and a liaison for none.
func twins() []byte {
	more := `  - {name: 张伟, mobile: "13800000099", roles: [engineer], teams: [华南组]}` + "\n\ncustomers:"
	twice := bytes.Replace(customers.Sample, []byte("\ncustomers:"), []byte(more), 1)
	return bytes.ReplaceAll(twice, []byte("owner: 张伟"), []byte(`owner: "13800000001"`))
}

// Two of one name: the caller chooses, once, and the command is carried out.
func TestStoryDirectorySameName(t *testing.T) {
	stage{directory: twins()}.stories(t, func(t *testing.T, s *story) {
		fang, direct := s.Feishu("王芳"), s.Direct("王芳")
		a, b := s.Stranger("小刘"), s.Stranger("小刘")
		a.Says("第一个小刘的问题")
		b.Says("第二个小刘的问题")
		s.Card("第一个小刘的问题")
		s.Card("第二个小刘的问题")
		fang.Asks("/绑定 小刘 恒力电缆")
		choice := direct.Sees("有几个“小刘”")
		require.Len(t, choice.Buttons, 2)
		fang.Presses(choice.MessageID, choice.Buttons[0])
		direct.Sees("小刘已绑定到恒力电缆")
		answer := fang.Presses(choice.MessageID, choice.Buttons[1])
		require.Contains(t, answer.Toast.Content, "已经处理过了")
		s.Settle()
		direct.SeesTimes(1, "小刘已绑定到恒力电缆")

		group := s.Group()
		fang.Writes(group, utterance{text: "/三位 华东汽配 负责人=张伟 联络代理=张伟", desk: true})
		choice = group.Sees("有几个“张伟”")
		at := slices.IndexFunc(choice.Buttons, func(b string) bool { return strings.Contains(b, "华南组") })
		require.GreaterOrEqual(t, at, 0)
		answer = s.Feishu("赵总").Presses(choice.MessageID, choice.Buttons[at]) // may not, and the choice is not used up
		require.Contains(t, answer.Toast.Content, "只有")
		fang.Presses(choice.MessageID, choice.Buttons[at])
		group.Sees("华东汽配由谁负责", "服务负责人：李娜 → 张伟", "联络专员代理：（无） → 张伟")
	})
}

// Without any liaison the administrators hear of the gaps; who left the company is named.
func TestStoryDirectoryNoLiaison(t *testing.T) {
	alone := bytes.ReplaceAll(customers.Sample, []byte("liaison: 王芳, "), nil)
	alone = bytes.Replace(alone, []byte("roles: [liaison]"), []byte("roles: [engineer]"), 1)
	stage{directory: alone}.stories(t, func(t *testing.T, s *story) {
		s.load(bytes.Replace(alone, []byte("roles: [account_manager]}\n  - {name: 王芳"),
			[]byte("roles: [account_manager], active: false}\n  - {name: 王芳"), 1), slog.New(slog.DiscardHandler))
		s.clockTo("2026-03-03T09:30:00+08:00")
		s.Direct("郑宇").Sees("3 家客户的三位还没有配齐", "恒力电缆", "缺联络专员", "缺客户经理（唐静已离职）、联络专员")
		s.Direct("王芳").SeesNot("三位还没有配齐")
		s.Feishu("陈强").Asks("/三位 恒力电缆 联络=王芳 客户经理代理=王芳")
		s.Direct("陈强").Sees("联络专员：（无） → 王芳")
		s.clockTo("2026-03-04T09:30:00+08:00")
		s.Direct("郑宇").Sees("2 家客户的三位还没有配齐")
	})
}
