package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStoryTwoOpenMatters(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		li.Says("库存盘点数量对不上")
		stock := s.Card("库存盘点")
		li.Says("新问题")
		li.Sees("另开一单")
		li.Says("采购单打印没有表头")
		purchase := s.Card("采购单打印")
		require.Equal(t, []string{"HLDL-0001", "HLDL-0002"}, []string{stock.Number(), purchase.Number()})

		li.Says("昨天下午还是正常的")
		asked := li.Sees("哪一件")
		require.Contains(t, asked.Text, "HLDL-0002", "says where the words are for now")
		require.Len(t, asked.labels(), 3, "both, and a new one")
		purchase.Sees("昨天下午还是正常的")
		li.Says("换了一台电脑也一样")
		purchase.Sees("换了一台电脑也一样")
		s.Settle()
		li.SeesTimes(1, "哪一件")

		li.Taps("HLDL-0001")
		li.Sees("好的，记在 HLDL-0001")
		stock.Sees("昨天下午还是正常的")
		stock.Sees("换了一台电脑也一样")
		purchase.Sees("HLDL-0001", "已移过去")
		li.Says("仓库编号是 W03")
		stock.Sees("仓库编号是 W03")

		s.Forward(3 * time.Hour)
		li.Says("另外字体也变小了")
		li.SeesTimes(2, "哪一件")
		li.Says("2")
		li.Sees("好的，记在 HLDL-0002")
		purchase.Sees("另外字体也变小了")
		zhang.Tells(purchase, "打印模板已恢复")
		li.Sees("[HLDL-0002]", "张伟", "打印模板已恢复")
		s.Settle()
		stock.SeesNot("字体也变小")
		zhang.Types(stock, "/单 历史")
		text := stock.Sees("仓库编号是 W03", "提出").Text
		require.Contains(t, text, "说：昨天下午还是正常的", "the words belong to it now")
		require.Equal(t, 1, strings.Count(text, "换了一台电脑也一样"))
	})
}

func TestStoryVisitorIsBound(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		visitor, wang, task := s.Stranger("郭老师"), s.Feishu("王芳"), s.Direct("王芳")
		visitor.Enters()
		welcome := visitor.Sees("服务台", "记录")
		require.Contains(t, welcome.labels(), "进度")
		visitor.Says("报表导出一直失败")
		card := s.Card("报表导出", "未绑定的访客")
		require.Equal(t, "NEW-0001", card.Number())
		visitor.Sees("NEW-0001")
		visitor.Says("找人")
		visitor.Sees("确认您的公司")
		visitor.Says("转人工")
		visitor.Sees("已请联络专员尽快到这里来")
		require.Equal(t, []string{wang.id}, card.Sees("郭老师要求人工").Mentions, "nothing waits for nobody")
		bind := task.Sees("请绑定访客 NEW-0001", "郭老师", "报表导出")
		wang.Asks("/待办")
		task.Sees("1 件事", "NEW-0001", "报表导出一直失败")

		wang.Asks("/绑定 郭老师 没有这家")
		task.Sees("没有客户“没有这家”")
		wang.Asks("/绑定 郭老师 恒力电缆")
		task.Sees("郭老师已绑定到恒力电缆")
		visitor.Sees("NEW-0001", "HLDL-0001", "张伟")
		require.Equal(t, []string{s.Feishu("张伟").id}, card.Sees("王芳", "绑定为恒力电缆").Mentions)
		card.Shows("HLDL-0001", "恒力电缆", "张伟")
		wang.Asks("/单 NEW-0001")
		task.SeesTimes(1, "HLDL-0001", "恒力电缆 · 郭老师")
		wang.Asks("/单 hldl-0001")
		task.SeesTimes(2, "HLDL-0001", "恒力电缆 · 郭老师")
		again := wang.PressesWith(bind.MessageID, "绑定", map[string]string{"customer": "HDQP"})
		require.Equal(t, "error", again.Toast.Type)
		visitor.Says("进度 NEW-0001")
		visitor.Sees("HLDL-0001", "已派单")

		other := s.Stranger("Tom Lee")
		other.Says("系统登录不了")
		form := task.Sees("请绑定访客 NEW-0002", "Tom Lee")
		toast := wang.PressesWith(form.MessageID, "绑定", map[string]string{"customer": "HDQP"})
		require.Equal(t, "success", toast.Toast.Type)
		other.Sees("HDQP-0001", "李娜")
		s.Card("系统登录不了").Shows("HDQP-0001", "华东汽配")

		third := s.Stranger("Ann Smith")
		third.Says("打印机脱机了")
		task.Sees("Ann Smith", "打印机脱机了")
		wang.Asks("/bind Ann Smith 小微机械")
		task.Sees("Ann Smith已绑定到小微机械")
	})
}

func TestStoryUrgent(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, wu, zhang := s.WeCom("李工"), s.WeCom("吴会计"), s.Feishu("张伟")
		li.Says("扫码枪全部连不上")
		card := s.Card("扫码枪")
		require.NotEqual(t, "red", card.Colour())
		li.Says("紧急！")
		require.Subset(t, li.Sees("确认紧急").labels(), []string{"确认紧急"})
		require.Equal(t, []string{zhang.id}, card.Sees("李工说紧急").Mentions)
		card.Shows("紧急", "P1")
		require.Equal(t, "red", card.Colour())
		li.Taps("确认紧急")
		li.Sees("什么停了")
		li.Says("仓库出入库全停，影响三十人")
		card.Sees("仓库出入库全停，影响三十人")
		li.Sees("HLDL-0001", "紧急处理", "张伟")

		wu.Says("期初余额导入报错")
		calm := s.Card("期初余额")
		wu.Says("紧急")
		calm.Shows("紧急", "P1")
		zhang.Asks("/我的")
		inOrder(t, s.Direct("张伟").Sees("2 张工单").Text, "P1", "P1")
		wu.Taps("不紧急")
		wu.Sees("普通顺序")
		calm.Sees("吴会计说不紧急")
		s.until("the alarm is off", func() bool { return calm.Colour() != "red" })
		zhang.Asks("/我的")
		inOrder(t, s.Direct("张伟").SeesTimes(2, "2 张工单").Text, "HLDL-0001 P1 紧急", "XWJX-0001 P2")
	})
}

func TestStoryPlainWords(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhou, qian, zhang := s.WeCom("李工"), s.WeCom("周总"), s.WeCom("钱主管"), s.Feishu("张伟")
		li.Says("进度")
		li.Sees("没有未完结的问题")
		li.Says("工序报工提交失败")
		card := s.Card("工序报工")
		li.Says(" 进度。")
		li.SeesTimes(1, "HLDL-0001", "状态：已派单", "负责人：张伟", "下一步")
		li.Says("催办")
		li.Sees("已替您催办", "HLDL-0001", "已派单", "张伟")
		require.Equal(t, []string{zhang.id}, card.Sees("李工催办（第 1 次）").Mentions)
		li.Says("催办 HLDL-0001")
		card.Sees("李工催办（第 2 次）")
		li.Says("转人工")
		li.Sees("已请张伟尽快到这里来")
		require.Equal(t, []string{zhang.id}, card.Sees("李工要求人工").Mentions)
		li.Says("找人")
		li.Sees("服务负责人：张伟", "客户经理：陈强", "联络专员：王芳")

		zhou.Says("想看一下我们公司的问题")
		s.Card("想看一下")
		zhou.Says("记录")
		inOrder(t, zhou.Sees("2 条记录").Text, "HLDL-0002", "HLDL-0001")
		zhou.Says("进度 HLDL-0001")
		zhou.Sees("HLDL-0001：工序报工提交失败")

		for _, word := range []string{"进度 HLDL-0001", "催办 HLDL-0001", "进度 HLDL-9999"} {
			qian.Says(word)
		}
		qian.SeesTimes(3, "查无此单")
		qian.Says("记录")
		qian.Sees("没有记录")
		s.Settle()
		qian.SeesNot("工序报工")
		card.SeesNot("钱主管")
		require.Len(t, s.Group().Heard("HDQP"), 0, "words that are questions open nothing")
	})
}

func TestStoryAfterTheEnd(t *testing.T) {
	stories(t, func(t *testing.T, s *story) {
		li, zhang := s.WeCom("李工"), s.Feishu("张伟")
		finish := func(card *topic) {
			zhang.Types(card, "/解决 已经处理好了")
			li.Taps("已解决")
			li.Taps("2 不满意")
			card.Shows("已关闭", "2 / 5")
		}
		li.Says("机台数据采集中断")
		first := s.Card("机台数据采集")
		li.Says("紧急")
		first.Shows("紧急")
		finish(first)
		s.Forward(25 * time.Hour)
		li.Says("工单报表汇总有误")
		second := s.Card("工单报表汇总", "HLDL-0002")
		finish(second)
		li.Taps("4 满意")
		second.Shows("4 / 5")
		second.Sees("★★★★☆")

		li.Says("谢谢")
		second.Sees("李工：谢谢")
		li.Says("汇总又不对了")
		li.Sees("HLDL-0002 已重新打开", "张伟")
		second.Shows("重新处理")
		s.Settle()
		require.Len(t, s.Group().Heard("HLDL-0003"), 0)
		first.SeesNot("谢谢")
		finish2 := func() { zhang.Types(second, "/解决 换了汇总口径"); li.Sees("换了汇总口径"); li.Says("已解决"); li.Says("跳过") }
		finish2()
		second.Shows("已关闭")
		s.Forward(25 * time.Hour)
		li.Taps("1 很不满意")
		s.Settle()
		require.NotContains(t, second.Now().Text, "1 / 5", "corrections count for a day")
		li.Says("谢谢你们")
		s.Card("谢谢你们", "HLDL-0003")
	})
}
