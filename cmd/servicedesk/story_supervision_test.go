package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"servicedesk/tickets"
)

// reaches moves the clock to a moment of the stories' March 2026, whose 2nd is a Monday.
func (s *story) reaches(day int, clock string) {
	s.t.Helper()
	at, err := time.ParseInLocation("15:04", clock, time.FixedZone("CST", 8*3600))
	s.no(err)
	at = time.Date(2026, 3, day, at.Hour(), at.Minute(), 0, 0, at.Location())
	s.post("/control/clock", map[string]string{"set": at.Format(time.RFC3339)}, nil)
	s.Settle()
}

func TestStorySilenceIsSupervised(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, wang := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("王芳")
		liaison := s.Direct("王芳")
		li.Says("月结报表金额对不上")
		card := s.Card("月结报表")
		zhang.Presses(card.card, "接单")
		s.reaches(3, "15:00")
		li.Says("进度")
		li.Sees("处理中")
		s.reaches(4, "09:20")
		liaison.SeesNot("督办")
		s.reaches(4, "09:40")
		liaison.SeesTimes(1, "督办 HLDL-0001", "张伟", "还没有")
		wang.Asks("/督办")
		liaison.Sees("要看的", "两个工作日没有给客户消息", "HLDL-0001")
		s.reaches(6, "12:00")
		liaison.SeesTimes(1, "督办 HLDL-0001")

		li.Says("有结果了吗")
		zhang.Tells(card, "正在核对三月的汇率表")
		li.Sees("正在核对")
		s.Settle()
		wang.Asks("/duban")
		overdue := liaison.SeesTimes(2, "要看的")
		require.Equal(t, 1, strings.Count(overdue.Text, "HLDL-0001"), "overdue, but silent no more")
		s.reaches(9, "20:00") // a weekend lies between
		liaison.SeesTimes(1, "督办 HLDL-0001")
		s.reaches(10, "14:00")
		liaison.SeesTimes(2, "督办 HLDL-0001")

		zhang.Types(card, "/等待 等客户发凭证")
		s.reaches(16, "12:00")
		li.Says("凭证已经放在邮箱里")
		s.Card("月结报表", "凭证已经放在邮箱里").Sees("凭证已经放在邮箱里") // after 14 days under a new card
		s.reaches(18, "11:00")
		liaison.SeesTimes(2, "督办 HLDL-0001")
		s.reaches(18, "14:00")
		liaison.SeesTimes(3, "督办 HLDL-0001")
		s.Settle()
		s.Group().SeesNot("督办")
	})
}

func TestStoryDailyCardAndAccountManagersList(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, wu, zhang := s.WeCom("李工"), s.WeCom("吴会计"), s.Feishu("张伟")
		liaison, manager, other := s.Direct("王芳"), s.Direct("陈强"), s.Direct("唐静")
		li.Says("扫码枪连不上")
		wu.Says("发票号码重复了")
		scanner, invoice := s.Card("扫码枪"), s.Card("发票号码")
		zhang.Presses(invoice.card, "接单")
		zhang.Types(invoice, "/承诺 今天17:00 给出原因")
		invoice.Sees("已记承诺", "2026-03-02 17:00 给出原因")
		invoice.Shows("承诺", "2026-03-02 17:00 给出原因")
		s.reaches(3, "09:10")
		liaison.SeesTimes(1, "每日清单 03-03", "已超期", "XWJX-0001")
		s.reaches(4, "09:10")
		liaison.SeesTimes(1, "每日清单 03-04", "没有下一步", scanner.Number())
		s.reaches(8, "12:00")
		liaison.SeesNot("每日清单 03-07")
		liaison.SeesNot("每日清单 03-08")

		s.Feishu("唐静").Asks("/督办")
		other.Sees("已超期", "XWJX-0001")
		s.Feishu("陈强").Asks("/督办")
		require.NotContains(t, manager.Sees("要看的", "HLDL-0001").Text, "XWJX-0001", "only his own customers")
		zhang.Asks("/督办")
		s.Direct("张伟").Sees("/督办 只有联络专员、客户经理、产品经理可以用")
	})
}

func TestStoryQuietHoursAreKept(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("夜班看板黑屏")
		card := s.Card("夜班看板")
		zhang.Presses(card.card, "接单")
		zhang.Types(card, "/承诺 今晚10点 恢复看板")
		zhang.Types(card, "/承诺 今晚11点 发日志说明")
		card.Sees("已记承诺", "发日志说明")
		s.reaches(2, "23:30")
		zhang.Asks("/代报 恒力电缆 仓管老魏 夜里叉车终端打不开")
		s.Card("叉车终端")
		s.Settle()
		s.Direct("王芳").SeesNot("请致电")
		s.Direct("张伟").SeesNot("已失约")
		s.Direct("王芳").SeesNot("已失约")
		s.reaches(3, "07:59")
		s.Direct("张伟").SeesNot("已失约")
		s.reaches(3, "08:01")
		digest := s.Direct("王芳").SeesTimes(1, "夜间汇总", "请致电仓管老魏（HLDL-0002）")
		toast := s.Feishu("王芳").Presses(digest.MessageID, "完成 HLDL-0002").Toast.Content
		require.Contains(t, toast, "已完成：请致电仓管老魏")
		for _, name := range []string{"张伟", "王芳"} {
			text := s.Direct(name).SeesTimes(1, "夜间汇总").Text
			require.Equal(t, 2, strings.Count(text, "已失约：HLDL-0001"), "a line each, with the number")
			s.Direct(name).SeesTimes(1, "承诺已失约", "恢复看板")
		}
		s.reaches(4, "08:30")
		s.Direct("张伟").SeesTimes(1, "夜间汇总")
	})
}

func TestStoryPromisesInWords(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, liaison := s.WeCom("李工"), s.Feishu("张伟"), s.Direct("王芳")
		li.Says("打印的合格证缺二维码")
		card := s.Card("合格证")
		zhang.Tells(card, "收到，周五前给补丁")
		li.Sees("周五前给补丁")
		offer := card.Sees("要记为承诺吗", "2026-03-06 18:00", "周五前给补丁", "张伟")
		require.Equal(t, []string{"记为承诺", "不是承诺"}, offer.Buttons)
		require.Contains(t, zhang.Presses(offer.MessageID, "记为承诺").Toast.Content, "已记为承诺")
		require.Contains(t, zhang.Presses(offer.MessageID, "不是承诺").Toast.Content, "已经处理过了")
		zhang.Tells(card, "明天下午和您电话沟通")
		second := card.Sees("要记为承诺吗", "2026-03-03 18:00")
		zhang.Presses(second.MessageID, "不是承诺")
		zhang.Tells(card, "我们尽快处理，订单号“2026-12-05”也查一下")
		li.Sees("我们尽快处理")
		s.Settle()
		card.SeesTimes(2, "要记为承诺吗")

		zhang.Types(card, "/承诺 下周一上午 提供使用说明")
		card.Sees("已记承诺：2026-03-09 12:00 提供使用说明")
		zhang.Types(card, "/承诺 昨天 什么也没有")
		card.Sees("请先写日期再写内容")
		zhang.Asks("/承诺 HLDL-0001")
		mine := s.Direct("张伟")
		mine.Sees("2 条承诺", "1. 2026-03-06 18:00", "周五前给补丁", "待兑现")

		s.reaches(6, "16:30")
		mine.SeesTimes(1, "承诺快到期：HLDL-0001", "周五前给补丁")
		s.reaches(6, "18:01")
		mine.SeesTimes(1, "承诺已失约", "HLDL-0001", "周五前给补丁")
		liaison.SeesTimes(1, "已失约", "HLDL-0001", "张伟", "周五前给补丁")
		zhang.Types(card, "/兑现 1")
		card.Sees("已经处理过了")
		zhang.Types(card, "/兑现")
		card.Sees("承诺已兑现：提供使用说明")
		s.reaches(9, "13:00")
		zhang.Asks("/promise HLDL-0001")
		mine.Sees("2 条承诺", "（张伟）已失约", "（张伟）已兑现", "张伟累计：已兑现 1 条，已失约 1 条")
		liaison.SeesTimes(1, "已失约", "HLDL-0001", "周五前给补丁")
		zhang.Asks("/单 HLDL-0001 历史")
		mine.Sees("承诺已失约：2026-03-06 18:00", "承诺已兑现：2026-03-09 12:00")
		s.Feishu("王芳").Asks("/兑现 HLDL-0001")
		liaison.Sees("/兑现 只有工程师")
	})
}

func TestStoryWeeklyProgress(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, qian, zhang, wang := s.WeCom("李工"), s.WeCom("钱主管"), s.Feishu("张伟"), s.Feishu("王芳")
		liaison := s.Direct("王芳")
		li.Says("排产计划每天少一班")
		card := s.Card("排产计划")
		zhang.Presses(card.card, "接单")
		zhang.Types(card, "疑似是我们的缺陷，先别告诉客户")
		s.reaches(6, "17:30")
		liaison.SeesNot("周进展")
		s.reaches(11, "10:00")
		li.Says("还是少一班")
		qian.Says("标签纸走偏")
		s.Card("标签纸")
		zhang.Tells(card, "已定位到班次参数，正在改")
		s.reaches(12, "20:00")
		li.Says("好的，等你们")
		s.reaches(13, "17:00")
		draft := liaison.SeesTimes(1, "周进展", "恒力电缆", "HLDL-0001 排产计划", "处理中", "班次参数")
		require.Equal(t, []string{"批准", "修改", "不发"}, draft.Buttons)
		require.NotContains(t, draft.Text, "缺陷", "nothing internal")
		require.NotContains(t, draft.Text, "标签纸", "neither another customer nor a young ticket")
		liaison.SeesNot("周进展", "华东汽配")

		wang.Presses(draft.MessageID, "修改")
		form := liaison.Sees("修改后点")
		wang.PressesWith(form.MessageID, "批准", map[string]string{"text": "排产的参数下周三改好，请放心。"})
		li.Sees("王芳：排产的参数下周三改好")
		require.Contains(t, wang.Presses(draft.MessageID, "批准").Toast.Content, "已经处理过了")
		s.Settle()
		li.SeesTimes(1, "排产的参数下周三改好")

		s.reaches(20, "17:00") // nobody wrote for a week: the window is shut
		second := liaison.SeesTimes(2, "周进展", "恒力电缆")
		require.Contains(t, wang.Presses(second.MessageID, "批准").Toast.Content, "请打电话")
		call := liaison.Sees("请致电李工（HLDL-0001）", "排产计划")
		wang.Asks("/待办")
		liaison.Sees("等您完成的", "请致电李工")
		wang.Presses(call.MessageID, "完成")
		require.Contains(t, wang.Presses(call.MessageID, "完成").Toast.Content, "已经完成了")
		zhang.Asks("/单 HLDL-0001 历史")
		s.Direct("张伟").Sees("王芳 完成待办：请致电李工（HLDL-0001）")
		s.Settle()
		li.SeesTimes(1, "排产的参数下周三改好")
	})
}

func TestStoryCallsAndMailsBecomeTickets(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, wang, liaison := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("王芳"), s.Direct("王芳")
		li.Says("采购入库单保存不了")
		byChat := s.Card("采购入库单")
		byChat.Shows("微信客服")
		wang.Asks("/代报 恒力电缆 李工 电话里说仓库盘点单打不开 来源=电话")
		liaison.Sees("已建单 HLDL-0002（电话）")
		byPhone := s.Card("仓库盘点单打不开")
		li.Sees("已受理，编号 HLDL-0002")
		zhang.Asks("/代报 恒力电缆 仓管老魏 叉车终端打不开\n型号 MC33 来源=邮件")
		byMail := s.Card("叉车终端打不开")
		require.Equal(t, "HLDL-0003", byMail.Number())
		byPhone.Shows("客户", "李工", "电话")
		byMail.Shows("客户", "仓管老魏", "邮件")
		require.Equal(t, byChat.Now().Buttons, byMail.Now().Buttons, "one shape")
		require.Equal(t, byChat.Now().Buttons, byPhone.Now().Buttons)
		zhang.Asks("/找 恒力电缆")
		zhang.Asks("/我的")
		s.Direct("张伟").Sees("HLDL-0001", "HLDL-0002", "HLDL-0003")

		byMail.Sees("仓管老魏没有微信会话，已请联络专员")
		liaison.Sees("请致电仓管老魏（HLDL-0003）", "已受理，编号 HLDL-0003")
		zhang.Tells(byMail, "请把终端重启一次")
		call := liaison.Sees("请致电仓管老魏（HLDL-0003）", "请把终端重启一次")
		wang.Presses(call.MessageID, "完成")
		s.Settle()
		li.SeesNot("叉车终端")
		zhang.Asks("/单 HLDL-0003 历史")
		s.Direct("张伟").Sees("张伟 代客户报来（邮件）", "说：叉车终端打不开 型号 MC33", "王芳 完成待办")

		zhou := s.WeCom("周总") // he has WeCom, but never wrote
		wang.Asks("/代报 恒力电缆 周总 想加一条产线，系统够不够 来源=现场")
		byVisit := s.Card("想加一条产线")
		byVisit.Shows("周总", "现场")
		zhou.Says("补充一下，是三号厂房")
		byVisit.Sees("三号厂房")
		zhang.Tells(byVisit, "够用，我们先做容量评估")
		zhou.Sees("够用")

		wang.Asks("/代报 没这家 李工 什么")
		liaison.Sees("没有客户“没这家”")
		wang.Asks("/代报 恒力电缆 李工")
		liaison.Sees("请写明客户、联系人和内容")
		wang.Asks("/代报 恒力电缆 李工 扫码慢 来源=传真")
		liaison.Sees("来源“传真”不认识")
		s.Feishu("陈强").Asks("/代报 恒力电缆 李工 扫码慢")
		s.Direct("陈强").Sees("/代报 只有工程师")
	})
}

func TestStoryThirdTicketOnAModule(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		qian := s.WeCom("钱主管")
		s.comesBy(qian, "HDQP", "ERP/库存")
		qian.Says("库存盘点差异对不上")
		first := s.Card("盘点差异")
		qian.Says("新问题")
		qian.Sees("另开一单")
		qian.Says("库存调拨单过不了账")
		second := s.Card("调拨单")
		qian.Says("新问题")
		qian.SeesTimes(2, "另开一单")
		qian.Says("库存预警一直不响")
		third := s.Card("预警一直不响")
		third.Shows("曾反馈", "HDQP-0001、HDQP-0002", "ERP/库存", "第 3 次")
		s.Settle()
		require.NotContains(t, first.Now().Text+second.Now().Text, "曾反馈")
	})
}

// comesBy lets a contact in by his company's link for a module.
func (s *story) comesBy(c *contact, code, module string) {
	s.t.Helper()
	db, err := openStore(s.t.Context(), s.cfg, slog.New(slog.DiscardHandler))
	s.no(err)
	defer db.Close()
	var token string
	s.no(db.InTx(s.t.Context(), func(ctx context.Context, tx tickets.Tx) error {
		customer, err := tx.FindCustomer(ctx, code)
		if err != nil {
			return err
		}
		made, err := tx.EnsureEntrance(ctx, tickets.Entrance{Token: "link-" + code, CustomerID: customer.ID, Module: module})
		token = made.Token
		return err
	}))
	s.post("/control/wecom/contacts/"+c.id+"/enter", map[string]string{"scene": "link", "scene_param": token}, nil)
	s.Settle()
}

// Two replicas see every deadline; each is told once.
func TestStoryReplicasSuperviseOnce(t *testing.T) {
	stage{roles: []string{roleAll, roleAll}}.stories(t, func(t *testing.T, s *story) {
		li, zhang, liaison := s.WeCom("李工"), s.Feishu("张伟"), s.Direct("王芳")
		li.Says("温控曲线断线")
		card := s.Card("温控曲线")
		zhang.Presses(card.card, "接单")
		zhang.Types(card, "/承诺 今晚10点 给初步结论")
		card.Sees("已记承诺")
		s.reaches(3, "09:30")
		liaison.SeesTimes(1, "夜间汇总：1 件事", "HLDL-0001")
		s.reaches(5, "09:30")
		liaison.SeesTimes(1, "督办 HLDL-0001")
		liaison.SeesTimes(1, "每日清单 03-05")
		s.reaches(14, "09:30")
		liaison.SeesTimes(1, "周进展")
		liaison.SeesTimes(1, "督办 HLDL-0001")
		s.Direct("张伟").SeesTimes(1, "夜间汇总")
	})
}

func TestStoryExceptionsEndByThemselves(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang, chen := s.WeCom("李工"), s.Feishu("张伟"), s.Feishu("陈强")
		li.Says("测试库要再开放一周")
		card := s.Card("测试库")
		chen.Asks("/特批 HLDL-0001 测试库免费开放（年度客户） 3d")
		s.Direct("陈强").Sees("HLDL-0001 已特批", "2026-03-05 09:30")
		card.Shows("特批", "测试库免费开放（年度客户）", "陈强批准", "2026-03-05 09:30")
		zhang.Types(card, "/特批 周末上门一次 周四")
		card.Sees("已请陈强批准")
		ask := s.Direct("陈强").Sees("张伟请您特批 HLDL-0001", "周末上门一次", "2026-03-05 18:00")
		chen.Presses(ask.MessageID, "批准")
		card.Sees("陈强批准了特批：周末上门一次")
		card.Shows("周末上门一次（陈强批准")
		require.Contains(t, chen.Presses(ask.MessageID, "不批").Toast.Content, "已经处理过了")
		s.reaches(5, "10:00")
		card.SeesTimes(1, "特批到期，恢复普通规则：测试库免费开放")
		s.reaches(5, "18:30")
		card.SeesTimes(1, "特批到期，恢复普通规则：周末上门一次")
		s.Settle()
		require.NotContains(t, card.Now().Text, "周末上门一次")
		zhang.Types(card, "/单 历史")
		card.Sees("特批：测试库免费开放", "特批到期：周末上门一次", "申请特批：周末上门一次")
		chen.Asks("/特批 HLDL-0001 再来一次")
		s.Direct("陈强").Sees("期限写在最后")
		chen.Asks("/特批 HLDL-0001 再来一次 2026-03-01")
		s.Direct("陈强").Sees("期限已经过去了")
	})
}
